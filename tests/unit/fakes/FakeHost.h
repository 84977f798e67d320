// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakeArbiter.h"
#include "fakes/FakeHypervisor.h"
#include "fakes/FakePeers.h"
#include "fakes/MemoryStore.h"
#include "pair/PairDrivers.h"
#include "pair/PeerRequests.h"

#include <QTemporaryDir>

namespace lockstep::test {

/// The domain that all tests protect.
[[nodiscard]] DomainUuid webUuid();
/// One disk ("vda") and one NIC, no ports: nothing of it reaches a real socket.
[[nodiscard]] ReplicationSpec webSpec();
/// What libvirt says of it.
[[nodiscard]] QString webXml();

/// One host's real pair/ over models of everything else. `journal` tells in which order store,
/// QEMU, libvirt, peer and arbiter were used.
struct FakeHost
{
    explicit FakeHost(const QString& name);
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;
    ~FakeHost();

    /// The two hosts trust each other, their QEMUs can be twins, and they ask one arbiter.
    static void join(FakeHost& left, FakeHost& right);

    /// The record that this host keeps of the pair with its peer, with `settings`.
    [[nodiscard]] PairRecord record(Role role, PairState state, quint64 epoch) const;
    void put(const PairRecord& record);
    /// Puts a domain of that UUID into libvirt, with its disk; running unless `state` says else.
    FakeMonitor& putDomain(DomainState state = DomainState::Running, bool persistent = true);
    [[nodiscard]] FakeMonitor& qemu() { return hypervisor.qemu(webUuid()); }

    /// The daemon starts, with what is in the store: it answers peers, then looks at its domains.
    /// It ends, whatever it was doing.
    void load();
    void begin();
    void end();
    [[nodiscard]] PairDriver* driver() const
    {
        return drivers ? drivers->find(webUuid()) : nullptr;
    }
    /// Makes the driver of a domain that is to be protected, as soon as it may be wanted.
    [[nodiscard]] PairDriver* newDriver();

    /// The word for it, which a failed comparison can show; "none" if nothing is known.
    [[nodiscard]] QString state() const;
    /// "primary alone 2"
    [[nodiscard]] QString standing() const;
    [[nodiscard]] QString reason() const;
    [[nodiscard]] bool has() const { return pairs.find(webUuid()).has_value(); }
    [[nodiscard]] JobView job(const Result<JobId>& id) const;
    /// What libvirt's hook reads: "allow", "refuse" or "".
    [[nodiscard]] QString guard() const;
    [[nodiscard]] QString guardText() const;
    /// Whether `first` was done, and `then` only after it.
    [[nodiscard]] bool did(const QString& first, const QString& then) const;
    /// Makes the file for the late writes of its shadow, as preparing it does; returns its path.
    [[nodiscard]] QString putLate() const;
    /// Names of what is left of ours in its QEMU.
    [[nodiscard]] QString trace();
    /// Awaits all that runs in the background.
    void settle();

    QStringList journal;
    QTemporaryDir images;
    QTemporaryDir folder;
    Config config;
    PairSettings settings;
    MemoryStore store;
    FakePeers peers;
    QString tap{QStringLiteral("vnet0")}; ///< Of the domain that is put next.
    FakeHypervisor hypervisor;
    FakeRecords records;
    FakeWay arbiter;
    Chronicle chronicle;
    PairTable pairs;
    Statistics statistics;
    JobTable jobs;
    Arbiters arbiters;
    TaskSet tasks;
    PairParts parts;
    std::unique_ptr<PairDrivers> drivers;
    std::unique_ptr<PeerRequests> requests;

private:
    [[nodiscard]] Task<Result<QJsonObject>> prepare(Peers::Handler handler, PeerId peer,
                                                    QJsonObject request);
};

} // namespace lockstep::test
