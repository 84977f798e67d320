// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Bundle.h"

#include "cli/BundleParts.h"
#include "cli/Format.h"
#include "cli/Interrupt.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSaveFile>
#include <QSysInfo>
#include <QTemporaryDir>
#include <QTimeZone>

#include <sys/stat.h>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto packingTime = 60s;

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
    return outputOf(u"tar"_s,
                    {u"--create"_s, u"--gzip"_s, u"--file=-"_s, u"--owner=root:0"_s,
                     u"--group=root:0"_s, u"--mode=u=rwX,go="_s, u"--sort=name"_s,
                     u"--directory="_s + folder.path(), name},
                    packingTime);
}

Result<void> save(const QString& path, const QByteArray& archive)
{
    QSaveFile file{path}; // there is nothing under that name before commit()
    const bool written = file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFile::ReadOwner | QFile::WriteOwner)
        && file.write(archive) == archive.size();
    if (written && Interrupt::count() > 0) {
        file.cancelWriting();
        return failure(Errc::Cancelled, u"the bundle is not wanted any more"_s);
    }
    if (!written || !file.commit())
        return failure(Errc::InvalidArgument, u"%1: %2"_s.arg(path, file.errorString()),
                       u"Name another file: lockstep doctor --bundle=FILE."_s);
    return {};
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
    if (QFileInfo::exists(path))
        return failure(Errc::InvalidArgument, u"%1 is there already"_s.arg(path),
                       u"Name another file, or remove it."_s);
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
