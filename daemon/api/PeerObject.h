// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Announcer.h"
#include "api/Requests.h"

#include "glue/PeerAdaptor.h"

namespace lockstep {

/// org.lockstep.Lockstep1.Peer.
class PeerObject final : public sdbus::AdaptorInterfaces<org::lockstep::Lockstep1::Peer_adaptor>
{
public:
    PeerObject(sdbus::IConnection& connection, Requests& requests, PeerInfo info);
    ~PeerObject();
    PeerObject(const PeerObject&) = delete;
    PeerObject& operator=(const PeerObject&) = delete;

    /// Takes the new state and announces what differs.
    void update(const PeerInfo& info);
    [[nodiscard]] Announcer& announcer() { return m_announcer; }

private:
    void Accept(sdbus::Result<>&& result, std::string fingerprint,
                wire::Dictionary options) override;
    void SetHeartbeat(sdbus::Result<>&& result, wire::Dictionary options) override;
    void Remove(sdbus::Result<>&& result, wire::Dictionary options) override;
    std::string Name() override { return m_info.name.toStdString(); }
    std::string Fingerprint() override { return m_info.id.value.toStdString(); }
    std::string Address() override { return m_info.address.toStdString(); }
    uint16_t Port() override { return m_info.port; }
    std::string Trust() override { return wire::trustWord(m_info.trust); }
    bool Connected() override { return m_info.connected; }
    std::string LocalAddress() override { return m_info.localAddress.toString().toStdString(); }
    std::string RemoteAddress() override { return m_info.remoteAddress.toString().toStdString(); }
    std::string Version() override { return m_info.version.toStdString(); }
    std::string LastError() override { return m_info.lastError.toStdString(); }
    std::string Health() override { return healthWord(m_info.heartbeat.health).toStdString(); }
    std::string HealthReason() override { return m_info.heartbeat.reason.toStdString(); }
    uint64_t RoundTripMicroseconds() override
    {
        return static_cast<uint64_t>(wire::bestPath(m_info.heartbeat).roundTrip.count());
    }
    double LossPercent() override { return wire::bestPath(m_info.heartbeat).lossPercent; }
    std::vector<wire::Dictionary> Paths() override
    {
        return wire::dictionaries(m_info.heartbeat.paths);
    }
    wire::Dictionary RejectedDatagrams() override
    {
        return wire::dictionary(m_info.heartbeat.rejected);
    }
    uint64_t HeartbeatIntervalMs() override
    {
        return static_cast<uint64_t>(m_info.heartbeat.settings.timing.interval.count());
    }
    uint64_t HeartbeatTimeoutMs() override
    {
        return static_cast<uint64_t>(m_info.heartbeat.settings.timing.timeout.count());
    }
    std::string SecondPath() override { return m_info.heartbeat.settings.secondPath.toStdString(); }

    void compareHeartbeats(const HeartbeatView& now, Announcer::Changes& changes) const;
    [[nodiscard]] CallRequest request(Action action, const QString& title,
                                      const wire::Dictionary& options) const;

    Requests& m_requests;
    PeerInfo m_info;
    Announcer m_announcer;
};

} // namespace lockstep
