// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakeHypervisor.h"
#include "fakes/FakePeers.h"
#include "fakes/MemoryStore.h"
#include "pair/Meeting.h"
#include "pair/PairParts.h"
#include "pair/ShadowKeeper.h"

#include <QTemporaryDir>

namespace lockstep::test {

/// The domain that all tests protect.
[[nodiscard]] DomainUuid webUuid();
/// One disk ("vda") and one NIC, no ports: nothing of it reaches a real socket.
[[nodiscard]] ReplicationSpec webSpec();

/// One host's real pair/ over models of everything else. `journal` tells in which order store,
/// QEMU, libvirt and peer were used.
struct FakeHost
{
    explicit FakeHost(const QString& name);
    ~FakeHost();
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    /// The record that this host keeps of the pair with its peer.
    [[nodiscard]] PairRecord record(Role role, PairState state, quint64 epoch) const;
    void put(const PairRecord& record);
    /// Puts a domain of that UUID into libvirt, with its disk; running unless `state` says else.
    FakeMonitor& putDomain(DomainState state = DomainState::Running);
    /// The word for it, which a failed comparison can show.
    [[nodiscard]] QString state() const;
    [[nodiscard]] bool has() const { return pairs.find(webUuid()).has_value(); }
    /// Awaits all that runs in the background.
    void settle();

    QStringList journal;
    QTemporaryDir images;
    Config config;
    MemoryStore store;
    FakePeers peers;
    FakeHypervisor hypervisor;
    Chronicle chronicle;
    PairTable pairs;
    JobTable jobs;
    TaskSet tasks;
    PairParts parts;
    ShadowKeeper keeper;
    Meeting meeting;
};

} // namespace lockstep::test
