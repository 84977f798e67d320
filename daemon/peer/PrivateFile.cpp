// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/PrivateFile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

class Descriptor final
{
public:
    explicit Descriptor(int number) : m_number{number} { }
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return m_number; }

private:
    int m_number;
};

std::unexpected<Error> systemError(const QString& path)
{
    return failure(Errc::StoreError, u"%1: %2"_s.arg(path, qt_error_string(errno)));
}

bool writeAll(int file, const QByteArray& content)
{
    qsizetype done = 0;
    while (done < content.size()) {
        const ssize_t written =
            ::write(file, content.constData() + done, static_cast<size_t>(content.size() - done));
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            done += written;
    }
    return true;
}

Result<void> writeFile(const QString& path, const QByteArray& content, mode_t mode,
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

bool syncFolder(const QString& path)
{
    const Descriptor folder{
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return folder.number() >= 0 && (::fsync(folder.number()) == 0 || errno == EINVAL);
}

} // namespace

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

Result<void> replaceFolder(const QString& folder, const QList<NamedContent>& files,
                           mode_t folderMode, mode_t fileMode, std::optional<Owner> owner)
{
    const QString fresh = folder + u".new"_s;
    const QByteArray freshPath = QFile::encodeName(fresh);
    const QByteArray path = QFile::encodeName(folder);
    if (QFileInfo::exists(fresh) && !QDir{fresh}.removeRecursively()) // a crash left it
        return failure(Errc::StoreError, u"%1 cannot be removed"_s.arg(fresh));
    if (::mkdir(freshPath.constData(), 0700) != 0)
        return systemError(fresh);
    for (const auto& [name, content] : files) {
        if (auto done = writeFile(fresh + u'/' + name, content, fileMode, owner); !done)
            return done;
    }
    const bool there = QFileInfo::exists(folder);
    const bool good = (!owner || ::chown(freshPath.constData(), owner->uid, owner->gid) == 0)
        && ::chmod(freshPath.constData(), folderMode) == 0 && syncFolder(fresh)
        && ::renameat2(AT_FDCWD, freshPath.constData(), AT_FDCWD, path.constData(),
                       there ? RENAME_EXCHANGE : 0U)
            == 0
        && syncFolder(QFileInfo{folder}.path());
    if (!good)
        return systemError(folder);
    if (there) {
        ::chmod(freshPath.constData(), 0700); // or its owner cannot empty it
        QDir{fresh}.removeRecursively();
    }
    return {};
}

} // namespace lockstep
