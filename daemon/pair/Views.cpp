// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Views.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// The words of D-Bus and of the command line: never change one that was released.
constexpr std::array roles{
    std::pair{Role::Primary, "primary"_L1},
    std::pair{Role::Secondary, "secondary"_L1},
};
constexpr std::array pairStates{
    std::pair{PairState::Preparing, "preparing"_L1},
    std::pair{PairState::Copying, "copying"_L1},
    std::pair{PairState::Confirming, "confirming"_L1},
    std::pair{PairState::Protected, "protected"_L1},
    std::pair{PairState::Interrupted, "interrupted"_L1},
    std::pair{PairState::TakingOver, "taking-over"_L1},
    std::pair{PairState::Merging, "merging"_L1},
    std::pair{PairState::Alone, "alone"_L1},
    std::pair{PairState::Stale, "stale"_L1},
    std::pair{PairState::Undoing, "undoing"_L1},
    std::pair{PairState::Off, "off"_L1},
};
constexpr std::array severities{
    std::pair{Severity::Error, "error"_L1},
    std::pair{Severity::Warning, "warning"_L1},
    std::pair{Severity::Info, "info"_L1},
    std::pair{Severity::Ok, "ok"_L1},
};
constexpr std::array jobStates{
    std::pair{JobState::Running, "running"_L1},
    std::pair{JobState::Done, "done"_L1},
    std::pair{JobState::Failed, "failed"_L1},
    std::pair{JobState::Cancelled, "cancelled"_L1},
};

template <typename Table, typename Value>
QString wordOf(const Table& table, Value value)
{
    const auto* const found =
        std::ranges::find_if(table, [value](const auto& entry) { return entry.first == value; });
    return found == table.end() ? QString{} : QString{found->second};
}

template <typename Value, std::size_t size>
std::optional<Value> valueOf(const std::array<std::pair<Value, QLatin1StringView>, size>& table,
                             QStringView text)
{
    const auto* const found =
        std::ranges::find_if(table, [text](const auto& entry) { return text == entry.second; });
    if (found == table.end())
        return std::nullopt;
    return found->first;
}

} // namespace

QString toString(Role role) { return wordOf(roles, role); }

QString toString(PairState state) { return wordOf(pairStates, state); }

QString toString(Severity severity) { return wordOf(severities, severity); }

QString toString(JobState state) { return wordOf(jobStates, state); }

std::optional<Role> roleFromString(QStringView text) { return valueOf(roles, text); }

std::optional<PairState> pairStateFromString(QStringView text) { return valueOf(pairStates, text); }

std::optional<Severity> severityFromString(QStringView text) { return valueOf(severities, text); }

} // namespace lockstep
