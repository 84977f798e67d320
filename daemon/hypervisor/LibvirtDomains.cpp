// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtDomains.h"

#include "hypervisor/Qmp.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include <array>

using namespace Qt::StringLiterals;

namespace lockstep::libvirtDomains {

namespace {

DomainState stateOf(int state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return DomainState::Running;
    case VIR_DOMAIN_PAUSED:
        return DomainState::Paused;
    case VIR_DOMAIN_SHUTDOWN:
        return DomainState::ShuttingDown;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::Off;
    case VIR_DOMAIN_CRASHED:
        return DomainState::Crashed;
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::Suspended;
    default:
        return DomainState::Unknown;
    }
}

Result<DomainInfo> describe(LibvirtConnection& connection, virDomainPtr domain)
{
    DomainInfo info;
    std::array<unsigned char, VIR_UUID_BUFLEN> raw{};
    int state = VIR_DOMAIN_NOSTATE;
    int reason = 0;
    if (virDomainGetUUID(domain, raw.data()) < 0
        || virDomainGetState(domain, &state, &reason, 0) < 0)
        return connection.failed(u"reading a domain's state"_s);
    info.uuid = {QUuid::fromRfc4122(QByteArrayView{raw.data(), qsizetype(raw.size())})};
    info.name = QString::fromUtf8(virDomainGetName(domain));
    info.id = int(virDomainGetID(domain));
    info.state = stateOf(state);
    info.turnedOff = state == VIR_DOMAIN_SHUTOFF
        && (reason == VIR_DOMAIN_SHUTOFF_SHUTDOWN || reason == VIR_DOMAIN_SHUTOFF_DESTROYED);
    info.persistent = virDomainIsPersistent(domain) == 1;
    info.hasManagedSave = virDomainHasManagedSaveImage(domain, 0) == 1;
    info.snapshots = std::max(0, virDomainSnapshotNum(domain, 0));
    return info;
}

/// The domain by what the user typed, or null.
DomainHandle lookUp(virConnectPtr connection, const QString& nameUuidOrId)
{
    const QByteArray text = nameUuidOrId.toUtf8();
    bool isNumber = false;
    if (const int id = nameUuidOrId.toInt(&isNumber); isNumber && id >= 0)
        if (DomainHandle domain{virDomainLookupByID(connection, id)})
            return domain;
    if (!QUuid::fromString(nameUuidOrId).isNull())
        if (DomainHandle domain{virDomainLookupByUUIDString(connection, text.constData())})
            return domain;
    return DomainHandle{virDomainLookupByName(connection, text.constData())};
}

/// Runs one libvirt function on a domain.
template <typename Function>
Result<void> onDomain(LibvirtConnection& connection, const DomainUuid& uuid, const QString& what,
                      Function function)
{
    const auto domain = connection.domain(uuid);
    if (!domain)
        return std::unexpected{domain.error()};
    if (function(domain->get()) < 0)
        return connection.failed(what);
    return {};
}

} // namespace

Result<DomainInfo> find(LibvirtConnection& connection, const QString& nameUuidOrId)
{
    const DomainHandle domain = lookUp(connection.get(), nameUuidOrId);
    if (!domain)
        return connection.failed(u"looking up domain '%1'"_s.arg(nameUuidOrId));
    return describe(connection, domain.get());
}

Result<QList<DomainInfo>> all(LibvirtConnection& connection)
{
    virDomainPtr* list = nullptr;
    const int count = virConnectListAllDomains(connection.get(), &list, 0);
    if (count < 0)
        return connection.failed(u"listing the domains"_s);
    QList<DomainInfo> infos;
    for (int i = 0; i < count; ++i) {
        const DomainHandle domain{list[i]};
        if (auto info = describe(connection, domain.get())) // else it has just gone
            infos.append(std::move(*info));
    }
    std::free(static_cast<void*>(list)); // as libvirt says
    if (!connection.isAlive())
        return failure(Errc::HypervisorUnavailable, u"listing the domains: libvirt went away"_s);
    return infos;
}

Result<QString> xml(LibvirtConnection& connection, const DomainUuid& uuid, XmlKind kind)
{
    const auto domain = connection.domain(uuid);
    if (!domain)
        return std::unexpected{domain.error()};
    const unsigned flags = kind == XmlKind::Migratable
        ? VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_SECURE
        : kind == XmlKind::Inactive ? VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE
                                    : 0U;
    char* const text = virDomainGetXMLDesc(domain->get(), flags);
    if (!text)
        return connection.failed(u"reading a domain's definition"_s);
    return QString::fromUtf8(takeText(text));
}

Result<DomainInfo> createPaused(LibvirtConnection& connection, const QString& domainXml)
{
    const DomainHandle domain{virDomainCreateXML(connection.get(), domainXml.toUtf8().constData(),
                                                 VIR_DOMAIN_START_PAUSED)};
    if (!domain)
        return connection.failed(u"starting a domain"_s);
    return describe(connection, domain.get());
}

Result<void> define(LibvirtConnection& connection, const QString& domainXml)
{
    const DomainHandle domain{
        virDomainDefineXMLFlags(connection.get(), domainXml.toUtf8().constData(), 0)};
    if (!domain)
        return connection.failed(u"defining a domain"_s);
    return {};
}

Result<void> undefine(LibvirtConnection& connection, const DomainUuid& uuid)
{
    // Nothing of the user's is deleted: NVRAM and TPM state stay, and a managed save image or
    // snapshots make libvirt refuse.
    return onDomain(connection, uuid, u"undefining a domain"_s, [](virDomainPtr domain) {
        return virDomainUndefineFlags(
            domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_TPM);
    });
}

Result<void> destroy(LibvirtConnection& connection, const DomainUuid& uuid)
{
    const auto domain = connection.domain(uuid);
    if (!domain && domain.error().code() == Errc::UnknownDomain)
        return {};
    if (!domain)
        return std::unexpected{domain.error()};
    if (virDomainDestroy(domain->get()) == 0)
        return {};
    const auto problem = connection.failed(u"destroying a domain"_s);
    const bool gone = problem.error().code() == Errc::UnknownDomain;
    return gone || virDomainIsActive(domain->get()) == 0 ? Result<void>{} : problem;
}

Result<void> resume(LibvirtConnection& connection, const DomainUuid& uuid)
{
    return onDomain(connection, uuid, u"resuming a domain"_s, virDomainResume);
}

Result<void> suspend(LibvirtConnection& connection, const DomainUuid& uuid)
{
    return onDomain(connection, uuid, u"suspending a domain"_s, virDomainSuspend);
}

Result<QString> addIoThread(LibvirtConnection& connection, const DomainUuid& uuid, unsigned id)
{
    return onDomain(connection, uuid, u"adding iothread %1"_s.arg(id),
                    [id](virDomainPtr domain) {
                        return virDomainAddIOThread(domain, id, VIR_DOMAIN_AFFECT_LIVE);
                    })
        .transform([id] { return u"iothread%1"_s.arg(id); });
}

Result<void> removeIoThread(LibvirtConnection& connection, const DomainUuid& uuid, unsigned id)
{
    return onDomain(connection, uuid, u"removing iothread %1"_s.arg(id), [id](virDomainPtr domain) {
        return virDomainDelIOThread(domain, id, VIR_DOMAIN_AFFECT_LIVE);
    });
}

Result<std::chrono::milliseconds> waitsForMonitor(LibvirtConnection& connection,
                                                  const DomainUuid& uuid)
{
    const auto domain = connection.domain(uuid);
    if (!domain)
        return std::unexpected{domain.error()};
    virDomainControlInfo info{};
    if (virDomainGetControlInfo(domain->get(), &info, 0) < 0)
        return connection.failed(u"asking how the monitor is"_s);
    return std::chrono::milliseconds{info.state == VIR_DOMAIN_CONTROL_OCCUPIED ? info.stateTime
                                                                               : 0};
}

Result<QJsonValue> monitorCommand(LibvirtConnection& connection, const DomainUuid& uuid,
                                  const QByteArray& command)
{
    const auto lost = [](const Error& error) {
        return std::unexpected{
            error.as(error.code() == Errc::UnknownDomain ? Errc::MonitorLost : error.code())};
    };
    const auto domain = connection.domain(uuid);
    if (!domain)
        return lost(domain.error());
    char* reply = nullptr;
    if (virDomainQemuMonitorCommand(domain->get(), command.constData(), &reply,
                                    VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT)
        == 0)
        return qmpReturn(takeText(reply));

    // QEMU's own refusals are replies; what fails here is the way to it.
    const int code = virGetLastErrorCode();
    auto problem = connection.failed(u"talking to QEMU"_s);
    const bool ended = code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_INTERNAL_ERROR
        || code == VIR_ERR_OPERATION_FAILED || code == VIR_ERR_SYSTEM_ERROR;
    if (problem.error().code() == Errc::HypervisorError && ended)
        return std::unexpected{problem.error().as(Errc::MonitorLost)};
    return lost(problem.error());
}

} // namespace lockstep::libvirtDomains
