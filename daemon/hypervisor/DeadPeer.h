// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QHostAddress>
#include <QList>

namespace lockstep {

/// Destroys (SOCK_DESTROY, as `ss -K` does) every TCP socket of this network namespace between
/// `local` and `remote` whose port on either end is one of these: those of the first port first,
/// all as good as at once. QEMU's blocking operations on connections to a vanished peer then return
/// at once instead of after TCP's retries. Returns how many were destroyed. Needs CAP_NET_ADMIN and
/// a kernel with CONFIG_INET_DIAG_DESTROY; without the latter NotSupported. Does not block: netlink
/// only.
/// Source: Linux sock_diag(7), inet_diag; colo-on-libvirt trap 2.
[[nodiscard]] Result<int> destroySockets(const QHostAddress& local, const QHostAddress& remote,
                                         const QList<quint16>& ports);

} // namespace lockstep
