// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"

#include "base/Text.h"

#include <QStringList>

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array arbiters{"manual"_L1, "etcd"_L1, "fence"_L1};
constexpr std::array losses{pair_setting::wait, pair_setting::primaryContinues};
constexpr std::array flags{pair_setting::no, pair_setting::yes};

constexpr qsizetype longestShown = 80; // of what somebody has sent

constexpr auto whenProtecting = "when the domain is protected: lockstep protect --arbiter"_L1;
constexpr auto atAnyTime = "on the primary's host, while the pair is protected, alone or off"_L1;

constexpr std::array table{
    PairSetting{pair_setting::arbiter, arbiters, false,
                "who decides which host goes on when they lose each other"_L1, whenProtecting},
    PairSetting{pair_setting::onArbiterLoss, losses, false,
                "what happens when the arbiter etcd is needed and out of reach"_L1, atAnyTime},
    PairSetting{pair_setting::autoProtect, flags, true,
                "a domain that lost its shadow gets one again by itself"_L1, atAnyTime},
    PairSetting{pair_setting::reuseDisks, flags, true,
                "replicas may be copied onto the out of date images of the other host"_L1,
                atAnyTime},
};

/// "manual, etcd or fence"
QString listed(std::span<const QLatin1StringView> values)
{
    QStringList words;
    for (const auto value : values)
        words << value;
    const QString last = words.takeLast();
    return words.isEmpty() ? last : words.join(u", "_s) + u" or "_s + last;
}

} // namespace

std::span<const PairSetting> pairSettings() { return table; }

Result<const PairSetting*> findPairSetting(const QString& name)
{
    const auto* const found = std::ranges::find_if(
        table, [&name](const PairSetting& setting) { return setting.name == name; });
    if (found != table.end())
        return found;
    QStringList names;
    for (const PairSetting& setting : table)
        names << setting.name;
    return failure(Errc::InvalidArgument,
                   u"a pair has no setting \"%1\""_s.arg(shortened(name, longestShown)),
                   u"There are %1."_s.arg(names.join(u", "_s)));
}

Result<void> checkPairSetting(QLatin1StringView name, const QString& value)
{
    const auto setting = findPairSetting(name);
    if (!setting)
        return std::unexpected{setting.error()};
    if (std::ranges::any_of((*setting)->values,
                            [&value](QLatin1StringView allowed) { return allowed == value; }))
        return {};
    return failure(Errc::InvalidArgument,
                   u"%1 \"%2\": it can be %3"_s.arg(name, shortened(value, longestShown),
                                                    listed((*setting)->values)));
}

} // namespace lockstep
