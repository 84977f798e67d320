// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Secrets.h"

#include "base/Secret.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <sys/stat.h>
#include <algorithm>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr mode_t permissions = 07777;

std::optional<mode_t> modeOf(const QString& path)
{
    struct stat status{};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return std::nullopt;
    return status.st_mode & permissions;
}

QString octal(mode_t mode) { return QString::number(mode, 8).rightJustified(4, u'0'); }

bool isOpen(mode_t mode) { return (mode & (S_IRWXG | S_IRWXO)) != 0; }

/// Files with keys and passwords, those that are there.
QStringList secretFiles(const Config& config)
{
    const QDir state{config.store.directory};
    QStringList files;
    QDirIterator keys{state.path(), {u"*-key.pem"_s}, QDir::Files, QDirIterator::Subdirectories};
    while (keys.hasNext())
        files << keys.next();
    // The keys of heartbeats are in there.
    const auto databases = state.entryList({u"state.db*"_s}, QDir::Files);
    for (const QString& name : databases)
        files << state.filePath(name);
    for (const QString& path : {config.etcd.key, config.etcd.passwordFile}) {
        if (!path.isEmpty())
            files << path;
    }
    files.sort();
    return files;
}

QList<Finding> examineFiles(const Config& config)
{
    QList<Finding> found;
    const auto files = secretFiles(config);
    for (const QString& path : files) {
        const auto mode = modeOf(path);
        if (!mode)
            found << wrong(Id::SecretFiles, u"%1 is missing, or cannot be looked at"_s.arg(path),
                           u"ls -l %1; put it there, or correct lockstepd.conf"_s.arg(path));
        else if (isOpen(*mode))
            found << wrong(Id::SecretFiles,
                           u"others than its owner can use %1, a secret: its mode is %2"_s.arg(
                               path, octal(*mode)),
                           u"chmod go= %1"_s.arg(path));
    }
    if (found.isEmpty())
        found << fine(
            Id::SecretFiles,
            u"keys and passwords in %1 files are their owners' alone"_s.arg(files.size()));
    return found;
}

Finding examineSettings(const Config& config)
{
    const auto hasPassword = [](const Config::Fence& fence) {
        return std::ranges::any_of(fence.options.keys(), isSecretName);
    };
    const auto mode = modeOf(config.file);
    if (!mode)
        return note(Id::ConfigFile,
                    u"there is no %1: all settings are the usual ones"_s.arg(config.file));
    if ((*mode & (S_IWGRP | S_IWOTH)) != 0)
        return wrong(
            Id::ConfigFile,
            u"others than its owner can write %1: its mode is %2"_s.arg(config.file, octal(*mode)),
            u"chmod go-w %1"_s.arg(config.file));
    if ((*mode & S_IROTH) != 0 && std::ranges::any_of(config.fence, hasPassword))
        return wrong(
            Id::ConfigFile,
            u"everybody can read %1, which has passwords of fence agents: its mode is %2"_s.arg(
                config.file, octal(*mode)),
            u"chmod 0600 %1"_s.arg(config.file));
    return fine(Id::ConfigFile, u"%1 has mode %2"_s.arg(config.file, octal(*mode)));
}

} // namespace

QList<Finding> examineSecrets(const Config& config)
{
    return examineFiles(config) << examineSettings(config);
}

} // namespace lockstep::doctor
