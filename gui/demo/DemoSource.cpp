// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/demo/DemoSource.h"

#include <QRandomGenerator>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto tickTime = 200ms;
constexpr int ticksOfAJob = 60;
/// Ticks from one turn of the story to the next.
constexpr int storyStep = 25;
constexpr int storyLength = 8;

QDateTime now() { return QDateTime::currentDateTimeUtc(); }

/// The step of a job at that progress.
QString phaseOf(const Job& job)
{
    if (job.kind != "protect"_L1)
        return u"hand the domain over"_s;
    constexpr double copying = 0.1;
    constexpr double memory = 0.7;
    if (job.progress < copying)
        return u"start the paused shadow"_s;
    return job.progress < memory ? u"copy disk vda"_s : u"copy memory"_s;
}

void becomeProtected(Pair& pair)
{
    pair.state = u"protected"_s;
    pair.reason = u"the shadow is in step"_s;
    ++pair.epoch;
}

} // namespace

DemoSource::DemoSource(int pairs, QObject* parent)
    : Source{parent}, m_count{std::clamp(pairs, 0, mostPairs)}
{
    m_tick.setInterval(tickTime);
    connect(&m_tick, &QTimer::timeout, this, &DemoSource::tick);
}

void DemoSource::start()
{
    DemoWorld world{now()};
    const QList<Peer> peers = world.peers();
    for (const Peer& peer : peers)
        put(peer);
    const QList<Pair> pairs = world.pairs(m_count);
    m_history = world.history(pairs);
    for (const Pair& pair : pairs) {
        put(pair);
        if (pair.state == "copying"_L1)
            begin(u"protect"_s, pair, true, becomeProtected);
    }
    setConnected(DemoWorld::host());
    if (!m_isStill)
        m_tick.start();
}

void DemoSource::holdStill()
{
    m_isStill = true;
    m_tick.stop();
}

void DemoSource::tick()
{
    ++m_ticks;
    moveFigures();
    moveLinks();
    moveJobs();
    if (m_ticks % storyStep == 0)
        moveStory();
}

void DemoSource::moveFigures()
{
    const QDateTime time = now();
    const QList<Pair> all = pairs();
    for (Pair pair : all) {
        if (pair.state != "protected"_L1)
            continue;
        pair.checkpoints += QRandomGenerator::global()->bounded(quint32{3});
        pair.lastMinute = DemoWorld::lastMinute(pair, time);
        put(pair);
    }
}

void DemoSource::moveLinks()
{
    constexpr int often = 5;
    if (m_ticks % often != 0)
        return;
    const QList<Peer> all = peers();
    for (Peer peer : all) {
        if (peer.roundTripUSec == 0 || peer.paths.isEmpty())
            continue;
        const quint64 usual = peer.paths.first().leastRoundTripUSec * 2;
        peer.roundTripUSec = usual - usual / 8 + QRandomGenerator::global()->bounded(usual / 4 + 1);
        peer.paths.first().roundTripUSec = peer.roundTripUSec;
        put(peer);
    }
}

void DemoSource::moveJobs()
{
    const QList<Job> all = jobs();
    for (Job job : all) {
        if (!job.isRunning())
            continue;
        job.progress = std::min(job.progress + 1.0 / ticksOfAJob, 1.0);
        const double left = (1.0 - job.progress) * ticksOfAJob;
        job.etaUSec = static_cast<quint64>(
            left * static_cast<double>(std::chrono::microseconds{tickTime}.count()));
        job.phase = phaseOf(job);
        if (job.phase.startsWith(u"copy"_s)) {
            constexpr quint64 size = 20ULL * 1'024 * 1'024 * 1'024;
            job.bytesTotal = size;
            job.bytesDone = static_cast<quint64>(job.progress * static_cast<double>(size));
        }
        if (job.progress < 1.0)
            put(job);
        else
            end(job, u"done"_s);
    }
}

/// A host seems to be lost, the shadow here takes over, and is protected again.
void DemoSource::moveStory()
{
    const int step = m_ticks / storyStep % storyLength;
    if (step == 1) {
        const QList<Pair> all = pairs();
        const auto found = std::ranges::find_if(all, [](const Pair& pair) {
            return !pair.isPrimary() && pair.state == "protected"_L1;
        });
        m_hero = found == all.end() ? QString{} : found->id;
    }
    const Pair* const hero = pair(m_hero);
    if (!hero || runningJob(hero->uuid))
        return;
    Pair next = *hero;
    if (step == 1) {
        enter(next, u"interrupted"_s, u"%1 does not answer"_s.arg(next.peerName), u"warning"_s);
    } else if (step == 2) {
        ++next.epoch;
        enter(next, u"taking-over"_s, u"the arbiter etcd granted epoch %1"_s.arg(next.epoch),
              u"warning"_s);
    } else if (step == 3) {
        next.role = u"primary"_s;
        enter(next, u"merging"_s, u"it runs here; the overlays are being merged"_s);
    } else if (step == 4) {
        enter(next, u"alone"_s, u"it runs here without a shadow"_s, u"warning"_s);
    } else if (step == 5) {
        enter(next, u"copying"_s, u"disks and memory are being copied"_s);
        begin(u"protect"_s, *pair(m_hero), true, [](Pair& pair) {
            becomeProtected(pair);
            pair.role = u"secondary"_s; // so that the story can be told again
        });
    }
}

void DemoSource::enter(Pair pair, const QString& state, const QString& reason,
                       const QString& severity)
{
    const QString before = std::exchange(pair.state, state);
    pair.reason = reason;
    pair.since = now();
    if (state != "protected"_L1)
        pair.lastMinute = {};
    put(pair);
    const quint64 id = m_history.isEmpty() ? 1 : m_history.last().id + 1;
    m_history << DemoWorld::event(id, pair.since, pair, severity,
                                  u"from %1 to %2: %3"_s.arg(before, state, reason));
    Q_EMIT eventsCame({m_history.last()});
}

QString DemoSource::begin(const QString& kind, const Pair& pair, bool cancellable, End end)
{
    Job job;
    job.number = ++m_lastJob;
    job.id = DemoWorld::jobId(job.number);
    job.kind = kind;
    job.domain = pair.domain;
    job.uuid = pair.uuid;
    job.state = u"running"_s;
    job.cancellable = cancellable;
    job.started = now();
    job.phase = phaseOf(job);
    m_ends.insert(job.id, std::move(end));
    put(job);
    return job.id;
}

void DemoSource::end(Job job, const QString& state)
{
    job.state = state;
    job.ended = now();
    job.cancellable = false;
    job.etaUSec = 0;
    if (state == "cancelled"_L1)
        job.error = Error{Errc::Cancelled, u"cancelled on request"_s};
    put(job);
    const End become = m_ends.take(job.id);
    const QList<Pair> all = pairs();
    const auto found = std::ranges::find(all, job.uuid, &Pair::uuid);
    if (found == all.end())
        return;
    Pair after = *found;
    if (job.error)
        return enter(after, u"alone"_s, u"protecting was cancelled"_s);
    become(after);
    if (after.state.isEmpty())
        return dropPair(after.id);
    Pair before = *found;
    before.role = after.role;
    before.epoch = after.epoch;
    before.settings = after.settings;
    enter(before, after.state, after.reason);
}

Error DemoSource::unknown(Errc code) { return {code, u"the demo has no such thing"_s}; }

Answer<QList<Domain>> DemoSource::domains()
{
    return answered<QList<Domain>>(DemoWorld::domains(pairs()));
}

Answer<QList<Event>> DemoSource::events(EventQuery query)
{
    QList<Event> all;
    std::ranges::copy_if(m_history, std::back_inserter(all), [&query](const Event& event) {
        return (!query.since || event.id > *query.since)
            && (query.domain.isEmpty() || event.domain == query.domain
                || event.uuid == query.domain);
    });
    const auto limit = static_cast<qsizetype>(query.limit);
    if (all.size() > limit)
        all = query.since ? all.first(limit) : all.last(limit);
    return answered<QList<Event>>(all);
}

Answer<Statistics> DemoSource::statistics(const QString& id, StatisticsQuery query)
{
    const Pair* const found = pair(id);
    if (!found)
        return answered<Statistics>(std::unexpected{unknown(Errc::UnknownPair)});
    return answered<Statistics>(DemoWorld::statistics(*found, query, now()));
}

Answer<Configuration> DemoSource::configuration()
{
    return answered<Configuration>(DemoWorld::configuration());
}

Answer<QList<Finding>> DemoSource::doctor(const QStringList&)
{
    return answered<QList<Finding>>(DemoWorld::doctor());
}

Answer<Preflight> DemoSource::preflight(const ProtectRequest& request)
{
    return answered<Preflight>(DemoWorld::preflight(request));
}

Answer<QList<PlanStep>> DemoSource::plan(const ProtectRequest& request)
{
    return answered<QList<PlanStep>>(DemoWorld::plan(request));
}

Answer<QString> DemoSource::protect(const ProtectRequest& request)
{
    const QList<Domain> known = DemoWorld::domains(pairs());
    const auto found = std::ranges::find_if(known, [&request](const Domain& domain) {
        return domain.name == request.domain || domain.uuid == request.domain;
    });
    if (found == known.end())
        return answered<QString>(std::unexpected{unknown(Errc::UnknownDomain)});
    const QList<Peer> hosts = peers();
    const auto host = std::ranges::find_if(hosts, [&request](const Peer& peer) {
        return request.peer.isEmpty() || peer.name == request.peer;
    });
    if (host == hosts.end())
        return answered<QString>(std::unexpected{unknown(Errc::UnknownPeer)});
    DemoWorld world{now()};
    Pair next = pair(found->pairId) ? *pair(found->pairId) : world.pairs(1).first();
    next.domain = found->name;
    next.uuid = found->uuid;
    next.id = DemoWorld::pairId(found->uuid);
    next.role = u"primary"_s;
    next.peerName = host->name;
    next.peerFingerprint = host->fingerprint;
    next.peerId = host->id;
    for (auto one = request.settings.begin(); one != request.settings.end(); ++one)
        next.settings.insert(one.key(), one.value());
    enter(next, u"copying"_s, u"disks and memory are being copied to %1"_s.arg(host->name));
    return answered<QString>(begin(u"protect"_s, next, true, becomeProtected));
}

Answer<QString> DemoSource::onPair(const QString& id, const QString& kind, End end)
{
    const Pair* const found = pair(id);
    if (!found)
        return answered<QString>(std::unexpected{unknown(Errc::UnknownPair)});
    return answered<QString>(begin(kind, *found, false, std::move(end)));
}

Answer<QString> DemoSource::unprotect(const QString& id)
{
    return onPair(id, u"unprotect"_s, [](Pair& pair) { pair.state.clear(); });
}

Answer<QString> DemoSource::switchOver(const QString& id)
{
    return onPair(id, u"switchover"_s, [](Pair& pair) {
        pair.role = pair.isPrimary() ? u"secondary"_s : u"primary"_s;
        becomeProtected(pair);
    });
}

Answer<QString> DemoSource::takeOver(const QString& id)
{
    return onPair(id, u"takeover"_s, [](Pair& pair) {
        pair.role = u"primary"_s;
        pair.state = u"alone"_s;
        pair.reason = u"it runs here without a shadow"_s;
        ++pair.epoch;
    });
}

Answer<QString> DemoSource::continueAlone(const QString& id, bool)
{
    return onPair(id, u"continue-alone"_s, [](Pair& pair) {
        pair.state = u"alone"_s;
        pair.reason = u"it goes on without its shadow"_s;
        ++pair.epoch;
    });
}

Answer<QString> DemoSource::drainHost()
{
    QString first;
    const QList<Pair> all = pairs();
    for (const Pair& pair : all) {
        if (!pair.isPrimary() || pair.state != "protected"_L1)
            continue;
        const QString job = begin(u"switchover"_s, pair, false, [](Pair& moved) {
            moved.role = u"secondary"_s;
            becomeProtected(moved);
        });
        if (first.isEmpty())
            first = job;
    }
    if (first.isEmpty())
        return answered<QString>(std::unexpected{unknown(Errc::NotInStep)});
    return answered<QString>(first);
}

Answer<void> DemoSource::cancelJob(const QString& id)
{
    const Job* const found = job(id);
    if (!found || !found->cancellable)
        return answered<void>(std::unexpected{unknown(Errc::Busy)});
    end(*found, u"cancelled"_s);
    return answered<void>({});
}

Answer<void> DemoSource::setSettings(const QString& id, const QJsonObject& settings)
{
    const Pair* const found = pair(id);
    if (!found)
        return answered<void>(std::unexpected{unknown(Errc::UnknownPair)});
    Pair next = *found;
    for (auto one = settings.begin(); one != settings.end(); ++one)
        next.settings.insert(one.key(), one.value());
    put(next);
    return answered<void>({});
}

Answer<Probe> DemoSource::probePeer(const QString& address)
{
    return answered<Probe>(Probe{
        .name = u"epsilon"_s,
        .fingerprint = QString::fromLatin1(address.toUtf8().toHex()).leftJustified(64, u'5', true),
        .version = QStringLiteral(LOCKSTEP_VERSION)});
}

Answer<QString> DemoSource::addPeer(const QString& address, const QString& fingerprint,
                                    const QString& name)
{
    const DemoWorld world{now()};
    Peer next = world.peers().first();
    next.id = next.id.first(next.id.lastIndexOf(u'/') + 1) + fingerprint.left(16);
    next.name = name.isEmpty() ? u"epsilon"_s : name;
    next.fingerprint = fingerprint;
    next.address = address;
    next.trust = u"asking"_s;
    put(next);
    return answered<QString>(next.id);
}

Answer<void> DemoSource::acceptPeer(const QString& id, const QString&)
{
    const Peer* const found = peer(id);
    if (!found)
        return answered<void>(std::unexpected{unknown(Errc::UnknownPeer)});
    Peer next = *found;
    const DemoWorld world{now()};
    const Peer sample = world.peers().first();
    next.trust = u"trusted"_s;
    next.connected = true;
    next.health = sample.health;
    next.healthReason = sample.healthReason;
    next.paths = sample.paths;
    next.roundTripUSec = sample.roundTripUSec;
    put(next);
    return answered<void>({});
}

Answer<void> DemoSource::setHeartbeat(const QString& id, const HeartbeatChange& change)
{
    const Peer* const found = peer(id);
    if (!found)
        return answered<void>(std::unexpected{unknown(Errc::UnknownPeer)});
    Peer next = *found;
    next.heartbeatIntervalMs = change.intervalMs.value_or(next.heartbeatIntervalMs);
    next.heartbeatTimeoutMs = change.timeoutMs.value_or(next.heartbeatTimeoutMs);
    next.secondPath = change.secondPath.value_or(next.secondPath);
    put(next);
    return answered<void>({});
}

Answer<void> DemoSource::removePeer(const QString& id)
{
    dropPeer(id);
    return answered<void>({});
}

} // namespace lockstep::gui
