// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Chart.h"
#include "cli/Table.h"

#include <QJsonArray>
#include <QJsonObject>

namespace lockstep::cli {

/// How `stats` shows what Daemon::statistics() gives.
struct StatisticsLook
{
    int width{80}; ///< Columns that there are.
    Letters letters{Letters::Unicode};
};

/// A row for each pair.
[[nodiscard]] Table statisticsTable(const QList<QJsonObject>& all, const StatisticsLook& look);
/// All of one pair, in lines.
[[nodiscard]] QStringList statisticsLines(const QJsonObject& one, const StatisticsLook& look);
/// Its checkpoints, one by one, oldest first.
[[nodiscard]] Table checkpointTable(const QJsonObject& one);

/// "350 us", "28.1 ms", "1.25 s"; of microseconds.
[[nodiscard]] QString formatMicroseconds(double microseconds);

} // namespace lockstep::cli
