// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace sdbus {
class IObject;
}

namespace lockstep {

/// Who sent a method call.
struct Caller
{
    QString busName; ///< Unique name on the bus, e.g. ":1.42"; never reused while the bus runs.
    bool interactive{
        false}; ///< Whether the caller may be asked for a password and will wait for it.
};

/// The sender of the call that `object` is handling now; valid inside a method callback only.
[[nodiscard]] Caller currentCaller(const sdbus::IObject& object);

} // namespace lockstep
