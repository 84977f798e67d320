// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Wire.h"

namespace lockstep::wire {

/// What callers send, told in a log, in an error or to polkit: they choose it, so it is short and
/// printable there, whatever it is.

/// A name or an address.
[[nodiscard]] QString told(const std::string& name);
/// "title (arbiter=etcd, auto-protect=true)"; the title alone without options.
[[nodiscard]] QString told(const QString& title, const Dictionary& options);

} // namespace lockstep::wire
