// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/QemuTraits.h"

#include <QVersionNumber>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

enum class Colo {
    Works,
    KvmOnly, ///< Deadlocks at the first checkpoint under TCG.
    Fails, ///< Never enters COLO.
    Unknown, ///< Nobody has tried it.
};

/// What is known of the versions from `since` on, up to the next row.
struct Row
{
    QVersionNumber since;
    Colo colo;
    bool returnPath;
    bool targetIsZero;
    bool multifd;
};

/// docs/qemu.md has the same table, with the reasons.
const auto& table()
{
    static const std::array rows{
        Row{QVersionNumber{0}, Colo::Unknown, false, false, false},
        Row{QVersionNumber{7, 2}, Colo::KvmOnly, false, false, false},
        Row{QVersionNumber{7, 3}, Colo::Unknown, false, false, false},
        Row{QVersionNumber{10, 0}, Colo::Fails, false, false, false},
        Row{QVersionNumber{10, 0, 3}, Colo::Unknown, false, false, false},
        Row{QVersionNumber{10, 0, 13}, Colo::KvmOnly, false, false, false},
        Row{QVersionNumber{10, 1}, Colo::Unknown, false, false, false},
        Row{QVersionNumber{11, 1}, Colo::Works, true, true, true},
    };
    return rows;
}

QString remedy() { return u"install QEMU 11.1 or later on both hosts and start the domain anew"_s; }

/// What is known of a version without having tried it.
Result<QemuTraits> knownTraits(const Row& row, const QString& version, bool kvm)
{
    if (row.colo == Colo::Unknown)
        return failure(Errc::NotSupported, u"QEMU %1 is not known to work with COLO"_s.arg(version),
                       u"find out on both hosts with lockstep doctor --probe, or "_s + remedy());
    if (row.colo == Colo::Fails)
        return failure(Errc::NotSupported,
                       u"QEMU %1 never enters COLO: its migration just ends"_s.arg(version),
                       remedy());
    if (row.colo == Colo::KvmOnly && !kvm)
        return failure(Errc::NotSupported,
                       u"QEMU %1 without KVM deadlocks at the first checkpoint"_s.arg(version),
                       remedy() + u", or use KVM"_s);
    return QemuTraits{{u"x-colo"_s}, row.returnPath, row.targetIsZero, row.multifd};
}

} // namespace

std::optional<ProbedQemu> probeOf(const QList<ProbedQemu>& probes, const QString& version, bool kvm)
{
    const auto found = std::ranges::find_if(probes, [&](const ProbedQemu& probe) {
        return probe.version == version && probe.kvm == kvm;
    });
    return found == probes.end() ? std::nullopt : std::optional{*found};
}

Result<QemuTraits> qemuTraits(const QString& version, bool kvm, const QList<ProbedQemu>& probes)
{
    const auto number = QVersionNumber::fromString(version);
    if (number.segmentCount() < 2)
        return failure(Errc::Malformed, u"'%1' is no QEMU version"_s.arg(version));

    const Row* row = nullptr;
    for (const Row& candidate : table())
        if (candidate.since <= number)
            row = &candidate;
    const auto probe = probeOf(probes, version, kvm);
    const auto known = knownTraits(*row, version, kvm);
    if (!probe || (probe->works && known))
        return known;
    if (!probe->works)
        return failure(Errc::NotSupported,
                       u"QEMU %1 failed its trial with %2 on %3: %4"_s.arg(
                           version, kvm ? u"KVM"_s : u"emulation"_s,
                           probe->when.date().toString(Qt::ISODate), probe->reason),
                       remedy() + u"; lockstep doctor --probe tries again"_s);
    // What else it may be able to do was not tried.
    return QemuTraits{{u"x-colo"_s}, probe->returnPath, false, false};
}

} // namespace lockstep
