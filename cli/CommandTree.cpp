// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/CommandTree.h"

#include <QJsonArray>
#include <QMap>

#include <algorithm>

// `lockstep describe` prints one object; man pages and the completions of bash, zsh and fish are
// made of it. Members may be added; none is renamed.
//   "program", "version", "description"   text
//   "options"    array of arguments that every command takes, before or after its name
//   "groups"     array of {"name": heading, "keyword": word for `help`, "commands": [names]}, in
//   the
//                order of help; hidden commands are in none
//   "commands"   array of {"name": "peer add", "words": ["peer", "add"], "group": heading or "",
//                "description", "usage": "peer add ADDRESS", "positionals": [arguments],
//                "options": [arguments], "footer": lines that follow them, or ""}
// An argument:
//   "name"        of a positional, e.g. "DOMAIN"
//   "names"       of an option, e.g. ["-c", "--connect"] or ["--wait", "--no-wait"]
//   "kind"        "domain" a running domain of libvirt; "any-domain" one that may be off; "pair" a
//                 domain that is protected; "peer"; "stranger" a host that asked to pair;
//                 "host-or-peer" this host or a peer; "job"; "running-job"; "cancellable-job";
//                 "setting" of lockstepd; "host" for ssh; "file"; "directory"; "number";
//                 "choice" one of "values"; "flag" takes no value; "text" anything else
//   "placeholder" for the value, e.g. "DIR" or "manual|etcd|fence"; "" for a flag
//   "values"      what a "choice" allows; with other kinds values worth offering; mostly []
//   "default"     "" if it has none, or the description tells it
//   "environment" variable that is its default, or ""
//   "description" one line
//   "required", "repeats"   true or false
// `lockstep describe --values KIND` prints what there is of a kind from "domain" to "setting", one
// a line: quickly, and nothing if lockstepd does not answer.

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

const QMap<QString, QString>& kindByPlaceholder()
{
    static const QMap<QString, QString> kinds{
        {u"DOMAIN"_s, u"domain"_s},
        {u"ANY-DOMAIN"_s, u"any-domain"_s},
        {u"PAIR"_s, u"pair"_s},
        {u"PEER"_s, u"peer"_s},
        {u"STRANGER"_s, u"stranger"_s},
        {u"HOST|PEER"_s, u"host-or-peer"_s},
        {u"JOB"_s, u"job"_s},
        {u"RUNNING-JOB"_s, u"running-job"_s},
        {u"CANCELLABLE-JOB"_s, u"cancellable-job"_s},
        {u"KEY"_s, u"setting"_s},
        {u"HOST"_s, u"host"_s},
        {u"FILE"_s, u"file"_s},
        {u"DIR"_s, u"directory"_s},
        {u"NUMBER"_s, u"number"_s},
        {u"INT"_s, u"number"_s},
        {u"UINT"_s, u"number"_s},
        {u"FLOAT"_s, u"number"_s},
        {u"SECONDS"_s, u"number"_s},
        {u"MS"_s, u"number"_s},
    };
    return kinds;
}

/// The set of CLI::IsMember, "TEXT:{a,b}", or of suggesting(), "TEXT:like {a,b}": CLI11 tells it
/// only in the type's name.
QStringList valuesIn(const QString& typeName)
{
    const qsizetype begin = typeName.indexOf(u'{');
    const qsizetype end = typeName.indexOf(u'}', begin);
    if (begin < 0 || end < 0)
        return {};
    return typeName.sliced(begin + 1, end - begin - 1).split(u',');
}

QString oneLine(const std::string& text) { return QString::fromStdString(text).simplified(); }

ArgumentInfo argument(const CLI::Option& option)
{
    ArgumentInfo info;
    if (option.get_positional())
        info.names.append(QString::fromStdString(option.get_name(true)));
    for (const std::string& name : option.get_snames())
        info.names.append(u'-' + QString::fromStdString(name));
    for (const std::string& name : option.get_lnames())
        info.names.append(u"--"_s + QString::fromStdString(name));
    const QString typeName = QString::fromStdString(option.get_type_name());
    const QString type = typeName.section(u':', 0, 0);
    info.values = valuesIn(typeName);
    info.kind = kindByPlaceholder().value(type, u"text"_s);
    info.placeholder = info.kind == "number"_L1 && type.endsWith(u"INT"_s) ? u"NUMBER"_s : type;
    if (option.get_type_size() == 0 || option.get_expected_max() == 0) {
        info.kind = u"flag"_s;
        info.placeholder.clear();
    } else if (typeName.contains(u":{"_s)) {
        info.kind = u"choice"_s;
        info.placeholder = info.values.join(u'|');
    }
    info.description = oneLine(option.get_description());
    info.initial = info.kind == "flag"_L1 ? QString{} : oneLine(option.get_default_str());
    info.environment = oneLine(option.get_envname());
    info.required = option.get_required();
    info.repeats = option.get_expected_max() > 1;
    return info;
}

QList<ArgumentInfo> arguments(const CLI::App& app, bool positional)
{
    QList<ArgumentInfo> all;
    for (const CLI::Option* option : app.get_options()) {
        // --help is the program's: each command takes it.
        if (option->get_positional() == positional && !option->get_group().empty()
            && (option != app.get_help_ptr() || app.get_parent() == nullptr))
            all.append(argument(*option));
    }
    return all;
}

void addBelow(const CLI::App& app, const QStringList& words, const QString& group,
              QList<CommandInfo>& all)
{
    for (const CLI::App* sub : app.get_subcommands({})) {
        const QStringList path = words + QStringList{QString::fromStdString(sub->get_name())};
        const QString own = words.isEmpty() ? QString::fromStdString(sub->get_group()) : group;
        if (sub->get_subcommands({}).empty()) {
            all.append({.words = path,
                        .group = own,
                        .description = oneLine(sub->get_description()),
                        .footer = QString::fromStdString(sub->get_footer()),
                        .positionals = arguments(*sub, true),
                        .options = arguments(*sub, false)});
        } else {
            addBelow(*sub, path, own, all);
        }
    }
}

QJsonObject toJson(const ArgumentInfo& info, bool positional)
{
    QJsonObject json{{u"kind"_s, info.kind},
                     {u"placeholder"_s, info.placeholder},
                     {u"values"_s, QJsonArray::fromStringList(info.values)},
                     {u"default"_s, info.initial},
                     {u"environment"_s, info.environment},
                     {u"description"_s, info.description},
                     {u"required"_s, info.required},
                     {u"repeats"_s, info.repeats}};
    if (positional)
        json[u"name"] = info.names.first();
    else
        json[u"names"] = QJsonArray::fromStringList(info.names);
    return json;
}

QJsonArray toJson(const QList<ArgumentInfo>& infos, bool positional)
{
    QJsonArray all;
    for (const ArgumentInfo& info : infos)
        all.append(toJson(info, positional));
    return all;
}

} // namespace

QString CommandInfo::usage() const
{
    QStringList shown = words;
    for (const ArgumentInfo& positional : positionals) {
        const QString name = positional.names.first() + (positional.repeats ? u"..."_s : QString{});
        shown.append(positional.required ? name : u'[' + name + u']');
    }
    return shown.join(u' ');
}

const CommandInfo* CommandTree::find(const QStringList& words) const
{
    const auto found = std::ranges::find(commands, words, &CommandInfo::words);
    return found == commands.end() ? nullptr : &*found;
}

QStringList CommandTree::groups() const
{
    QStringList all;
    for (const CommandInfo& command : commands) {
        if (!command.group.isEmpty() && !all.contains(command.group))
            all.append(command.group);
    }
    return all;
}

QList<CommandInfo> CommandTree::below(const QStringList& words) const
{
    QList<CommandInfo> all;
    std::ranges::copy_if(commands, std::back_inserter(all), [&words](const CommandInfo& command) {
        return command.words.first(std::min(words.size(), command.words.size())) == words;
    });
    return all;
}

CommandTree commandTree(const CLI::App& app)
{
    CommandTree tree{.description = oneLine(app.get_description()),
                     .options = arguments(app, false),
                     .commands = {}};
    addBelow(app, {}, {}, tree.commands);
    return tree;
}

QString keywordOf(const QString& group) { return group.section(u' ', 0, 0).toLower(); }

QJsonObject toJson(const CommandTree& tree)
{
    QJsonArray groups;
    for (const QString& group : tree.groups()) {
        QJsonArray names;
        for (const CommandInfo& command : tree.commands) {
            if (command.group == group)
                names.append(command.name());
        }
        groups.append(QJsonObject{
            {u"name"_s, group}, {u"keyword"_s, keywordOf(group)}, {u"commands"_s, names}});
    }
    QJsonArray commands;
    for (const CommandInfo& command : tree.commands) {
        commands.append(QJsonObject{{u"name"_s, command.name()},
                                    {u"words"_s, QJsonArray::fromStringList(command.words)},
                                    {u"group"_s, command.group},
                                    {u"description"_s, command.description},
                                    {u"usage"_s, command.usage()},
                                    {u"positionals"_s, toJson(command.positionals, true)},
                                    {u"options"_s, toJson(command.options, false)},
                                    {u"footer"_s, command.footer}});
    }
    return {{u"program"_s, u"lockstep"_s},
            {u"version"_s, u"" LOCKSTEP_VERSION ""_s},
            {u"description"_s, tree.description},
            {u"options"_s, toJson(tree.options, false)},
            {u"groups"_s, groups},
            {u"commands"_s, commands}};
}

} // namespace lockstep::cli
