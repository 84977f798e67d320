// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QHostAddress>

#include <chrono>
#include <optional>

namespace lockstep {

/// How long ago `remote`'s kernel last sent data or an acknowledgement on an established TCP
/// connection between it and `local` whose port on either end lies in [firstPort, lastPort]; the
/// youngest counts, nothing if there is no such connection. It tells that the other host lives, not
/// that the program there does. Resolution: the kernel's clock tick, at most 10 ms. Needs no
/// privilege. Does not block: netlink only. Errors: NetworkError.
/// Source: tcp_info in Linux's linux/tcp.h, tcpi_last_data_recv and tcpi_last_ack_recv.
[[nodiscard]] Result<std::optional<std::chrono::milliseconds>>
lastSignOnSockets(const QHostAddress& local, const QHostAddress& remote, quint16 firstPort,
                  quint16 lastPort);

/// Whether what was sent on one of these connections has not been acknowledged, and nothing has
/// come on it, for `patience`: the other host, or the way to it, is gone or was for a moment. Does
/// not block: netlink only. Errors: NetworkError. Source: as above, tcpi_unacked.
[[nodiscard]] Result<bool> isStuck(const QHostAddress& local, const QHostAddress& remote,
                                   quint16 firstPort, quint16 lastPort,
                                   std::chrono::milliseconds patience);

/// Whether there is an established TCP connection between `local` and `remote` with this port on
/// either end. Does not block: netlink only. Errors: NetworkError.
[[nodiscard]] Result<bool> isConnected(const QHostAddress& local, const QHostAddress& remote,
                                       quint16 port);

} // namespace lockstep
