// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/UsageError.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// The command that was being typed, e.g. "lockstep peer add".
QString typedCommand(const CLI::App& app)
{
    QString name = QString::fromStdString(app.get_name());
    for (const CLI::App* sub : app.get_subcommands())
        name += u' ' + typedCommand(*sub);
    return name;
}

} // namespace

Error usageError(const CLI::App& app, const CLI::ParseError& error)
{
    const QString command = typedCommand(app);
    const QString remedy = u"See '%1 --help'."_s.arg(command);
    // CLI11 tells that a command is missing, not that it does not know the one that was typed.
    const auto unknown = app.remaining(true);
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty()) {
        const QString word = QString::fromStdString(unknown.front());
        const QString kind = word.startsWith(u'-') ? u"option"_s : u"command"_s;
        return {Errc::InvalidArgument, u"%1 has no %2 '%3'"_s.arg(command, kind, word), remedy};
    }
    return {Errc::InvalidArgument, QString::fromUtf8(error.what()).simplified(), remedy};
}

} // namespace lockstep::cli
