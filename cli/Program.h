// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Command.h"

namespace lockstep::cli {

/// One command line and what it came to: a parser of its own, because CLI11 keeps what it has read.
class Program final
{
public:
    /// `common` as the shell itself was told.
    explicit Program(bool inShell, const CommonOptions& common = {});

    /// Reads `words`, without the program's name. Returns an exit status if that was all: an error,
    /// which was printed, or --help.
    [[nodiscard]] std::optional<int> parse(const std::vector<std::string>& words);
    /// Runs the command; prints its error. Returns the exit status.
    [[nodiscard]] int run() const;

    [[nodiscard]] const Context& context() const { return m_context; }
    [[nodiscard]] const CLI::App& app() const { return m_app; }

private:
    [[nodiscard]] Result<void> chooseHost() const;

    Context m_context;
    CLI::App m_app;
};

} // namespace lockstep::cli
