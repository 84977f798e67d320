// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtHypervisor.h"

#include "hypervisor/LibvirtCalls.h"
#include "hypervisor/LibvirtDomains.h"
#include "hypervisor/LibvirtEvents.h"
#include "hypervisor/LibvirtHost.h"
#include "hypervisor/LibvirtLoop.h"
#include "hypervisor/LibvirtMonitor.h"

#include <spdlog/spdlog.h>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace lockstep {

namespace {

constexpr auto firstBackoff = 250ms;
// To ask costs little, and until then no pair here can be seen to.
constexpr std::chrono::milliseconds longestBackoff = 1s;
constexpr auto shutdownPatience = 2s;

constexpr auto queryDeadline = 10s;
constexpr auto controlDeadline = 250ms;
constexpr auto changeDeadline = 30s;
constexpr auto startDeadline = 60s;

} // namespace

LibvirtHypervisor::LibvirtHypervisor(QString uri)
    : m_uri{std::move(uri)}, m_loop{std::make_unique<LibvirtLoop>()},
      m_calls{std::make_shared<LibvirtCalls>(m_uri)}, m_backoff{firstBackoff}
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &LibvirtHypervisor::connectToLibvirt);
    connectToLibvirt();
}

LibvirtHypervisor::~LibvirtHypervisor()
{
    m_calls->setAvailable(false);
    // Closing a connection talks to libvirtd and may hang, so it is a worker's last job.
    const bool clean = m_calls->pool().stop(
        shutdownPatience,
        [events = m_gate->shut(), connections = m_calls->connections()]() mutable {
            events.reset();
            connections->clear();
        });
    if (!clean)
        spdlog::warn("left calls behind that libvirt has not answered");
}

bool LibvirtHypervisor::isConnected() const { return m_calls->isAvailable(); }

void LibvirtHypervisor::connectToLibvirt()
{
    m_gate = std::make_shared<EventGate>(this, [this](const QString& why) { onLost(why); });
    m_calls->pool().post([this, gate = m_gate, uri = m_uri] {
        if (auto opened = LibvirtEvents::open(uri, gate))
            gate->opened(std::move(*opened), [this] { onConnected(); });
        else
            gate->notOpened(opened.error(), [this](const Error& error) { onNotConnected(error); });
    });
}

void LibvirtHypervisor::onConnected()
{
    m_backoff = firstBackoff;
    m_calls->setAvailable(true);
    spdlog::info("connected to libvirt at {}", m_uri.toStdString());
    Q_EMIT connected();
}

void LibvirtHypervisor::onNotConnected(const Error& error)
{
    const auto level = m_backoff == firstBackoff ? spdlog::level::warn : spdlog::level::debug;
    spdlog::log(level, "{}", error.message().toStdString());
    retryLater();
}

void LibvirtHypervisor::onLost(const QString& why)
{
    spdlog::warn("lost libvirt: {}", why.toStdString());
    m_calls->setAvailable(false);
    m_calls->pool().post([events = m_gate->shut(), connections = m_calls->connections()]() mutable {
        events.reset();
        connections->clear();
    });
    retryLater();
    Q_EMIT disconnected(why);
}

void LibvirtHypervisor::retryLater()
{
    m_retry.start(m_backoff);
    m_backoff = std::min(m_backoff * 2, longestBackoff);
}

Task<Result<DomainInfo>> LibvirtHypervisor::find(QString nameUuidOrId)
{
    co_return co_await m_calls->start<DomainInfo>(
        u"looking up domain '%1'"_s.arg(nameUuidOrId), queryDeadline,
        [nameUuidOrId](LibvirtConnection& libvirt) {
            return libvirtDomains::find(libvirt, nameUuidOrId);
        });
}

Task<Result<std::chrono::milliseconds>> LibvirtHypervisor::waitsForMonitor(DomainUuid domain)
{
    co_return co_await m_calls->start<std::chrono::milliseconds>(
        u"asking how the monitor is"_s, controlDeadline, [domain](LibvirtConnection& libvirt) {
            return libvirtDomains::waitsForMonitor(libvirt, domain);
        });
}

Task<Result<QList<DomainInfo>>> LibvirtHypervisor::domains()
{
    co_return co_await m_calls->start<QList<DomainInfo>>(u"listing the domains"_s, queryDeadline,
                                                         libvirtDomains::all);
}

Task<Result<HostFacts>> LibvirtHypervisor::hostFacts()
{
    // A lane of its own: however often it is asked while libvirt hangs, it holds one thread.
    auto facts = co_await m_calls->start<HostFacts>(u"examining the host"_s, queryDeadline,
                                                    libvirtHost::facts, u"host-facts"_s);
    if (!facts)
        co_return std::unexpected{facts.error()};
    co_return withProbes(*std::move(facts));
}

Task<Result<QString>> LibvirtHypervisor::cpuProblem(QString domainXml)
{
    co_return co_await m_calls->start<QString>(
        u"comparing the CPU"_s, changeDeadline, [domainXml](LibvirtConnection& libvirt) {
            return libvirtHost::cpuProblem(libvirt, domainXml);
        });
}

Task<Result<DomainInfo>> LibvirtHypervisor::createPaused(QString domainXml)
{
    co_return co_await m_calls->start<DomainInfo>(
        u"starting a domain"_s, startDeadline, [domainXml](LibvirtConnection& libvirt) {
            return libvirtDomains::createPaused(libvirt, domainXml);
        });
}

Task<Result<void>> LibvirtHypervisor::define(QString domainXml)
{
    co_return co_await m_calls->start<void>(u"defining a domain"_s, changeDeadline,
                                            [domainXml](LibvirtConnection& libvirt) {
                                                return libvirtDomains::define(libvirt, domainXml);
                                            });
}

Task<Result<void>> LibvirtHypervisor::undefine(DomainUuid domain)
{
    co_return co_await m_calls->start<void>(
        u"undefining a domain"_s, changeDeadline,
        [domain](LibvirtConnection& libvirt) { return libvirtDomains::undefine(libvirt, domain); });
}

Task<Result<void>> LibvirtHypervisor::destroy(DomainUuid domain)
{
    // Not in the domain's lane: this is what gets a hung domain out of the way.
    co_return co_await m_calls->start<void>(
        u"destroying a domain"_s, changeDeadline,
        [domain](LibvirtConnection& libvirt) { return libvirtDomains::destroy(libvirt, domain); });
}

// The rest waits for the domain's QEMU inside libvirt, and so behind its QMP commands here.

Task<Result<QString>> LibvirtHypervisor::xml(DomainUuid domain, XmlKind kind)
{
    co_return co_await m_calls->start<QString>(
        u"reading a domain's definition"_s, queryDeadline,
        [domain, kind](LibvirtConnection& libvirt) {
            return libvirtDomains::xml(libvirt, domain, kind);
        },
        kind == XmlKind::Inactive ? QString{} : toString(domain));
}

Task<Result<void>> LibvirtHypervisor::resume(DomainUuid domain)
{
    co_return co_await m_calls->start<void>(
        u"resuming a domain"_s, changeDeadline,
        [domain](LibvirtConnection& libvirt) { return libvirtDomains::resume(libvirt, domain); },
        toString(domain));
}

Task<Result<void>> LibvirtHypervisor::suspend(DomainUuid domain)
{
    co_return co_await m_calls->start<void>(
        u"suspending a domain"_s, changeDeadline,
        [domain](LibvirtConnection& libvirt) { return libvirtDomains::suspend(libvirt, domain); },
        toString(domain));
}

Task<Result<QString>> LibvirtHypervisor::addIoThread(DomainUuid domain, unsigned id)
{
    co_return co_await m_calls->start<QString>(
        u"adding an iothread"_s, changeDeadline,
        [domain, id](LibvirtConnection& libvirt) {
            return libvirtDomains::addIoThread(libvirt, domain, id);
        },
        toString(domain));
}

Task<Result<void>> LibvirtHypervisor::removeIoThread(DomainUuid domain, unsigned id)
{
    co_return co_await m_calls->start<void>(
        u"removing an iothread"_s, changeDeadline,
        [domain, id](LibvirtConnection& libvirt) {
            return libvirtDomains::removeIoThread(libvirt, domain, id);
        },
        toString(domain));
}

std::shared_ptr<Monitor> LibvirtHypervisor::monitor(DomainUuid domain)
{
    return std::make_shared<LibvirtMonitor>(m_calls, domain);
}

} // namespace lockstep
