// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QDateTime>
#include <QList>
#include <QStringList>

#include <optional>

namespace lockstep {

/// What one QEMU version needs for COLO, or why it cannot do it. Pure.
struct QemuTraits
{
    QStringList capabilities; ///< Migration capabilities to set on both sides, e.g. "x-colo".
    bool returnPath{true};    ///< Whether "return-path" must be on (11.1) or off.
    bool targetIsZero{false}; ///< A mirror can be told that its target is (since 10.1).
    bool multifd{false};      ///< Whether "multifd" may be on together with COLO.
};

/// What a trial has shown of one QEMU with one accelerator (doctor/QemuTrial). It counts more than
/// what is known of its version: a package may have a patch, or lack one.
struct ProbedQemu
{
    QString version; ///< E.g. "11.1.3".
    bool kvm{false};
    bool works{false}; ///< It made a checkpoint, and its shadow took over.
    bool returnPath{true}; ///< With "return-path" so; of one that works.
    QString reason; ///< Why it does not work; empty if it does.
    QDateTime when; ///< UTC.
    friend bool operator==(const ProbedQemu&, const ProbedQemu&) = default;
};

/// The one of them that is about that version and accelerator.
[[nodiscard]] std::optional<ProbedQemu> probeOf(const QList<ProbedQemu>& probes,
                                                const QString& version, bool kvm);

/// `version` is e.g. "11.1.3". Errors: NotSupported, with the reason and the remedy by version:
/// see the table "Which QEMU" of docs/qemu.md. `kvm` tells the accelerator of the domain, `probes`
/// what was tried of it.
[[nodiscard]] Result<QemuTraits> qemuTraits(const QString& version, bool kvm,
                                            const QList<ProbedQemu>& probes = {});

} // namespace lockstep
