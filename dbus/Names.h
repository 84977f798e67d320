// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

/// Names that the daemon and its clients share; the interfaces' own names come from the XML.
namespace lockstep::dbus {

inline constexpr const char* service = "org.lockstep.Lockstep1";
inline constexpr const char* rootPath = "/org/lockstep/Lockstep1";

} // namespace lockstep::dbus
