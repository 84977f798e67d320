// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Announcer.h"
#include "api/Requests.h"

#include "glue/PairAdaptor.h"

namespace lockstep {

/// org.lockstep.Lockstep1.Pair.
class PairObject final : public sdbus::AdaptorInterfaces<org::lockstep::Lockstep1::Pair_adaptor>
{
public:
    PairObject(sdbus::IConnection& connection, Requests& requests, PairView view);
    ~PairObject();
    PairObject(const PairObject&) = delete;
    PairObject& operator=(const PairObject&) = delete;

    /// Takes the new state and announces what differs.
    void update(const PairView& view);
    [[nodiscard]] Announcer& announcer() { return m_announcer; }

private:
    void TakeOver(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options) override;
    void SwitchOver(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options) override;
    void ContinueAlone(sdbus::Result<sdbus::ObjectPath>&& result,
                       wire::Dictionary options) override;
    void Unprotect(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options) override;
    void SetSettings(sdbus::Result<>&& result, wire::Dictionary options) override;
    void GetStatistics(sdbus::Result<wire::Dictionary>&& result, uint64_t since, uint64_t until,
                       wire::Dictionary options) override;
    std::string Uuid() override { return toString(m_view.uuid).toStdString(); }
    std::string Domain() override { return m_view.domain.toStdString(); }
    std::string Role() override { return toString(m_view.role).toStdString(); }
    std::string State() override { return toString(m_view.state).toStdString(); }
    std::string Reason() override { return m_view.reason.toStdString(); }
    uint64_t SinceUSec() override { return wire::microseconds(m_view.since); }
    std::string PeerName() override { return m_view.peerName.toStdString(); }
    std::string PeerFingerprint() override { return m_view.peer.value.toStdString(); }
    sdbus::ObjectPath PeerPath() override { return m_peerPath; }
    bool PeerConnected() override { return m_view.peerConnected; }
    uint64_t Epoch() override { return m_view.epoch.value; }
    std::string Arbiter() override { return m_view.arbiter.toStdString(); }
    std::string ArbiterError() override { return m_view.arbiterError.toStdString(); }
    std::string OnArbiterLoss() override { return m_view.onArbiterLoss.toStdString(); }
    uint64_t ArbiterRejections() override { return m_view.arbiterRejections; }
    bool AutoProtect() override { return m_view.autoProtect; }
    bool ReuseDisks() override { return m_view.reuseDisks; }
    bool Suspended() override { return m_view.suspended; }
    std::string Mode() override { return m_view.mode.toStdString(); }
    uint64_t PeriodUSec() override { return wire::microseconds(m_view.period); }
    std::string ModeInForce() override { return m_view.modeInForce.toStdString(); }
    uint64_t PeriodInForceUSec() override { return wire::microseconds(m_view.periodInForce); }
    uint64_t MaxExposureUSec() override { return wire::microseconds(m_view.maxExposure); }
    uint64_t MaxStopped() override { return static_cast<uint64_t>(m_view.maxStopped); }
    uint64_t IdlePeriodUSec() override { return wire::microseconds(m_view.idlePeriod); }
    uint64_t CompareTimeoutUSec() override { return wire::microseconds(m_view.compareTimeout); }
    uint64_t ScanCycleUSec() override { return wire::microseconds(m_view.scanCycle); }
    uint64_t QueueLimit() override { return static_cast<uint64_t>(m_view.queueLimit); }
    uint64_t BandwidthBytes() override { return wire::bytes(m_view.bandwidth); }
    uint64_t CopySpeedBytes() override { return wire::bytes(m_view.copySpeed); }
    uint64_t Channels() override { return static_cast<uint64_t>(m_view.channels); }
    std::string Compression() override { return m_view.compression.toStdString(); }
    std::vector<wire::Dictionary> Disks() override { return m_disks; }
    std::vector<wire::Dictionary> Nics() override { return m_nics; }
    uint64_t Checkpoints() override { return static_cast<uint64_t>(m_view.checkpoints); }
    wire::Dictionary LastMinute() override { return m_lastMinute; }

    [[nodiscard]] CallRequest request(Action action, const QString& title,
                                      const wire::Dictionary& options) const;
    [[nodiscard]] sdbus::ObjectPath peerPath(const PairView& view) const;

    Requests& m_requests;
    PairView m_view;
    sdbus::ObjectPath m_peerPath;
    // Each variant is a message of its own to sdbus-c++: made anew for every reader, they would be
    // most of what a list of many pairs costs.
    std::vector<wire::Dictionary> m_disks;
    std::vector<wire::Dictionary> m_nics;
    wire::Dictionary m_lastMinute;
    Announcer m_announcer;
};

} // namespace lockstep
