// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QLatin1StringView>

#include <span>

namespace lockstep {

/// One setting of a pair, by the name and the values that it has on D-Bus, on the command line, in
/// records and in errors.
struct PairSetting
{
    QLatin1StringView name;
    std::span<const QLatin1StringView> values; ///< What it can be; the first is the default.
    bool isFlag; ///< A boolean on D-Bus and in JSON; "no" or "yes" where it is text.
    QLatin1StringView meaning;
    QLatin1StringView when; ///< When it may be changed.
};

namespace pair_setting {
inline constexpr QLatin1StringView arbiter{"arbiter"};
inline constexpr QLatin1StringView onArbiterLoss{"on-arbiter-loss"};
inline constexpr QLatin1StringView autoProtect{"auto-protect"};
inline constexpr QLatin1StringView reuseDisks{"reuse-disks"};
/// Values of on-arbiter-loss.
inline constexpr QLatin1StringView wait{"wait"};
inline constexpr QLatin1StringView primaryContinues{"primary-continues"};
/// Values of flags.
inline constexpr QLatin1StringView no{"no"};
inline constexpr QLatin1StringView yes{"yes"};
} // namespace pair_setting

/// All that there are, in the order in which they are shown.
[[nodiscard]] std::span<const PairSetting> pairSettings();
/// Errors: InvalidArgument, naming those that there are.
[[nodiscard]] Result<const PairSetting*> findPairSetting(const QString& name);
/// Errors: InvalidArgument, e.g. "arbiter "x": it can be manual, etcd or fence".
[[nodiscard]] Result<void> checkPairSetting(QLatin1StringView name, const QString& value);

} // namespace lockstep
