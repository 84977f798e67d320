// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"

#include "base/Text.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>
#include <array>
#include <cmath>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

using Kind = PairSetting::Kind;

constexpr std::array arbiters{"manual"_L1, "etcd"_L1, "fence"_L1};
constexpr std::array losses{pair_setting::wait, pair_setting::primaryContinues};
constexpr std::array flags{pair_setting::no, pair_setting::yes};
constexpr std::array modes{pair_setting::colo, pair_setting::remus, pair_setting::kemari,
                           pair_setting::automatic};
constexpr std::array compressions{pair_setting::none, pair_setting::zlib, pair_setting::zstd};

constexpr qint64 millisecond = 1'000;
constexpr qint64 second = 1'000'000;
constexpr qint64 mebibyte = 1'024LL * 1'024;
constexpr qint64 gibibyte = 1'024 * mebibyte;

constexpr qsizetype longestShown = 80; // of what somebody has sent

constexpr auto whenProtecting = "when the domain is protected: lockstep protect --arbiter"_L1;
constexpr auto atAnyTime = "on the primary's host, while the pair is protected, alone or off"_L1;
constexpr auto alsoWhileCopying =
    "on the primary's host, while the pair is copying, protected, alone or off"_L1;
constexpr auto forTheNext =
    "as the others; a shadow that is there keeps what it was made with, the next one has it"_L1;

constexpr std::array table{
    PairSetting{pair_setting::arbiter,
                Kind::Word,
                arbiters,
                {},
                "who decides which host goes on when they lose each other"_L1,
                whenProtecting},
    PairSetting{pair_setting::onArbiterLoss,
                Kind::Word,
                losses,
                {},
                "what happens when the arbiter etcd is needed and out of reach"_L1,
                atAnyTime},
    PairSetting{pair_setting::autoProtect,
                Kind::Flag,
                flags,
                {},
                "a domain that lost its shadow gets one again by itself"_L1,
                atAnyTime},
    PairSetting{pair_setting::reuseDisks,
                Kind::Flag,
                flags,
                {},
                "replicas may be copied onto the out of date images of the other host"_L1,
                atAnyTime},
    PairSetting{
        pair_setting::mode,
        Kind::Word,
        modes,
        {},
        "when output leaves: if the shadow gives the same answer (colo), or with a checkpoint: "
        "one each period (remus), one for each output (kemari); auto picks one of them, and its "
        "period, as the guest's work needs"_L1,
        atAnyTime},
    PairSetting{
        pair_setting::period,
        Kind::Time,
        {},
        {millisecond, 60 * second, 0},
        "remus: how long output waits for a checkpoint, default 25ms; colo: a checkpoint at "
        "least so often though answers are equal, default none; kemari, auto: not used"_L1,
        atAnyTime},
    PairSetting{
        pair_setting::maxExposure,
        Kind::Time,
        {},
        {10 * millisecond, 600 * second, 0},
        "auto: the longest time between two checkpoints, and so the most of the guest's work that "
        "has no copy on the other host, default no limit but idle-period; other modes: not used"_L1,
        atAnyTime},
    PairSetting{pair_setting::maxStopped,
                Kind::Number,
                {},
                {1, 100, 100},
                "auto: the largest share of time, in percent, that the guest may stand still for "
                "checkpoints, default 100: no limit; other modes: not used"_L1,
                atAnyTime},
    PairSetting{pair_setting::idlePeriod,
                Kind::Time,
                {},
                {100 * millisecond, 600 * second, 20 * second},
                "a checkpoint at least so often, even if the guest sends nothing"_L1,
                atAnyTime},
    PairSetting{pair_setting::compareTimeout,
                Kind::Time,
                {},
                {millisecond, 60 * second, 300 * millisecond},
                "colo: how long an answer waits for the shadow's before a checkpoint lets it go"_L1,
                atAnyTime},
    PairSetting{pair_setting::scanCycle,
                Kind::Time,
                {},
                {millisecond, 10 * second, 50 * millisecond},
                "colo: how often QEMU looks for answers that have waited for so long"_L1,
                atAnyTime},
    PairSetting{pair_setting::queueLimit,
                Kind::Number,
                {},
                {16, 65'536, 1'024},
                "packets of one connection that may wait; QEMU drops what comes then"_L1,
                atAnyTime},
    PairSetting{pair_setting::bandwidth,
                Kind::Rate,
                {},
                {mebibyte, 100 * gibibyte, 0},
                "what the copy of memory to a new shadow may take of the link, default without a "
                "limit; checkpoints are never limited"_L1,
                alsoWhileCopying},
    PairSetting{
        pair_setting::copySpeed,
        Kind::Rate,
        {},
        {mebibyte, 100 * gibibyte, 0},
        "how fast disks are copied to a new shadow at most, default as lockstepd.conf of the "
        "primary's host says"_L1,
        alsoWhileCopying},
    PairSetting{pair_setting::channels,
                Kind::Number,
                {},
                {1, 16, 1},
                "connections that memory goes over, each with a thread of QEMU; from 2 on QEMU's "
                "multifd"_L1,
                forTheNext,
                true},
    PairSetting{pair_setting::compression,
                Kind::Word,
                compressions,
                {},
                "how memory is compressed on its way; needs 2 channels or more"_L1,
                forTheNext,
                true},
};

/// "manual, etcd or fence"
QString listed(QStringList words)
{
    const QString last = words.takeLast();
    return words.isEmpty() ? last : words.join(u", "_s) + u" or "_s + last;
}

QString timeText(qint64 microseconds)
{
    const qint64 milliseconds = microseconds / millisecond;
    return milliseconds % 1'000 == 0 && milliseconds != 0 ? u"%1s"_s.arg(milliseconds / 1'000)
                                                          : u"%1ms"_s.arg(milliseconds);
}

QString rateText(qint64 bytes)
{
    return bytes % gibibyte == 0 && bytes != 0 ? u"%1GiB/s"_s.arg(bytes / gibibyte)
                                               : u"%1MiB/s"_s.arg(bytes / mebibyte);
}

bool isNumeric(const PairSetting& setting)
{
    return setting.kind != Kind::Word && setting.kind != Kind::Flag;
}

QString numberText(const PairSetting& setting, qint64 number)
{
    if (setting.kind == Kind::Time)
        return timeText(number);
    return setting.kind == Kind::Rate ? rateText(number) : QString::number(number);
}

/// What its values are multiples of.
qint64 unitOf(const PairSetting& setting)
{
    if (setting.kind == Kind::Time)
        return millisecond;
    return setting.kind == Kind::Rate ? mebibyte : 1;
}

/// A 0 that is not in the bounds: what the mode needs, no limit, or what lockstepd.conf says.
bool hasUsual(const PairSetting& setting) { return setting.bounds.usual < setting.bounds.least; }

bool isAllowed(const PairSetting& setting, const QJsonValue& value)
{
    if (setting.kind == Kind::Flag)
        return value.isBool();
    if (setting.kind == Kind::Word)
        return value.isString() && wordsFor(setting).contains(value.toString());
    const qint64 number = value.toInteger(-1);
    if (number == setting.bounds.usual)
        return true;
    return number % unitOf(setting) == 0 && number >= setting.bounds.least
        && number <= setting.bounds.most;
}

/// Microseconds; nothing if it is no time.
std::optional<qint64> timeFrom(const QString& text)
{
    static const QRegularExpression pattern{u"^(\\d{1,9}(?:\\.\\d{1,6})?) ?(ms|s|min)$"_s};
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return {};
    const QString unit = match.captured(2);
    const auto factor = unit == u"ms" ? millisecond : unit == u"s" ? second : 60 * second;
    return std::llround(match.captured(1).toDouble() * double(factor));
}

/// Bytes a second; nothing if it is no rate.
std::optional<qint64> rateFrom(const QString& text)
{
    static const QRegularExpression pattern{u"^(\\d{1,9}(?:\\.\\d{1,6})?) ?(MiB|GiB)/s$"_s};
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return {};
    const auto factor = match.captured(2) == u"MiB" ? mebibyte : gibibyte;
    return std::llround(match.captured(1).toDouble() * double(factor));
}

/// As it is in JSON; nothing if it is no number of that kind.
std::optional<qint64> numberFrom(const PairSetting& setting, const QString& text)
{
    if (hasUsual(setting) && text == pair_setting::usual)
        return setting.bounds.usual;
    if (setting.kind == Kind::Time)
        return timeFrom(text);
    if (setting.kind == Kind::Rate)
        return rateFrom(text);
    bool isNumber = false;
    const qint64 number = text.toLongLong(&isNumber);
    return isNumber ? std::optional{number} : std::nullopt;
}

std::unexpected<Error> notAllowed(const PairSetting& setting, const QString& given)
{
    return failure(Errc::InvalidArgument,
                   u"%1 \"%2\": it can be %3"_s.arg(setting.name, shortened(given, longestShown),
                                                    allowedFor(setting)));
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

QString memberOf(const PairSetting& setting)
{
    if (setting.kind == Kind::Time)
        return setting.name + u"-usec"_s;
    return setting.kind == Kind::Rate ? setting.name + u"-bytes"_s : QString{setting.name};
}

QJsonValue defaultOf(const PairSetting& setting)
{
    switch (setting.kind) {
    case Kind::Word:
        return QString{setting.values.front()};
    case Kind::Flag:
        return false;
    case Kind::Time:
    case Kind::Number:
    case Kind::Rate:
        break;
    }
    return setting.bounds.usual;
}

QStringList wordsFor(const PairSetting& setting)
{
    if (isNumeric(setting))
        return {showPairSetting(setting, defaultOf(setting))};
    QStringList words;
    for (const auto value : setting.values)
        words << value;
    return words;
}

QString allowedFor(const PairSetting& setting)
{
    if (!isNumeric(setting))
        return listed(wordsFor(setting));
    const QString range = u"%1 to %2"_s.arg(numberText(setting, setting.bounds.least),
                                            numberText(setting, setting.bounds.most));
    return hasUsual(setting) ? range + u" or "_s + pair_setting::usual : range;
}

Result<void> checkPairSetting(const PairSetting& setting, const QJsonValue& value)
{
    if (isAllowed(setting, value))
        return {};
    if (setting.kind == Kind::Time && value.isDouble())
        return notAllowed(setting, u"%1ms"_s.arg(double(value.toInteger()) / millisecond));
    return notAllowed(setting, value.toVariant().toString());
}

Result<QJsonValue> readPairSetting(const PairSetting& setting, const QString& text)
{
    QJsonValue value{text};
    if (setting.kind == Kind::Flag) {
        if (text != pair_setting::yes && text != pair_setting::no)
            return notAllowed(setting, text);
        value = text == pair_setting::yes;
    } else if (isNumeric(setting)) {
        const auto number = numberFrom(setting, text);
        if (!number)
            return notAllowed(setting, text);
        value = *number;
    }
    if (!isAllowed(setting, value))
        return notAllowed(setting, text);
    return value;
}

QString showPairSetting(const PairSetting& setting, const QJsonValue& value)
{
    switch (setting.kind) {
    case Kind::Word:
        return value.toString();
    case Kind::Flag:
        return value.toBool() ? pair_setting::yes : pair_setting::no;
    case Kind::Time:
    case Kind::Number:
    case Kind::Rate:
        break;
    }
    const qint64 number = value.toInteger();
    return hasUsual(setting) && number == setting.bounds.usual ? QString{pair_setting::usual}
                                                               : numberText(setting, number);
}

} // namespace lockstep
