// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/PeerRecord.h"

#include "base/Config.h"

namespace lockstep {

using namespace Qt::StringLiterals;

QJsonObject toJson(const PeerRecord& record)
{
    return {{u"name"_s, record.name},
            {u"address"_s, record.address},
            {u"port"_s, record.port},
            {u"addressSeen"_s, record.addressSeen},
            {u"accepted"_s, record.accepted},
            {u"acceptsUs"_s, record.acceptsUs},
            {u"withdrawn"_s, record.withdrawn},
            {u"authority"_s, QString::fromLatin1(record.authority)},
            {u"localAddress"_s, record.localAddress.toString()},
            {u"remoteAddress"_s, record.remoteAddress.toString()},
            {u"version"_s, record.version}};
}

Result<PeerRecord> recordFromJson(const QString& key, const QJsonObject& json)
{
    PeerRecord record{.id = PeerId{key},
                      .name = json[u"name"_s].toString(),
                      .address = json[u"address"_s].toString(),
                      .port = static_cast<quint16>(json[u"port"_s].toInt()),
                      .addressSeen = json[u"addressSeen"_s].toBool(),
                      .accepted = json[u"accepted"_s].toBool(),
                      .acceptsUs = json[u"acceptsUs"_s].toBool(),
                      .withdrawn = json[u"withdrawn"_s].toBool(),
                      .authority = json[u"authority"_s].toString().toLatin1(),
                      .localAddress = QHostAddress{json[u"localAddress"_s].toString()},
                      .remoteAddress = QHostAddress{json[u"remoteAddress"_s].toString()},
                      .version = json[u"version"_s].toString()};
    if (!isHostName(record.name) || record.address.isEmpty() || record.port == 0
        || record.authority.isEmpty())
        return failure(Errc::StoreError, u"the entry of peer %1 is incomplete"_s.arg(key));
    return record;
}

Result<HostPort> parseAddress(const QString& text, quint16 usualPort)
{
    const auto invalid = [&text] {
        return failure(Errc::InvalidArgument, u"\"%1\" is not an address"_s.arg(text),
                       u"Give HOST, HOST:PORT or [IPV6]:PORT."_s);
    };
    QString host = text.trimmed();
    QString port;
    if (host.startsWith(u'[')) {
        const qsizetype end = host.indexOf(u']');
        if (end < 0 || (end + 1 < host.size() && host[end + 1] != u':'))
            return invalid();
        port = host.sliced(end + 1);
        host = host.sliced(1, end - 1);
        if (QHostAddress{host}.protocol() != QAbstractSocket::IPv6Protocol)
            return invalid();
    } else if (host.count(u':') == 1) {
        port = host.sliced(host.indexOf(u':'));
        host.truncate(host.indexOf(u':'));
    }
    HostPort parsed{host, usualPort};
    if (!port.isEmpty()) {
        bool isNumber = false;
        parsed.port = port.sliced(1).toUShort(&isNumber);
        if (!isNumber || parsed.port == 0)
            return invalid();
    }
    constexpr qsizetype longestName = 253;
    const bool isAddress = !QHostAddress{host}.isNull();
    const bool isName =
        host.size() <= longestName && !host.isEmpty() && std::ranges::all_of(host, [](QChar c) {
            return (c.isLetterOrNumber() && c.unicode() < 128) || c == u'-' || c == u'.'
                || c == u'_';
        });
    if (!isAddress && !isName)
        return invalid();
    return parsed;
}

} // namespace lockstep
