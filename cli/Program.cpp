// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Program.h"

#include "cli/Bus.h"
#include "cli/Help.h"
#include "cli/Output.h"
#include "cli/UsageError.h"

#include <algorithm>
#include <ranges>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

Program::Program(bool inShell, const CommonOptions& common)
    : m_app{"Keeps libvirt virtual machines alive when their host dies", inShell ? "" : "lockstep"}
{
    constexpr quint64 aDay = 86'400;
    m_context.inShell = inShell;
    m_context.json = common.json;
    m_context.timeout = common.timeout;
    m_app.formatter(helpFormatter());
    m_app.set_help_flag("-h,--help", "Tell how the command is used");
    m_app.add_flag("--json", m_context.json, "Print JSON on standard output");
    ofKind(m_app.add_option("--timeout", m_context.timeout,
                            "Wait no longer for lockstepd to answer, or for a job, which goes on; "
                            "1 to 86400"),
           Kind::Seconds)
        ->check(CLI::Range(quint64{1}, aDay));
    m_app.require_subcommand(0, 1);
    if (!inShell) {
        ofKind(m_app.add_option("-c,--connect", m_context.connect,
                                "Speak to the lockstepd of HOST, over ssh: [USER@]HOST or "
                                "ssh://[USER@]HOST[:PORT]"),
               Kind::Host)
            ->envname("LOCKSTEP_CONNECT");
        m_app.set_version_flag("--version", "lockstep " LOCKSTEP_VERSION, "Print the version");
    }
    addCommands(m_app, m_context);
}

std::optional<int> Program::parse(const std::vector<std::string>& words)
{
    try {
        // CLI11 takes the words from the back.
        m_app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
    } catch (const CLI::Success& request) {
        return m_app.exit(request); // --help or --version
    } catch (const CLI::ParseError& error) {
        // Where parsing stopped, --json may not have been seen.
        return printError(usageError(m_app, error),
                          m_context.json || std::ranges::contains(words, std::string{"--json"}));
    }
    if (!m_context.inShell) {
        if (const auto chosen = chooseHost(); !chosen)
            return printError(chosen.error(), m_context.json);
    }
    return std::nullopt;
}

int Program::run() const
{
    if (!m_context.run)
        return 0;
    Bus::setTimeout(
        m_context.timeout.transform([](quint64 count) { return std::chrono::seconds{count}; }));
    const auto status = m_context.run();
    if (status)
        return *status;
    return m_context.json && m_context.lines ? printErrorLine(status.error())
                                             : printError(status.error(), m_context.json);
}

Result<void> Program::chooseHost() const
{
    // Given, though empty, it shall not silently mean this host.
    if (m_context.connect.empty() && m_app.get_option("--connect")->count() == 0)
        return {};
    return parseTarget(QString::fromStdString(m_context.connect))
        .transform([](const Target& target) { Bus::choose(target); });
}

} // namespace lockstep::cli
