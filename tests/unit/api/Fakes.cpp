// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Fakes.h"

#include "base/PairSettingTable.h"

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Lets the event loop run once: the real parts never answer at once either.
Task<void> turn()
{
    const OneShot<bool> later;
    later.expire(0ms, true);
    co_await later;
}

template <typename Map, typename Key>
auto lookUp(const Map& map, const Key& key, Errc code, const QString& message)
    -> Result<typename Map::mapped_type>
{
    const auto found = map.find(key);
    if (found == map.end())
        return failure(code, message);
    return found->second;
}

template <typename Map>
auto values(const Map& map)
{
    QList<typename Map::mapped_type> all;
    for (const auto& [key, value] : map)
        all.append(value);
    return all;
}

std::unexpected<Error> unused()
{
    return failure(Errc::NotSupported, u"the fake hypervisor does not do this"_s);
}

/// " arbiter=etcd auto-protect no reuse-disks mode=remus period=25000"
QString describe(const SettingsChange& change)
{
    QString text;
    for (const PairSetting& setting : pairSettings()) {
        const auto value = change.settings[setting.name];
        if (value.isBool())
            text += (value.toBool() ? u" "_s : u" no "_s) + setting.name;
        else if (!value.isUndefined())
            text += u" %1=%2"_s.arg(setting.name, value.toVariant().toString());
    }
    return text;
}

} // namespace

void FakePairService::record(PairEvent event)
{
    event.id = history.isEmpty() ? 1 : history.last().id + 1;
    history.append(event);
    Q_EMIT recorded(event);
}

void FakePairService::put(const PairView& view)
{
    pairViews[view.uuid] = view;
    Q_EMIT pairChanged(view.uuid);
}

void FakePairService::put(const JobView& view)
{
    jobViews[view.id] = view;
    Q_EMIT jobChanged(view.id);
}

void FakePairService::drop(const DomainUuid& uuid)
{
    pairViews.erase(uuid);
    Q_EMIT pairRemoved(uuid);
}

void FakePairService::drop(const JobId& id)
{
    jobViews.erase(id);
    Q_EMIT jobRemoved(id);
}

Task<Result<PreflightReport>> FakePairService::preflight(QString domain, QString peer,
                                                         ProtectOptions options)
{
    calls.append(u"preflight %1 %2 %3"_s.arg(domain, peer, options.imageDirectory)
                 + describe(options));
    co_await turn();
    if (refusal)
        co_return std::unexpected{*refusal};
    co_return PreflightReport{report};
}

Task<Result<QList<PlannedStep>>> FakePairService::plan(QString domain, QString peer,
                                                       ProtectOptions options)
{
    calls.append(u"plan %1 %2 %3"_s.arg(domain, peer, options.imageDirectory));
    co_await turn();
    if (refusal)
        co_return std::unexpected{*refusal};
    co_return QList<PlannedStep>{steps};
}

Task<Result<JobId>> FakePairService::start(QString call)
{
    calls.append(call);
    co_await turn();
    if (refusal)
        co_return std::unexpected{*refusal};
    // No signal: the reply must bring the object by itself.
    jobViews[nextJob.id] = nextJob;
    co_return nextJob.id;
}

Task<Result<JobId>> FakePairService::protect(QString domain, QString peer, ProtectOptions options)
{
    return start(u"protect %1 %2 %3"_s.arg(domain, peer, options.imageDirectory)
                 + describe(options));
}

Task<Result<void>> FakePairService::setSettings(QString domain, SettingsChange change)
{
    calls.append(u"set "_s + domain + describe(change));
    co_await turn();
    if (refusal)
        co_return std::unexpected{*refusal};
    const auto found = std::ranges::find_if(
        pairViews, [&](const auto& entry) { return toString(entry.first) == domain; });
    if (found == pairViews.end())
        co_return failure(Errc::UnknownPair, domain);
    PairView view = found->second;
    const QJsonObject& settings = change.settings;
    view.autoProtect = settings[pair_setting::autoProtect].toBool(view.autoProtect);
    view.reuseDisks = settings[pair_setting::reuseDisks].toBool(view.reuseDisks);
    view.onArbiterLoss = settings[pair_setting::onArbiterLoss].toString(view.onArbiterLoss);
    view.mode = settings[pair_setting::mode].toString(view.mode);
    view.period =
        std::chrono::microseconds{settings[pair_setting::period].toInteger(view.period.count())};
    put(view);
    co_return {};
}

Task<Result<JobId>> FakePairService::takeOver(QString domain)
{
    return start(u"takeover "_s + domain);
}

Task<Result<JobId>> FakePairService::switchOver(QString domain)
{
    return start(u"switchover "_s + domain);
}

Task<Result<JobId>> FakePairService::drain() { return start(u"drain"_s); }

Task<Result<JobId>> FakePairService::continueAlone(QString domain, bool force)
{
    return start(u"continue-alone "_s + domain + (force ? u" force"_s : QString{}));
}

Task<Result<JobId>> FakePairService::unprotect(QString domain)
{
    return start(u"unprotect "_s + domain);
}

QList<PairView> FakePairService::pairs() const
{
    ++looks;
    return values(pairViews);
}

Result<PairView> FakePairService::pair(const DomainUuid& uuid) const
{
    return lookUp(pairViews, uuid, Errc::UnknownPair, u"%1 is not paired"_s.arg(toString(uuid)));
}

QList<JobView> FakePairService::jobs() const { return values(jobViews); }

Result<JobView> FakePairService::job(const JobId& id) const
{
    return lookUp(jobViews, id, Errc::UnknownJob, u"there is no job %1"_s.arg(id.value));
}

Result<void> FakePairService::cancel(const JobId& id)
{
    calls.append(u"cancel %1"_s.arg(id.value));
    if (refusal)
        return std::unexpected{*refusal};
    JobView view = jobViews.at(id);
    view.state = JobState::Cancelled;
    view.error = Error{Errc::Cancelled, u"cancelled by the administrator"_s};
    view.ended = view.started.addSecs(1);
    put(view);
    return {};
}

void FakePairService::attribute(const JobId& id, const QString& who)
{
    askedBy.append(u"%1 %2"_s.arg(QString::number(id.value), who));
}

Task<Result<QList<PairEvent>>> FakePairService::events(EventQuery query)
{
    calls.append(u"events %1 %2 %3"_s.arg(query.domain)
                     .arg(query.limit)
                     .arg(query.since ? QString::number(*query.since) : u"-"_s));
    co_await turn();
    if (refusal)
        co_return std::unexpected{*refusal};
    QList<PairEvent> found;
    for (const PairEvent& event : std::as_const(history)) {
        const bool wanted = query.domain.isEmpty() || query.domain == event.domain
            || query.domain == toString(event.uuid);
        if (wanted && event.id > query.since.value_or(0))
            found.append(event);
    }
    co_return query.since ? found.first(std::min<qsizetype>(query.limit, found.size()))
                          : found.last(std::min<qsizetype>(query.limit, found.size()));
}

bool FakePairService::usesPeer(const PeerId& id) const
{
    return std::ranges::any_of(pairViews,
                               [&id](const auto& entry) { return entry.second.peer == id; });
}

const PairStatistics* FakePairService::statistics(const DomainUuid& uuid) const
{
    const auto found = figures.find(uuid);
    return found == figures.end() ? nullptr : &found->second;
}

void FakePeers::put(const PeerInfo& info)
{
    infos[info.id] = info;
    Q_EMIT peerChanged(info.id);
}

PeerId FakePeers::ownId() const { return PeerId{u"a0"_s.repeated(32)}; }

QList<PeerInfo> FakePeers::peers() const { return values(infos); }

Result<PeerInfo> FakePeers::find(const QString& nameOrId) const
{
    for (const auto& [id, info] : infos) {
        if (info.name == nameOrId || info.address == nameOrId || id.value.startsWith(nameOrId))
            return info;
    }
    return failure(Errc::UnknownPeer, u"there is no peer %1"_s.arg(nameOrId));
}

Result<PeerInfo> FakePeers::peer(const PeerId& id) const
{
    return lookUp(infos, id, Errc::UnknownPeer, u"there is no peer %1"_s.arg(id.value));
}

Task<Result<PeerProbe>> FakePeers::probe(QString address)
{
    calls.append(u"probe "_s + address);
    co_await turn();
    co_return Result<PeerProbe>{probed};
}

Task<Result<PeerInfo>> FakePeers::add(QString address, PeerId expected, QString name)
{
    calls.append(u"add %1 %2 %3"_s.arg(address, expected.value, name));
    co_await turn();
    PeerInfo info = samplePeer();
    info.trust = PeerTrust::Asking;
    info.connected = false;
    if (!name.isEmpty())
        info.name = name;
    infos[info.id] = info;
    co_return info;
}

Task<Result<PeerInfo>> FakePeers::accept(QString nameOrId, PeerId expected)
{
    calls.append(u"accept %1 %2"_s.arg(nameOrId, expected.value));
    co_await turn();
    LOCKSTEP_CO_TRY(info, find(nameOrId));
    if (info.id != expected)
        co_return failure(Errc::FingerprintMismatch,
                          u"%1 shows another fingerprint"_s.arg(info.name));
    info.trust = PeerTrust::Trusted;
    infos[info.id] = info;
    co_return info;
}

Task<Result<void>> FakePeers::remove(PeerId id)
{
    calls.append(u"remove "_s + id.value);
    infos.erase(id);
    Q_EMIT peerRemoved(id);
    co_await turn();
    co_return {};
}

Task<Result<QJsonObject>> FakePeers::call(PeerId /*id*/, QString /*method*/, QJsonObject /*params*/,
                                          std::chrono::milliseconds /*deadline*/)
{
    co_return failure(Errc::PeerUnreachable, u"the fake peers have no channel"_s);
}

void FakePeers::handle(const QString& /*method*/, Handler /*handler*/) { }

Task<Result<QString>> FakePeers::qemuCredentials(PeerId /*id*/, uint /*uid*/, uint /*gid*/)
{
    co_return failure(Errc::NotSupported, u"the fake peers have no credentials"_s);
}

Task<Result<void>> FakePeers::setHeartbeat(PeerId id, HeartbeatSettings settings)
{
    calls.append(u"heartbeat %1 %2 %3"_s.arg(settings.timing.interval.count())
                     .arg(settings.timing.timeout.count())
                     .arg(settings.secondPath));
    co_await turn();
    LOCKSTEP_CO_TRY(good, checked(settings));
    LOCKSTEP_CO_TRY(info, peer(id));
    info.heartbeat.settings = good;
    put(info);
    co_return {};
}

Task<Result<QList<Finding>>> FakeDoctor::examine(QStringList hosts)
{
    asked = hosts;
    m_isAsked = true;
    co_await turn();
    if (waits)
        co_await m_goOn;
    if (hosts.contains(u"nobody"_s))
        co_return failure(Errc::UnknownPeer, u"there is no peer nobody"_s);
    co_return QList<Finding>{findings};
}

Task<Result<QList<Finding>>> FakeDoctor::tryQemu()
{
    ++trials;
    co_await turn();
    if (trialProblem)
        co_return std::unexpected{Error{*trialProblem}};
    co_return QList<Finding>{findings};
}

Task<Result<DomainInfo>> FakeHypervisor::find(QString nameUuidOrId)
{
    co_await turn();
    for (const DomainInfo& info : known) {
        if (info.name == nameUuidOrId || QString::number(info.id) == nameUuidOrId)
            co_return DomainInfo{info};
    }
    co_return failure(Errc::UnknownDomain, u"there is no domain %1"_s.arg(nameUuidOrId));
}

Task<Result<std::chrono::milliseconds>> FakeHypervisor::waitsForMonitor(DomainUuid /*domain*/)
{
    co_return unused();
}

Task<Result<QList<DomainInfo>>> FakeHypervisor::domains()
{
    if (refusal)
        co_return std::unexpected{*refusal};
    co_return QList<DomainInfo>{known};
}

Task<Result<HostFacts>> FakeHypervisor::hostFacts() { co_return unused(); }

Task<Result<QString>> FakeHypervisor::xml(DomainUuid /*domain*/, XmlKind /*kind*/)
{
    co_return unused();
}

Task<Result<QString>> FakeHypervisor::cpuProblem(QString /*domainXml*/) { co_return unused(); }

Task<Result<DomainInfo>> FakeHypervisor::createPaused(QString /*domainXml*/) { co_return unused(); }

Task<Result<void>> FakeHypervisor::define(QString /*domainXml*/) { co_return unused(); }

Task<Result<void>> FakeHypervisor::undefine(DomainUuid /*domain*/) { co_return unused(); }

Task<Result<void>> FakeHypervisor::destroy(DomainUuid /*domain*/) { co_return unused(); }

Task<Result<void>> FakeHypervisor::resume(DomainUuid /*domain*/) { co_return unused(); }

Task<Result<void>> FakeHypervisor::suspend(DomainUuid /*domain*/) { co_return unused(); }

Task<Result<QString>> FakeHypervisor::addIoThread(DomainUuid /*domain*/, unsigned /*id*/)
{
    co_return unused();
}

Task<Result<void>> FakeHypervisor::removeIoThread(DomainUuid /*domain*/, unsigned /*id*/)
{
    co_return unused();
}

std::shared_ptr<Monitor> FakeHypervisor::monitor(DomainUuid /*domain*/) { return nullptr; }

} // namespace lockstep::test
