// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Pace.h"
#include "api/Requests.h"

#include "glue/ManagerAdaptor.h"

namespace lockstep {

/// org.lockstep.Lockstep1.Manager and the object manager, at the root of our paths.
class ManagerObject final
    : public sdbus::AdaptorInterfaces<org::lockstep::Lockstep1::Manager_adaptor>
{
public:
    ManagerObject(sdbus::IConnection& connection, Requests& requests);
    ~ManagerObject();
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;

    /// Tells it at once, or within a tenth of a second together with others.
    void announce(const PairEvent& event);
    /// Sends what still waits.
    void flush();

private:
    void Preflight(sdbus::Result<std::string, std::string, std::vector<wire::Dictionary>>&& result,
                   std::string domain, std::string peer, wire::Dictionary options) override;
    void Plan(sdbus::Result<std::vector<wire::Step>>&& result, std::string domain, std::string peer,
              wire::Dictionary options) override;
    void Protect(sdbus::Result<sdbus::ObjectPath>&& result, std::string domain, std::string peer,
                 wire::Dictionary options) override;
    void DrainHost(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options) override;
    void ProbePeer(sdbus::Result<std::string, std::string, std::string>&& result,
                   std::string address, wire::Dictionary options) override;
    void AddPeer(sdbus::Result<sdbus::ObjectPath>&& result, std::string address,
                 std::string fingerprint, wire::Dictionary options) override;
    void FindPair(sdbus::Result<sdbus::ObjectPath>&& result, std::string domain,
                  wire::Dictionary options) override;
    void FindPeer(sdbus::Result<sdbus::ObjectPath>&& result, std::string peer,
                  wire::Dictionary options) override;
    void GetEvents(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                   wire::Dictionary options) override;
    void ListDomains(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                     wire::Dictionary options) override;
    void GetConfiguration(sdbus::Result<std::string, std::vector<wire::Dictionary>>&& result,
                          wire::Dictionary options) override;
    void Doctor(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                wire::Dictionary options) override;
    void TryQemu(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                 wire::Dictionary options) override;
    std::string Version() override;
    std::string HostName() override;
    std::string Fingerprint() override;

    [[nodiscard]] CallRequest request(Action action, const QString& title,
                                      Authority::Details details) const;
    void sendEvents();

    Requests& m_requests;
    QList<PairEvent> m_events; ///< That nobody was told of yet, oldest first.
    Pace m_pace;
};

} // namespace lockstep
