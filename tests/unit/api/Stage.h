// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "BusClient.h"
#include "FakePolkit.h"
#include "Fakes.h"
#include "PrivateBus.h"
#include "api/DBusService.h"

#include <QObject>

#include <memory>

namespace lockstep::test {

inline constexpr const char* managerInterface = "org.lockstep.Lockstep1.Manager";
inline constexpr const char* peerInterface = "org.lockstep.Lockstep1.Peer";
inline constexpr const char* pairInterface = "org.lockstep.Lockstep1.Pair";
inline constexpr const char* jobInterface = "org.lockstep.Lockstep1.Job";
/// Of what a stage starts with.
inline const sdbus::ObjectPath root{"/org/lockstep/Lockstep1"};
inline const sdbus::ObjectPath pairPath{
    "/org/lockstep/Lockstep1/pair/6ad1c0f4_6d2b_4f9e_9a51_3f3a5f0c0001"};
inline const sdbus::ObjectPath peerPath{"/org/lockstep/Lockstep1/peer/b1b1b1b1b1b1b1b1"};
inline const sdbus::ObjectPath jobPath{"/org/lockstep/Lockstep1/job/1"};

/// What every test of the service starts with: a bus, the fakes with one pair, peer and job, the
/// service, and a client.
struct Stage
{
    /// `configFile`: what the service says that its file is; empty for the usual one.
    explicit Stage(BusClient::User user = BusClient::User::Own, bool interactive = false,
                   const QString& configFile = {});
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    PrivateBus bus;
    FakePairService pairs;
    FakePeers peers;
    FakeHypervisor hypervisor;
    FakeDoctor doctor;
    DBusService service;
    Result<void> started;
    std::unique_ptr<BusClient> client;
};

} // namespace lockstep::test
