// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/PeerObject.h"

#include "api/Told.h"

namespace lockstep {

using namespace Qt::StringLiterals;

PeerObject::PeerObject(sdbus::IConnection& connection, Requests& requests, PeerInfo info)
    : AdaptorInterfaces{connection, wire::peerPath(info.id)}, m_requests{requests},
      m_info{std::move(info)}, m_announcer{getObject(), INTERFACE_NAME}
{
    registerAdaptor();
}

PeerObject::~PeerObject() { unregisterAdaptor(); }

void PeerObject::update(const PeerInfo& info)
{
    Announcer::Changes changes;
    const auto compare = [&changes](const char* name, const auto& before, const auto& now) {
        if (!(before == now))
            changes.urgent.insert(name);
    };
    compare("Name", m_info.name, info.name);
    compare("Address", m_info.address, info.address);
    compare("Port", m_info.port, info.port);
    compare("Trust", m_info.trust, info.trust);
    compare("Connected", m_info.connected, info.connected);
    compare("LocalAddress", m_info.localAddress, info.localAddress);
    compare("RemoteAddress", m_info.remoteAddress, info.remoteAddress);
    compare("Version", m_info.version, info.version);
    compare("LastError", m_info.lastError, info.lastError);
    compareHeartbeats(info.heartbeat, changes);
    m_info = info;
    m_announcer.announce(std::move(changes));
}

void PeerObject::compareHeartbeats(const HeartbeatView& now, Announcer::Changes& changes) const
{
    const HeartbeatView& before = m_info.heartbeat;
    const auto compare = [](std::set<std::string>& names, const char* name, bool same) {
        if (!same)
            names.insert(name);
    };
    compare(changes.urgent, "Health", before.health == now.health);
    compare(changes.urgent, "HealthReason", before.reason == now.reason);
    const HeartbeatSettings& set = before.settings;
    compare(changes.urgent, "HeartbeatIntervalMs",
            set.timing.interval == now.settings.timing.interval);
    compare(changes.urgent, "HeartbeatTimeoutMs",
            set.timing.timeout == now.settings.timing.timeout);
    compare(changes.urgent, "SecondPath", set.secondPath == now.settings.secondPath);
    const PathView pathBefore = wire::bestPath(before);
    const PathView pathNow = wire::bestPath(now);
    compare(changes.figures, "RoundTripMicroseconds", pathBefore.roundTrip == pathNow.roundTrip);
    compare(changes.figures, "LossPercent", pathBefore.lossPercent == pathNow.lossPercent);
    compare(changes.figures, "Paths", before.paths == now.paths);
    compare(changes.figures, "RejectedDatagrams", before.rejected == now.rejected);
}

CallRequest PeerObject::request(Action action, const QString& title,
                                const wire::Dictionary& options) const
{
    return {.caller = currentCaller(getObject()),
            .title = wire::told(title.arg(m_info.name), options),
            .action = action,
            .details = {{"peer", m_info.name.toStdString()}}};
}

void PeerObject::Accept(sdbus::Result<>&& result, std::string fingerprint, wire::Dictionary options)
{
    m_requests.runner().run<void>(std::move(result),
                                  request(Action::ManagePeers, u"accept peer %1"_s, options),
                                  [&requests = m_requests, id = m_info.id, fingerprint, options] {
                                      return requests.acceptPeer(id, fingerprint, options);
                                  });
}

void PeerObject::SetHeartbeat(sdbus::Result<>&& result, wire::Dictionary options)
{
    m_requests.runner().run<void>(
        std::move(result), request(Action::ChangeSettings, u"set heartbeats of peer %1"_s, options),
        [&requests = m_requests, id = m_info.id, options] {
            return requests.setHeartbeat(id, options);
        });
}

void PeerObject::Remove(sdbus::Result<>&& result, wire::Dictionary options)
{
    m_requests.runner().run<void>(std::move(result),
                                  request(Action::ManagePeers, u"remove peer %1"_s, options),
                                  [&requests = m_requests, id = m_info.id, options] {
                                      return requests.removePeer(id, options);
                                  });
}

} // namespace lockstep
