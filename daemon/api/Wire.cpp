// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Wire.h"

#include "api/Told.h"
#include "base/PairSettingTable.h"
#include "dbus/ErrorText.h"
#include "dbus/Fingerprint.h"
#include "dbus/Names.h"

#include <QJsonArray>

#include <climits>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace lockstep::wire {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype peerPathDigits = 16;
// The longest that a domain name system, libvirt or a fingerprint with colons knows.
constexpr qsizetype longestName = 255;
constexpr qsizetype longestValue = PATH_MAX;

sdbus::ObjectPath path(const QString& below)
{
    return sdbus::ObjectPath{dbus::rootPath + below.toStdString()};
}

sdbus::Variant text(const QString& value) { return sdbus::Variant{value.toStdString()}; }

std::optional<sdbus::Variant> variant(const QJsonValue& value);

sdbus::Variant variant(double number)
{
    constexpr double wholeUpTo = 9007199254740992.0; // 2^53: beyond it JSON numbers are not whole.
    if (std::trunc(number) == number && std::abs(number) <= wholeUpTo)
        return sdbus::Variant{static_cast<int64_t>(number)};
    return sdbus::Variant{number};
}

sdbus::Variant variant(const QJsonArray& array)
{
    std::vector<sdbus::Variant> items;
    for (const auto& item : array) {
        if (auto converted = variant(item))
            items.push_back(*std::move(converted));
    }
    return sdbus::Variant{items};
}

std::optional<sdbus::Variant> variant(const QJsonValue& value)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        return sdbus::Variant{value.toBool()};
    case QJsonValue::Double:
        return variant(value.toDouble());
    case QJsonValue::String:
        return text(value.toString());
    case QJsonValue::Array:
        return variant(value.toArray());
    case QJsonValue::Object:
        return sdbus::Variant{dictionary(value.toObject())};
    case QJsonValue::Null:
    case QJsonValue::Undefined:
        break;
    }
    return std::nullopt;
}

/// Takes the string options named in `wanted`; anything else is refused.
Result<void> readStrings(const Dictionary& options, const std::map<std::string, QString*>& wanted)
{
    for (const auto& [key, value] : options) {
        const auto target = wanted.find(key);
        if (target == wanted.end())
            return failure(Errc::InvalidArgument, u"unknown option \"%1\""_s.arg(told(key)));
        if (!value.containsValueOfType<std::string>())
            return failure(Errc::InvalidArgument,
                           u"option \"%1\" is not a string"_s.arg(told(key)));
        const QString given = QString::fromStdString(value.get<std::string>());
        if (given.size() > longestValue)
            return failure(Errc::InvalidArgument,
                           u"option \"%1\" has %2 characters; %3 are the most"_s.arg(told(key))
                               .arg(given.size())
                               .arg(longestValue));
        *target->second = given;
    }
    return {};
}

std::string keyOf(QLatin1StringView name)
{
    return {name.data(), static_cast<std::size_t>(name.size())};
}

/// A setting as D-Bus has it. Errors: InvalidArgument.
Result<QJsonValue> settingFrom(const PairSetting& setting, const sdbus::Variant& value)
{
    using Kind = PairSetting::Kind;
    const auto wrong = [&setting](const QString& type) {
        return failure(Errc::InvalidArgument,
                       u"option %1: it must be %2"_s.arg(setting.name, type));
    };
    switch (setting.kind) {
    case Kind::Word:
        if (!value.containsValueOfType<std::string>())
            return wrong(u"a string"_s);
        return QString::fromStdString(value.get<std::string>());
    case Kind::Flag:
        if (!value.containsValueOfType<bool>())
            return wrong(u"a boolean"_s);
        return value.get<bool>();
    case Kind::Time:
    case Kind::Number:
    case Kind::Rate:
        break;
    }
    if (!value.containsValueOfType<uint64_t>()) {
        if (setting.kind == Kind::Time)
            return wrong(u"a number of microseconds, of type t"_s);
        return wrong(setting.kind == Kind::Rate ? u"a number of bytes a second, of type t"_s
                                                : u"a number, of type t"_s);
    }
    // What is too large for JSON is too large for any setting.
    const auto number = value.get<uint64_t>();
    return qint64(std::min<uint64_t>(number, std::numeric_limits<qint64>::max()));
}

/// Takes the settings of a pair out of the options.
Result<void> takeSettings(Dictionary& options, SettingsChange& change)
{
    for (const PairSetting& setting : pairSettings()) {
        const auto given = options.extract(keyOf(setting.name));
        if (given.empty())
            continue;
        const auto value = settingFrom(setting, given.mapped());
        if (!value)
            return std::unexpected{value.error()};
        if (const auto allowed = checkPairSetting(setting, *value); !allowed)
            return allowed;
        change.settings.insert(setting.name, *value);
    }
    return {};
}

} // namespace

sdbus::ObjectPath peerPath(const PeerId& id)
{
    return path(u"/peer/"_s + id.value.first(std::min(peerPathDigits, id.value.size())));
}

sdbus::ObjectPath pairPath(const DomainUuid& uuid)
{
    return path(u"/pair/"_s + toString(uuid).replace(u'-', u'_'));
}

sdbus::ObjectPath jobPath(const JobId& id) { return path(u"/job/"_s + QString::number(id.value)); }

std::string trustWord(PeerTrust trust)
{
    switch (trust) {
    case PeerTrust::Asked:
        return "asked";
    case PeerTrust::Asking:
        return "asking";
    case PeerTrust::Trusted:
        return "trusted";
    }
    std::unreachable();
}

uint64_t microseconds(const QDateTime& time)
{
    if (!time.isValid())
        return 0;
    return static_cast<uint64_t>(std::max<qint64>(time.toMSecsSinceEpoch(), 0)) * 1000;
}

uint64_t bytes(Bytes size) { return static_cast<uint64_t>(std::max<qint64>(size.value, 0)); }

Dictionary dictionary(const Finding& finding)
{
    return {{"id", text(finding.id)},
            {"severity", text(toString(finding.severity))},
            {"host", text(finding.host)},
            {"message", text(finding.message)},
            {"remedy", text(finding.remedy)}};
}

std::vector<Dictionary> dictionaries(const QList<Finding>& findings)
{
    std::vector<Dictionary> all;
    for (const Finding& finding : findings)
        all.push_back(dictionary(finding));
    return all;
}

std::vector<Dictionary> dictionaries(const QList<DiskView>& disks)
{
    std::vector<Dictionary> all;
    for (const DiskView& disk : disks) {
        all.push_back({{"target", text(disk.target)},
                       {"source", text(disk.source)},
                       {"replica", text(disk.replica)},
                       {"size-bytes", sdbus::Variant{bytes(disk.size)}}});
    }
    return all;
}

std::vector<Dictionary> dictionaries(const QList<NicView>& nics)
{
    std::vector<Dictionary> all;
    for (const NicView& nic : nics)
        all.push_back(
            {{"mac", text(nic.mac)}, {"bridge", text(nic.bridge)}, {"alias", text(nic.alias)}});
    return all;
}

std::vector<Dictionary> dictionaries(const QList<PathView>& paths)
{
    const auto time = [](std::chrono::microseconds value) {
        return sdbus::Variant{static_cast<uint64_t>(value.count())};
    };
    std::vector<Dictionary> all;
    for (const PathView& path : paths) {
        all.push_back({{"name", text(path.name)},
                       {"local-address", text(path.localAddress.toString())},
                       {"remote-address", text(path.remoteAddress.toString())},
                       {"up", sdbus::Variant{path.up}},
                       {"round-trip-us", time(path.roundTrip)},
                       {"round-trip-min-us", time(path.leastRoundTrip)},
                       {"round-trip-max-us", time(path.mostRoundTrip)},
                       {"loss-percent", sdbus::Variant{path.lossPercent}}});
    }
    return all;
}

Dictionary dictionary(const QMap<QString, quint64>& numbers)
{
    Dictionary all;
    for (const auto& [key, number] : numbers.asKeyValueRange())
        all.emplace(key.toStdString(), sdbus::Variant{uint64_t{number}});
    return all;
}

Dictionary dictionary(const PairEvent& event)
{
    const QString uuid = event.uuid.value.isNull() ? QString{} : toString(event.uuid);
    Dictionary all{{"id", sdbus::Variant{uint64_t{event.id}}},
                   {"time-usec", sdbus::Variant{microseconds(event.time)}},
                   {"event", text(toString(event.kind))},
                   {"severity", text(toString(event.severity))},
                   {"domain", text(event.domain)},
                   {"uuid", text(uuid)},
                   {"text", text(event.text)}};
    if (event.role)
        all.emplace("role", text(toString(*event.role)));
    if (event.state)
        all.emplace("state", text(toString(*event.state)));
    if (event.epoch)
        all.emplace("epoch", sdbus::Variant{uint64_t{event.epoch->value}});
    if (!event.peer.isEmpty())
        all.emplace("peer", text(event.peer));
    if (!event.fields.isEmpty())
        all.emplace("fields", sdbus::Variant{dictionary(event.fields)});
    return all;
}

std::vector<Dictionary> dictionaries(const QList<PairEvent>& events)
{
    std::vector<Dictionary> all;
    all.reserve(static_cast<std::size_t>(events.size()));
    for (const PairEvent& event : events)
        all.push_back(dictionary(event));
    return all;
}

PathView bestPath(const HeartbeatView& heartbeat)
{
    const auto up = std::ranges::find_if(heartbeat.paths, &PathView::up);
    return up == heartbeat.paths.end() ? heartbeat.paths.value(0) : *up;
}

Dictionary dictionary(const QJsonObject& object)
{
    Dictionary all;
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (auto converted = variant(it.value()))
            all.emplace(it.key().toStdString(), *std::move(converted));
    }
    return all;
}

Dictionary dictionary(const DomainView& domain)
{
    Dictionary all{{"name", text(domain.name)},
                   {"uuid", text(toString(domain.uuid))},
                   {"state", text(domain.state)},
                   {"persistent", sdbus::Variant{domain.isPersistent}},
                   {"protectable", sdbus::Variant{domain.isProtectable()}},
                   {"findings", sdbus::Variant{dictionaries(domain.findings)}}};
    if (domain.id)
        all.emplace("id", sdbus::Variant{static_cast<int64_t>(*domain.id)});
    if (domain.pair) {
        all.emplace("pair", sdbus::Variant{pairPath(domain.uuid)});
        all.emplace("role", text(toString(domain.pair->role)));
        all.emplace("pair-state", text(toString(domain.pair->state)));
        all.emplace("peer", text(domain.pair->peerName));
    }
    return all;
}

Dictionary dictionary(const ConfigSetting& setting)
{
    return {{"key", text(setting.key)},
            {"value", text(setting.value)},
            {"default", text(setting.usual)},
            {"from-file", sdbus::Variant{setting.isFromFile}},
            {"unit", text(setting.unit)},
            {"allowed", text(setting.allowed)},
            {"secret", sdbus::Variant{setting.isSecret}}};
}

std::vector<Step> steps(const QList<PlannedStep>& plan)
{
    std::vector<Step> all;
    for (const PlannedStep& step : plan)
        all.emplace_back(step.host.toStdString(), step.title.toStdString(),
                         step.undo.toStdString());
    return all;
}

ErrorTriple errorTriple(const std::optional<lockstep::Error>& error)
{
    if (!error)
        return {};
    return {dbus::errorName(error->code()).toStdString(), error->message().toStdString(),
            error->remedy().toStdString()};
}

Result<void> checkName(const QString& name)
{
    if (name.size() <= longestName)
        return {};
    return failure(
        Errc::InvalidArgument,
        u"a name or address of %1 characters; %2 are the most"_s.arg(name.size()).arg(longestName));
}

Result<ProtectOptions> protectOptions(const Dictionary& options)
{
    ProtectOptions read;
    Dictionary rest = options;
    return takeSettings(rest, read)
        .and_then([&] { return readStrings(rest, {{"image-directory", &read.imageDirectory}}); })
        .transform([&] { return read; });
}

Result<SettingsChange> settingsChange(const Dictionary& options)
{
    if (options.empty())
        return failure(Errc::InvalidArgument, u"there is nothing to set"_s);
    SettingsChange read;
    for (const auto& [key, value] : options) {
        const auto known = findPairSetting(QString::fromStdString(key));
        if (!known)
            return std::unexpected{known.error()};
    }
    Dictionary rest = options;
    return takeSettings(rest, read).transform([&] { return read; });
}

Result<bool> force(const Dictionary& options)
{
    Dictionary rest = options;
    const auto given = rest.extract("force");
    if (given && !given.mapped().containsValueOfType<bool>())
        return failure(Errc::InvalidArgument, u"option force: it must be a boolean"_s);
    return noOptions(rest).transform([&] { return given && given.mapped().get<bool>(); });
}

Result<QString> peerName(const Dictionary& options)
{
    QString name;
    return readStrings(options, {{"name", &name}}).transform([&name] { return name; });
}

Result<QStringList> hosts(const Dictionary& options)
{
    QStringList names;
    Dictionary rest = options;
    if (const auto given = rest.extract("hosts"); !given.empty()) {
        if (!given.mapped().containsValueOfType<std::vector<std::string>>())
            return failure(Errc::InvalidArgument,
                           u"option \"hosts\" is not a list of names (as)"_s);
        for (const auto& name : given.mapped().get<std::vector<std::string>>()) {
            names << QString::fromStdString(name);
            if (const auto checked = checkName(names.last()); !checked)
                return std::unexpected{checked.error()};
        }
    }
    return noOptions(rest).transform([&names] { return names; });
}

Result<EventQuery> eventQuery(const Dictionary& options)
{
    EventQuery query;
    Dictionary rest = options;
    if (const auto given = rest.extract("since"); !given.empty()) {
        // Ids are SQLite's, whole numbers with a sign.
        constexpr uint64_t most = std::numeric_limits<int64_t>::max();
        if (!given.mapped().containsValueOfType<uint64_t>())
            return failure(Errc::InvalidArgument,
                           u"option \"since\" is not an id, a number of type t"_s);
        query.since = std::min(given.mapped().get<uint64_t>(), most);
    }
    if (const auto given = rest.extract("limit"); !given.empty()) {
        const uint64_t limit = given.mapped().containsValueOfType<uint64_t>()
            ? given.mapped().get<uint64_t>()
            : uint64_t{0};
        if (limit < 1 || limit > EventQuery::mostEvents)
            return failure(Errc::InvalidArgument,
                           u"option \"limit\" is not a number of type t from 1 to %1"_s.arg(
                               EventQuery::mostEvents));
        query.limit = static_cast<int>(limit);
    }
    if (auto read = readStrings(rest, {{"domain", &query.domain}}); !read)
        return std::unexpected{read.error()};
    if (const auto uuid = QUuid::fromString(query.domain); !uuid.isNull())
        query.domain = toString(DomainUuid{uuid});
    return query;
}

Result<HeartbeatSettings> heartbeatSettings(HeartbeatSettings now, const Dictionary& options)
{
    const std::map<std::string, std::chrono::milliseconds*> times{
        {"interval-ms", &now.timing.interval}, {"timeout-ms", &now.timing.timeout}};
    Dictionary rest = options;
    for (const auto& [key, time] : times) {
        const auto given = rest.extract(key);
        if (given.empty())
            continue;
        // Anything beyond is out of bounds, however it is counted.
        constexpr uint64_t most = std::numeric_limits<int32_t>::max();
        if (!given.mapped().containsValueOfType<uint64_t>())
            return failure(
                Errc::InvalidArgument,
                u"option \"%1\" is not a number of type t"_s.arg(QString::fromStdString(key)));
        *time = std::chrono::milliseconds{std::min(given.mapped().get<uint64_t>(), most)};
    }
    return readStrings(rest, {{"second-path", &now.secondPath}}).transform([&now] { return now; });
}

Result<void> noOptions(const Dictionary& options) { return readStrings(options, {}); }

Result<PeerId> fingerprint(const std::string& digits)
{
    const QString given = QString::fromStdString(digits);
    if (const auto checked = checkName(given); !checked)
        return std::unexpected{checked.error().during(u"the fingerprint"_s)};
    const auto parsed = dbus::parseFingerprint(given);
    if (!parsed)
        return std::unexpected{parsed.error()};
    if (*parsed != given)
        return failure(Errc::InvalidArgument,
                       u"\"%1\" is not 64 lower-case hex digits"_s.arg(given));
    return PeerId{*parsed};
}

} // namespace lockstep::wire
