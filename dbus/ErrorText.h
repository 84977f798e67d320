// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

namespace lockstep::dbus {

/// A D-Bus error carries a name and one text; ours has two: what happened and what to do. The text
/// is "<message>\n<remedy>", so that generic clients show both. These are the only places that
/// write and read it.
[[nodiscard]] QString errorName(Errc code);
[[nodiscard]] QString encodeErrorText(const Error& error);
/// Never fails: errors of the bus become DaemonUnavailable, Timeout, NotAuthorized or Internal.
[[nodiscard]] Error decodeError(QStringView name, const QString& text);

} // namespace lockstep::dbus
