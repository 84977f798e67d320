// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "pair/SettingsFlow.h"

namespace lockstep {

using namespace Qt::StringLiterals;

Result<PairSettings> withChange(const PairSettings& before, const SettingsChange& change,
                                Arbiters& arbiters)
{
    QJsonObject all = before.toJson();
    for (const PairSetting& setting : pairSettings()) {
        const auto value = change.settings[setting.name];
        if (value.isUndefined())
            continue;
        if (const auto allowed = checkPairSetting(setting, value); !allowed)
            return std::unexpected{allowed.error()};
        all.insert(setting.name, value);
    }
    // A period means something else in each mode.
    if (all[pair_setting::mode] != before.toJson()[pair_setting::mode]
        && !change.settings.contains(pair_setting::period))
        all.remove(pair_setting::period);
    auto merged = PairSettings::fromJson(all);
    if (!merged)
        return merged;
    PairSettings& settings = *merged;
    if (settings.governing.automatic && change.settings[pair_setting::period].toInteger() != 0)
        return failure(Errc::InvalidArgument, u"the mode auto picks the period by itself"_s,
                       u"Set max-exposure to bound the time between two checkpoints, or "
                       "mode=remus or mode=colo for a fixed period."_s);
    settings.obeyLimits();
    if (settings.primaryContinues && settings.arbiter != ArbiterKind::Etcd)
        return failure(Errc::InvalidArgument,
                       u"on-arbiter-loss primary-continues needs the arbiter etcd"_s);
    if (settings.transfer.compression != Compression::None && !settings.transfer.isParallel())
        return failure(
            Errc::InvalidArgument,
            u"compression %1 needs 2 channels or more"_s.arg(nameOf(settings.transfer.compression)),
            u"Set channels=2 as well, or compression=none."_s);
    if (const auto arbiter = arbiters.of(settings.arbiter); !arbiter)
        return std::unexpected{arbiter.error()};
    return settings;
}

} // namespace lockstep
