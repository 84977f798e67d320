// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/Checkpoint.h"

namespace lockstep {

namespace {

// By number. Words of D-Bus, of the command line and of metrics: never change one that was
// released.
constexpr std::array<QLatin1StringView, checkpointReasons> words{
    QLatin1StringView{"unknown"},    QLatin1StringView{"first"},  QLatin1StringView{"request"},
    QLatin1StringView{"period"},     QLatin1StringView{"idle"},   QLatin1StringView{"boot"},
    QLatin1StringView{"difference"}, QLatin1StringView{"output"},
};
static_assert(std::size_t(CheckpointReason::Output) + 1 == checkpointReasons);

} // namespace

QString toString(CheckpointReason reason)
{
    const auto number = static_cast<std::size_t>(reason);
    return number < words.size() ? QString{words.at(number)} : QString{words.front()};
}

CheckpointReason checkpointReason(quint8 number)
{
    return number < checkpointReasons ? static_cast<CheckpointReason>(number)
                                      : CheckpointReason::Unknown;
}

} // namespace lockstep
