// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/PairObject.h"

#include "api/Told.h"

namespace lockstep {

using namespace Qt::StringLiterals;

PairObject::PairObject(sdbus::IConnection& connection, Requests& requests, PairView view)
    : AdaptorInterfaces{connection, wire::pairPath(view.uuid)}, m_requests{requests},
      m_view{std::move(view)}, m_peerPath{peerPath(m_view)},
      m_disks{wire::dictionaries(m_view.disks)}, m_nics{wire::dictionaries(m_view.nics)},
      m_lastMinute{wire::dictionary(m_view.lastMinute)}, m_announcer{getObject(), INTERFACE_NAME}
{
    registerAdaptor();
}

PairObject::~PairObject() { unregisterAdaptor(); }

sdbus::ObjectPath PairObject::peerPath(const PairView& view) const
{
    return m_requests.peers().peer(view.peer) ? wire::peerPath(view.peer) : sdbus::ObjectPath{"/"};
}

void PairObject::update(const PairView& view)
{
    Announcer::Changes changes;
    const auto compare = [&changes](const char* name, const auto& before, const auto& now) {
        if (!(before == now))
            changes.urgent.insert(name);
    };
    const sdbus::ObjectPath newPeerPath = peerPath(view);
    compare("Domain", m_view.domain, view.domain);
    compare("Role", m_view.role, view.role);
    compare("State", m_view.state, view.state);
    compare("Reason", m_view.reason, view.reason);
    compare("SinceUSec", m_view.since, view.since);
    compare("PeerName", m_view.peerName, view.peerName);
    compare("PeerFingerprint", m_view.peer, view.peer);
    compare("PeerPath", m_peerPath, newPeerPath);
    compare("PeerConnected", m_view.peerConnected, view.peerConnected);
    compare("Epoch", m_view.epoch, view.epoch);
    compare("Arbiter", m_view.arbiter, view.arbiter);
    compare("ArbiterError", m_view.arbiterError, view.arbiterError);
    compare("OnArbiterLoss", m_view.onArbiterLoss, view.onArbiterLoss);
    compare("AutoProtect", m_view.autoProtect, view.autoProtect);
    compare("ReuseDisks", m_view.reuseDisks, view.reuseDisks);
    compare("Suspended", m_view.suspended, view.suspended);
    compare("Mode", m_view.mode, view.mode);
    compare("PeriodUSec", m_view.period, view.period);
    compare("ModeInForce", m_view.modeInForce, view.modeInForce);
    compare("PeriodInForceUSec", m_view.periodInForce, view.periodInForce);
    compare("MaxExposureUSec", m_view.maxExposure, view.maxExposure);
    compare("MaxStopped", m_view.maxStopped, view.maxStopped);
    compare("IdlePeriodUSec", m_view.idlePeriod, view.idlePeriod);
    compare("CompareTimeoutUSec", m_view.compareTimeout, view.compareTimeout);
    compare("ScanCycleUSec", m_view.scanCycle, view.scanCycle);
    compare("QueueLimit", m_view.queueLimit, view.queueLimit);
    compare("BandwidthBytes", m_view.bandwidth, view.bandwidth);
    compare("CopySpeedBytes", m_view.copySpeed, view.copySpeed);
    compare("Channels", m_view.channels, view.channels);
    compare("Compression", m_view.compression, view.compression);
    compare("Disks", m_view.disks, view.disks);
    compare("Nics", m_view.nics, view.nics);
    if (m_view.checkpoints != view.checkpoints)
        changes.figures.insert("Checkpoints");
    if (m_view.lastMinute != view.lastMinute)
        changes.figures.insert("LastMinute");
    if (m_view.arbiterRejections != view.arbiterRejections)
        changes.figures.insert("ArbiterRejections");
    if (changes.urgent.contains("Disks"))
        m_disks = wire::dictionaries(view.disks);
    if (changes.figures.contains("LastMinute"))
        m_lastMinute = wire::dictionary(view.lastMinute);
    if (changes.urgent.contains("Nics"))
        m_nics = wire::dictionaries(view.nics);
    m_view = view;
    m_peerPath = newPeerPath;
    m_announcer.announce(std::move(changes));
}

CallRequest PairObject::request(Action action, const QString& title,
                                const wire::Dictionary& options) const
{
    return {.caller = currentCaller(getObject()),
            .title = wire::told(title.arg(m_view.domain), options),
            .action = action,
            .details = {{"domain", m_view.domain.toStdString()},
                        {"peer", m_view.peerName.toStdString()}}};
}

void PairObject::TakeOver(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), request(Action::TakeOver, u"take over %1"_s, options),
        [&requests = m_requests, uuid = m_view.uuid, options](const QString& who) {
            return requests.takeOver(uuid, options, who);
        });
}

void PairObject::SwitchOver(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), request(Action::TakeOver, u"switch %1 over"_s, options),
        [&requests = m_requests, uuid = m_view.uuid, options](const QString& who) {
            return requests.switchOver(uuid, options, who);
        });
}

void PairObject::ContinueAlone(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), request(Action::TakeOver, u"continue %1 alone"_s, options),
        [&requests = m_requests, uuid = m_view.uuid, options](const QString& who) {
            return requests.continueAlone(uuid, options, who);
        });
}

void PairObject::Unprotect(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), request(Action::Protect, u"unprotect %1"_s, options),
        [&requests = m_requests, uuid = m_view.uuid, options](const QString& who) {
            return requests.unprotect(uuid, options, who);
        });
}

void PairObject::SetSettings(sdbus::Result<>&& result, wire::Dictionary options)
{
    m_requests.runner().run<void>(
        std::move(result), request(Action::ChangeSettings, u"change settings of %1"_s, options),
        [&requests = m_requests, uuid = m_view.uuid, options] {
            return requests.setSettings(uuid, options);
        });
}

void PairObject::GetStatistics(sdbus::Result<wire::Dictionary>&& result, uint64_t since,
                               uint64_t until, wire::Dictionary options)
{
    m_requests.runner().run<wire::Dictionary>(
        std::move(result), CallRequest{.caller = {}, .title = {}, .action = {}, .details = {}},
        [&requests = m_requests, uuid = m_view.uuid, since, until, options] {
            return requests.statistics(uuid, since, until, options);
        });
}

} // namespace lockstep
