// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatSettings.h"

#include "peer/JsonRpc.h"

#include <QHostAddress>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QString toText(const QByteArray& secret) { return QString::fromLatin1(secret.toBase64()); }

/// Nothing unless the text is that of a secret, or empty.
std::optional<QByteArray> secretFrom(const QJsonValue& value)
{
    const auto decoded = QByteArray::fromBase64Encoding(value.toString().toLatin1(),
                                                        QByteArray::AbortOnBase64DecodingErrors);
    const bool good = value.isString() && decoded
        && (decoded.decoded.isEmpty() || decoded.decoded.size() == heartbeatSecretSize);
    return good ? std::optional{decoded.decoded} : std::nullopt;
}

std::unexpected<Error> refused(const QString& what, const QString& remedy)
{
    return failure(Errc::InvalidArgument, what, remedy);
}

} // namespace

Result<HeartbeatSettings> checked(HeartbeatSettings settings)
{
    using Settings = HeartbeatSettings;
    const auto [interval, timeout] = settings.timing;
    if (interval < Settings::shortestInterval || interval > Settings::longestInterval) {
        return refused(u"the heartbeat interval cannot be %1 ms"_s.arg(interval.count()),
                       u"Give %1 to %2 ms."_s.arg(Settings::shortestInterval.count())
                           .arg(Settings::longestInterval.count()));
    }
    if (timeout < 2 * interval || timeout > Settings::longestTimeout) {
        return refused(u"the heartbeat timeout cannot be %1 ms with an interval of %2 ms"_s
                           .arg(timeout.count())
                           .arg(interval.count()),
                       u"Give at least two intervals, here %1 ms, and at most %2 ms."_s
                           .arg((2 * interval).count())
                           .arg(Settings::longestTimeout.count()));
    }
    if (settings.secondPath.isEmpty())
        return settings;
    const QHostAddress address{settings.secondPath};
    const bool usable = address.protocol() == QAbstractSocket::IPv4Protocol
        || address.protocol() == QAbstractSocket::IPv6Protocol;
    if (!usable || address.isMulticast() || address.isBroadcast()
        || address == QHostAddress{QHostAddress::AnyIPv4}
        || address == QHostAddress{QHostAddress::AnyIPv6}) {
        return refused(
            u"\"%1\" is not the address of a host"_s.arg(shortened(settings.secondPath, 80)),
            u"Give the other host's IPv4 or IPv6 address on the second network."_s);
    }
    settings.secondPath = address.toString();
    return settings;
}

QJsonObject toJson(const HeartbeatRecord& record)
{
    const HeartbeatTiming& timing = record.settings.timing;
    return {{u"intervalMs"_s, qint64{timing.interval.count()}},
            {u"timeoutMs"_s, qint64{timing.timeout.count()}},
            {u"secondPath"_s, record.settings.secondPath},
            {u"secret"_s, toText(record.secrets.current)},
            {u"offeredSecret"_s, toText(record.secrets.offered)},
            {u"previousSecret"_s, toText(record.secrets.previous)}};
}

Result<HeartbeatRecord> heartbeatFromJson(const QJsonObject& json)
{
    HeartbeatSettings settings;
    settings.timing.interval = std::chrono::milliseconds{json[u"intervalMs"_s].toInteger(0)};
    settings.timing.timeout = std::chrono::milliseconds{json[u"timeoutMs"_s].toInteger(0)};
    settings.secondPath = json[u"secondPath"_s].toString();
    const auto good = checked(settings);
    const auto current = secretFrom(json[u"secret"_s]);
    const auto offered = secretFrom(json[u"offeredSecret"_s]);
    const auto previous = secretFrom(json[u"previousSecret"_s]);
    if (!good || !current || !offered || !previous)
        return failure(Errc::StoreError, u"a peer's heartbeat settings are damaged"_s);
    return HeartbeatRecord{*good,
                           {.current = *current, .offered = *offered, .previous = *previous}};
}

} // namespace lockstep
