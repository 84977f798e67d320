// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"

#include <toml++/toml.hpp>

/// Setters of [shadows]; for Config.cpp only. Each returns whether the value is allowed.
namespace lockstep::config {

[[nodiscard]] bool setBridges(Config& config, const toml::node& node);
/// Absolute paths; none of them is "/".
[[nodiscard]] bool setFolders(QStringList& folders, const toml::node& node);
[[nodiscard]] bool setConsoleAddresses(Config& config, const toml::node& node);

/// Whether it is an IPv4 or IPv6 address, without a scope.
[[nodiscard]] bool isAddress(const QString& text);

} // namespace lockstep::config
