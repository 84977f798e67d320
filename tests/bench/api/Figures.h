// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QList>
#include <QString>

namespace lockstep::bench {

/// What was measured, in milliseconds, a number per round.
struct Figure
{
    QString name;
    QList<double> rounds;
};

/// One JSON line as tests/bench/run prints them: the median, the lowest and the highest round.
void print(const Figure& figure);

/// Milliseconds of CPU that this process has used.
[[nodiscard]] double cpuTime();

} // namespace lockstep::bench
