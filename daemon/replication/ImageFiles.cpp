// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ImageFiles.h"

#include "base/Descriptor.h"
#include "replication/Program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QThreadPool>

#include <cerrno>
#include <cstring>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 sectorSize = 512;
constexpr qint64 mostBySector = qint64{32} << 40;

std::unexpected<Error> systemFailure(const QString& what, int error)
{
    const auto text = what + u": "_s + qt_error_string(error);
    if (error == ENOSPC || error == EDQUOT)
        return failure(Errc::NoSpace, text);
    return failure(Errc::StoreError, text,
                   u"Check that the image directory is there and can be written to."_s);
}

bool isDirectChild(const QString& directory, const QString& path)
{
    return QDir::isAbsolutePath(path) && QDir::cleanPath(path) == path
        && QFileInfo{path}.path() == QDir::cleanPath(directory);
}

Descriptor openDirectory(const QString& directory)
{
    return Descriptor{
        ::open(QFile::encodeName(directory).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

Result<void> syncDirectory(const QString& directory)
{
    const auto opened = openDirectory(directory);
    if (opened.number() < 0 || ::fsync(opened.number()) != 0)
        return systemFailure(u"cannot write directory %1 to disk"_s.arg(directory), errno);
    return {};
}

/// Takes the name, so that nothing that is there already can be overwritten.
Result<void> reserve(ImageSpec spec)
{
    const auto name = QFile::encodeName(spec.path);
    const Descriptor file{
        ::open(name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (file.number() >= 0)
        return {};
    if (errno == EEXIST)
        return failure(Errc::StoreError,
                       u"%1 is there already, and nothing is ever overwritten"_s.arg(spec.path),
                       u"Move it away or remove it, if nothing needs it."_s);
    return systemFailure(u"cannot make %1"_s.arg(spec.path), errno);
}

Result<void> handOver(ImageSpec spec)
{
    const auto name = QFile::encodeName(spec.path);
    const Descriptor file{::open(name.constData(), O_RDWR | O_NOFOLLOW | O_CLOEXEC)};
    if (file.number() < 0 || ::fchmod(file.number(), spec.mode) != 0
        || ::fchown(file.number(), spec.uid, spec.gid) != 0)
        return systemFailure(u"cannot give %1 to user %2"_s.arg(spec.path).arg(spec.uid), errno);
    if (::fsync(file.number()) != 0)
        return systemFailure(u"cannot write %1 to disk"_s.arg(spec.path), errno);
    return syncDirectory(QFileInfo{spec.path}.path());
}

Result<void> removeNow(QString directory, QString path)
{
    const auto opened = openDirectory(directory);
    if (opened.number() < 0) {
        if (errno == ENOENT)
            return {};
        return systemFailure(u"cannot open directory %1"_s.arg(directory), errno);
    }
    const auto name = QFile::encodeName(QFileInfo{path}.fileName());
    struct stat status{};
    if (::fstatat(opened.number(), name.constData(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return {};
        return systemFailure(u"cannot look at %1"_s.arg(path), errno);
    }
    if (!S_ISREG(status.st_mode))
        return failure(Errc::StoreError, u"%1 is no regular file and is left alone"_s.arg(path),
                       u"Look at it and remove it by hand."_s);
    if (::unlinkat(opened.number(), name.constData(), 0) != 0 && errno != ENOENT)
        return systemFailure(u"cannot remove %1"_s.arg(path), errno);
    if (::fsync(opened.number()) != 0)
        return systemFailure(u"cannot write directory %1 to disk"_s.arg(directory), errno);
    return {};
}

Result<Bytes> spaceNow(QString directory)
{
    struct statvfs status{};
    if (::statvfs(QFile::encodeName(directory).constData(), &status) != 0)
        return systemFailure(u"cannot tell the free space of %1"_s.arg(directory), errno);
    return Bytes{static_cast<qint64>(status.f_bavail) * static_cast<qint64>(status.f_frsize)};
}

Result<FileMark> markNow(QString path)
{
    struct stat status{};
    if (::lstat(QFile::encodeName(path).constData(), &status) != 0)
        return systemFailure(u"cannot look at %1"_s.arg(path), errno);
    if (!S_ISREG(status.st_mode))
        return failure(Errc::StoreError, u"%1 is no regular file"_s.arg(path));
    constexpr qint64 nanoseconds = 1'000'000'000;
    return FileMark{.inode = status.st_ino,
                    .length = status.st_size,
                    .modified = (status.st_mtim.tv_sec * nanoseconds) + status.st_mtim.tv_nsec};
}

Result<void> syncNow(QString path)
{
    const Descriptor file{
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (file.number() < 0 || ::fsync(file.number()) != 0)
        return systemFailure(u"cannot write %1 to disk"_s.arg(path), errno);
    return {};
}

/// A dead network file system holds its caller for ever: only a thread of the pool then, not us.
template <typename T, typename... Arguments>
Task<Result<T>> onThread(Result<T> (*work)(Arguments...), std::chrono::milliseconds deadline,
                         QString doing, Arguments... arguments)
{
    const OneShot<Result<T>> done;
    done.expire(deadline,
                failure(Errc::Timeout, u"%1: the file system does not answer"_s.arg(doing)));
    QThreadPool::globalInstance()->start([=] { done.completeFromThread(work(arguments...)); });
    co_return co_await done;
}

Result<void> check(const ImageSpec& spec)
{
    if (!QDir::isAbsolutePath(spec.path) || QDir::cleanPath(spec.path) != spec.path)
        return failure(Errc::InvalidArgument,
                       u"'%1' is no absolute path of an image"_s.arg(spec.path));
    if (spec.format != u"raw" && spec.format != u"qcow2")
        return failure(Errc::InvalidArgument,
                       u"cannot make an image of format '%1'"_s.arg(spec.format));
    if (spec.bySector && spec.format != u"qcow2")
        return failure(Errc::InvalidArgument,
                       u"an image of format '%1' has no subclusters"_s.arg(spec.format));
    if (spec.size.value <= 0 || spec.size.value % sectorSize != 0)
        return failure(Errc::InvalidArgument,
                       u"%1 bytes is no size of a disk"_s.arg(spec.size.value));
    return {};
}

Result<void> verdict(const ProgramResult& ended, const QString& doing)
{
    if (ended.exitStatus == 0)
        return {};
    const auto text = doing + u": "_s + ended.errors;
    // qemu-img reports system errors only as text of the C locale.
    if (ended.errors.contains(QLatin1StringView{strerrordesc_np(ENOSPC)})
        || ended.errors.contains(QLatin1StringView{strerrordesc_np(EDQUOT)}))
        return failure(Errc::NoSpace, text);
    return failure(Errc::StoreError, text, u"Check the file and its directory."_s);
}

Task<Result<void>> fill(ImageSpec spec, std::chrono::milliseconds deadline)
{
    QStringList arguments{u"create"_s, u"-q"_s, u"-f"_s, spec.format};
    if (spec.bySector) {
        // A subcluster is a 32nd of a cluster; the table of clusters must stay below 32 MiB.
        const auto* const cluster = spec.size.value <= mostBySector ? "16k" : "64k";
        arguments += {u"-o"_s, u"extended_l2=on,cluster_size="_s + QLatin1StringView{cluster}};
    }
    arguments += {spec.path, QString::number(spec.size.value)};
    LOCKSTEP_CO_TRY(ended, co_await runProgram(u"qemu-img"_s, arguments, deadline));
    LOCKSTEP_CO_CHECK(verdict(ended, u"cannot make %1"_s.arg(spec.path)));
    co_return co_await onThread(&handOver, deadline, u"cannot make %1"_s.arg(spec.path), spec);
}

} // namespace

Task<Result<void>> createImage(ImageSpec spec, std::chrono::milliseconds deadline)
{
    LOCKSTEP_CO_CHECK(check(spec));
    LOCKSTEP_CO_CHECK(
        co_await onThread(&reserve, deadline, u"cannot make %1"_s.arg(spec.path), spec));
    auto filled = co_await fill(spec, deadline);
    if (!filled) {
        // The first failure is what matters; a rest that cannot be removed either is named with it.
        const auto removed = co_await removeFile(QFileInfo{spec.path}.path(), spec.path, deadline);
        if (!removed)
            co_return std::unexpected{filled.error().during(u"%1 is left behind"_s.arg(spec.path))};
    }
    co_return filled;
}

Task<Result<ImageInfo>> imageInfo(QString path, QString format, std::chrono::milliseconds deadline)
{
    // An absolute path is never taken for one of QEMU's protocols ("nbd:...", "json:...").
    if (!QDir::isAbsolutePath(path))
        co_return failure(Errc::InvalidArgument,
                          u"'%1' is no absolute path of an image"_s.arg(path));
    const QStringList arguments{
        u"info"_s, u"--output=json"_s, u"-U"_s, u"--backing-chain"_s, u"-f"_s, format, path};
    LOCKSTEP_CO_TRY(ended, co_await runProgram(u"qemu-img"_s, arguments, deadline));
    LOCKSTEP_CO_CHECK(verdict(ended, u"cannot read image %1"_s.arg(path)));
    auto parsed = parseImageInfo(ended.output);
    if (!parsed)
        co_return std::unexpected{parsed.error().during(u"reading image %1"_s.arg(path))};
    co_return parsed;
}

Task<Result<void>> removeFile(QString directory, QString path, std::chrono::milliseconds deadline)
{
    if (!isDirectChild(directory, path))
        co_return failure(Errc::InvalidArgument, u"%1 does not lie in %2"_s.arg(path, directory));
    co_return co_await onThread(&removeNow, deadline, u"cannot remove %1"_s.arg(path), directory,
                                path);
}

Task<Result<Bytes>> freeSpace(QString directory, std::chrono::milliseconds deadline)
{
    co_return co_await onThread(&spaceNow, deadline,
                                u"cannot tell the free space of %1"_s.arg(directory), directory);
}

Task<Result<FileMark>> fileMark(QString path, std::chrono::milliseconds deadline)
{
    co_return co_await onThread(&markNow, deadline, u"cannot look at %1"_s.arg(path), path);
}

Task<Result<void>> syncFile(QString path, std::chrono::milliseconds deadline)
{
    co_return co_await onThread(&syncNow, deadline, u"cannot write %1 to disk"_s.arg(path), path);
}

Result<ImageInfo> parseImageInfo(const QByteArray& json)
{
    const auto chain = QJsonDocument::fromJson(json).array();
    const auto top = chain.first().toObject();
    ImageInfo info{.format = top.value(u"format"_s).toString(),
                   .virtualSize = {top.value(u"virtual-size"_s).toInteger(-1)},
                   .allocated = {top.value(u"actual-size"_s).toInteger(0)},
                   .backingChain = {},
                   .snapshots = {},
                   .encrypted = top.value(u"encrypted"_s).toBool()};
    if (info.format.isEmpty() || info.virtualSize.value < 0)
        return failure(Errc::Malformed, u"qemu-img reports no format and virtual size"_s);
    for (qsizetype i = 1; i < chain.size(); ++i)
        info.backingChain += chain.at(i).toObject().value(u"filename"_s).toString();
    const auto snapshots = top.value(u"snapshots"_s).toArray();
    for (const auto& snapshot : snapshots)
        info.snapshots += snapshot.toObject().value(u"name"_s).toString();
    return info;
}

} // namespace lockstep
