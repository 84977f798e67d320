// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Progress.h"

#include "cli/Format.h"
#include "cli/Terminal.h"

#include <QStringList>

#include <algorithm>
#include <cmath>
#include <ratio>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype barWidth = 20;
/// A speed so old counts for a third (e^-1) of the shown one.
constexpr double memorySeconds = 3;

QString bar(double progress)
{
    const auto filled = static_cast<qsizetype>(std::lround(progress * barWidth));
    return u'[' + QString{filled, u'#'} + QString{barWidth - filled, u'.'} + u']';
}

/// What the daemon expects, of the whole job; else what the phase's copying will take. 0: unknown.
double secondsLeft(const QJsonObject& job, std::optional<double> bytesPerSecond)
{
    if (const double expected = job[u"eta-usec"].toDouble(); expected > 0)
        return expected / std::micro::den;
    const auto bytes =
        static_cast<double>(job[u"bytes-total"].toInteger() - job[u"bytes-done"].toInteger());
    return bytesPerSecond && *bytesPerSecond > 0 ? bytes / *bytesPerSecond : 0;
}

} // namespace

void Speedometer::add(const QString& phase, qint64 bytes, Clock::time_point now)
{
    const double seconds = std::chrono::duration<double>(now - m_time).count();
    if (phase == m_phase && bytes > m_bytes && seconds > 0) {
        const double latest = static_cast<double>(bytes - m_bytes) / seconds;
        const double weight = 1 - std::exp(-seconds / memorySeconds);
        m_rate = m_rate ? *m_rate + (latest - *m_rate) * weight : latest;
    } else if (phase == m_phase && bytes == m_bytes) {
        return; // Nothing new; the next count tells the speed since then.
    } else {
        m_rate.reset();
    }
    m_phase = phase;
    m_bytes = bytes;
    m_time = now;
}

QString progressLine(const QJsonObject& job, std::optional<double> bytesPerSecond, int width)
{
    const double progress = std::clamp(job[u"progress"].toDouble(), 0.0, 1.0);
    const qint64 done = job[u"bytes-done"].toInteger();
    const qint64 total = job[u"bytes-total"].toInteger();
    QString figures = u"%1 %2%"_s.arg(bar(progress)).arg(std::floor(progress * 100), 3, 'f', 0);
    if (total > 0) {
        figures += u"  %1 of %2"_s.arg(formatBytes(done), formatBytes(total));
        if (bytesPerSecond && *bytesPerSecond > 0)
            figures += u"  %1/s"_s.arg(formatBytes(static_cast<qint64>(*bytesPerSecond)));
    }
    const double left = secondsLeft(job, bytesPerSecond);
    if (left > 0 && left < std::chrono::seconds{std::chrono::hours{99}}.count())
        figures += u"  %1 left"_s.arg(formatDuration(std::chrono::seconds{std::lround(left)}));
    const qsizetype room = std::max<qsizetype>(width - figures.size() - 2, 10);
    return fitted(fitted(job[u"phase"].toString(), room) + u"  "_s + figures, width);
}

ProgressView::ProgressView() : m_terminal{isTerminal(Stream::Err)} { }

void ProgressView::show(const QJsonObject& job)
{
    const QString phase = job[u"phase"].toString();
    if (!m_terminal) {
        if (phase != m_phase && !phase.isEmpty())
            writeLine(Stream::Err, phase);
        m_phase = phase;
        return;
    }
    m_speed.add(phase, job[u"bytes-done"].toInteger(), Clock::now());
    // One column stays free: some terminals wrap when the last one is written.
    write(Stream::Err,
          u"\r\x1b[K"_s + progressLine(job, m_speed.bytesPerSecond(), columns(Stream::Err) - 1));
    m_shown = true;
}

void ProgressView::clear()
{
    if (m_shown)
        write(Stream::Err, u"\r\x1b[K"_s);
    m_shown = false;
}

} // namespace lockstep::cli
