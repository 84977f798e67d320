// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PreflightFacts.h"

namespace lockstep {

/// The facts of a pair of hosts and a domain that nothing speaks against.
struct PreflightFixture
{
    LocalFacts local;
    RemoteFacts remote;

    PreflightFixture()
    {
        using namespace Qt::StringLiterals;
        const auto uuid = QUuid::fromString(u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01"_s);
        local.info = {.uuid = {uuid},
                      .name = u"web"_s,
                      .id = 1,
                      .state = DomainState::Running,
                      .persistent = true};
        local.live.uuid = {uuid};
        local.live.name = u"web"_s;
        local.live.type = u"qemu"_s;
        local.live.arch = u"x86_64"_s;
        local.live.machine = u"pc-q35-11.1"_s;
        local.live.memory = Bytes::fromMiB(256);
        local.live.maxMemory = Bytes::fromMiB(256);
        local.live.disks = {drive(u"vda"_s, u"disk"_s, u"virtio"_s),
                            drive(u"sda"_s, u"cdrom"_s, u"sata"_s)};
        disk().source = u"/images/web.qcow2"_s;
        disk().format = u"qcow2"_s;
        local.live.nics = {{.mac = u"52:54:00:aa:00:01"_s,
                            .alias = u"net0"_s,
                            .type = u"bridge"_s,
                            .network = {},
                            .bridge = u"br0"_s,
                            .tap = u"vnet0"_s,
                            .model = u"virtio"_s,
                            .driver = u"qemu"_s}};
        local.live.rngSources = {u"random /dev/urandom"_s};
        local.live.videos = {u"virtio"_s};
        local.live.graphics = {u"vnc"_s};
        local.live.watchdogs = {u"itco reset"_s};
        local.inactive = local.live;
        local.qemuVersion = u"11.1.3"_s;
        local.host = {.hostName = u"alpha"_s,
                      .hostUuid = QUuid::fromString(u"11111111-1111-4111-8111-111111111111"_s),
                      .qemuVersion = u"11.1.3"_s,
                      .qemuPackage = u"Debian 1:11.1.3+ds-1~bpo13+1"_s,
                      .libvirtVersion = u"11.3.0"_s,
                      .machineTypes = {u"pc-q35-11.1"_s, u"q35"_s},
                      .kvmUsable = true,
                      .memoryTotal = Bytes::fromMiB(4096),
                      .memoryFree = Bytes::fromMiB(1024),
                      .bridges = {u"br0"_s},
                      .emulators = {},
                      .startHookProblem = {}};
        local.disks = {{.target = u"vda"_s,
                        .virtualSize = Bytes::fromMiB(2048),
                        .allocated = Bytes::fromMiB(300),
                        .internalSnapshots = {}}};
        remote.host = local.host;
        remote.host.hostName = u"beta"_s;
        remote.imageDirectory = u"/var/lib/lockstep/images"_s;
        remote.imageSpaceFree = Bytes::fromMiB(4096);
        remote.freePorts = 100;
    }
    /// Without a medium.
    [[nodiscard]] static DomainDisk drive(const QString& target, const QString& device,
                                          const QString& bus)
    {
        DomainDisk drive;
        drive.target = target;
        drive.device = device;
        drive.bus = bus;
        drive.type = QStringLiteral("file");
        drive.readOnly = device == QLatin1StringView{"cdrom"};
        return drive;
    }
    [[nodiscard]] DomainDisk& disk() { return local.live.disks.front(); }
    [[nodiscard]] DomainNic& nic() { return local.live.nics.front(); }
};

} // namespace lockstep
