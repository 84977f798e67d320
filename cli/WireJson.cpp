// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/WireJson.h"

#include "base/Errc.h"

#include <QDateTime>
#include <QJsonArray>
#include <QTimeZone>

#include <string_view>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

using ErrorTriple = sdbus::Struct<std::string, std::string, std::string>;

QJsonValue toJson(const ErrorTriple& error)
{
    if (error.get<0>().empty())
        return QJsonValue::Null;
    QString name = fromBus(error.get<0>());
    if (name.startsWith(dbusErrorPrefix))
        name.remove(0, dbusErrorPrefix.size());
    return QJsonObject{{u"name"_s, name},
                       {u"message"_s, fromBus(error.get<1>())},
                       {u"remedy"_s, fromBus(error.get<2>())}};
}

QJsonValue toJson(const sdbus::Variant& value);

QJsonArray numbers(const auto& values)
{
    QJsonArray all;
    for (const auto value : values)
        all.append(static_cast<qint64>(value));
    return all;
}

QJsonArray toJson(const std::vector<std::string>& texts)
{
    QJsonArray all;
    for (const auto& text : texts)
        all.append(fromBus(text));
    return all;
}

QJsonArray toJson(const std::vector<sdbus::Variant>& values)
{
    QJsonArray all;
    for (const auto& value : values)
        all.append(toJson(value));
    return all;
}

QJsonValue toJson(const sdbus::Variant& value)
{
    const char* const type = value.peekValueType();
    const std::string_view signature = type == nullptr ? "" : type;
    if (signature == "s")
        return fromBus(value.get<std::string>());
    if (signature == "b")
        return value.get<bool>();
    if (signature == "d")
        return value.get<double>();
    if (signature == "x")
        return static_cast<qint64>(value.get<int64_t>());
    if (signature == "t")
        return static_cast<qint64>(value.get<uint64_t>());
    if (signature == "q")
        return value.get<uint16_t>();
    if (signature == "(sss)")
        return toJson(value.get<ErrorTriple>());
    if (signature == "a{sv}")
        return dictionaryToJson(value.get<Dictionary>());
    if (signature == "aa{sv}")
        return dictionariesToJson(value.get<std::vector<Dictionary>>());
    if (signature == "at")
        return numbers(value.get<std::vector<uint64_t>>());
    if (signature == "ax")
        return numbers(value.get<std::vector<int64_t>>());
    if (signature == "as")
        return toJson(value.get<std::vector<std::string>>());
    if (signature == "av")
        return toJson(value.get<std::vector<sdbus::Variant>>());
    return QJsonValue::Undefined; // Inserting it into an object leaves the key out.
}

QString kebabCase(const QString& name)
{
    QString kebab;
    for (const QChar letter : name) {
        if (letter.isUpper() && !kebab.isEmpty())
            kebab += u'-';
        kebab += letter.toLower();
    }
    return kebab;
}

QJsonValue timeToJson(uint64_t microseconds)
{
    if (microseconds == 0)
        return QJsonValue::Null;
    return QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(microseconds / 1000), QTimeZone::UTC)
        .toString(Qt::ISODateWithMs);
}

} // namespace

QString fromBus(const std::string& text)
{
    QString all = QString::fromStdString(text);
    for (QChar& letter : all) {
        // Nor may what a guest is called turn the line around that it is shown in.
        const bool isHarmless = letter.isPrint() || letter.isSurrogate() || letter == u'\n';
        if (!isHarmless)
            letter = QChar::ReplacementCharacter;
    }
    return all;
}

QJsonObject propertiesToJson(const std::map<sdbus::PropertyName, sdbus::Variant>& properties)
{
    constexpr QLatin1StringView timeSuffix{"USec"};
    // Those that are no time of day.
    constexpr std::array durations{
        "EtaUSec"_L1,         "PeriodUSec"_L1,         "IdlePeriodUSec"_L1, "PeriodInForceUSec"_L1,
        "MaxExposureUSec"_L1, "CompareTimeoutUSec"_L1, "ScanCycleUSec"_L1};
    QJsonObject all;
    for (const auto& [key, value] : properties) {
        const QString name = fromBus(key);
        const QString stem =
            kebabCase(name.chopped(name.endsWith(timeSuffix) ? timeSuffix.size() : 0));
        if (std::ranges::contains(durations, name))
            all.insert(stem + u"-usec"_s, toJson(value));
        else if (name.endsWith(timeSuffix))
            all.insert(stem, timeToJson(value.get<uint64_t>()));
        else
            all.insert(stem, toJson(value));
    }
    return all;
}

QJsonObject dictionaryToJson(const Dictionary& dictionary)
{
    QJsonObject all;
    for (const auto& [key, value] : dictionary)
        all.insert(fromBus(key), toJson(value));
    return all;
}

QJsonObject eventToJson(const Dictionary& event)
{
    QJsonObject json = dictionaryToJson(event);
    const QJsonValue time = json.take(u"time-usec");
    json[u"time"] = timeToJson(static_cast<uint64_t>(time.toInteger()));
    return json;
}

QJsonObject statisticsToJson(const Dictionary& statistics)
{
    QJsonObject json = dictionaryToJson(statistics);
    for (const auto& name : {u"since"_s, u"until"_s, u"percentiles-since"_s}) {
        const QJsonValue time = json[name + u"-usec"_s];
        json[name] = timeToJson(static_cast<uint64_t>(time.toInteger()));
    }
    return json;
}

QJsonArray dictionariesToJson(const std::vector<Dictionary>& dictionaries)
{
    QJsonArray all;
    for (const auto& dictionary : dictionaries)
        all.append(dictionaryToJson(dictionary));
    return all;
}

} // namespace lockstep::cli
