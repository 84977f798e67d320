// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/CommandTree.h"

#include <functional>

namespace lockstep::cli {

/// What there is of a kind (ArgumentInfo::kind), e.g. the names of peers.
using KnownValues = std::function<QStringList(const QString& kind)>;

/// The words that `begun` may become after the words `before`, sorted. Pure but for `known`, which
/// is asked only where such a value fits.
[[nodiscard]] QStringList completions(const CommandTree& tree, const QStringList& before,
                                      const QString& begun, const KnownValues& known);

/// The longest beginning that all have.
[[nodiscard]] QString commonBeginning(const QStringList& words);

} // namespace lockstep::cli
