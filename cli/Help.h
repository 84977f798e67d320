// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "cli/CommandTree.h"

#include <memory>

namespace lockstep::cli {

/// All commands under the headings of virsh's help. `program` is what stands before a command:
/// "lockstep ", or nothing in the shell.
[[nodiscard]] QString overview(const CommandTree& tree, const QString& program);
/// One command ("peer add"), all of one word ("peer"), or all of a group ("hosts").
/// Errors: InvalidArgument if there is nothing of that name.
[[nodiscard]] Result<QString> helpFor(const CommandTree& tree, const QStringList& words,
                                      const QString& program);
/// Lets --help say the same.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> helpFormatter();

} // namespace lockstep::cli
