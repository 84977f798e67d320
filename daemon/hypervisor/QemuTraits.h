// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QStringList>

namespace lockstep {

/// What one QEMU version needs for COLO, or why it cannot do it. Pure.
struct QemuTraits
{
    QStringList capabilities; ///< Migration capabilities to set on both sides, e.g. "x-colo".
    bool returnPath{true};    ///< Whether "return-path" must be on (11.1) or off.
    bool targetIsZero{false}; ///< A mirror can be told that its target is (since 10.1).
    bool multifd{false};      ///< Whether "multifd" may be on together with COLO.
};

/// `version` is e.g. "11.1.3". Errors: NotSupported, with the reason and the remedy by version:
/// see the table "Which QEMU" of docs/qemu.md. `kvm` tells the accelerator of the domain.
[[nodiscard]] Result<QemuTraits> qemuTraits(const QString& version, bool kvm);

} // namespace lockstep
