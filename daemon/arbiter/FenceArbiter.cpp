// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/FenceArbiter.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// What an agent's exit status says; for any other action than "status" 0 is success.
constexpr int isOn = 0;
constexpr int isDone = 0;
constexpr int isOff = 2;

} // namespace

QString FenceArbiter::name() const { return u"fence"_s; }

Task<Result<std::optional<Grant>>> FenceArbiter::read(DomainUuid /*uuid*/)
{
    co_return std::nullopt;
}

Result<FenceSettings> FenceArbiter::settingsOf(const QString& host) const
{
    const auto found = m_hosts.constFind(host);
    if (found == m_hosts.constEnd())
        return failure(
            Errc::ArbiterNotConfigured, u"no fence agent is configured for host %1"_s.arg(host),
            u"Add a section [fence.%1] to lockstepd.conf here, then restart lockstepd."_s.arg(
                host));
    return *found;
}

Task<Result<Verdict>> FenceArbiter::claim(Claim claim)
{
    LOCKSTEP_CO_CHECK(checkClaim(claim));
    const Verdict granted{.granted = true, .now = claim.wanted};
    if (!decides(claim.kind))
        co_return granted;
    LOCKSTEP_CO_TRY(settings, settingsOf(claim.otherName));
    if (claim.kind == ClaimKind::Takeover)
        LOCKSTEP_CO_CHECK(co_await pause(settings.takeoverDelay));
    LOCKSTEP_CO_CHECK(co_await turnOff(claim.otherName, settings));
    co_return granted;
}

Task<Result<void>> FenceArbiter::turnOff(QString host, FenceSettings settings)
{
    if (const auto running = m_underWay.find(host); running != m_underWay.end()) {
        const OneShot<Result<void>> end;
        running->push_back(end);
        co_return co_await end;
    }
    m_underWay.insert(host, {});
    const auto result = co_await confirmOff(host, settings);
    for (const auto& waiter : m_underWay.take(host))
        waiter.complete(result);
    if (result)
        spdlog::warn("fence: host {} is off", host.toStdString());
    co_return result;
}

Task<Result<void>> FenceArbiter::confirmOff(QString host, FenceSettings settings)
{
    spdlog::warn("fence: turning host {} off with {}", host.toStdString(),
                 settings.agent.toStdString());
    const QString what = u"turning host %1 off"_s.arg(host);
    const auto off = co_await runFenceAgent(settings, u"off"_s);
    if (!off)
        co_return std::unexpected{off.error().during(what)};
    if (*off != isDone)
        co_return failure(
            Errc::FenceFailed,
            u"%1: %2 failed with exit status %3"_s.arg(what, settings.agent).arg(*off));
    const auto status = co_await runFenceAgent(settings, u"status"_s);
    if (!status)
        co_return std::unexpected{status.error().during(what)};
    if (*status == isOff)
        co_return {};
    if (*status != isOn)
        co_return failure(
            Errc::FenceFailed,
            u"%1: %2 cannot tell whether it is off: exit status %3"_s.arg(what, settings.agent)
                .arg(*status));
    ++m_rejected;
    co_return failure(
        Errc::FenceFailed,
        u"%1: %2 claims to have done it, but says that the host is on"_s.arg(what, settings.agent));
}

Task<Result<void>> FenceArbiter::forget(DomainUuid /*uuid*/, Grant /*expected*/) { co_return {}; }

Task<Result<void>> FenceArbiter::check(QString otherName)
{
    LOCKSTEP_CO_TRY(settings, settingsOf(otherName));
    const auto status = co_await runFenceAgent(settings, u"status"_s);
    const QString what = u"asking for the status of host %1"_s.arg(otherName);
    if (!status)
        co_return std::unexpected{status.error().during(what)};
    if (*status != isOn && *status != isOff)
        co_return failure(
            Errc::FenceFailed,
            u"%1: %2 failed with exit status %3"_s.arg(what, settings.agent).arg(*status));
    co_return {};
}

} // namespace lockstep
