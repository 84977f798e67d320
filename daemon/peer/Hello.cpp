// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Hello.h"

#include "base/Config.h"
#include "peer/JsonRpc.h"

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestVersion = 64;
constexpr qsizetype fingerprintDigits = 64;
constexpr int largestPort = 65'535;

Result<void> checkProtocol(const QJsonObject& json)
{
    const QJsonObject protocol = json[u"protocol"_s].toObject();
    const int min = protocol[u"min"_s].toInt(-1);
    const int max = protocol[u"max"_s].toInt(-1);
    if (min < 1 || max < min)
        return failure(Errc::ProtocolError, u"the greeting names no protocol"_s);
    if (min > Hello::newestProtocol || max < Hello::oldestProtocol) {
        const QString version = printable(json[u"version"_s].toString().first(
            std::min(longestVersion, json[u"version"_s].toString().size())));
        return failure(
            Errc::VersionMismatch,
            u"the other host's lockstepd %1 speaks protocol %2 to %3, this one (%4) %5 to %6"_s
                .arg(version)
                .arg(min)
                .arg(max)
                .arg(QStringLiteral(LOCKSTEP_VERSION))
                .arg(Hello::oldestProtocol)
                .arg(Hello::newestProtocol));
    }
    return {};
}

bool isFingerprint(const QString& text)
{
    return text.size() == fingerprintDigits && std::ranges::all_of(text, [](QChar c) {
               return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f');
           });
}

} // namespace

QJsonObject toJson(const Hello& hello)
{
    return {
        {u"protocol"_s, QJsonObject{{u"min"_s, hello.protocolMin}, {u"max"_s, hello.protocolMax}}},
        {u"version"_s, hello.version},
        {u"name"_s, hello.name},
        {u"id"_s, hello.id.value},
        {u"port"_s, hello.port},
        {u"accepts"_s, hello.accepts},
        {u"probe"_s, hello.probe}};
}

Result<Hello> helloFromJson(const QJsonObject& json)
{
    if (auto checked = checkProtocol(json); !checked)
        return std::unexpected{checked.error()};
    const QJsonObject protocol = json[u"protocol"_s].toObject();
    Hello hello{.protocolMin = protocol[u"min"_s].toInt(),
                .protocolMax = protocol[u"max"_s].toInt(),
                .version = json[u"version"_s].toString(),
                .name = json[u"name"_s].toString(),
                .id = PeerId{json[u"id"_s].toString()},
                .port = static_cast<quint16>(json[u"port"_s].toInt()),
                .accepts = json[u"accepts"_s].toBool(),
                .probe = json[u"probe"_s].toBool()};
    const int port = json[u"port"_s].toInt(-1);
    const bool good = isHostName(hello.name) && isFingerprint(hello.id.value) && port > 0
        && port <= largestPort && json[u"accepts"_s].isBool() && !hello.version.isEmpty()
        && hello.version.size() <= longestVersion && printable(hello.version) == hello.version;
    if (!good)
        return failure(Errc::ProtocolError, u"the greeting is malformed"_s);
    return hello;
}

} // namespace lockstep
