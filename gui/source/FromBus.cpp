// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/FromBus.h"

#include "base/PairSettingTable.h"
#include "dbus/ErrorText.h"

#include <QDBusArgument>
#include <QDBusObjectPath>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QVariant plainArgument(const QDBusArgument& argument);

QVariantList plainItems(const QDBusArgument& argument)
{
    QVariantList all;
    while (!argument.atEnd())
        all << plainArgument(argument);
    return all;
}

QVariantMap plainMap(const QDBusArgument& argument)
{
    QVariantMap all;
    argument.beginMap();
    while (!argument.atEnd()) {
        argument.beginMapEntry();
        const QString key = plainArgument(argument).toString();
        all.insert(key, plainArgument(argument));
        argument.endMapEntry();
    }
    argument.endMap();
    return all;
}

QVariant plainArgument(const QDBusArgument& argument)
{
    switch (argument.currentType()) {
    case QDBusArgument::ArrayType: {
        argument.beginArray();
        QVariantList all = plainItems(argument);
        argument.endArray();
        return all;
    }
    case QDBusArgument::StructureType: {
        argument.beginStructure();
        QVariantList all = plainItems(argument);
        argument.endStructure();
        return all;
    }
    case QDBusArgument::MapType:
        return plainMap(argument);
    case QDBusArgument::BasicType:
    case QDBusArgument::VariantType:
        return plain(argument.asVariant());
    default:
        return {};
    }
}

/// Microseconds since 1970.
QDateTime timeFrom(const QVariant& value)
{
    constexpr qulonglong perMs = 1'000;
    const qulonglong microseconds = value.toULongLong();
    return microseconds == 0
        ? QDateTime{}
        : QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(microseconds / perMs));
}

QList<QVariantMap> maps(const QVariant& value)
{
    QList<QVariantMap> all;
    for (const QVariant& one : value.toList())
        all << one.toMap();
    return all;
}

Sums sumsFrom(const QVariantMap& map)
{
    const auto figure = [&map](const QString& name) { return map.value(name).toULongLong(); };
    return {.seconds = figure(u"seconds"_s),
            .checkpoints = figure(u"checkpoints"_s),
            .asked = figure(u"asked-by-qemu"_s),
            .stoppedUSec = figure(u"stopped-usec"_s),
            .longestStopUSec = figure(u"longest-stop-usec"_s),
            .releasedPackets = figure(u"released-packets"_s),
            .memoryBytes = figure(u"memory-bytes"_s),
            .diskBytes = figure(u"disk-bytes"_s)};
}

/// "on-arbiter-loss" is OnArbiterLoss, "idle-period" IdlePeriodUSec.
QString propertyOf(const PairSetting& setting)
{
    QString name;
    for (const QString& word : memberOf(setting).split(u'-'))
        name += word == "usec"_L1 ? u"USec"_s : word.left(1).toUpper() + word.mid(1);
    return name;
}

QJsonObject settingsFrom(const QVariantMap& properties)
{
    static const auto names = [] {
        QList<std::pair<const PairSetting*, QString>> all;
        for (const PairSetting& setting : pairSettings())
            all.emplaceBack(&setting, propertyOf(setting));
        return all;
    }();
    QJsonObject settings;
    for (const auto& [setting, name] : names) {
        const auto found = properties.constFind(name);
        if (found == properties.cend())
            continue;
        const bool isText = setting->kind == PairSetting::Kind::Word;
        const bool isFlag = setting->kind == PairSetting::Kind::Flag;
        settings.insert(setting->name,
                        isText       ? QJsonValue{found->toString()}
                            : isFlag ? QJsonValue{found->toBool()}
                                     : QJsonValue{found->toLongLong()});
    }
    return settings;
}

QList<HeartbeatPath> pathsFrom(const QVariant& value)
{
    QList<HeartbeatPath> all;
    for (const QVariantMap& path : maps(value)) {
        all << HeartbeatPath{.name = path[u"name"_s].toString(),
                             .localAddress = path[u"local-address"_s].toString(),
                             .remoteAddress = path[u"remote-address"_s].toString(),
                             .up = path[u"up"_s].toBool(),
                             .roundTripUSec = path[u"round-trip-us"_s].toULongLong(),
                             .leastRoundTripUSec = path[u"round-trip-min-us"_s].toULongLong(),
                             .mostRoundTripUSec = path[u"round-trip-max-us"_s].toULongLong(),
                             .lossPercent = path[u"loss-percent"_s].toDouble()};
    }
    return all;
}

QMap<QString, quint64> numbersFrom(const QVariant& value)
{
    QMap<QString, quint64> all;
    const QVariantMap map = value.toMap();
    for (auto one = map.cbegin(); one != map.cend(); ++one)
        all.insert(one.key(), one->toULongLong());
    return all;
}

/// (sss): name, message, remedy; nothing if they are empty.
std::optional<Error> jobErrorFrom(const QVariant& value)
{
    const QVariantList parts = value.toList();
    if (parts.size() < 3 || parts[0].toString().isEmpty())
        return {};
    const Errc code = errcFromName(parts[0].toString()).value_or(Errc::Internal);
    return Error{code, parts[1].toString(), parts[2].toString()};
}

/// The n-th of a column; nothing for -1, or where there is none.
std::optional<qint64> knownIn(const QVariantList& column, qsizetype n)
{
    const qint64 figure = n < column.size() ? column[n].toLongLong() : -1;
    return figure < 0 ? std::nullopt : std::optional{figure};
}

QList<Checkpoint> checkpointsFrom(const QVariantMap& columns)
{
    const auto column = [&columns](const QString& name) { return columns.value(name).toList(); };
    const QVariantList times = column(u"time-usec"_s);
    const QVariantList reasons = column(u"reason"_s);
    const QVariantList stopped = column(u"stopped-usec"_s);
    const QVariantList memory = column(u"memory-bytes"_s);
    const QVariantList disk = column(u"disk-bytes"_s);
    const QVariantList durations = column(u"duration-usec"_s);
    const QVariantList released = column(u"released-packets"_s);
    const QVariantList holds = column(u"hold-usec"_s);
    QList<Checkpoint> all;
    for (qsizetype n = 0; n < times.size(); ++n) {
        all << Checkpoint{.time = timeFrom(times[n]),
                          .reason = reasons.value(n).toString(),
                          .stoppedUSec = stopped.value(n).toULongLong(),
                          .memoryBytes = memory.value(n).toULongLong(),
                          .diskBytes = disk.value(n).toULongLong(),
                          .durationUSec = knownIn(durations, n),
                          .releasedPackets = knownIn(released, n),
                          .holdUSec = knownIn(holds, n)};
    }
    return all;
}

QList<StatisticsPoint> seriesFrom(const QVariantMap& columns)
{
    QMap<QString, QVariantList> lists;
    for (auto one = columns.cbegin(); one != columns.cend(); ++one)
        lists.insert(one.key(), one->toList());
    const QVariantList times = lists.take(u"time-usec"_s);
    QList<StatisticsPoint> all;
    for (qsizetype n = 0; n < times.size(); ++n) {
        QVariantMap row;
        for (auto one = lists.cbegin(); one != lists.cend(); ++one)
            row.insert(one.key(), one->value(n));
        all << StatisticsPoint{.time = timeFrom(times[n]), .sums = sumsFrom(row)};
    }
    return all;
}

QMap<QString, Percentiles> percentilesFrom(const QVariantMap& map)
{
    QMap<QString, Percentiles> all;
    for (auto one = map.cbegin(); one != map.cend(); ++one) {
        const QVariantMap of = one->toMap();
        all.insert(one.key(),
                   {.count = of[u"count"_s].toULongLong(),
                    .p50 = of[u"p50"_s].toDouble(),
                    .p90 = of[u"p90"_s].toDouble(),
                    .p99 = of[u"p99"_s].toDouble(),
                    .p999 = of[u"p999"_s].toDouble(),
                    .most = of[u"most"_s].toDouble()});
    }
    return all;
}

} // namespace

QVariant plain(const QVariant& value)
{
    if (value.metaType() == QMetaType::fromType<QDBusArgument>())
        return plainArgument(value.value<QDBusArgument>());
    if (value.metaType() == QMetaType::fromType<QDBusVariant>())
        return plain(value.value<QDBusVariant>().variant());
    if (value.metaType() == QMetaType::fromType<QDBusObjectPath>())
        return value.value<QDBusObjectPath>().path();
    if (value.metaType() == QMetaType::fromType<QVariantMap>())
        return plain(value.toMap());
    return value;
}

QVariantMap plain(const QVariantMap& values)
{
    QVariantMap all;
    for (auto one = values.cbegin(); one != values.cend(); ++one)
        all.insert(one.key(), plain(*one));
    return all;
}

Host hostFrom(const QVariantMap& properties)
{
    return {.name = properties[u"HostName"_s].toString(),
            .fingerprint = properties[u"Fingerprint"_s].toString(),
            .version = properties[u"Version"_s].toString()};
}

Pair pairFrom(const QString& id, const QVariantMap& properties)
{
    QList<Disk> disks;
    for (const QVariantMap& disk : maps(properties[u"Disks"_s])) {
        disks << Disk{.target = disk[u"target"_s].toString(),
                      .source = disk[u"source"_s].toString(),
                      .replica = disk[u"replica"_s].toString(),
                      .sizeBytes = disk[u"size-bytes"_s].toULongLong()};
    }
    QList<Nic> nics;
    for (const QVariantMap& nic : maps(properties[u"Nics"_s])) {
        nics << Nic{.mac = nic[u"mac"_s].toString(),
                    .bridge = nic[u"bridge"_s].toString(),
                    .alias = nic[u"alias"_s].toString()};
    }
    return {.id = id,
            .uuid = properties[u"Uuid"_s].toString(),
            .domain = properties[u"Domain"_s].toString(),
            .role = properties[u"Role"_s].toString(),
            .state = properties[u"State"_s].toString(),
            .reason = properties[u"Reason"_s].toString(),
            .since = timeFrom(properties[u"SinceUSec"_s]),
            .peerName = properties[u"PeerName"_s].toString(),
            .peerFingerprint = properties[u"PeerFingerprint"_s].toString(),
            .peerId = properties[u"PeerPath"_s].toString(),
            .peerConnected = properties[u"PeerConnected"_s].toBool(),
            .epoch = properties[u"Epoch"_s].toULongLong(),
            .arbiterError = properties[u"ArbiterError"_s].toString(),
            .arbiterRejections = properties[u"ArbiterRejections"_s].toULongLong(),
            .suspended = properties[u"Suspended"_s].toBool(),
            .settings = settingsFrom(properties),
            .disks = disks,
            .nics = nics,
            .checkpoints = properties[u"Checkpoints"_s].toULongLong(),
            .lastMinute = sumsFrom(properties[u"LastMinute"_s].toMap())};
}

Peer peerFrom(const QString& id, const QVariantMap& properties)
{
    return {.id = id,
            .name = properties[u"Name"_s].toString(),
            .fingerprint = properties[u"Fingerprint"_s].toString(),
            .address = properties[u"Address"_s].toString(),
            .port = static_cast<quint16>(properties[u"Port"_s].toUInt()),
            .trust = properties[u"Trust"_s].toString(),
            .connected = properties[u"Connected"_s].toBool(),
            .localAddress = properties[u"LocalAddress"_s].toString(),
            .remoteAddress = properties[u"RemoteAddress"_s].toString(),
            .version = properties[u"Version"_s].toString(),
            .lastError = properties[u"LastError"_s].toString(),
            .health = properties[u"Health"_s].toString(),
            .healthReason = properties[u"HealthReason"_s].toString(),
            .roundTripUSec = properties[u"RoundTripMicroseconds"_s].toULongLong(),
            .lossPercent = properties[u"LossPercent"_s].toDouble(),
            .paths = pathsFrom(properties[u"Paths"_s]),
            .rejectedDatagrams = numbersFrom(properties[u"RejectedDatagrams"_s]),
            .heartbeatIntervalMs = properties[u"HeartbeatIntervalMs"_s].toULongLong(),
            .heartbeatTimeoutMs = properties[u"HeartbeatTimeoutMs"_s].toULongLong(),
            .secondPath = properties[u"SecondPath"_s].toString()};
}

Job jobFrom(const QString& id, const QVariantMap& properties)
{
    return {.id = id,
            .number = properties[u"Id"_s].toULongLong(),
            .kind = properties[u"Kind"_s].toString(),
            .domain = properties[u"Domain"_s].toString(),
            .uuid = properties[u"Uuid"_s].toString(),
            .state = properties[u"State"_s].toString(),
            .phase = properties[u"Phase"_s].toString(),
            .progress = properties[u"Progress"_s].toDouble(),
            .bytesDone = properties[u"BytesDone"_s].toULongLong(),
            .bytesTotal = properties[u"BytesTotal"_s].toULongLong(),
            .etaUSec = properties[u"EtaUSec"_s].toULongLong(),
            .cancellable = properties[u"Cancellable"_s].toBool(),
            .started = timeFrom(properties[u"StartedUSec"_s]),
            .ended = timeFrom(properties[u"EndedUSec"_s]),
            .error = jobErrorFrom(properties[u"Error"_s]),
            .result = properties[u"Result"_s].toMap()};
}

Domain domainFrom(const QVariantMap& dictionary)
{
    const auto number = dictionary.constFind(u"id"_s);
    return {.name = dictionary[u"name"_s].toString(),
            .uuid = dictionary[u"uuid"_s].toString(),
            .number = number == dictionary.cend() ? std::nullopt
                                                  : std::optional<qint64>{number->toLongLong()},
            .state = dictionary[u"state"_s].toString(),
            .persistent = dictionary[u"persistent"_s].toBool(),
            .protectable = dictionary[u"protectable"_s].toBool(),
            .findings = findingsFrom(dictionary[u"findings"_s].toList()),
            .pairId = dictionary[u"pair"_s].toString(),
            .role = dictionary[u"role"_s].toString(),
            .pairState = dictionary[u"pair-state"_s].toString(),
            .peerName = dictionary[u"peer"_s].toString()};
}

Event eventFrom(const QVariantMap& dictionary)
{
    return {.id = dictionary[u"id"_s].toULongLong(),
            .time = timeFrom(dictionary[u"time-usec"_s]),
            .kind = dictionary[u"event"_s].toString(),
            .severity = dictionary[u"severity"_s].toString(),
            .domain = dictionary[u"domain"_s].toString(),
            .uuid = dictionary[u"uuid"_s].toString(),
            .text = dictionary[u"text"_s].toString(),
            .role = dictionary[u"role"_s].toString(),
            .state = dictionary[u"state"_s].toString(),
            .peerName = dictionary[u"peer"_s].toString(),
            .epoch = dictionary[u"epoch"_s].toULongLong(),
            .fields = dictionary[u"fields"_s].toMap()};
}

QList<Finding> findingsFrom(const QVariantList& dictionaries)
{
    QList<Finding> all;
    for (const QVariant& one : dictionaries) {
        const QVariantMap finding = one.toMap();
        all << Finding{.id = finding[u"id"_s].toString(),
                       .severity = finding[u"severity"_s].toString(),
                       .host = finding[u"host"_s].toString(),
                       .message = finding[u"message"_s].toString(),
                       .remedy = finding[u"remedy"_s].toString()};
    }
    return all;
}

ConfigurationSetting configurationSettingFrom(const QVariantMap& dictionary)
{
    return {.key = dictionary[u"key"_s].toString(),
            .value = dictionary[u"value"_s].toString(),
            .usual = dictionary[u"default"_s].toString(),
            .fromFile = dictionary[u"from-file"_s].toBool(),
            .unit = dictionary[u"unit"_s].toString(),
            .allowed = dictionary[u"allowed"_s].toString(),
            .secret = dictionary[u"secret"_s].toBool()};
}

Statistics statisticsFrom(const QVariantMap& dictionary)
{
    const QVariantMap lifetime = dictionary[u"lifetime"_s].toMap();
    return {.since = timeFrom(dictionary[u"since-usec"_s]),
            .until = timeFrom(dictionary[u"until-usec"_s]),
            .stepUSec = dictionary[u"step-usec"_s].toULongLong(),
            .totals = sumsFrom(dictionary[u"totals"_s].toMap()),
            .series = seriesFrom(dictionary[u"series"_s].toMap()),
            .percentiles = percentilesFrom(dictionary[u"percentiles"_s].toMap()),
            .percentilesSince = timeFrom(dictionary[u"percentiles-since-usec"_s]),
            .checkpoints = checkpointsFrom(dictionary[u"checkpoints"_s].toMap()),
            .lifetimeCheckpoints = lifetime[u"checkpoints"_s].toULongLong(),
            .lifetimeReasons = numbersFrom(lifetime[u"reasons"_s])};
}

QVariantMap settingsToBus(const QJsonObject& settings)
{
    QVariantMap all;
    for (auto one = settings.begin(); one != settings.end(); ++one) {
        const QJsonValue value = one.value();
        all.insert(one.key(),
                   value.isDouble() ? QVariant{static_cast<qulonglong>(value.toInteger())}
                                    : value.toVariant());
    }
    return all;
}

Error errorFrom(const QDBusError& error, const QString& where)
{
    const Error found = dbus::decodeError(error.name(), error.message());
    return where.isEmpty() || found.code() != Errc::DaemonUnavailable
        ? found
        : found.during(u"on %1"_s.arg(where));
}

} // namespace lockstep::gui
