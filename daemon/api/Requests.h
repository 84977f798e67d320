// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/CallRunner.h"
#include "api/Wire.h"
#include "base/Task.h"

#include <functional>

namespace lockstep {

class DoctorService;
class Hypervisor;
class PairService;

/// What the D-Bus methods do, behind the objects that have them: converts, calls the one part that
/// decides, converts back. `who` is told in the history of the job that begins. It outlives those
/// objects, which may go while a call is under way. Must outlive the calls of its runner.
class Requests final
{
public:
    using Values = std::tuple<std::string, std::string, std::vector<wire::Dictionary>>;
    using Strings = std::tuple<std::string, std::string, std::string>;
    /// The file, and what is set.
    using Configuration = std::tuple<std::string, std::vector<wire::Dictionary>>;
    /// Called before a reply names the object of a job or peer: it must be on the bus by then.
    struct Export
    {
        std::function<void(JobId)> job;
        std::function<void(PeerId)> peer;
    };

    Requests(PairService& pairs, Peers& peers, Hypervisor& hypervisor, DoctorService& doctor,
             CallRunner& runner, ConfigView config)
        : m_pairs{pairs}, m_peers{peers}, m_hypervisor{hypervisor}, m_doctor{doctor},
          m_runner{runner}, m_config{std::move(config)}
    { }
    void setExport(Export exporter) { m_export = std::move(exporter); }

    [[nodiscard]] CallRunner& runner() { return m_runner; }
    [[nodiscard]] Peers& peers() { return m_peers; }

    [[nodiscard]] Task<Result<Values>> preflight(QString domain, QString peer,
                                                 wire::Dictionary options);
    [[nodiscard]] Task<Result<std::vector<wire::Step>>> plan(QString domain, QString peer,
                                                             wire::Dictionary options);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> protect(QString domain, QString peer,
                                                          wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> takeOver(DomainUuid uuid,
                                                           wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> switchOver(DomainUuid uuid,
                                                             wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> drain(wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>>
    continueAlone(DomainUuid uuid, wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> unprotect(DomainUuid uuid,
                                                            wire::Dictionary options, QString who);
    [[nodiscard]] Task<Result<void>> setSettings(DomainUuid uuid, wire::Dictionary options);
    /// Times in microseconds since 1970 UTC; `until` 0 for now.
    [[nodiscard]] Task<Result<wire::Dictionary>>
    statistics(DomainUuid uuid, uint64_t since, uint64_t until, wire::Dictionary options);
    [[nodiscard]] Task<Result<std::vector<wire::Dictionary>>> listDomains(wire::Dictionary options);
    [[nodiscard]] Task<Result<Configuration>> configuration(wire::Dictionary options);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> findPair(QString domain,
                                                           wire::Dictionary options);
    [[nodiscard]] Task<Result<void>> cancel(JobId id, wire::Dictionary options);
    [[nodiscard]] Task<Result<std::vector<wire::Dictionary>>> events(wire::Dictionary options);
    [[nodiscard]] Task<Result<std::vector<wire::Dictionary>>> doctor(wire::Dictionary options);
    [[nodiscard]] Task<Result<std::vector<wire::Dictionary>>> tryQemu(wire::Dictionary options);

    [[nodiscard]] Task<Result<Strings>> probePeer(QString address, wire::Dictionary options);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> addPeer(QString address, std::string fingerprint,
                                                          wire::Dictionary options);
    [[nodiscard]] Task<Result<sdbus::ObjectPath>> findPeer(QString peer, wire::Dictionary options);
    [[nodiscard]] Task<Result<void>> acceptPeer(PeerId id, std::string fingerprint,
                                                wire::Dictionary options);
    [[nodiscard]] Task<Result<void>> setHeartbeat(PeerId id, wire::Dictionary options);
    [[nodiscard]] Task<Result<void>> removePeer(PeerId id, wire::Dictionary options);

private:
    /// Of a job that `who` has started.
    [[nodiscard]] Result<sdbus::ObjectPath> jobPath(const Result<JobId>& id, const QString& who);

    PairService& m_pairs;
    Peers& m_peers;
    Hypervisor& m_hypervisor;
    DoctorService& m_doctor;
    CallRunner& m_runner;
    ConfigView m_config;
    Export m_export;
};

} // namespace lockstep
