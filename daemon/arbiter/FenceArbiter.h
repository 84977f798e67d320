// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Arbiter.h"
#include "arbiter/FenceAgent.h"

#include <list>

namespace lockstep {

/// Grants what the death of the other host makes safe: it is turned off, and its device must then
/// say that it is off. Keeps no record, so what begins a protection or its shadow's state is
/// granted unseen. When both hosts ask at once the owner of the domain wins, as a shadow waits
/// first.
class FenceArbiter final : public Arbiter
{
public:
    /// Settings of every host that can be turned off, by its name here.
    explicit FenceArbiter(QMap<QString, FenceSettings> hosts) : m_hosts{std::move(hosts)} { }

    [[nodiscard]] QString name() const override;
    [[nodiscard]] Task<Result<std::optional<Grant>>> read(DomainUuid uuid) override;
    /// Takes up to the delay and two timeouts. Claims that need the same host off share one call of
    /// the agent. Errors: ArbiterNotConfigured, FenceFailed.
    [[nodiscard]] Task<Result<Verdict>> claim(Claim claim) override;
    [[nodiscard]] Task<Result<void>> forget(DomainUuid uuid, Grant expected) override;
    /// Asks the device for the host's status. Errors: ArbiterNotConfigured, FenceFailed.
    [[nodiscard]] Task<Result<void>> check(QString otherName) override;
    [[nodiscard]] quint64 rejected() const override { return m_rejected; }

private:
    using Waiters = std::list<OneShot<Result<void>>>;

    [[nodiscard]] Result<FenceSettings> settingsOf(const QString& host) const;
    [[nodiscard]] Task<Result<void>> turnOff(QString host, FenceSettings settings);
    [[nodiscard]] Task<Result<void>> confirmOff(QString host, FenceSettings settings);

    QMap<QString, FenceSettings> m_hosts;
    QMap<QString, Waiters> m_underWay; ///< Hosts that are being turned off, and who else waits.
    quint64 m_rejected{0};
};

} // namespace lockstep
