// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Detector.h"

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QString inMs(Instant time)
{
    return QString::number(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

QString nameOf(size_t path) { return path == 0 ? u"the dedicated link"_s : u"the second path"_s; }

/// So late that it is more than one lost heartbeat.
Instant noticeable(std::chrono::milliseconds interval)
{
    return std::max<Instant>(interval * 5 / 2, Detector::usualLateness);
}

} // namespace

Detector::Detector(HeartbeatTiming timing, Instant now)
    : m_timing{timing}, m_peerInterval{timing.interval}, m_judged{now}, m_waitFrom{now}
{
    of(0).used = true;
    of(0).since = now;
    m_verdict.since = now;
    m_verdict.reason = u"no heartbeat yet"_s;
}

void Detector::setTiming(HeartbeatTiming timing, Instant now)
{
    m_timing = timing;
    m_waitFrom = now;
}

void Detector::setUsed(int path, bool used, Instant now)
{
    of(path) = {.used = used, .down = false, .since = now, .heard = {}, .refused = {}};
    m_waitFrom = now;
}

std::chrono::milliseconds Detector::timeout() const
{
    return 2 * m_peerInterval > m_timing.timeout ? 3 * m_peerInterval : m_timing.timeout;
}

Instant Detector::deadline(const Path& path) const
{
    return std::max(path.heard.value_or(path.since), m_waitFrom) + timeout();
}

std::optional<Instant> Detector::lastHeard() const
{
    std::optional<Instant> last;
    for (const Path& path : m_paths)
        last = std::max(last, path.heard); // nothing is less than any time
    return last;
}

std::optional<Instant> Detector::lastRefused() const
{
    std::optional<Instant> last;
    for (const Path& path : m_paths)
        last = std::max(last, path.refused);
    return last;
}

void Detector::heartbeat(int path, Instant at, Sign sign)
{
    noteGap(at);
    m_peerInterval = sign.interval;
    of(path).heard = at;
    of(path).down = false;
    if (sign.late >= std::max(sign.interval, usualLateness)) {
        m_slowUntil = at + slownessHolds;
        m_slowness = u"it says that it is %1 ms late itself"_s.arg(sign.late.count());
    }
    judge(at);
}

void Detector::noteGap(Instant at)
{
    const auto last = lastHeard();
    if (!last || m_waitFrom >= *last || m_ownLateness.value_or(Instant::min()) >= *last)
        return; // it is us
    const Instant gap = at - *last;
    if (gap < noticeable(m_peerInterval) || gap >= timeout())
        return;
    m_slowUntil = at + slownessHolds;
    m_slowness = u"its heartbeats come up to %1 ms apart, not %2 ms"_s.arg(inMs(gap)).arg(
        m_peerInterval.count());
}

void Detector::unreachable(int path, Instant at)
{
    if (of(path).used && (path == 0 || of(path).heard))
        of(path).refused = at;
}

void Detector::tcpActivity(Instant at) { m_tcp = std::max(m_tcp, std::optional{at}); }

const Detector::Verdict& Detector::tick(Instant now, Instant late)
{
    if (2 * late > timeout())
        m_waitFrom = now;
    if (late >= std::min(m_peerInterval, usualLateness))
        m_ownLateness = now;
    judge(now);
    return m_verdict;
}

void Detector::judge(Instant now)
{
    m_judged = now;
    for (Path& path : m_paths)
        path.down = path.used && (path.down || now >= deadline(path));
    std::array<bool, paths> down{};
    std::ranges::transform(m_paths, down.begin(), &Path::down);
    const auto finding = find(now);
    if (!finding || (finding->health == m_verdict.health && down == m_verdict.down))
        return;
    m_verdict = {.health = finding->health, .reason = finding->reason, .since = now, .down = down};
}

std::optional<Detector::Finding> Detector::find(Instant now) const
{
    const auto isUp = [](const Path& path) { return path.heard && !path.down; };
    if (!std::ranges::any_of(m_paths, isUp))
        return findSilent(now);
    for (const Path& path : m_paths) {
        if (!path.down)
            continue;
        const QString name = nameOf(size_t(&path - m_paths.data()));
        if (!path.heard)
            return Finding{PeerHealth::PathDown, u"no heartbeat has ever come over "_s + name};
        return Finding{PeerHealth::PathDown,
                       u"no heartbeat for %1 ms over %2"_s.arg(inMs(now - *path.heard), name)};
    }
    if (now < m_slowUntil)
        return Finding{PeerHealth::Slow, m_slowness};
    return Finding{PeerHealth::Alive, u"heartbeats come as they should"_s};
}

std::optional<Detector::Finding> Detector::findSilent(Instant now) const
{
    const auto pending = [](const Path& path) { return path.used && !path.down; };
    const auto heard = lastHeard();
    const auto refused = lastRefused();
    if (heard && std::ranges::any_of(m_paths, pending))
        return {};
    if (refused && refused > heard && now - *refused < timeout() + refusalHolds) {
        return Finding{PeerHealth::DaemonGone,
                       u"its kernel refuses heartbeats: lockstepd does not run there"_s};
    }
    if (!heard)
        return Finding{PeerHealth::Unknown, u"no heartbeat yet"_s};
    if (m_tcp && now - *m_tcp < timeout()) {
        // As old as the last heartbeats, it proves nothing yet.
        if (*m_tcp - *heard < noticeable(m_peerInterval))
            return {};
        return Finding{PeerHealth::DaemonGone, silence(now) + u", but QEMU's connections live"_s};
    }
    return Finding{PeerHealth::Gone, silence(now)};
}

QString Detector::silence(Instant now) const
{
    const QString time = inMs(now - lastHeard().value_or(now));
    return of(1).used ? u"no heartbeat for %1 ms on either path"_s.arg(time)
                      : u"no heartbeat for %1 ms"_s.arg(time);
}

Instant Detector::nextCheck() const
{
    Instant next = Instant::max();
    const auto consider = [&](Instant time) {
        if (time > m_judged)
            next = std::min(next, time);
    };
    for (const Path& path : m_paths) {
        if (path.used && !path.down)
            consider(deadline(path));
    }
    if (m_verdict.health == PeerHealth::Slow)
        consider(m_slowUntil);
    if (const auto refused = lastRefused())
        consider(*refused + timeout() + refusalHolds);
    if (m_tcp)
        consider(*m_tcp + timeout());
    return next;
}

bool Detector::wantsTcpActivity(Instant now) const
{
    if (!lastHeard() || m_verdict.health == PeerHealth::Gone)
        return false;
    return std::ranges::all_of(m_paths, [&](const Path& path) {
        return !path.used || path.down || now >= deadline(path);
    });
}

} // namespace lockstep
