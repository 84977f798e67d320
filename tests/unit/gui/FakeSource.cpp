// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakeSource.h"

#include <QTimeZone>
#include <QUuid>

#include <algorithm>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace lockstep::gui;

namespace {

const QDateTime sampleTime{QDate{2026, 11, 20}, QTime{18, 40}, QTimeZone::UTC};

/// The same for the same name.
QString uuidOf(const QString& domain)
{
    return QUuid::createUuidV5(QUuid{}, domain).toString(QUuid::WithoutBraces);
}

} // namespace

FakeSource::FakeSource() : Source{nullptr} { }

void FakeSource::start()
{
    setConnected({.name = u"alpha"_s, .fingerprint = u"a1"_s.repeated(32), .version = u"0.1.0"_s});
}

Event FakeSource::record(const QString& domain, const QString& text)
{
    const quint64 id = history.isEmpty() ? 1 : history.last().id + 1;
    history << Event{.id = id,
                     .time = sampleTime.addSecs(static_cast<qint64>(id)),
                     .kind = u"state"_s,
                     .severity = u"info"_s,
                     .domain = domain,
                     .uuid = uuidOf(domain),
                     .text = text,
                     .role = {},
                     .state = {},
                     .peerName = {},
                     .fields = {}};
    return history.last();
}

template <typename T>
Answer<T> FakeSource::answer(const QString& call, Result<T> result)
{
    calls << call;
    if (refusal)
        return answered<T>(std::unexpected{*refusal});
    return answered<T>(std::move(result));
}

Answer<QList<Domain>> FakeSource::domains()
{
    return answer<QList<Domain>>(u"domains"_s, knownDomains);
}

Answer<QList<Event>> FakeSource::events(EventQuery query)
{
    QList<Event> all;
    std::ranges::copy_if(history, std::back_inserter(all), [&query](const Event& event) {
        return !query.since || event.id > *query.since;
    });
    const auto limit = static_cast<qsizetype>(query.limit);
    if (all.size() > limit)
        all = query.since ? all.first(limit) : all.last(limit);
    const QString since = query.since ? QString::number(*query.since) : u"newest"_s;
    return answer<QList<Event>>(u"events "_s + since, all);
}

Answer<Statistics> FakeSource::statistics(const QString& pair, StatisticsQuery)
{
    return answer<Statistics>(u"statistics "_s + pair, Statistics{});
}

Answer<Configuration> FakeSource::configuration()
{
    return answer<Configuration>(u"configuration"_s, Configuration{});
}

Answer<QList<Finding>> FakeSource::doctor(const QStringList& hosts)
{
    return answer<QList<Finding>>(u"doctor "_s + hosts.join(u' '), QList<Finding>{});
}

Answer<Preflight> FakeSource::preflight(const ProtectRequest& request)
{
    return answer<Preflight>(u"preflight %1 %2"_s.arg(request.domain, request.peer), found);
}

Answer<QList<PlanStep>> FakeSource::plan(const ProtectRequest& request)
{
    return answer<QList<PlanStep>>(u"plan %1 %2"_s.arg(request.domain, request.peer),
                                   QList<PlanStep>{});
}

Answer<QString> FakeSource::protect(const ProtectRequest& request)
{
    return answer<QString>(u"protect %1 %2"_s.arg(request.domain, request.peer), u"/job/1"_s);
}

Answer<QString> FakeSource::unprotect(const QString& pair)
{
    return answer<QString>(u"unprotect "_s + pair, u"/job/1"_s);
}

Answer<QString> FakeSource::switchOver(const QString& pair)
{
    return answer<QString>(u"switchOver "_s + pair, u"/job/1"_s);
}

Answer<QString> FakeSource::takeOver(const QString& pair)
{
    return answer<QString>(u"takeOver "_s + pair, u"/job/1"_s);
}

Answer<QString> FakeSource::continueAlone(const QString& pair, bool force)
{
    return answer<QString>(u"continueAlone %1%2"_s.arg(pair, force ? u" force"_s : QString{}),
                           u"/job/1"_s);
}

Answer<QString> FakeSource::drainHost() { return answer<QString>(u"drainHost"_s, u"/job/1"_s); }

Answer<void> FakeSource::cancelJob(const QString& job)
{
    return answer<void>(u"cancelJob "_s + job, {});
}

Answer<void> FakeSource::setSettings(const QString& pair, const QJsonObject& settings)
{
    return answer<void>(u"setSettings %1 %2"_s.arg(pair, settings.keys().join(u' ')), {});
}

Answer<Probe> FakeSource::probePeer(const QString& address)
{
    return answer<Probe>(
        u"probePeer "_s + address,
        Probe{.name = u"beta"_s, .fingerprint = u"b1"_s.repeated(32), .version = u"0.1.0"_s});
}

Answer<QString> FakeSource::addPeer(const QString& address, const QString& fingerprint,
                                    const QString& name)
{
    return answer<QString>(u"addPeer %1 %2 %3"_s.arg(address, fingerprint, name), u"/peer/beta"_s);
}

Answer<void> FakeSource::acceptPeer(const QString& peer, const QString& fingerprint)
{
    return answer<void>(u"acceptPeer %1 %2"_s.arg(peer, fingerprint), {});
}

Answer<void> FakeSource::setHeartbeat(const QString& peer, const HeartbeatChange&)
{
    return answer<void>(u"setHeartbeat "_s + peer, {});
}

Answer<void> FakeSource::removePeer(const QString& peer)
{
    return answer<void>(u"removePeer "_s + peer, {});
}

Pair samplePair(const QString& domain)
{
    Pair pair;
    pair.id = u"/pair/"_s + domain;
    pair.uuid = uuidOf(domain);
    pair.domain = domain;
    pair.role = u"primary"_s;
    pair.state = u"protected"_s;
    pair.reason = u"the shadow on beta is in step"_s;
    pair.since = sampleTime;
    pair.peerName = u"beta"_s;
    pair.peerFingerprint = samplePeer().fingerprint;
    pair.peerId = samplePeer().id;
    pair.peerConnected = true;
    pair.epoch = 3;
    pair.settings = {{u"arbiter"_s, u"etcd"_s}};
    pair.lastMinute = {.seconds = 60, .checkpoints = 12, .stoppedUSec = 600'000};
    return pair;
}

Peer samplePeer(const QString& name)
{
    Peer peer;
    peer.id = u"/peer/"_s + name;
    peer.name = name;
    peer.fingerprint = QString{name.first(1) + u'1'}.repeated(32);
    peer.address = u"10.0.0.2"_s;
    peer.port = 49500;
    peer.trust = u"trusted"_s;
    peer.connected = true;
    peer.version = u"0.1.0"_s;
    peer.health = u"alive"_s;
    peer.roundTripUSec = 210;
    peer.lossPercent = 0.5;
    return peer;
}

Job sampleJob(const QString& domain)
{
    Job job;
    job.id = u"/job/1"_s;
    job.number = 1;
    job.kind = u"protect"_s;
    job.domain = domain;
    job.uuid = uuidOf(domain);
    job.state = u"running"_s;
    job.phase = u"copy disk vda"_s;
    job.progress = 0.25;
    job.cancellable = true;
    job.started = sampleTime;
    return job;
}

} // namespace lockstep::test
