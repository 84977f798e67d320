// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Shell.h"

#include "cli/Completion.h"
#include "cli/Interrupt.h"
#include "cli/LineEditor.h"
#include "cli/Output.h"
#include "cli/Program.h"
#include "cli/Terminal.h"
#include "cli/Values.h"
#include "cli/Words.h"

#include <unistd.h>

#include <csignal>
#include <iostream>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The way to another host may be slow; a lockstepd that hangs shall not keep anybody from the
// shell.
constexpr auto greetingPatience = 5s;

struct LineOutcome
{
    int status{0}; ///< Of the first command that failed.
    bool leave{false};
    bool interrupted{false}; ///< By Ctrl-C: what follows is not wanted any more.
};

LineOutcome runCommands(const QString& line, const CommonOptions& common)
{
    const auto commands = splitLine(line);
    if (!commands)
        return {.status = printError(commands.error(), common.json)};
    LineOutcome outcome;
    (void)Interrupt::takeCtrlC();
    for (const QStringList& command : *commands) {
        std::vector<std::string> words;
        for (const QString& word : command)
            words.push_back(word.toStdString());
        Program program{true, common};
        const auto parsed = program.parse(words);
        const int status = parsed ? *parsed : program.run();
        if (outcome.status == 0)
            outcome.status = status;
        outcome.leave = program.context().leave || Interrupt::isTermination();
        outcome.interrupted = Interrupt::takeCtrlC();
        if (outcome.leave || outcome.interrupted)
            break;
    }
    return outcome;
}

/// Keeps the connection from command to command.
class KeptBus final
{
public:
    KeptBus() { Bus::keep(true); }
    ~KeptBus() { Bus::keep(false); }
    KeptBus(const KeptBus&) = delete;
    KeptBus& operator=(const KeptBus&) = delete;
};

int runScript(const CommonOptions& common)
{
    const KeptBus kept;
    int status = 0;
    for (std::string line; std::getline(std::cin, line);) {
        const LineOutcome outcome = runCommands(QString::fromStdString(line), common);
        if (status == 0)
            status = outcome.status;
        if (outcome.leave || outcome.interrupted)
            break;
    }
    return status;
}

/// What completion asks the daemon for. With a connection that would ask for a password it waits
/// until a command has made one.
QStringList knownValues(const QString& kind)
{
    if (const auto bus = Bus::current(); Bus::isRemote() && (!bus || !bus->isOpen()))
        return {};
    auto daemon = Daemon::connect();
    return daemon ? Values{*daemon}.of(kind) : QStringList{};
}

/// Says whom the shell speaks to. Errors: no way to another host; this one's lockstepd may be
/// started later.
Result<void> greet(bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon && Bus::isRemote())
        return std::unexpected{daemon.error()};
    const auto own = daemon.and_then([](Daemon& found) {
        const Hurry hurry{found, greetingPatience};
        return found.own();
    });
    const QString where = own ? u" on %1"_s.arg((*own)[u"host-name"].toString()) : QString{};
    writeLine(json ? Stream::Err : Stream::Out,
              u"Lockstep %1%2. 'help' lists the commands, Tab completes them, 'quit' leaves."_s.arg(
                  u"" LOCKSTEP_VERSION ""_s, where));
    if (!own)
        printError(own.error(), json);
    return {};
}

int runAtTerminal(const CommonOptions& common)
{
    // Ctrl-C ends what is being done, never the shell; commands have handlers of their own.
    std::signal(SIGINT, [](int /*signal*/) { Interrupt::noteCtrlC(); });
    const KeptBus kept;
    if (const auto greeted = greet(common.json); !greeted)
        return printError(greeted.error(), common.json);
    const CommandTree tree = commandTree(Program{true}.app());
    LineEditor editor{::geteuid() == 0 ? "lockstep # " : "lockstep > ", historyFile(),
                      [&tree](const QStringList& before, const QString& begun) {
                          return completions(tree, before, begun, knownValues);
                      }};
    while (auto line = editor.read()) {
        if (runCommands(*line, common).leave)
            break;
    }
    return 0;
}

} // namespace

int runShell(const CommonOptions& common)
{
    return isTerminal(Stream::In) ? runAtTerminal(common) : runScript(common);
}

int runLine(const QString& line, const CommonOptions& common)
{
    const KeptBus kept;
    return runCommands(line, common).status;
}

} // namespace lockstep::cli
