// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakeMonitor.h"
#include "hypervisor/Hypervisor.h"

#include <functional>
#include <map>

namespace lockstep::test {

/// How a QEMU on trial behaves, in its own way each.
struct Manners
{
    bool refusesReturnPath{false}; ///< With x-colo.
    bool hangs{false}; ///< Its main loop stops for good when it copies memory.
    bool dies{false}; ///< It ends when it copies memory.
    QString coloEnd; ///< As FakeMonitor's.
};

/// A libvirt on which trials of QEMU run: the machines that they start are each other's twins.
class TrialHost final : public Hypervisor
{
    Q_OBJECT
public:
    TrialHost();

    HostFacts facts; ///< QEMU 11.1.3 without KVM, unless changed.
    Manners manners;
    QString startProblem; ///< Why no domain can be started.
    QStringList created; ///< The XML of each machine, in the order of their starts.

    /// A domain of somebody else.
    void put(const DomainInfo& info) { m_machines[info.uuid].info = info; }
    [[nodiscard]] QStringList names() const;

    [[nodiscard]] bool isConnected() const override { return true; }
    [[nodiscard]] Task<Result<DomainInfo>> find(QString nameUuidOrId) override;
    [[nodiscard]] Task<Result<QList<DomainInfo>>> domains() override;
    [[nodiscard]] Task<Result<HostFacts>> hostFacts() override;
    [[nodiscard]] Task<Result<QString>> xml(DomainUuid domain, XmlKind kind) override;
    [[nodiscard]] Task<Result<QString>> cpuProblem(QString domainXml) override;
    [[nodiscard]] Task<Result<DomainInfo>> createPaused(QString domainXml) override;
    [[nodiscard]] Task<Result<void>> define(QString domainXml) override;
    [[nodiscard]] Task<Result<void>> undefine(DomainUuid domain) override;
    [[nodiscard]] Task<Result<void>> destroy(DomainUuid domain) override;
    [[nodiscard]] Task<Result<void>> resume(DomainUuid domain) override;
    [[nodiscard]] Task<Result<void>> suspend(DomainUuid domain) override;
    [[nodiscard]] Task<Result<QString>> addIoThread(DomainUuid domain, unsigned id) override;
    [[nodiscard]] Task<Result<void>> removeIoThread(DomainUuid domain, unsigned id) override;
    [[nodiscard]] Task<Result<std::chrono::milliseconds>>
    waitsForMonitor(DomainUuid domain) override;
    [[nodiscard]] std::shared_ptr<Monitor> monitor(DomainUuid domain) override;

private:
    class Qemu;
    struct Machine
    {
        DomainInfo info;
        std::shared_ptr<Qemu> qemu;
    };
    std::map<DomainUuid, Machine> m_machines;
};

} // namespace lockstep::test
