// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/DurableFile.h"

#include "base/Descriptor.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace lockstep {

using namespace Qt::StringLiterals;

std::unexpected<Error> systemError(const QString& path)
{
    return failure(Errc::StoreError, u"%1: %2"_s.arg(path, qt_error_string(errno)));
}

Result<void> writeNewFile(const QString& path, const QByteArray& content, mode_t mode,
                          const std::optional<Owner>& owner)
{
    const Descriptor file{::open(QFile::encodeName(path).constData(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    const bool good = file.number() >= 0 && writeAll(file.number(), content)
        && (!owner || ::fchown(file.number(), owner->uid, owner->gid) == 0)
        && ::fchmod(file.number(), mode) == 0 && ::fsync(file.number()) == 0;
    if (!good)
        return systemError(path);
    return {};
}

Result<void> replaceFile(const QString& path, const QByteArray& content, mode_t mode)
{
    const QString fresh = path + u".new"_s;
    const QByteArray freshName = QFile::encodeName(fresh);
    if (::unlink(freshName.constData()) != 0 && errno != ENOENT) // a power cut left it
        return systemError(fresh);
    if (auto written = writeNewFile(fresh, content, mode); !written)
        return written;
    if (::rename(freshName.constData(), QFile::encodeName(path).constData()) != 0)
        return systemError(path);
    const QString folder = QFileInfo{path}.path();
    if (!syncFolder(folder))
        return systemError(folder);
    return {};
}

Result<void> removeDurably(const QString& path)
{
    if (::unlink(QFile::encodeName(path).constData()) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return {};
        return systemError(path);
    }
    const QString folder = QFileInfo{path}.path();
    if (!syncFolder(folder))
        return systemError(folder);
    return {};
}

bool syncFolder(const QString& path)
{
    const Descriptor folder{
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return folder.number() >= 0 && (::fsync(folder.number()) == 0 || errno == EINVAL);
}

Result<void> ensureFolder(const QString& folder, mode_t mode)
{
    const QByteArray path = QFile::encodeName(folder);
    if (!QDir{}.mkpath(QFileInfo{folder}.path()))
        return failure(Errc::StoreError, u"%1 cannot be created"_s.arg(folder));
    if (::mkdir(path.constData(), mode) != 0 && errno != EEXIST)
        return systemError(folder);
    if (::chmod(path.constData(), mode) != 0) // mkdir's mode is cut by the umask
        return systemError(folder);
    return {};
}

} // namespace lockstep
