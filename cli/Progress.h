// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <chrono>
#include <optional>

namespace lockstep::cli {

using Clock = std::chrono::steady_clock;

/// Bytes per second of a growing count, smoothed over the last seconds; starts anew with each
/// phase. Pure: the caller brings the time.
class Speedometer final
{
public:
    void add(const QString& phase, qint64 bytes, Clock::time_point now);
    /// Nothing until two different counts are known.
    [[nodiscard]] std::optional<double> bytesPerSecond() const { return m_rate; }

private:
    QString m_phase;
    qint64 m_bytes{0};
    Clock::time_point m_time;
    std::optional<double> m_rate;
};

/// One line for a job: phase, bar, per cent and, while it copies, bytes, speed and time to go.
[[nodiscard]] QString progressLine(const QJsonObject& job, std::optional<double> bytesPerSecond,
                                   int width);

/// Shows a job on standard error: one line that changes on a terminal, else a line per phase.
class ProgressView final
{
public:
    ProgressView();
    void show(const QJsonObject& job);
    /// Takes the line away, e.g. before other text.
    void clear();

private:
    bool m_terminal;
    bool m_shown{false};
    QString m_phase;
    Speedometer m_speed;
};

} // namespace lockstep::cli
