// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/SecurityModules.h"

#include <QFile>
#include <QRegularExpression>

#include <sys/xattr.h>
#include <array>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

QString read(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
}

/// Whether libvirt labels domains for `module`: its qemu.conf may turn that off. Source: libvirt
/// docs/drvqemu.rst, "Driver security architecture".
bool usesModule(const QString& root, const QString& module)
{
    static const QRegularExpression line{u"^\\s*security_driver\\s*=\\s*(.*)$"_s,
                                         QRegularExpression::MultilineOption};
    const auto match = line.match(read(root + u"/etc/libvirt/qemu.conf"_s));
    return !match.hasMatch() || match.captured(1).contains(module);
}

Finding judgeAppArmor(const QString& root, const Config& config)
{
    if (!usesModule(root, u"apparmor"_s))
        return fine(Id::SecurityModule, u"AppArmor is on, but not for libvirt's domains"_s);
    const QString profiles = root + u"/etc/apparmor.d/"_s;
    for (const QString& name :
         {u"abstractions/libvirt-qemu.d/lockstep"_s,
          u"abstractions/libvirt-qemu.d/local-lockstep"_s, u"local/abstractions/libvirt-qemu"_s,
          u"abstractions/libvirt-qemu"_s, u"libvirt/TEMPLATE.qemu"_s}) {
        if (read(profiles + name).contains(config.replication.imageDirectory))
            return fine(Id::SecurityModule, u"AppArmor lets QEMU use Lockstep's images"_s);
    }
    return warning(
        Id::SecurityModule,
        u"AppArmor confines QEMU, and no profile of libvirt's names %1: it may not open replicas"_s
            .arg(config.replication.imageDirectory),
        u"mkdir -p /etc/apparmor.d/local/abstractions && printf '%s\\n' '\"%1/**\" rwk,' "
        u"'\"%2/qemu-tls/**\" r,' >> "
        "/etc/apparmor.d/local/abstractions/libvirt-qemu; it counts for domains started after "
        "that"_s.arg(config.replication.imageDirectory, config.store.directory));
}

Finding judgeSelinux(const QString& root, const Config& config)
{
    if (!usesModule(root, u"selinux"_s))
        return fine(Id::SecurityModule, u"SELinux is on, but not for libvirt's domains"_s);
    const QString folder = config.replication.imageDirectory;
    std::array<char, 256> label{};
    const auto size = ::getxattr(QFile::encodeName(root + folder).constData(), "security.selinux",
                                 label.data(), label.size() - 1);
    if (size > 0 && QByteArray{label.data()}.contains("virt_image_t"))
        return fine(Id::SecurityModule, u"SELinux lets QEMU use Lockstep's images"_s);
    return warning(
        Id::SecurityModule,
        u"SELinux enforces, and %1 is not labelled for QEMU's images"_s.arg(folder),
        u"semanage fcontext -a -t virt_image_t '%1(/.*)?' && restorecon -R %1"_s.arg(folder));
}

} // namespace

Finding examineSecurityModules(const QString& root, const Config& config)
{
    if (read(root + u"/sys/fs/selinux/enforce"_s).startsWith(u'1'))
        return judgeSelinux(root, config);
    if (read(root + u"/sys/module/apparmor/parameters/enabled"_s).startsWith(u'Y'))
        return judgeAppArmor(root, config);
    return fine(Id::SecurityModule, u"neither AppArmor nor SELinux enforces anything"_s);
}

} // namespace lockstep::doctor
