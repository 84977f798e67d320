// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <QDateTime>

#include <optional>

namespace lockstep::cli {

/// The most that one call of Daemon::events() gives.
inline constexpr quint64 mostEvents = 1'000;

/// Which events of the history are shown.
struct EventSelection
{
    QString domain; ///< As of EventRequest.
    std::optional<QDateTime> since; ///< Only those of that time or later.
    std::optional<quint64> limit; ///< The newest so many; without `since` not more than mostEvents.
};

struct SelectedEvents
{
    QList<QJsonObject> events; ///< Oldest first.
    quint64 newest{0}; ///< Id of the newest that is there, shown or not; 0 if there is none.
};

/// Errors: as of Daemon::events().
[[nodiscard]] Result<SelectedEvents> selectEvents(Daemon& daemon, const EventSelection& selection);

/// The id of an event.
[[nodiscard]] quint64 idOf(const QJsonObject& event);

} // namespace lockstep::cli
