// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Config.h"
#include "base/ConfigEdit.h"
#include "base/ConfigView.h"
#include "base/Text.h"
#include "cli/Bus.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

#include <QFile>
#include <QJsonArray>
#include <QSaveFile>

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// "1000 ms"; "-" for nothing.
QString shown(const QJsonObject& setting, const QString& member)
{
    const QString value = setting[member].toString();
    if (value.isEmpty())
        return u"-"_s;
    const QString unit = setting[u"unit"].toString();
    return unit.isEmpty() ? value : u"%1 %2"_s.arg(value, unit);
}

void printAll(const QString& file, const QJsonArray& settings)
{
    Table table{{u"KEY"_s, u"VALUE"_s, u"DEFAULT"_s, u"FROM"_s, u"ALLOWED"_s}};
    for (const auto& value : settings) {
        const QJsonObject setting = value.toObject();
        table.addRow({setting[u"key"].toString(), shown(setting, u"value"_s),
                      shown(setting, u"default"_s),
                      setting[u"from-file"].toBool() ? u"file"_s : u"default"_s,
                      setting[u"allowed"].toString()});
    }
    table.print();
    writeLine(
        Stream::Err,
        u"the file is %1; after a change: systemctl restart lockstepd (protection goes on meanwhile)"_s
            .arg(file));
}

/// The daemon's own: it may have been started with another than the usual one.
Result<QString> fileOfDaemon()
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const Quietly quietly{*daemon}; // Root needs no password, and others cannot change the file.
    return daemon->configuration().transform(
        [](const QJsonObject& known) { return known[u"file"].toString(); });
}

/// The daemon's, or the usual one if it does not run.
Result<QString> fileToChange()
{
    auto file = fileOfDaemon();
    if (!file && file.error().code() == Errc::DaemonUnavailable)
        return QString{Config::usualPath};
    return file;
}

std::unexpected<Error> fileFailure(const QString& what, const QFileDevice& file)
{
    const QString message = u"%1: %2"_s.arg(what.arg(file.fileName()), file.errorString());
    if (::geteuid() != 0)
        return failure(Errc::NotAuthorized, message, u"Run it as root."_s);
    return failure(
        Errc::StoreError, message,
        u"See with 'df' and 'mount' whether there is space and whether it is writable."_s);
}

Result<QByteArray> contents(const QString& path)
{
    QFile file{path};
    if (!file.exists())
        return QByteArray{};
    if (!file.open(QIODevice::ReadOnly))
        return fileFailure(u"%1 cannot be read"_s, file);
    return file.readAll();
}

/// Gives a new file the owner of the one whose place it takes; true if there is none yet.
bool keepOwner(const QString& path, int newFile)
{
    struct stat old{};
    return ::stat(QFile::encodeName(path).constData(), &old) != 0
        || ::fchown(newFile, old.st_uid, old.st_gid) == 0;
}

Result<void> write(const QString& path, const QByteArray& text)
{
    QSaveFile file{path}; // Keeps the mode, and leaves the old one if anything fails.
    if (file.open(QIODevice::WriteOnly) && keepOwner(path, file.handle())
        && file.write(text) == text.size() && file.flush() && ::fsync(file.handle()) == 0
        && file.commit())
        return {};
    return fileFailure(u"%1 cannot be written"_s, file);
}

/// Those settings as the file has them now.
QJsonObject asChanged(const QByteArray& text, const QString& path,
                      const QList<ConfigChange>& changes)
{
    QJsonArray settings;
    const auto config = Config::parse(text, path);
    const auto view = config ? viewOf(*config) : ConfigView{};
    for (const ConfigSetting& setting : view.settings) {
        if (std::ranges::contains(changes, setting.key, &ConfigChange::key))
            settings.append(QJsonObject{{u"key"_s, setting.key},
                                        {u"value"_s, setting.value},
                                        {u"default"_s, setting.usual},
                                        {u"from-file"_s, setting.isFromFile},
                                        {u"unit"_s, setting.unit},
                                        {u"allowed"_s, setting.allowed},
                                        {u"secret"_s, setting.isSecret}});
    }
    return {{u"file"_s, path}, {u"settings"_s, settings}};
}

/// KEY=VALUE, one or more: changed in the file of this host, all or none.
Result<int> change(const std::vector<std::string>& words, bool json)
{
    QList<ConfigChange> changes;
    for (const std::string& word : words) {
        const QString text = QString::fromStdString(word);
        const auto split = text.indexOf(u'=');
        if (split < 1)
            return failure(Errc::InvalidArgument,
                           u"\"%1\" is not KEY=VALUE"_s.arg(shortened(text, 80)),
                           u"For example: lockstep config log.level=debug."_s);
        changes.append({.key = text.first(split), .value = text.sliced(split + 1)});
    }
    if (Bus::isRemote())
        return failure(Errc::NotSupported,
                       u"the settings of another host's lockstepd are changed on that host"_s,
                       u"Run it there, as root."_s);
    const auto path = fileToChange();
    if (!path)
        return std::unexpected{path.error()};
    const auto before = contents(*path);
    if (!before)
        return std::unexpected{before.error()};
    const auto after = changedConfig(*before, *path, changes);
    if (!after)
        return std::unexpected{after.error()};
    if (const auto written = write(*path, *after); !written)
        return std::unexpected{written.error()};
    if (json)
        printJson(asChanged(*after, *path, changes));
    else
        writeLine(Stream::Out,
                  u"changed in %1; it counts after: systemctl restart lockstepd"_s.arg(*path));
    return 0;
}

Result<int> show(const QString& key, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto configuration = daemon->configuration();
    if (!configuration)
        return std::unexpected{configuration.error()};
    const QJsonArray settings = configuration->value(u"settings").toArray();
    if (key.isEmpty()) {
        if (json)
            printJson(*configuration);
        else
            printAll(configuration->value(u"file").toString(), settings);
        return 0;
    }
    for (const auto& value : settings) {
        const QJsonObject setting = value.toObject();
        if (setting[u"key"].toString() != key)
            continue;
        if (json)
            printJson(
                {{u"file"_s, (*configuration)[u"file"]}, {u"settings"_s, QJsonArray{setting}}});
        else
            writeLine(Stream::Out, setting[u"value"].toString());
        return 0;
    }
    return failure(Errc::InvalidArgument,
                   u"lockstepd has no setting \"%1\""_s.arg(shortened(key, 80)),
                   u"'lockstep config' lists them, section and name: control.port."_s);
}

Result<int> run(const std::vector<std::string>& words, bool json)
{
    if (words.empty())
        return show({}, json);
    if (words.size() == 1 && words.front().find('=') == std::string::npos)
        return show(QString::fromStdString(words.front()), json);
    return change(words, json);
}

} // namespace

void addConfig(CLI::App& app, Context& context)
{
    const auto words = std::make_shared<std::vector<std::string>>();
    CLI::App* const command =
        addCommand(app, context, "config", "Show or change the settings of this host's lockstepd",
                   [words, &context] { return run(*words, context.json); });
    ofKind(command->add_option("KEY", *words,
                               "Print the value of this one only, e.g. control.port; or KEY=VALUE, "
                               "one or more: change them in the file"),
           Kind::Setting);
    command->footer(
        "The value \"default\" takes a setting out of the file. Lists are separated by commas.\n"
        "What is changed counts after: systemctl restart lockstepd. Protection goes on meanwhile.\n"
        "Needs to be run as root, on the host itself. [fence.HOST] is changed in an editor.");
}

} // namespace lockstep::cli
