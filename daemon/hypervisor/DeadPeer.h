// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QHostAddress>

namespace lockstep {

/// Destroys (SOCK_DESTROY, as `ss -K` does) every TCP socket of this network namespace between
/// `local` and `remote` whose port on either end lies in [firstPort, lastPort]. QEMU's blocking
/// operations on connections to a vanished peer then return at once instead of after TCP's
/// retries. Returns how many were destroyed. Needs CAP_NET_ADMIN and a kernel with
/// CONFIG_INET_DIAG_DESTROY; without the latter NotSupported. Does not block: netlink only.
/// Source: Linux sock_diag(7), inet_diag; colo-on-libvirt trap 2.
[[nodiscard]] Result<int> destroySockets(const QHostAddress& local, const QHostAddress& remote,
                                         quint16 firstPort, quint16 lastPort);

} // namespace lockstep
