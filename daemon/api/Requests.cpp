// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Requests.h"

#include "api/WireStatistics.h"
#include "doctor/DoctorService.h"
#include "hypervisor/Hypervisor.h"
#include "pair/PairService.h"
#include "statistics/PairStatistics.h"

#include <chrono>

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<Requests::Values>> Requests::preflight(QString domain, QString peer,
                                                   wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(domain).and_then([&] { return wire::checkName(peer); }));
    LOCKSTEP_CO_TRY(read, wire::protectOptions(options));
    LOCKSTEP_CO_TRY(report, co_await m_pairs.preflight(domain, peer, read));
    co_return Values{report.domain.toStdString(), report.peerName.toStdString(),
                     wire::dictionaries(report.findings)};
}

Task<Result<std::vector<wire::Step>>> Requests::plan(QString domain, QString peer,
                                                     wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(domain).and_then([&] { return wire::checkName(peer); }));
    LOCKSTEP_CO_TRY(read, wire::protectOptions(options));
    LOCKSTEP_CO_TRY(plan, co_await m_pairs.plan(domain, peer, read));
    co_return wire::steps(plan);
}

Task<Result<sdbus::ObjectPath>> Requests::protect(QString domain, QString peer,
                                                  wire::Dictionary options, QString who)
{
    LOCKSTEP_CO_CHECK(wire::checkName(domain).and_then([&] { return wire::checkName(peer); }));
    LOCKSTEP_CO_TRY(read, wire::protectOptions(options));
    co_return jobPath(co_await m_pairs.protect(domain, peer, read), who);
}

Task<Result<sdbus::ObjectPath>> Requests::takeOver(DomainUuid uuid, wire::Dictionary options,
                                                   QString who)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return jobPath(co_await m_pairs.takeOver(toString(uuid)), who);
}

Task<Result<sdbus::ObjectPath>> Requests::switchOver(DomainUuid uuid, wire::Dictionary options,
                                                     QString who)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return jobPath(co_await m_pairs.switchOver(toString(uuid)), who);
}

Task<Result<sdbus::ObjectPath>> Requests::drain(wire::Dictionary options, QString who)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return jobPath(co_await m_pairs.drain(), who);
}

Task<Result<sdbus::ObjectPath>> Requests::continueAlone(DomainUuid uuid, wire::Dictionary options,
                                                        QString who)
{
    LOCKSTEP_CO_TRY(force, wire::force(options));
    co_return jobPath(co_await m_pairs.continueAlone(toString(uuid), force), who);
}

Task<Result<sdbus::ObjectPath>> Requests::unprotect(DomainUuid uuid, wire::Dictionary options,
                                                    QString who)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return jobPath(co_await m_pairs.unprotect(toString(uuid)), who);
}

Task<Result<void>> Requests::setSettings(DomainUuid uuid, wire::Dictionary options)
{
    LOCKSTEP_CO_TRY(change, wire::settingsChange(options));
    co_return co_await m_pairs.setSettings(toString(uuid), change);
}

Task<Result<wire::Dictionary>> Requests::statistics(DomainUuid uuid, uint64_t since, uint64_t until,
                                                    wire::Dictionary options)
{
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    LOCKSTEP_CO_TRY(query, wire::statisticsQuery(since, until, options, now.count()));
    LOCKSTEP_CO_TRY(pair, m_pairs.pair(uuid));
    const PairStatistics* const found = m_pairs.statistics(pair.uuid);
    const PairStatistics nothing{};
    const PairStatistics& known = found ? *found : nothing;
    co_return wire::dictionary(known.report(query), known.lifetime());
}

Task<Result<std::vector<wire::Dictionary>>> Requests::listDomains(wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    LOCKSTEP_CO_TRY(domains, co_await m_hypervisor.domains());
    std::vector<wire::Dictionary> all;
    for (const DomainView& domain : domainList(domains, m_pairs.pairs(), m_peers.ownName()))
        all.push_back(wire::dictionary(domain));
    co_return all;
}

Task<Result<Requests::Configuration>> Requests::configuration(wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    std::vector<wire::Dictionary> all;
    for (const ConfigSetting& setting : m_config.settings)
        all.push_back(wire::dictionary(setting));
    co_return Configuration{m_config.file.toStdString(), std::move(all)};
}

Task<Result<sdbus::ObjectPath>> Requests::findPair(QString domain, wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(domain));
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    for (const PairView& pair : m_pairs.pairs()) {
        if (pair.domain == domain || toString(pair.uuid) == domain)
            co_return wire::pairPath(pair.uuid);
    }
    // A number may be the id of a running domain; libvirt also tells a wrong name from one that
    // has no pair.
    LOCKSTEP_CO_TRY(found, co_await m_hypervisor.find(domain));
    if (!m_pairs.pair(found.uuid))
        co_return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(found.name));
    co_return wire::pairPath(found.uuid);
}

Task<Result<void>> Requests::cancel(JobId id, wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return m_pairs.cancel(id);
}

Task<Result<std::vector<wire::Dictionary>>> Requests::events(wire::Dictionary options)
{
    LOCKSTEP_CO_TRY(query, wire::eventQuery(options));
    LOCKSTEP_CO_TRY(found, co_await m_pairs.events(query));
    co_return wire::dictionaries(found);
}

Task<Result<std::vector<wire::Dictionary>>> Requests::doctor(wire::Dictionary options)
{
    LOCKSTEP_CO_TRY(hosts, wire::hosts(options));
    LOCKSTEP_CO_TRY(found, co_await m_doctor.examine(hosts));
    co_return wire::dictionaries(found);
}

Task<Result<std::vector<wire::Dictionary>>> Requests::tryQemu(wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    LOCKSTEP_CO_TRY(found, co_await m_doctor.tryQemu());
    co_return wire::dictionaries(found);
}

Task<Result<Requests::Strings>> Requests::probePeer(QString address, wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(address));
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    LOCKSTEP_CO_TRY(probe, co_await m_peers.probe(address));
    co_return Strings{probe.name.toStdString(), probe.id.value.toStdString(),
                      probe.version.toStdString()};
}

Task<Result<sdbus::ObjectPath>> Requests::addPeer(QString address, std::string fingerprint,
                                                  wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(address));
    LOCKSTEP_CO_TRY(name, wire::peerName(options));
    LOCKSTEP_CO_TRY(expected, wire::fingerprint(fingerprint));
    LOCKSTEP_CO_TRY(peer, co_await m_peers.add(address, expected, name));
    m_export.peer(peer.id);
    co_return wire::peerPath(peer.id);
}

Task<Result<sdbus::ObjectPath>> Requests::findPeer(QString peer, wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::checkName(peer));
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    co_return m_peers.find(peer).transform(
        [](const PeerInfo& found) { return wire::peerPath(found.id); });
}

Task<Result<void>> Requests::acceptPeer(PeerId id, std::string fingerprint,
                                        wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    LOCKSTEP_CO_TRY(expected, wire::fingerprint(fingerprint));
    LOCKSTEP_CO_TRY(accepted, co_await m_peers.accept(id.value, expected));
    m_export.peer(accepted.id);
    co_return {};
}

Task<Result<void>> Requests::setHeartbeat(PeerId id, wire::Dictionary options)
{
    LOCKSTEP_CO_TRY(peer, m_peers.peer(id));
    LOCKSTEP_CO_TRY(settings, wire::heartbeatSettings(peer.heartbeat.settings, options));
    co_return co_await m_peers.setHeartbeat(id, settings);
}

Task<Result<void>> Requests::removePeer(PeerId id, wire::Dictionary options)
{
    LOCKSTEP_CO_CHECK(wire::noOptions(options));
    LOCKSTEP_CO_TRY(peer, m_peers.peer(id));
    if (m_pairs.usesPeer(id)) {
        co_return failure(
            Errc::Busy, u"a pair needs peer %1"_s.arg(peer.name),
            u"Run 'lockstep list', and 'lockstep unprotect' for each domain that is paired with it."_s);
    }
    co_return co_await m_peers.remove(id);
}

Result<sdbus::ObjectPath> Requests::jobPath(const Result<JobId>& id, const QString& who)
{
    if (!id)
        return std::unexpected{id.error()};
    m_pairs.attribute(*id, who);
    m_export.job(*id);
    return wire::jobPath(*id);
}

} // namespace lockstep
