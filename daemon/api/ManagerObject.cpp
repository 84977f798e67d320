// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/ManagerObject.h"

#include "api/Told.h"
#include "dbus/Names.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostEventsAtOnce = 100;
constexpr std::chrono::milliseconds eventsPeriod{100};

QString text(const std::string& value) { return QString::fromStdString(value); }

} // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, Requests& requests)
    : AdaptorInterfaces{connection, sdbus::ObjectPath{dbus::rootPath}}, m_requests{requests},
      m_pace{[this] { sendEvents(); }}
{
    registerAdaptor();
    getObject().addObjectManager();
}

ManagerObject::~ManagerObject() { unregisterAdaptor(); }

CallRequest ManagerObject::request(Action action, const QString& title,
                                   Authority::Details details) const
{
    return {.caller = currentCaller(getObject()),
            .title = title,
            .action = action,
            .details = std::move(details)};
}

void ManagerObject::Preflight(
    sdbus::Result<std::string, std::string, std::vector<wire::Dictionary>>&& result,
    std::string domain, std::string peer, wire::Dictionary options)
{
    const QString title = u"preflight of %1 towards %2"_s.arg(wire::told(domain), wire::told(peer));
    m_requests.runner().run<Requests::Values>(
        std::move(result), request(Action::Look, title, {{"domain", domain}, {"peer", peer}}),
        [&requests = m_requests, domain, peer, options] {
            return requests.preflight(text(domain), text(peer), options);
        });
}

void ManagerObject::Plan(sdbus::Result<std::vector<wire::Step>>&& result, std::string domain,
                         std::string peer, wire::Dictionary options)
{
    const QString title = u"plan of %1 towards %2"_s.arg(wire::told(domain), wire::told(peer));
    m_requests.runner().run<std::vector<wire::Step>>(
        std::move(result), request(Action::Look, title, {{"domain", domain}, {"peer", peer}}),
        [&requests = m_requests, domain, peer, options] {
            return requests.plan(text(domain), text(peer), options);
        });
}

void ManagerObject::Protect(sdbus::Result<sdbus::ObjectPath>&& result, std::string domain,
                            std::string peer, wire::Dictionary options)
{
    const QString title = peer.empty()
        ? u"protect %1"_s.arg(wire::told(domain))
        : u"protect %1 towards %2"_s.arg(wire::told(domain), wire::told(peer));
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result),
        request(Action::Protect, wire::told(title, options), {{"domain", domain}, {"peer", peer}}),
        [&requests = m_requests, domain, peer, options](const QString& who) {
            return requests.protect(text(domain), text(peer), options, who);
        });
}

void ManagerObject::DrainHost(sdbus::Result<sdbus::ObjectPath>&& result, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), request(Action::TakeOver, wire::told(u"drain this host"_s, options), {}),
        [&requests = m_requests, options](const QString& who) {
            return requests.drain(options, who);
        });
}

void ManagerObject::ProbePeer(sdbus::Result<std::string, std::string, std::string>&& result,
                              std::string address, wire::Dictionary options)
{
    m_requests.runner().run<Requests::Strings>(
        std::move(result),
        request(Action::Look, u"probe of %1"_s.arg(wire::told(address)), {{"peer", address}}),
        [&requests = m_requests, address, options] {
            return requests.probePeer(text(address), options);
        });
}

void ManagerObject::AddPeer(sdbus::Result<sdbus::ObjectPath>&& result, std::string address,
                            std::string fingerprint, wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result),
        request(Action::ManagePeers,
                wire::told(u"add peer %1, fingerprint %2"_s.arg(wire::told(address),
                                                                wire::told(fingerprint)),
                           options),
                {{"peer", address}}),
        [&requests = m_requests, address, fingerprint, options] {
            return requests.addPeer(text(address), fingerprint, options);
        });
}

void ManagerObject::FindPair(sdbus::Result<sdbus::ObjectPath>&& result, std::string domain,
                             wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), CallRequest{.caller = {}, .title = {}, .action = {}, .details = {}},
        [&requests = m_requests, domain, options] {
            return requests.findPair(text(domain), options);
        });
}

void ManagerObject::FindPeer(sdbus::Result<sdbus::ObjectPath>&& result, std::string peer,
                             wire::Dictionary options)
{
    m_requests.runner().run<sdbus::ObjectPath>(
        std::move(result), CallRequest{.caller = {}, .title = {}, .action = {}, .details = {}},
        [&requests = m_requests, peer, options] { return requests.findPeer(text(peer), options); });
}

void ManagerObject::GetEvents(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                              wire::Dictionary options)
{
    m_requests.runner().run<std::vector<wire::Dictionary>>(
        std::move(result), CallRequest{.caller = {}, .title = {}, .action = {}, .details = {}},
        [&requests = m_requests, options] { return requests.events(options); });
}

void ManagerObject::ListDomains(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                                wire::Dictionary options)
{
    m_requests.runner().run<std::vector<wire::Dictionary>>(
        std::move(result), request(Action::Look, u"list of this host's domains"_s, {}),
        [&requests = m_requests, options] { return requests.listDomains(options); });
}

void ManagerObject::GetConfiguration(
    sdbus::Result<std::string, std::vector<wire::Dictionary>>&& result, wire::Dictionary options)
{
    m_requests.runner().run<Requests::Configuration>(
        std::move(result), request(Action::Look, u"configuration of this host"_s, {}),
        [&requests = m_requests, options] { return requests.configuration(options); });
}

void ManagerObject::Doctor(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                           wire::Dictionary options)
{
    m_requests.runner().run<std::vector<wire::Dictionary>>(
        std::move(result), request(Action::Look, u"doctor"_s, {}),
        [&requests = m_requests, options] { return requests.doctor(options); });
}

void ManagerObject::TryQemu(sdbus::Result<std::vector<wire::Dictionary>>&& result,
                            wire::Dictionary options)
{
    m_requests.runner().run<std::vector<wire::Dictionary>>(
        std::move(result), request(Action::Protect, u"trial of this host's QEMU"_s, {}),
        [&requests = m_requests, options] { return requests.tryQemu(options); });
}

void ManagerObject::announce(const PairEvent& event)
{
    m_events.append(event);
    if (m_events.size() > mostEventsAtOnce)
        m_events.removeFirst();
    m_pace.sendSoon(eventsPeriod);
}

void ManagerObject::flush()
{
    if (!m_events.isEmpty())
        m_pace.sendNow();
}

void ManagerObject::sendEvents()
{
    const QList<PairEvent> events = std::exchange(m_events, {});
    try {
        emitEvents(wire::dictionaries(events));
    } catch (const sdbus::Error& error) {
        spdlog::debug("a D-Bus signal could not be sent: {}", error.getMessage());
    }
}

std::string ManagerObject::Version() { return LOCKSTEP_VERSION; }

std::string ManagerObject::HostName() { return m_requests.peers().ownName().toStdString(); }

std::string ManagerObject::Fingerprint() { return m_requests.peers().ownId().value.toStdString(); }

} // namespace lockstep
