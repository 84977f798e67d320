// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"
#include "hypervisor/Monitor.h"

#include <QJsonObject>
#include <QList>
#include <QObject>

#include <memory>
#include <optional>

namespace lockstep {

enum class DomainState { Running, Paused, ShuttingDown, Off, Crashed, Suspended, Unknown };

struct DomainInfo
{
    DomainUuid uuid;
    QString name;
    int id{-1}; ///< libvirt's number of a running domain, -1 when it is off.
    DomainState state{DomainState::Unknown};
    bool persistent{false};
    bool turnedOff{false}; ///< Off, and known to be so because the guest or somebody wanted it.
    bool hasManagedSave{false};
    int snapshots{0};
};

/// What a host is, as far as pairing domains needs it.
struct HostFacts
{
    QString hostName;
    QUuid hostUuid;            ///< libvirt's host UUID.
    QString qemuVersion;       ///< e.g. "11.1.3", of the emulator that new domains get.
    QString qemuPackage;       ///< QEMU's package string, e.g. "Debian 1:11.1.3+ds-1~bpo13+1".
    QString libvirtVersion;    ///< e.g. "11.3.0".
    QStringList machineTypes; ///< Canonical names and aliases that this QEMU offers for x86_64 hvm.
    bool kvmUsable{false};
    Bytes memoryTotal;
    Bytes memoryFree; ///< What new domains can get: MemAvailable, not libvirt's MemFree.
    QStringList bridges; ///< Host bridges by interface name.
    QStringList emulators; ///< Paths of the QEMUs that libvirt knows; for this host only.
    QString startHookProblem; ///< Why libvirt would start what must not be; empty if it asks.
};

enum class XmlKind {
    Live, ///< As it runs now, with aliases and runtime paths.
    Migratable, ///< VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_SECURE.
    Inactive, ///< The persistent definition: VIR_DOMAIN_XML_INACTIVE | SECURE.
};

/// What became of a domain; mirrors virDomainEventType with the details that matter here.
enum class Lifecycle {
    Defined,
    Undefined,
    Started,
    Suspended,
    Resumed,
    Stopped,
    Shutdown,
    PmSuspended,
    Crashed
};

/// One host's libvirt. All calls run on worker threads and are awaited on the main thread; signals
/// are emitted on the main thread. Reconnects by itself; while disconnected calls fail at once with
/// HypervisorUnavailable. Errors: UnknownDomain, HypervisorError with libvirt's text, Timeout.
class Hypervisor : public QObject
{
    Q_OBJECT
public:
    [[nodiscard]] virtual bool isConnected() const = 0;
    /// Returns once connected, or after `patience` at the latest; at once if it is.
    [[nodiscard]] Task<void> connectedWithin(std::chrono::milliseconds patience) const;
    /// By name, UUID or id of a running domain, tried in the order id, UUID, name as virsh does.
    [[nodiscard]] virtual Task<Result<DomainInfo>> find(QString nameUuidOrId) = 0;
    [[nodiscard]] virtual Task<Result<QList<DomainInfo>>> domains() = 0;
    [[nodiscard]] virtual Task<Result<HostFacts>> hostFacts() = 0;
    [[nodiscard]] virtual Task<Result<QString>> xml(DomainUuid domain, XmlKind kind) = 0;
    /// Whether a guest with this domain XML's CPU runs on this host
    /// (virConnectCompareHypervisorCPU). An empty string if it does, else libvirt's reason.
    [[nodiscard]] virtual Task<Result<QString>> cpuProblem(QString domainXml) = 0;
    /// Starts a transient domain with its CPUs stopped. With a persistent, inactive domain of the
    /// same UUID and name it becomes that domain's running instance.
    [[nodiscard]] virtual Task<Result<DomainInfo>> createPaused(QString domainXml) = 0;
    [[nodiscard]] virtual Task<Result<void>> define(QString domainXml) = 0;
    [[nodiscard]] virtual Task<Result<void>> undefine(DomainUuid domain) = 0;
    /// Kills QEMU; good if the domain was off or gone already.
    [[nodiscard]] virtual Task<Result<void>> destroy(DomainUuid domain) = 0;
    [[nodiscard]] virtual Task<Result<void>> resume(DomainUuid domain) = 0;
    [[nodiscard]] virtual Task<Result<void>> suspend(DomainUuid domain) = 0;
    /// Adds an iothread that libvirt knows (virDomainAddIOThread, live only); returns QEMU's object
    /// id.
    [[nodiscard]] virtual Task<Result<QString>> addIoThread(DomainUuid domain, unsigned id) = 0;
    [[nodiscard]] virtual Task<Result<void>> removeIoThread(DomainUuid domain, unsigned id) = 0;
    /// For how long libvirt has been waiting for an answer of QEMU's monitor; 0 if it does not
    /// wait. Takes no turn behind other calls, neither here nor there, and knows within 250 ms or
    /// not at all. Source: libvirt virDomainGetControlInfo.
    [[nodiscard]] virtual Task<Result<std::chrono::milliseconds>>
    waitsForMonitor(DomainUuid domain) = 0;
    /// The monitor stays usable while `this` lives; a command on a domain that is off is
    /// MonitorLost.
    [[nodiscard]] virtual std::shared_ptr<Monitor> monitor(DomainUuid domain) = 0;

Q_SIGNALS:
    void connected();
    void disconnected(const QString& why);
    void lifecycle(const lockstep::DomainUuid& domain, lockstep::Lifecycle event, int detail);
    /// A raw QMP event; `when` is QEMU's timestamp in microseconds since the epoch.
    void qmpEvent(const lockstep::DomainUuid& domain, const QString& name, qint64 when,
                  const QJsonObject& data);
};

} // namespace lockstep
