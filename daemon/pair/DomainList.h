// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "pair/Views.h"

namespace lockstep {

/// A domain of this host: what libvirt says of it, its pair if there is one, and what speaks
/// against protecting it as far as that tells.
struct DomainView
{
    DomainUuid uuid;
    QString name;
    std::optional<int> id; ///< libvirt's number of a running domain.
    QString state; ///< In virsh's words; "missing" if libvirt does not know the pair's domain.
    bool isPersistent{false};
    std::optional<PairView> pair;
    QList<Finding> findings; ///< Few of those that a preflight looks at: nothing else is asked.

    /// Nothing that can be seen here and now speaks against it. Preflight knows more.
    [[nodiscard]] bool isProtectable() const;
};

/// Sorted by name. Pairs whose domain libvirt does not know are among them.
[[nodiscard]] QList<DomainView> domainList(const QList<DomainInfo>& domains,
                                           const QList<PairView>& pairs, const QString& hostName);

} // namespace lockstep
