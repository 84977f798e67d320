// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Record.h"

namespace lockstep {

/// Destroys the connections of QEMU's channels to a peer that does not answer, or shall not be
/// heard any more, so that nothing waits for TCP. Errors: those of destroySockets().
[[nodiscard]] Result<void> severChannels(const ReplicationSpec& spec);

/// The same for all but the replicas: the guest's writes go on waiting for these.
[[nodiscard]] Result<void> severAllButReplicas(const ReplicationSpec& spec);

/// Whether the two QEMUs are connected, as far as this host's kernel knows; also true if it cannot
/// be told, e.g. before there are any channels.
[[nodiscard]] bool areChannelsUp(const ReplicationSpec& spec);

/// Whether what was sent to the other QEMU is not acknowledged for longer than TCP waits before it
/// sends again on a network that is well; false if that cannot be told.
[[nodiscard]] bool areChannelsStuck(const ReplicationSpec& spec);

/// Logs what could not be done for a pair, and is not worth to fail for.
void warnAbout(const PairRecord& record, const Error& error);

} // namespace lockstep
