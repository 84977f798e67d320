// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"

#include <QTimer>

#include <chrono>
#include <memory>

namespace lockstep {

class EventGate;
class LibvirtCalls;
class LibvirtLoop;

/// Hypervisor over the local libvirtd. Connects at once and again whenever the connection is lost,
/// after 0.25 s at first, then ever longer up to 10 s. At most one per process at a time, because
/// libvirt has one event loop. The destructor waits up to 2 s for calls under way; one that QEMU
/// or libvirt hold longer is left behind with its thread and touches nothing afterwards.
/// Source: libvirt virConnectOpen, virEventRegisterDefaultImpl.
class LibvirtHypervisor final : public Hypervisor
{
    Q_OBJECT
public:
    explicit LibvirtHypervisor(QString uri = QStringLiteral("qemu:///system"));
    ~LibvirtHypervisor() override;

    [[nodiscard]] bool isConnected() const override;
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
    void connectToLibvirt();
    void onConnected();
    void onNotConnected(const Error& error);
    void onLost(const QString& why);
    void retryLater();

    const QString m_uri;
    const std::unique_ptr<LibvirtLoop> m_loop;
    const std::shared_ptr<LibvirtCalls> m_calls;
    std::shared_ptr<EventGate> m_gate; ///< Of the connection in use, being opened or last lost.
    QTimer m_retry;
    std::chrono::milliseconds m_backoff;
};

} // namespace lockstep
