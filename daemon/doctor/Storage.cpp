// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Storage.h"

#include <QFile>
#include <QFileInfo>
#include <QStorageInfo>

#include <sys/stat.h>
#include <unistd.h>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr Bytes leastForImages = Bytes::fromMiB(1024);
constexpr Bytes leastForState = Bytes::fromMiB(100); // the history may take half of it

QString mib(qint64 bytes) { return u"%1 MiB"_s.arg(bytes / Bytes::fromMiB(1).value); }

} // namespace

QList<Finding> examineImages(const Config& config)
{
    const QString folder = config.replication.imageDirectory;
    const QByteArray path = QFile::encodeName(folder);
    const QFileInfo info{folder};
    if (!info.exists())
        return {wrong(Id::ImageDirectory, u"there is no %1"_s.arg(folder),
                      u"mkdir -p -m 0711 %1"_s.arg(folder))};
    if (!info.isDir() || ::access(path.constData(), W_OK | X_OK) != 0)
        return {wrong(Id::ImageDirectory,
                      u"%1 cannot be written to: %2"_s.arg(
                          folder, info.isDir() ? qt_error_string() : u"it is no folder"_s),
                      u"mount -o remount,rw its file system, or choose another image-directory in "
                      "lockstepd.conf"_s)};
    if ((info.permissions() & QFile::ExeOther) == 0) {
        // QEMU's user may own it, or be in its group; which one that is only libvirt knows.
        const bool mayPass = (info.ownerId() != 0 && info.ownerId() != ::geteuid())
            || ((info.permissions() & QFile::ExeGroup) != 0 && info.groupId() != 0);
        const QString remedy = u"chmod o+x %1"_s.arg(folder);
        if (mayPass)
            return {warning(Id::ImageDirectory,
                            u"only owner and group can get through to the images in %1: QEMU's "
                            "user has to be one of them"_s.arg(folder),
                            remedy)};
        return {wrong(Id::ImageDirectory,
                      u"QEMU's user cannot get through to the images in %1"_s.arg(folder), remedy)};
    }
    const QStorageInfo disk{folder};
    const QString message = u"%1 has %2 free"_s.arg(folder, mib(disk.bytesAvailable()));
    if (disk.bytesAvailable() < leastForImages.value)
        return {
            warning(Id::ImageDirectory, message,
                    u"free space there, or choose another image-directory in lockstepd.conf"_s)};
    return {fine(Id::ImageDirectory, message)};
}

QList<Finding> examineState(const Config& config)
{
    const QString folder = config.store.directory;
    struct stat status{};
    if (::stat(QFile::encodeName(folder).constData(), &status) != 0)
        return {wrong(Id::StateDirectory, u"%1: %2"_s.arg(folder, qt_error_string()),
                      u"systemctl restart lockstepd"_s)};
    if (status.st_uid != ::geteuid())
        return {wrong(Id::StateDirectory, u"%1 belongs to user %2"_s.arg(folder).arg(status.st_uid),
                      u"chown root: %1"_s.arg(folder))};
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return {wrong(Id::StateDirectory, u"others than its owner can write to %1"_s.arg(folder),
                      u"chmod 0711 %1"_s.arg(folder))};
    const QStorageInfo disk{folder};
    const QString message = u"%1 has %2 free"_s.arg(folder, mib(disk.bytesAvailable()));
    if (disk.bytesAvailable() < leastForState.value)
        return {wrong(Id::StateDirectory, message + u": what cannot be saved is not done"_s,
                      u"free space on its file system: df -h %1"_s.arg(folder))};
    return {fine(Id::StateDirectory, message)};
}

} // namespace lockstep::doctor
