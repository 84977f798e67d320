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
constexpr std::array modes{pair_setting::colo, pair_setting::remus, pair_setting::kemari};

constexpr qint64 millisecond = 1'000;
constexpr qint64 second = 1'000'000;

constexpr qsizetype longestShown = 80; // of what somebody has sent

constexpr auto whenProtecting = "when the domain is protected: lockstep protect --arbiter"_L1;
constexpr auto atAnyTime = "on the primary's host, while the pair is protected, alone or off"_L1;

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
        "one each period (remus), one for each output (kemari)"_L1,
        atAnyTime},
    PairSetting{
        pair_setting::period,
        Kind::Time,
        {},
        {millisecond, 60 * second, 0},
        "remus: how long output waits for a checkpoint, default 25ms; colo: a checkpoint at "
        "least so often though answers are equal, default none; kemari: not used"_L1,
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

bool isNumeric(const PairSetting& setting)
{
    return setting.kind == Kind::Time || setting.kind == Kind::Number;
}

/// A 0 that is not in the bounds: what the mode needs.
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
    const bool whole = setting.kind == Kind::Number || number % millisecond == 0;
    return whole && number >= setting.bounds.least && number <= setting.bounds.most;
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
    return setting.kind == Kind::Time ? setting.name + u"-usec"_s : QString{setting.name};
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
    const auto shown = [&setting](qint64 number) {
        return setting.kind == Kind::Time ? timeText(number) : QString::number(number);
    };
    const QString range =
        u"%1 to %2"_s.arg(shown(setting.bounds.least), shown(setting.bounds.most));
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
    } else if (isNumeric(setting) && hasUsual(setting) && text == pair_setting::usual) {
        value = setting.bounds.usual;
    } else if (setting.kind == Kind::Time) {
        const auto time = timeFrom(text);
        if (!time)
            return notAllowed(setting, text);
        value = *time;
    } else if (setting.kind == Kind::Number) {
        bool isNumber = false;
        value = text.toLongLong(&isNumber);
        if (!isNumber)
            return notAllowed(setting, text);
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
        if (hasUsual(setting) && value.toInteger() == setting.bounds.usual)
            return pair_setting::usual;
        return timeText(value.toInteger());
    case Kind::Number:
        break;
    }
    return QString::number(value.toInteger());
}

} // namespace lockstep
