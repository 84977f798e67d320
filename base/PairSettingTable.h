// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonValue>
#include <QLatin1StringView>

#include <span>

namespace lockstep {

/// One setting of a pair, by the name and the values that it has on D-Bus, on the command line, in
/// records and in errors.
struct PairSetting
{
    enum class Kind {
        Word,
        Flag, ///< A boolean on D-Bus and in JSON; "no" or "yes" where it is text.
        Time, ///< Whole milliseconds; microseconds on D-Bus and in JSON, "25ms" where it is text.
        Number,
        Rate, ///< Whole MiB a second; bytes on D-Bus and in JSON, "10MiB/s" where it is text.
    };
    /// Of a time (in microseconds), a number or a rate (in bytes a second).
    struct Bounds
    {
        qint64 least{0};
        qint64 most{0};
        qint64 usual{0}; ///< The default. A 0 below `least` stands for what the mode needs, no
                         ///< limit, or what lockstepd.conf says.
    };

    QLatin1StringView name;
    Kind kind;
    std::span<const QLatin1StringView> values; ///< Of a word or flag; the first is the default.
    Bounds bounds;
    QLatin1StringView meaning;
    QLatin1StringView when; ///< When it may be changed.
    bool nextShadow{false}; ///< A shadow that is there keeps what it was made with.
};

namespace pair_setting {
inline constexpr QLatin1StringView arbiter{"arbiter"};
inline constexpr QLatin1StringView onArbiterLoss{"on-arbiter-loss"};
inline constexpr QLatin1StringView autoProtect{"auto-protect"};
inline constexpr QLatin1StringView reuseDisks{"reuse-disks"};
inline constexpr QLatin1StringView mode{"mode"};
inline constexpr QLatin1StringView period{"period"};
inline constexpr QLatin1StringView maxExposure{"max-exposure"};
inline constexpr QLatin1StringView maxStopped{"max-stopped"};
inline constexpr QLatin1StringView idlePeriod{"idle-period"};
inline constexpr QLatin1StringView compareTimeout{"compare-timeout"};
inline constexpr QLatin1StringView scanCycle{"scan-cycle"};
inline constexpr QLatin1StringView queueLimit{"queue-limit"};
inline constexpr QLatin1StringView bandwidth{"bandwidth"};
inline constexpr QLatin1StringView copySpeed{"copy-speed"};
inline constexpr QLatin1StringView channels{"channels"};
inline constexpr QLatin1StringView compression{"compression"};
/// Values of on-arbiter-loss.
inline constexpr QLatin1StringView wait{"wait"};
inline constexpr QLatin1StringView primaryContinues{"primary-continues"};
/// Values of mode.
inline constexpr QLatin1StringView colo{"colo"};
inline constexpr QLatin1StringView remus{"remus"};
inline constexpr QLatin1StringView kemari{"kemari"};
inline constexpr QLatin1StringView automatic{"auto"}; ///< lockstepd picks one of the others.
/// Values of compression.
inline constexpr QLatin1StringView none{"none"};
inline constexpr QLatin1StringView zlib{"zlib"};
inline constexpr QLatin1StringView zstd{"zstd"};
/// Values of flags.
inline constexpr QLatin1StringView no{"no"};
inline constexpr QLatin1StringView yes{"yes"};
/// What a time or a rate that is 0 is called: what the mode needs, no limit, or what lockstepd.conf
/// says.
inline constexpr QLatin1StringView usual{"default"};
} // namespace pair_setting

/// All that there are, in the order in which they are shown.
[[nodiscard]] std::span<const PairSetting> pairSettings();
/// Errors: InvalidArgument, naming those that there are.
[[nodiscard]] Result<const PairSetting*> findPairSetting(const QString& name);

/// What it is called among a pair's members in JSON: times have "-usec", rates "-bytes".
[[nodiscard]] QString memberOf(const PairSetting& setting);
[[nodiscard]] QJsonValue defaultOf(const PairSetting& setting);
/// E.g. "manual, etcd or fence", "1ms to 60s", or "1MiB/s to 100GiB/s or default".
[[nodiscard]] QString allowedFor(const PairSetting& setting);
/// The values that can be listed, for completion; a time, number or rate has none but its default.
[[nodiscard]] QStringList wordsFor(const PairSetting& setting);
/// What D-Bus, a record or a peer gave. Errors: InvalidArgument, e.g. "arbiter "x": it can be
/// manual, etcd or fence".
[[nodiscard]] Result<void> checkPairSetting(const PairSetting& setting, const QJsonValue& value);
/// From text: "etcd", "yes", "25ms", "1.5s", "1024", "10MiB/s". Errors: InvalidArgument.
[[nodiscard]] Result<QJsonValue> readPairSetting(const PairSetting& setting, const QString& text);
/// As readPairSetting() takes it.
[[nodiscard]] QString showPairSetting(const PairSetting& setting, const QJsonValue& value);

} // namespace lockstep
