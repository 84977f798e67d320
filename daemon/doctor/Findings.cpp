// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Findings.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array words{
    std::pair{Id::Libvirt, "libvirt"_L1},
    std::pair{Id::Qemu, "qemu"_L1},
    std::pair{Id::QemuProbe, "qemu-probe"_L1},
    std::pair{Id::Kvm, "kvm"_L1},
    std::pair{Id::StartHook, "start-hook"_L1},
    std::pair{Id::DaemonVersions, "daemon-versions"_L1},
    std::pair{Id::QemuVersions, "qemu-versions"_L1},
    std::pair{Id::ControlPort, "control-port"_L1},
    std::pair{Id::QemuPorts, "qemu-ports"_L1},
    std::pair{Id::EphemeralPorts, "ephemeral-ports"_L1},
    std::pair{Id::Firewall, "firewall"_L1},
    std::pair{Id::Peer, "peer"_L1},
    std::pair{Id::Heartbeats, "heartbeats"_L1},
    std::pair{Id::Clock, "clock"_L1},
    std::pair{Id::ClockOffset, "clock-offset"_L1},
    std::pair{Id::Certificates, "certificates"_L1},
    std::pair{Id::Link, "link"_L1},
    std::pair{Id::LinkMtu, "link-mtu"_L1},
    std::pair{Id::LinkRoute, "link-route"_L1},
    std::pair{Id::Etcd, "etcd"_L1},
    std::pair{Id::Fence, "fence"_L1},
    std::pair{Id::SecurityModule, "security-module"_L1},
    std::pair{Id::ImageDirectory, "image-directory"_L1},
    std::pair{Id::StateDirectory, "state-directory"_L1},
    std::pair{Id::SecretFiles, "secret-files"_L1},
    std::pair{Id::ConfigFile, "config-file"_L1},
    std::pair{Id::Late, "late"_L1},
};

constexpr auto ids = [] {
    std::array<Id, words.size()> all{};
    std::ranges::transform(words, all.begin(), [](const auto& entry) { return entry.first; });
    return all;
}();

Finding finding(Id id, Severity severity, const QString& message, const QString& remedy)
{
    return {
        .id = wordOf(id), .severity = severity, .host = {}, .message = message, .remedy = remedy};
}

std::ptrdiff_t place(const Finding& finding)
{
    return std::ranges::find_if(
               words, [&finding](const auto& entry) { return finding.id == entry.second; })
        - words.begin();
}

} // namespace

std::span<const Id> allIds() { return ids; }

QString wordOf(Id id)
{
    return std::ranges::find(words, id, [](const auto& entry) { return entry.first; })->second;
}

Finding fine(Id id, const QString& message) { return finding(id, Severity::Ok, message, {}); }

Finding note(Id id, const QString& message) { return finding(id, Severity::Info, message, {}); }

Finding warning(Id id, const QString& message, const QString& remedy)
{
    return finding(id, Severity::Warning, message, remedy);
}

Finding wrong(Id id, const QString& message, const QString& remedy)
{
    return finding(id, Severity::Error, message, remedy);
}

void sortById(QList<Finding>& findings) { std::ranges::stable_sort(findings, {}, place); }

} // namespace lockstep::doctor
