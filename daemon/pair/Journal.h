// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairEvent.h"

#include <QByteArray>
#include <QList>

namespace lockstep::journal {

/// MESSAGE_ID of every event of a pair: journalctl MESSAGE_ID=... has them all.
inline constexpr auto messageId = "f4e207233f4b4b83b05907e92c92ba4c";

/// Whether this file is the journal's stream that systemd gave the process: $JOURNAL_STREAM has its
/// device and inode. Source: systemd.exec(5).
[[nodiscard]] bool isStream(int file, const QByteArray& variable);
/// isStream() of standard error, which nobody moves: asked once.
[[nodiscard]] bool isOurLog();

/// The event's journal fields, "NAME=value". What is not known is left out.
[[nodiscard]] QList<QByteArray> fields(const PairEvent& event);
/// Hands a line with these fields to journald, without waiting for it. Returns 0 or errno;
/// libsystemd takes a journald that is not there for success.
[[nodiscard]] int send(const QList<QByteArray>& fields);

} // namespace lockstep::journal
