// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Governor.h"

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr qint64 second = 1'000'000;
constexpr double millisecond = 1'000;

constexpr std::array periods{10ms,  15ms,  25ms,  40ms,  60ms,  100ms,
                             160ms, 250ms, 400ms, 600ms, 1000ms};

/// What was in force for less tells nothing yet.
constexpr qint64 shortestStay = 3 * second;
/// A stay in colo that long has paid.
constexpr qint64 goodStay = 10 * second;
/// What has held for that long was not wrong.
constexpr qint64 longStay = 60 * second;
constexpr qint64 longestWait = 300 * second;
constexpr std::size_t mostLooks = 4;
constexpr std::size_t decidingLooks = 2;

/// A change has to promise to be better by that factor, and by that many microseconds.
constexpr double gain = 1.2;
constexpr double leastGain = 500;
/// By that factor it is no chance.
constexpr double clearGain = 1.8;
/// To look whether it is still so costs clients much.
constexpr double dearGain = 2;
/// Fewer packets say nothing about the others.
constexpr quint64 fewPackets = 5;

/// What kemari adds to a checkpoint: output waits for 1 ms, and for QEMU to look.
constexpr double kemariHold = 1'500;
/// The share of its period that output waits in remus: clients that got their answers together ask
/// again together, and then the first that waits is hardly older than the last; others come evenly.
constexpr double remusHold = 0.75;
/// What colo adds to the checkpoint for an answer that differs: the shadow's is waited for.
constexpr double compareHold = 1'500;
/// A checkpoint so long after the one before may be for an answer that differed at once, or for one
/// that the shadow did not give in time; QEMU does not tell which. The second is rarer.
constexpr double lateness = 0.25;

constexpr double clearlyOver = 1.25;
/// What was measured with one period holds about for the next.
constexpr double spareBefore = 0.85;
/// To hold output for less has to be worth it for good.
constexpr double sparse = 0.4;
constexpr double spareToShorten = 0.7;

double perSecond(quint64 count, qint64 length)
{
    return length <= 0 ? 0 : double(count) * double(second) / double(length);
}

double shareStopped(milliseconds period, double stop)
{
    return stop / (double(period.count()) * millisecond + stop);
}

/// Who comes while the guest stands still waits, too, in every mode.
double waitForGuest(double share, double stop) { return std::min(share, 1.0) * stop / 2; }

/// Mean microseconds that a client's answer waits in colo.
double waitInColo(const GovernorInput& seen)
{
    if (seen.released == 0 || seen.asked == 0)
        return 0;
    const double late =
        double(seen.patient) / double(seen.asked) * lateness * double(seen.patience);
    return seen.heldShare() * (seen.meanStop() + compareHold + late)
        + waitForGuest(seen.stoppedShare(), seen.meanStop());
}

/// What is seen in colo, if each answer made a checkpoint.
double shareInKemari(const GovernorInput& seen)
{
    const double held = seen.heldShare();
    return held <= 0 ? 0 : std::min(seen.stoppedShare() / held, 1.0);
}

/// The same as waitInColo(), were it kemari.
double waitInKemari(const GovernorInput& seen)
{
    return seen.meanStop() + kemariHold + waitForGuest(shareInKemari(seen), seen.meanStop());
}

double waitInRemus(milliseconds period, double stop)
{
    return double(period.count()) * millisecond * remusHold + stop
        + waitForGuest(shareStopped(period, stop), stop);
}

QString ms(double microseconds) { return u"%1 ms"_s.arg(microseconds / millisecond, 0, 'f', 1); }
QString percent(double share) { return u"%1 %"_s.arg(qRound(share * 100)); }

bool isNear(double left, double right, double floor)
{
    constexpr double factor = 1.6;
    return std::max(left, right) <= std::max(floor, std::min(left, right) * factor);
}

} // namespace

void Governor::Attempts::failed(qint64 now, int factor)
{
    m_next = now + m_wait;
    m_wait = std::min(m_wait * factor, longestWait);
}

void Governor::Attempts::rest(qint64 now) { m_next = std::max(m_next, now + m_shortest); }

bool Governor::Pattern::isLike(const Pattern& other) const
{
    // Below these rates chance is larger than what it tells.
    return isNear(asked, other.asked, 4) && isNear(sent, other.sent, 20)
        && isNear(stop, other.stop, 3 * millisecond);
}

Governor::Governor(const Governing& limits, const Choice& inForce, qint64 now)
    : m_limits{limits}, m_choice{inForce}, m_since{now}
{ }

void Governor::applied(qint64 now, const Choice& inForce)
{
    m_choice = inForce;
    m_since = now;
    m_looks.clear();
    m_pattern.reset();
    m_changes.succeeded();
}

void Governor::failed(qint64 now)
{
    m_probedFrom.reset();
    m_wasShortened = false;
    m_changes.failed(now);
}

GovernorInput Governor::recent(std::size_t looks) const
{
    GovernorInput sum;
    const auto count = std::min(looks, m_looks.size());
    for (std::size_t i = m_looks.size() - count; i < m_looks.size(); ++i) {
        if (sum.length == 0)
            sum = m_looks[i];
        else
            sum.add(m_looks[i]);
    }
    return sum;
}

std::optional<Governor::Change> Governor::look(qint64 now, const GovernorInput& seen)
{
    if (seen.length <= 0)
        return {};
    m_looks.push_back(seen);
    if (m_looks.size() > mostLooks)
        m_looks.pop_front();
    learn();
    if (!m_changes.mayBegin(now))
        return {};
    auto change = consider(now);
    if (change && change->choice == m_choice)
        change.reset();
    return change;
}

void Governor::learn()
{
    if (m_choice.mode == Mode::Colo || m_looks.size() < mostLooks || m_pattern)
        return;
    const auto seen = recent(mostLooks);
    m_pattern = Pattern{.asked = perSecond(seen.asked, seen.length),
                        .sent = perSecond(seen.sent.value_or(seen.released), seen.length),
                        .stop = seen.meanStop()};
}

bool Governor::isAllowed(milliseconds period) const
{
    return m_limits.maxExposure == 0ms || period <= m_limits.maxExposure;
}

milliseconds Governor::periodFor(double stop, double spare) const
{
    milliseconds best = periods.front();
    for (const milliseconds period : periods) {
        if (!isAllowed(period))
            break;
        best = period;
        if (shareStopped(period, stop) <= most() * spare)
            break;
    }
    return best;
}

QString Governor::tell(double share) const
{
    return u"checkpoints stop the guest for %1 of the time, more than max-stopped %2; "_s.arg(
        percent(share), percent(most()));
}

QString Governor::tell(milliseconds period, double stop) const
{
    const double expected = shareStopped(period, stop);
    QString text = u"remus with %1 ms should take %2"_s.arg(period.count()).arg(percent(expected));
    if (expected > most())
        text += u", the least that max-exposure allows"_s;
    return text;
}

std::optional<double> Governor::tooMuch() const
{
    // One look may be chance, and so may be two that are hardly over it.
    const bool isSoon = m_looks.size() >= decidingLooks || m_probedFrom;
    if (const double share = recent(decidingLooks).stoppedShare();
        isSoon && share > most() * clearlyOver)
        return share;
    if (const double share = recent(mostLooks).stoppedShare();
        m_looks.size() == mostLooks && share > most())
        return share;
    return {};
}

std::optional<Governor::Change> Governor::consider(qint64 now)
{
    switch (m_choice.mode) {
    case Mode::Colo:
        return fromColo(now);
    case Mode::Kemari:
        return fromKemari(now);
    case Mode::Remus:
        return fromRemus(now);
    }
    std::unreachable();
}

std::optional<Governor::Change> Governor::fromColo(qint64 now)
{
    const auto seen = recent(decidingLooks);
    const double stop = seen.meanStop();
    auto period = periodFor(stop, spareBefore);
    // What was found to be needed a moment ago is not found out anew.
    if (m_probedFrom && now - m_since < goodStay && isAllowed(m_probedFrom->period))
        period = std::max(period, m_probedFrom->period);
    if (const auto share = tooMuch(); share && shareStopped(period, stop) < *share)
        return leave(now, {Mode::Remus, period}, *share / most(),
                     tell(*share) + tell(period, stop));
    if ((now - m_since < shortestStay || m_looks.size() < decidingLooks) && !m_probedFrom)
        return {};
    const bool kemari = most() >= 1 || shareInKemari(seen) <= most() * spareBefore;
    const double expected = kemari ? waitInKemari(seen) : waitInRemus(period, stop);
    // In each of them: one burst is soon over.
    const auto count = qsizetype(std::min(decidingLooks, m_looks.size()));
    const bool isWorse = std::all_of(m_looks.end() - count, m_looks.end(), [&](const auto& look) {
        return look.released > 0 && waitInColo(look) > expected * gain + leastGain;
    });
    const double wait = waitInColo(seen);
    // A probe is over as soon as it is clear that nothing has changed.
    const bool isClear = m_probedFrom && seen.released > 0 && wait > expected * clearGain;
    if (!isWorse || (seen.released < fewPackets && !isClear)
        || (m_looks.size() < decidingLooks && !isClear))
        return {};
    const Choice choice = kemari ? Choice{Mode::Kemari, 0ms} : Choice{Mode::Remus, period};
    const QString name = kemari ? u"kemari"_s : u"remus with %1 ms"_s.arg(period.count());
    return leave(
        now, choice, wait / expected,
        u"answers differ or come late: %1 of the output waits for a checkpoint, an answer %2 on average; %3 should take %4"_s
            .arg(percent(seen.heldShare()), ms(wait), name, ms(expected)));
}

Governor::Change Governor::leave(qint64 now, const Choice& choice, double factor,
                                 const QString& why)
{
    // A load that is hardly better off elsewhere would have it go to and fro.
    auto& attempts = m_byPattern ? m_newLoads : m_probes;
    if (factor < clearGain || now - m_since < goodStay) {
        attempts.failed(now, factor > dearGain || m_byPattern ? 3 : 2);
    } else {
        m_probes.succeeded();
        m_newLoads.succeeded();
    }
    m_probes.rest(now);
    m_newLoads.rest(now);
    m_probedFrom.reset();
    return {choice, why};
}

std::optional<Governor::Change> Governor::fromKemari(qint64 now)
{
    if (const auto share = tooMuch()) {
        const double stop = recent(mostLooks).meanStop();
        const auto period = periodFor(stop, spareBefore);
        lengthen(now);
        return Change{{Mode::Remus, period}, tell(*share) + tell(period, stop)};
    }
    return backToColo(now);
}

std::optional<Governor::Change> Governor::fromRemus(qint64 now)
{
    if (!isAllowed(m_choice.period)) {
        const auto period = periodFor(recent(decidingLooks).meanStop(), spareBefore);
        return Change{{Mode::Remus, period}, u"max-exposure allows no longer period"_s};
    }
    if (const auto share = tooMuch()) {
        const double stop = recent(mostLooks).meanStop();
        if (const auto period = periodFor(stop, spareBefore); period > m_choice.period) {
            lengthen(now);
            return Change{{Mode::Remus, period}, tell(*share) + tell(period, stop)};
        }
    }
    if (now - m_since < shortestStay)
        return {};
    if (auto change = shorter(now))
        return change;
    return backToColo(now);
}

void Governor::lengthen(qint64 now)
{
    if (std::exchange(m_wasShortened, false)) {
        if (now - m_since < longStay)
            m_shortenings.failed(now, 3);
        else
            m_shortenings.succeeded();
    }
    m_shortenings.rest(now);
}

std::optional<Governor::Change> Governor::shorter(qint64 now)
{
    const auto seen = recent(mostLooks);
    if (m_looks.size() < mostLooks || !m_shortenings.mayBegin(now) || seen.asked == 0)
        return {};
    const double stop = seen.meanStop();
    const auto change = [&](const Choice& choice, const QString& what) {
        m_wasShortened = true;
        m_shortenings.rest(now);
        return Change{choice, u"a checkpoint takes %1: %2"_s.arg(ms(stop), what)};
    };
    // If something waits nearly all the time, clients would ask more often, too.
    const double waiting = perSecond(seen.asked, seen.length)
        * (double(m_choice.period.count()) * millisecond + stop) / double(second);
    const double often =
        perSecond(seen.sent.value_or(seen.released), seen.length) * stop / double(second);
    if (waiting < sparse && often <= most() * spareToShorten)
        return change(
            {Mode::Kemari, 0ms},
            u"kemari holds output for less, and should stop the guest for %1 at most"_s.arg(
                percent(often)));
    const auto period = periodFor(stop, spareToShorten);
    if (period < m_choice.period)
        return change({Mode::Remus, period}, tell(period, stop));
    return {};
}

std::optional<Governor::Change> Governor::backToColo(qint64 now)
{
    const auto seen = recent(decidingLooks);
    if (now - m_since < shortestStay || m_looks.size() < decidingLooks || m_looks.back().asked == 0)
        return {};
    const Pattern load{.asked = perSecond(seen.asked, seen.length),
                       .sent = perSecond(seen.sent.value_or(seen.released), seen.length),
                       .stop = seen.meanStop()};
    const bool isOther = m_pattern && !m_pattern->isLike(load);
    const bool byPattern = isOther && m_newLoads.mayBegin(now);
    if (!byPattern && !m_probes.mayBegin(now))
        return {};
    m_probedFrom = m_choice;
    m_byPattern = byPattern;
    return Change{{Mode::Colo, 0ms},
                  byPattern ? u"the load is another one; to see whether answers are equal"_s
                            : u"to see whether answers are equal by now"_s};
}

} // namespace lockstep
