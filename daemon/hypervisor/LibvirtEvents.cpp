// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtEvents.h"

#include "hypervisor/Qmp.h"

#include <libvirt/libvirt-qemu.h>

#include <QMetaObject>

#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

static_assert(int(Lifecycle::Defined) == VIR_DOMAIN_EVENT_DEFINED);
static_assert(int(Lifecycle::Stopped) == VIR_DOMAIN_EVENT_STOPPED);
static_assert(int(Lifecycle::Crashed) == VIR_DOMAIN_EVENT_CRASHED);

using SharedGate = std::shared_ptr<EventGate>;

EventGate& gateOf(void* opaque) { return **static_cast<SharedGate*>(opaque); }

void freeGate(void* opaque) { delete static_cast<SharedGate*>(opaque); }

DomainUuid uuidOf(virDomainPtr domain)
{
    std::array<unsigned char, VIR_UUID_BUFLEN> raw{};
    virDomainGetUUID(domain, raw.data());
    return {QUuid::fromRfc4122(QByteArrayView{raw.data(), qsizetype(raw.size())})};
}

int onLifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque)
{
    if (event >= VIR_DOMAIN_EVENT_DEFINED && event <= VIR_DOMAIN_EVENT_CRASHED)
        gateOf(opaque).lifecycle(uuidOf(domain), Lifecycle(event), detail);
    return 0;
}

void onQmp(virConnectPtr, virDomainPtr domain, const char* name, long long seconds,
           unsigned int micros, const char* details, void* opaque)
{
    gateOf(opaque).qmpEvent(uuidOf(domain), QString::fromUtf8(name), qmpTime(seconds, micros),
                            qmpEventData(QByteArray{details}));
}

void onClosed(virConnectPtr, int reason, void* opaque)
{
    const auto why = [reason] {
        switch (reason) {
        case VIR_CONNECT_CLOSE_REASON_EOF:
            return u"libvirt closed the connection"_s;
        case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
            return u"libvirt does not answer any more"_s;
        default:
            return u"the connection to libvirt broke"_s;
        }
    }();
    gateOf(opaque).closed(why);
}

} // namespace

std::shared_ptr<LibvirtEvents> EventGate::shut()
{
    const std::lock_guard lock{m_mutex};
    m_target = nullptr;
    return std::exchange(m_events, {});
}

template <typename Work>
void EventGate::pass(Work work)
{
    const std::lock_guard lock{m_mutex};
    if (!m_target)
        return;
    QMetaObject::invokeMethod(
        m_target,
        [self = shared_from_this(), work = std::move(work)] {
            if (self->m_target)
                work(self->m_target);
        },
        Qt::QueuedConnection);
}

void EventGate::lifecycle(const DomainUuid& domain, Lifecycle event, int detail)
{
    pass([=](Hypervisor* target) { Q_EMIT target->lifecycle(domain, event, detail); });
}

void EventGate::qmpEvent(const DomainUuid& domain, const QString& name, qint64 when,
                         const QJsonObject& data)
{
    pass([=](Hypervisor* target) { Q_EMIT target->qmpEvent(domain, name, when, data); });
}

void EventGate::closed(const QString& why)
{
    pass([=, this](Hypervisor*) { m_onClosed(why); });
}

void EventGate::opened(std::shared_ptr<LibvirtEvents> events, std::function<void()> then)
{
    {
        const std::lock_guard lock{m_mutex};
        if (!m_target)
            return; // `events` ends here, on a thread that may block
        m_events = std::move(events);
    }
    pass([=](Hypervisor*) { then(); });
}

void EventGate::notOpened(const Error& error, std::function<void(const Error&)> then)
{
    pass([=](Hypervisor*) { then(error); });
}

Result<std::shared_ptr<LibvirtEvents>> LibvirtEvents::open(const QString& uri,
                                                           const std::shared_ptr<EventGate>& gate)
{
    auto connection = LibvirtConnection::open(uri);
    if (!connection)
        return std::unexpected{std::move(connection).error()};
    std::shared_ptr<LibvirtEvents> events{new LibvirtEvents{std::move(*connection)}};
    if (auto subscribed = events->subscribe(gate); !subscribed)
        return std::unexpected{std::move(subscribed).error()};
    return events;
}

Result<void> LibvirtEvents::subscribe(const std::shared_ptr<EventGate>& gate)
{
    const virConnectPtr connection = m_connection.get();
    // libvirt frees its copy of the gate only after a successful registration.
    auto copy = std::make_unique<SharedGate>(gate);
    m_closing = virConnectRegisterCloseCallback(connection, onClosed, copy.get(), freeGate) == 0;
    if (!m_closing)
        return m_connection.failed(u"watching the connection to libvirt"_s);
    std::ignore = copy.release();

    copy = std::make_unique<SharedGate>(gate);
    m_lifecycle = virConnectDomainEventRegisterAny(
        connection, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(onLifecycle),
        copy.get(), freeGate);
    if (m_lifecycle < 0)
        return m_connection.failed(u"subscribing to domain events"_s);
    std::ignore = copy.release();

    copy = std::make_unique<SharedGate>(gate);
    m_qmp = virConnectDomainQemuMonitorEventRegister(connection, nullptr, nullptr, onQmp,
                                                     copy.get(), freeGate, 0);
    if (m_qmp < 0)
        return m_connection.failed(u"subscribing to QMP events"_s);
    std::ignore = copy.release();
    return {};
}

LibvirtEvents::~LibvirtEvents()
{
    const virConnectPtr connection = m_connection.get();
    if (m_qmp >= 0)
        virConnectDomainQemuMonitorEventDeregister(connection, m_qmp);
    if (m_lifecycle >= 0)
        virConnectDomainEventDeregisterAny(connection, m_lifecycle);
    if (m_closing)
        virConnectUnregisterCloseCallback(connection, onClosed);
}

} // namespace lockstep
