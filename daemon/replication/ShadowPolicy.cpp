// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowPolicy.h"

#include "base/Config.h"
#include "base/Text.h"
#include "replication/ShadowShape.h"
#include "replication/ShadowXml.h"
#include "replication/XmlElement.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr int firstConsolePort = 5'700; // libvirt's first, of websockets; below are other services

/// Whether the whole path is as the pattern says, and has no detours.
bool isIn(const QString& path, const QString& pattern)
{
    const QRegularExpression whole{QRegularExpression::anchoredPattern(pattern)};
    return whole.match(path).hasMatch() && QDir::cleanPath(path) == path;
}

/// Looks at each value that names something of the host.
class Inspection final
{
public:
    explicit Inspection(const ShadowPolicy& policy) : m_policy{policy} { }

    void inspect(const XmlElement& domain)
    {
        identity(domain);
        arguments(domain);
        if (const auto* const system = domain.child(u"os"))
            firmware(*system);
        if (const auto* const devices = domain.child(u"devices"))
            inspectDevices(*devices);
    }
    [[nodiscard]] QList<ShadowRefusal> refusals() const { return m_refusals; }

private:
    void refuse(const QString& element, const QString& reason, const QString& remedy)
    {
        if (m_refusals.size() < mostShadowRefusals)
            m_refusals.append({element, printable(reason), printable(remedy)});
    }
    void refuseValue(const QString& path, const QString& value)
    {
        refuse(path, u"must not be '%1' in a shadow"_s.arg(shortened(value, 200)),
               u"Change it with virsh edit %1 and start the domain anew."_s.arg(shown()));
    }
    /// The domain, fit for a remedy.
    [[nodiscard]] QString shown() const { return shortened(m_policy.domain, 100); }

    void identity(const XmlElement& domain)
    {
        const auto uuid = domain.childText(u"uuid");
        if (QUuid::fromString(uuid) != m_policy.uuid.value || m_policy.uuid.value.isNull())
            refuse(u"uuid"_s, u"is not that of the pair"_s,
                   u"Update Lockstep on the domain's host."_s);
        if (domain.childText(u"name") != m_policy.domain)
            refuse(u"name"_s, u"is not that of the pair"_s,
                   u"Update Lockstep on the domain's host."_s);
        const auto space = domain.attribute(u"xmlns:qemu");
        if (!space.isEmpty() && space != qemuNamespace)
            refuseValue(u"@xmlns:qemu"_s, space);
    }
    void arguments(const XmlElement& domain)
    {
        QStringList values;
        if (const auto* const commandLine = domain.child(u"qemu:commandline")) {
            for (const auto& argument : commandLine->children)
                values += argument.attribute(u"value");
        }
        if (!values.isEmpty() && values != QStringList{u"-incoming"_s, u"defer"_s})
            refuse(
                u"qemu:commandline"_s,
                u"gives QEMU arguments that nobody checks, and that could reach everything on the host"_s,
                u"Remove <qemu:commandline> with virsh edit %1 and start the domain anew."_s.arg(
                    shown()));
    }
    void firmware(const XmlElement& system)
    {
        for (const auto* const name : {"kernel", "initrd", "loader"}) {
            const QString key = QLatin1StringView{name};
            if (const auto path = system.childText(key); !path.isEmpty())
                readable(u"os/"_s + key, path);
        }
        const auto* const nvram = system.child(u"nvram");
        if (!nvram)
            return;
        if (nvram->hasAttribute(u"template"))
            readable(u"os/nvram/@template"_s, nvram->attribute(u"template"));
        const auto own = [this](const QString& element, const QString& path) {
            if (!path.isEmpty() && !isOwn(path))
                refuse(element, u"%1 does not lie among the images of this domain"_s.arg(path),
                       u"Use a domain without <nvram>."_s);
        };
        own(u"os/nvram"_s, nvram->innerText());
        own(u"os/nvram/source/@file"_s, nvram->childAttribute(u"source", u"file"));
    }
    void inspectDevices(const XmlElement& devices)
    {
        QSet<QString> targets;
        for (const auto& device : devices.children) {
            if (device.name == u"emulator")
                emulator(device);
            else if (device.name == u"disk")
                disk(device, targets);
            else if (device.name == u"interface")
                nic(device);
            else if (device.name == u"serial" || device.name == u"console"
                     || device.name == u"parallel" || device.name == u"channel")
                character(device);
            else if (device.name == u"graphics")
                graphics(device);
        }
        for (auto replica = m_policy.replicas.cbegin(); replica != m_policy.replicas.cend();
             ++replica) {
            if (!targets.contains(replica.key()))
                refuse(u"devices/disk"_s, u"%1 is missing"_s.arg(replica.key()),
                       u"Update Lockstep on the domain's host."_s);
        }
    }
    void emulator(const XmlElement& element)
    {
        const auto path = element.innerText();
        if (!m_policy.emulators.contains(path))
            refuse(
                u"devices/emulator"_s,
                u"%1 is no QEMU that libvirt knows there"_s.arg(shortened(path, 200)),
                u"Install the same QEMU there, or remove <emulator> with virsh edit %1 and start the domain anew."_s
                    .arg(shown()));
    }
    void disk(const XmlElement& element, QSet<QString>& targets)
    {
        const auto target = element.childAttribute(u"target", u"dev");
        if (target.isEmpty() || targets.contains(target))
            refuse(u"devices/disk/target/@dev"_s,
                   u"'%1' is not unique"_s.arg(shortened(target, 80)),
                   u"Give each disk a target of its own."_s);
        targets.insert(target);
        const auto source = element.childAttribute(u"source", u"file");
        const QString place = u"devices/disk/source/@file"_s;
        if (m_policy.replicas.contains(target)) {
            // Without a format QEMU would look into the image, which the guest has written.
            const auto format = element.childAttribute(u"driver", u"type");
            if (source != m_policy.replicas.value(target) || format.isEmpty()
                || element.attribute(u"device") == u"cdrom")
                refuse(place, u"of %1 is not its replica"_s.arg(target),
                       u"Update Lockstep on the domain's host."_s);
            return;
        }
        if (source.isEmpty()) // an empty drive
            return;
        const bool isReadOnly =
            element.hasChild(u"readonly") || element.attribute(u"device") == u"cdrom";
        if (!isReadOnly || element.attribute(u"type") == u"block"
            || element.childAttribute(u"driver", u"type") != u"raw")
            refuse(place,
                   u"%1 is neither a replica nor a raw medium that is only read"_s.arg(source),
                   u"Eject it: virsh change-media %1 %2 --eject."_s.arg(shown(), target));
        else
            readable(place, source);
    }
    void nic(const XmlElement& element)
    {
        const auto bridge = element.childAttribute(u"source", u"bridge");
        if (!m_policy.bridges.contains(bridge))
            refuse(
                u"devices/interface/source/@bridge"_s,
                u"'%1' is no bridge there that shadows may use"_s.arg(shortened(bridge, 80)),
                u"Make the bridge there, or add it to bridges in [shadows] of that host's %1 and restart lockstepd."_s
                    .arg(Config::usualPath));
        const auto tap = element.childAttribute(u"target", u"dev");
        static const QRegularExpression proper{
            QRegularExpression::anchoredPattern(u"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}"_s)};
        if (!tap.isEmpty() && (!proper.match(tap).hasMatch() || m_policy.interfaces.contains(tap)))
            refuse(
                u"devices/interface/target/@dev"_s,
                u"'%1' is a network device there already, or no name of one"_s.arg(
                    shortened(tap, 80)),
                u"Remove the interface's <target> with virsh edit %1 and start the domain anew."_s
                    .arg(shown()));
    }
    void character(const XmlElement& element)
    {
        const QString place = u"devices/"_s + element.name;
        const auto type = element.attribute(u"type");
        const auto path = element.childAttribute(u"source", u"path");
        if (type == u"file" ? !isLog(path) : !path.isEmpty() && !isMade(type, path))
            refusePath(place + u"/source/@path"_s, path);
        if (const auto tty = element.attribute(u"tty"); !tty.isEmpty() && !isMade(u"pty"_s, tty))
            refusePath(place + u"/@tty"_s, tty);
        if (const auto* const log = element.child(u"log"); log && !isLog(log->attribute(u"file")))
            refusePath(place + u"/log/@file"_s, log->attribute(u"file"));
    }
    void refusePath(const QString& element, const QString& path)
    {
        refuse(
            element,
            u"must not be '%1': it is no place of libvirt's for this domain"_s.arg(
                shortened(path, 200)),
            u"Use <serial type='pty'>, or the file /var/log/libvirt/qemu/%1-console.log, with virsh edit %1, and start the domain anew."_s
                .arg(shown()));
    }
    void graphics(const XmlElement& element)
    {
        const auto listening = [this](const QString& place, const QString& address) {
            if (!mayListen(address))
                refuse(
                    place,
                    u"%1 is no address where a shadow's console may listen there"_s.arg(
                        shortened(address, 80)),
                    u"Let it listen on 127.0.0.1, or add the address to console-addresses in [shadows] of that host's %1 and restart lockstepd."_s
                        .arg(Config::usualPath));
        };
        const QString place = u"devices/graphics"_s;
        listening(place + u"/@listen"_s, element.attribute(u"listen"));
        for (const auto* const listen : element.childrenNamed(u"listen")) {
            listening(place + u"/listen/@address"_s, listen->attribute(u"address"));
            const auto socket = listen->attribute(u"socket");
            if (!socket.isEmpty() && !isIn(socket, u"/var/lib/libvirt/qemu/domain-[^/]+/[^/]+"_s))
                refuseValue(place + u"/listen/@socket"_s, socket);
        }
        for (const auto* const name : {"port", "tlsPort", "websocket"}) {
            const QString key = QLatin1StringView{name};
            const auto value = element.attribute(key);
            bool isNumber = false;
            const int port = value.toInt(&isNumber);
            if (!value.isEmpty()
                && (!isNumber || (port != -1 && port != 0 && port < firstConsolePort)
                    || port > 0xffff || port < -1))
                refuseValue(place + u"/@"_s + key, value);
        }
    }

    // What a value may be.

    void readable(const QString& element, const QString& path)
    {
        if (!mayRead(path, m_policy.fileFolders))
            refuse(
                element, u"%1 is no file there that shadows may read"_s.arg(shortened(path, 200)),
                u"Eject or remove it, or add its folder to files in [shadows] of that host's %1 and restart lockstepd. Every host that it trusts can then read what is in the folder."_s
                    .arg(Config::usualPath));
    }
    [[nodiscard]] bool mayListen(const QString& text) const
    {
        if (text.isEmpty() || text == u"localhost")
            return true;
        const QHostAddress address{text};
        return !address.isNull()
            && (address.isLoopback() || m_policy.consoleAddresses.contains(address));
    }
    [[nodiscard]] bool isOwn(const QString& path) const
    {
        return QDir::cleanPath(path) == path && QFileInfo{path}.path() == m_policy.folder;
    }
    /// What libvirt has made for a device while it ran; it makes another one when it starts it.
    static bool isMade(const QString& type, const QString& path)
    {
        if (type == u"pty")
            return isIn(path, u"/dev/pts/[0-9]+"_s);
        return type == u"unix"
            && (isIn(path, u"(/var)?/run/libvirt/qemu/channel/[^/]+/[^/]+"_s)
                || isIn(path, u"/var/lib/libvirt/qemu/channel/target/([^/]+/)?[^/]+"_s));
    }
    [[nodiscard]] bool isLog(const QString& path) const
    {
        return isIn(path,
                    u"/var/log/libvirt/qemu/%1-(console|serial)[0-9]*\\.log"_s.arg(
                        QRegularExpression::escape(m_policy.domain)));
    }

    const ShadowPolicy& m_policy;
    QList<ShadowRefusal> m_refusals;
};

bool isBelow(const QString& path, const QString& folder)
{
    return path.startsWith(folder.endsWith(u'/') ? folder : folder + u'/');
}

} // namespace

bool mayRead(const QString& path, const QStringList& folders)
{
    if (!path.startsWith(u'/') || QDir::cleanPath(path) != path || path.contains(QChar::Null))
        return false;
    return std::ranges::any_of(folders, [&path](const QString& folder) {
        if (!isBelow(path, folder))
            return false;
        const QFileInfo file{path};
        if (!file.exists())
            return !file.isSymLink();
        const QFileInfo top{folder};
        return file.isFile() && isBelow(file.canonicalFilePath(), top.canonicalFilePath());
    });
}

QList<ShadowRefusal> shadowRefusals(const QString& xml, const ShadowPolicy& policy)
{
    const auto domain = parseXml(xml);
    if (!domain || domain->name != u"domain") {
        const QString why = domain ? u"it is none"_s : domain.error().message();
        return QList{ShadowRefusal{u"domain"_s, u"cannot be read: "_s + printable(why),
                                   u"Update Lockstep on the domain's host."_s}};
    }
    Inspection inspection{policy};
    inspection.inspect(*domain);
    auto refusals = shapeRefusals(*domain) + inspection.refusals();
    refusals.resize(std::min(refusals.size(), mostShadowRefusals));
    return refusals;
}

Result<void> verdictOf(const QList<ShadowRefusal>& refusals, const QString& domain,
                       const QString& host)
{
    if (refusals.isEmpty())
        return {};
    const auto& first = refusals.first();
    QString text =
        u"%1 starts no shadow of domain %2: %3 %4"_s.arg(host, domain, first.element, first.reason);
    if (refusals.size() > 1)
        text += u" (and %1 more)"_s.arg(refusals.size() - 1);
    return failure(Errc::ShadowRefused, text, first.remedy);
}

} // namespace lockstep
