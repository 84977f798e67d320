// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <CLI/CLI.hpp>

namespace lockstep::cli {

/// What is wrong with a command line, in words of ours where CLI11's do not say it:
/// InvalidArgument.
[[nodiscard]] Error usageError(const CLI::App& app, const CLI::ParseError& error);

} // namespace lockstep::cli
