// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Protocol.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// The NICs of the primary: a copy of each request goes to the shadow, each answer waits in
/// colo-compare until the shadow's equal answer, or a checkpoint, lets it go. In modes that compare
/// nothing the shadow gets no requests, and only checkpoints let answers go.
/// Source: QEMU docs/colo-proxy.txt.
class PrimaryNetwork final
{
public:
    PrimaryNetwork(Qmp qmp, ReplicationSpec spec, Protocol protocol = {})
        : m_qmp{std::move(qmp)}, m_spec{std::move(spec)}, m_protocol{protocol}
    { }

    /// Chardevs to the secondary and to the local compare object.
    [[nodiscard]] Task<Result<void>> connect() const;
    [[nodiscard]] Task<Result<void>> disconnect() const;
    /// Filters, still off, and compare objects on `ioThread` (QEMU's object id).
    [[nodiscard]] Task<Result<void>> addFilters(QString ioThread) const;
    /// Has to be on from before the guest is stopped for the switchover until it runs in COLO. QEMU
    /// reads one packet per NIC while the guest is stopped, and it passes the filters then: the
    /// mirror is still off, so the shadow would never see that request. Held ones wait before it.
    [[nodiscard]] Task<Result<void>> setHolding(bool on) const;
    /// Turns the diversion of answers and, in modes that compare, the mirror of requests on or off.
    [[nodiscard]] Task<Result<void>> setFiltering(bool on) const;
    /// While it is on, what the guest sends waits before compare, whose packets are lost when it
    /// goes: for a primary whose shadow does not get anything any more (docs/qemu.md, trap 26).
    /// What waits goes where it would have gone when it is turned off, and after keepInterval. Does
    /// nothing to a domain that a lockstepd without it has protected.
    [[nodiscard]] Task<Result<void>> setKeeping(bool on) const;
    /// Follows another protocol from now on, while filtering is on. Never without requests while
    /// the shadow's answers count: what only acknowledges a request would leave although the shadow
    /// never saw that request (docs/qemu.md, trap 20).
    [[nodiscard]] Task<Result<void>> follow() const;
    /// Whether all requests are mirrored.
    [[nodiscard]] Task<Result<bool>> isMirroring() const;
    /// Packets that compare still holds are lost.
    [[nodiscard]] Task<Result<void>> removeFilters() const;

private:
    [[nodiscard]] Task<Result<void>> connect(NicSpec nic) const;
    [[nodiscard]] Task<Result<void>> setStatus(QList<QStringView> parts, bool on) const;
    [[nodiscard]] QJsonObject toPeer(quint16 port) const;
    [[nodiscard]] QJsonObject toSelf(const NicSpec& nic, QStringView channel, bool server) const;

    Qmp m_qmp;
    ReplicationSpec m_spec;
    Protocol m_protocol;
};

} // namespace lockstep
