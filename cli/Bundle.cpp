// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Bundle.h"

#include "base/Descriptor.h"
#include "cli/BundleParts.h"
#include "cli/Format.h"
#include "cli/Interrupt.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QSysInfo>
#include <QTemporaryDir>
#include <QTimeZone>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto packingTime = 60s;
constexpr mode_t ownersAlone = S_IRUSR | S_IWUSR;

const QString readme =
    u"What 'lockstep doctor --bundle' has gathered on one host, for a bug report.\n"
    "Passwords, keys and tokens are left out: \"(left out)\" stands for them. Host "
    "and domain names, addresses and MACs are in it; look through it before you "
    "give it away.\n"_s;

/// Programs are run by Qt, which wants one.
void needApplication()
{
    static int count = 1;
    static char name[] = "lockstep";
    static char* words[] = {name, nullptr};
    if (QCoreApplication::instance() == nullptr)
        static const QCoreApplication application{count, words};
}

QString nameOfOurs()
{
    return u"lockstep-%1-%2"_s.arg(
        QSysInfo::machineHostName().section(u'.', 0, 0),
        QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd'T'HHmmss'Z'"_s));
}

Result<void> writeFile(const QString& path, const QByteArray& content)
{
    QFile file{path};
    if (!QDir{}.mkpath(QFileInfo{path}.path()) || !file.open(QIODevice::WriteOnly)
        || file.write(content) != content.size() || !file.flush())
        return failure(Errc::Refused, u"%1: %2"_s.arg(path, file.errorString()),
                       u"Free space there, or set TMPDIR to another folder."_s);
    return {};
}

/// The archive, with all parts below the folder `name`.
Result<QByteArray> packed(const BundleParts& all, const QString& name)
{
    const QTemporaryDir folder; // its owner's alone
    if (!folder.isValid())
        return failure(Errc::Refused, folder.errorString(), u"Set TMPDIR to another folder."_s);
    const QString below = folder.filePath(name);
    auto parts = all.parts;
    parts.append({u"README.txt"_s, readme.toUtf8()});
    parts.append({u"missing.txt"_s, (all.missing.join(u'\n') + u'\n').toUtf8()});
    for (const BundlePart& part : std::as_const(parts)) {
        if (auto written = writeFile(below + u'/' + part.name, part.content); !written)
            return std::unexpected{written.error()};
    }
    auto archive = outputOf(u"tar"_s,
                            {u"--create"_s, u"--gzip"_s, u"--file=-"_s, u"--owner=root:0"_s,
                             u"--group=root:0"_s, u"--mode=u=rwX,go="_s, u"--sort=name"_s,
                             u"--directory="_s + folder.path(), name},
                            packingTime);
    if (!archive)
        return std::unexpected{archive.error()};
    if (!archive->problem.isEmpty())
        return failure(Errc::Refused, archive->problem);
    return std::move(archive->text);
}

// These return 0 or an errno; ECANCELED after Ctrl-C.

int fill(int file, const QByteArray& content)
{
    if (!writeAll(file, content) || ::fsync(file) != 0)
        return errno;
    return Interrupt::count() > 0 ? ECANCELED : 0;
}

/// By way of a file that has no name until it is whole. To give it one replaces nothing and
/// follows no symbolic link.
int saveNameless(int folder, const QByteArray& name, const QByteArray& archive)
{
    const Descriptor file{::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, ownersAlone)};
    if (file.number() < 0)
        return errno;
    if (const int error = fill(file.number(), archive); error != 0)
        return error;
    const QByteArray self = "/proc/self/fd/" + QByteArray::number(file.number());
    return ::linkat(AT_FDCWD, self.constData(), folder, name.constData(), AT_SYMLINK_FOLLOW) == 0
        ? 0
        : errno;
}

/// The same where every file has a name, as on NFS.
int saveNamed(int folder, const QByteArray& name, const QByteArray& archive)
{
    const QByteArray other =
        ".lockstep-" + QByteArray::number(QRandomGenerator::system()->generate64(), 16);
    const Descriptor file{::openat(folder, other.constData(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   ownersAlone)};
    if (file.number() < 0)
        return errno;
    int error = fill(file.number(), archive);
    if (error == 0
        && ::renameat2(folder, other.constData(), folder, name.constData(), RENAME_NOREPLACE) != 0)
        error = errno;
    // NFS cannot rename without replacing, but a link does not replace either.
    if (error == EINVAL)
        error = ::linkat(folder, other.constData(), folder, name.constData(), 0) == 0 ? 0 : errno;
    ::unlinkat(folder, other.constData(), 0);
    return error;
}

std::unexpected<Error> isThere(const QString& path)
{
    return failure(Errc::InvalidArgument, u"%1 is there already"_s.arg(path),
                   u"Name another file, or remove it."_s);
}

Result<void> save(const QString& path, const QByteArray& archive)
{
    const QFileInfo place{path};
    const QByteArray name = QFile::encodeName(place.fileName());
    const Descriptor folder{
        ::open(QFile::encodeName(place.path()).constData(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    int error = errno;
    if (folder.number() >= 0) {
        error = saveNameless(folder.number(), name, archive);
        // This file system has no nameless files, or there is no /proc to name one through.
        if (error == EOPNOTSUPP || error == EISDIR || error == ENOENT)
            error = saveNamed(folder.number(), name, archive);
    }
    if (error == 0)
        return {};
    if (error == EEXIST)
        return isThere(path);
    if (error == ECANCELED)
        return failure(Errc::Cancelled, u"the bundle is not wanted any more"_s);
    return failure(Errc::InvalidArgument, u"%1: %2"_s.arg(path, qt_error_string(error)),
                   u"Name another file: lockstep doctor --bundle=FILE."_s);
}

void tell(const BundleParts& all, const QString& path, qint64 size, bool json)
{
    if (json) {
        QJsonArray contents;
        for (const BundlePart& part : all.parts)
            contents.append(QJsonObject{{u"name"_s, part.name}, {u"bytes"_s, part.content.size()}});
        printJson({{u"bundle"_s, path},
                   {u"contents"_s, contents},
                   {u"missing"_s, QJsonArray::fromStringList(all.missing)}});
        return;
    }
    for (const BundlePart& part : all.parts)
        writeLine(Stream::Out, u"  %1 (%2)"_s.arg(part.name, formatBytes(part.content.size())));
    for (const QString& line : all.missing)
        writeLine(Stream::Out, u"  not in it: "_s + line);
    writeLine(
        Stream::Out,
        u"%1 (%2) is for you alone to read; secrets are left out of it, names and addresses are "
        "not: look through it before you give it away"_s.arg(path, formatBytes(size)));
}

} // namespace

Result<int> writeBundle(Result<Daemon>& daemon, const std::vector<std::string>& hosts, QString file,
                        bool json)
{
    const QString name = nameOfOurs();
    const QString path = QFileInfo{file.isEmpty() ? name + u".tar.gz"_s : file}.absoluteFilePath();
    if (QFileInfo::exists(path) || QFileInfo{path}.isSymLink())
        return isThere(path);
    needApplication();
    ::umask(S_IRWXG | S_IRWXO);
    const Interrupt interrupt;
    auto all = gatherParts(daemon, hosts, [] { return Interrupt::count() > 0; });
    if (!all)
        return std::unexpected{all.error()};
    const auto archive = packed(*all, name);
    if (!archive)
        return std::unexpected{archive.error()};
    if (auto saved = save(path, *archive); !saved)
        return std::unexpected{saved.error()};
    tell(*all, path, archive->size(), json);
    return 0;
}

} // namespace lockstep::cli
