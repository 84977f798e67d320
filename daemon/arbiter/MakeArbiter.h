// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Arbiter.h"
#include "arbiter/EtcdClient.h"
#include "base/Config.h"

#include <memory>

namespace lockstep {

enum class ArbiterKind { Manual, Etcd, Fence };

/// "manual", "etcd", "fence": on the command line, on D-Bus, in records.
[[nodiscard]] QString nameOf(ArbiterKind kind);
[[nodiscard]] std::optional<ArbiterKind> arbiterKindFromName(QStringView name);

/// The arbiter of this kind as the configuration says; one serves all pairs. `identity` is what
/// Arbiter::identity() said earlier, or empty. Reads certificates and passwords, no network.
/// Errors: ArbiterNotConfigured, whose message names the key or the file.
[[nodiscard]] Result<std::unique_ptr<Arbiter>> makeArbiter(ArbiterKind kind, const Config& config,
                                                           const QString& identity = {});

/// How to reach the etcd of the configuration; `identity` as above. Reads certificates and
/// passwords. Errors: ArbiterNotConfigured.
[[nodiscard]] Result<EtcdSettings> etcdSettings(const Config::Etcd& etcd,
                                                const QString& identity = {});

} // namespace lockstep
