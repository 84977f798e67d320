// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakeMonitor.h"
#include "hypervisor/Hypervisor.h"

#include <map>

namespace lockstep::test {

/// A libvirt with the domains that the test puts in, each with a QEMU model of its own.
class FakeHypervisor final : public Hypervisor
{
    Q_OBJECT
public:
    explicit FakeHypervisor(QStringList* journal = nullptr) : m_journal{journal} { }

    /// Adds a domain; one that is not off has a monitor.
    FakeMonitor& put(const DomainInfo& info);
    [[nodiscard]] FakeMonitor& qemu(const DomainUuid& uuid) { return *m_domains.at(uuid).qemu; }
    [[nodiscard]] bool runs(const DomainUuid& uuid) const;
    /// What both Live and Migratable XML of a domain are.
    void setXml(const DomainUuid& uuid, const QString& xml) { m_domains.at(uuid).xml = xml; }
    /// QEMU ends: it has died, or it was turned off.
    enum class Ending { Died, TurnedOff };
    void end(const DomainUuid& uuid, Ending ending);
    /// The QEMUs of the same UUIDs of two hosts are twins under COLO: a primary takes its shadow
    /// into it, and what one leaves or dies from, the other one notices.
    static void join(FakeHypervisor& left, FakeHypervisor& right);

    QStringList defined; ///< The XML of each definition.
    QString startProblem; ///< Why no domain can be started.
    std::optional<HostFacts> facts;
    std::chrono::milliseconds waiting{0}; ///< For how long it has been waiting for each monitor.

    [[nodiscard]] bool isConnected() const override { return true; }
    [[nodiscard]] Task<Result<DomainInfo>> find(QString nameUuidOrId) override;
    [[nodiscard]] Task<Result<std::chrono::milliseconds>>
    waitsForMonitor(DomainUuid domain) override;
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
    [[nodiscard]] std::shared_ptr<Monitor> monitor(DomainUuid domain) override;

private:
    struct Domain
    {
        DomainInfo info;
        QString xml;
        std::shared_ptr<FakeMonitor> qemu;
    };
    void note(const QString& line);
    void stopped(const DomainUuid& uuid, int detail);
    void takeTwinAlong(const DomainUuid& uuid);
    void tellTwin(const DomainUuid& uuid);

    std::map<DomainUuid, Domain> m_domains;
    QStringList* m_journal;
    FakeHypervisor* m_twin{nullptr};
};

} // namespace lockstep::test
