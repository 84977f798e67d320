// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Secrets.h"

#include "base/Secret.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <optional>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr mode_t permissions = 07777;

struct Access
{
    mode_t mode{0};
    uid_t user{0};
    gid_t group{0};

    /// root's, or lockstepd's if it runs as another user.
    [[nodiscard]] bool isOurs() const { return user == 0 || user == ::geteuid(); }
};

std::optional<Access> accessTo(const QString& path)
{
    struct stat status{};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return std::nullopt;
    return Access{
        .mode = status.st_mode & permissions, .user = status.st_uid, .group = status.st_gid};
}

Finding foreign(Id id, const QString& path, const Access& access)
{
    return wrong(id,
                 u"%1 belongs to user %2, neither to root nor to lockstepd's user"_s.arg(path).arg(
                     access.user),
                 u"chown root: %1"_s.arg(path));
}

QString octal(mode_t mode) { return QString::number(mode, 8).rightJustified(4, u'0'); }

bool isOpen(mode_t mode) { return (mode & (S_IRWXG | S_IRWXO)) != 0; }

/// Where the keys are that QEMU reads: its own user's.
QString qemuKeys(const Config& config) { return config.store.directory + u"/qemu-tls"_s; }

/// Files with keys and passwords, those that are there.
QStringList secretFiles(const Config& config)
{
    const QDir state{config.store.directory};
    QStringList files;
    // Not all of the state directory: there are the images, of any number, on any disk.
    for (const QString& folder : {state.filePath(u"identity"_s), qemuKeys(config)}) {
        QDirIterator keys{folder, {u"*-key.pem"_s}, QDir::Files, QDirIterator::Subdirectories};
        while (keys.hasNext())
            files << keys.next();
    }
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
        const auto access = accessTo(path);
        if (!access)
            found << wrong(Id::SecretFiles, u"%1 is missing, or cannot be looked at"_s.arg(path),
                           u"ls -l %1; put it there, or correct lockstepd.conf"_s.arg(path));
        else if (!access->isOurs() && !path.startsWith(qemuKeys(config) + u'/'))
            found << foreign(Id::SecretFiles, path, *access);
        else if (isOpen(access->mode))
            found << wrong(Id::SecretFiles,
                           u"others than its owner can use %1, a secret: its mode is %2"_s.arg(
                               path, octal(access->mode)),
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
    const auto access = accessTo(config.file);
    if (!access)
        return note(Id::ConfigFile,
                    u"there is no %1: all settings are the usual ones"_s.arg(config.file));
    const mode_t mode = access->mode;
    if (!access->isOurs())
        return foreign(Id::ConfigFile, config.file, *access);
    if ((mode & (S_IWGRP | S_IWOTH)) != 0)
        return wrong(
            Id::ConfigFile,
            u"others than its owner can write %1: its mode is %2"_s.arg(config.file, octal(mode)),
            u"chmod go-w %1"_s.arg(config.file));
    const bool groupReads = (mode & S_IRGRP) != 0 && access->group != 0;
    const bool allRead = (mode & S_IROTH) != 0;
    if ((allRead || groupReads) && std::ranges::any_of(config.fence, hasPassword))
        return wrong(Id::ConfigFile,
                     u"%1 can read %2, which has passwords of fence agents: its mode is %3"_s.arg(
                         allRead ? u"everybody"_s : u"group %1"_s.arg(access->group), config.file,
                         octal(mode)),
                     u"chmod 0600 %1"_s.arg(config.file));
    return fine(Id::ConfigFile, u"%1 has mode %2"_s.arg(config.file, octal(mode)));
}

} // namespace

QList<Finding> examineSecrets(const Config& config)
{
    return examineFiles(config) << examineSettings(config);
}

} // namespace lockstep::doctor
