// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Peers.h"

#include <QByteArray>

namespace lockstep {

/// What is remembered of another host. Hosts that asked and were not accepted are never saved.
struct PeerRecord
{
    PeerId id;
    QString name;
    QString address; ///< Host name or IP address, as added or as seen.
    quint16 port{0};
    bool addressSeen{false}; ///< The address came from its connections, not from an administrator.
    bool accepted{false}; ///< Our administrator accepted its key.
    bool acceptsUs{false}; ///< It said that it accepted ours.
    bool withdrawn{false}; ///< It did once, and does not any more: we wait and do not ask again.
    QByteArray authority; ///< Its CA certificate, PEM.
    QHostAddress localAddress;
    QHostAddress remoteAddress;
    QString version;

    [[nodiscard]] PeerTrust trust() const
    {
        if (!accepted)
            return PeerTrust::Asked;
        return acceptsUs ? PeerTrust::Trusted : PeerTrust::Asking;
    }
    friend bool operator==(const PeerRecord&, const PeerRecord&) = default;
};

[[nodiscard]] QJsonObject toJson(const PeerRecord& record);
/// Errors: StoreError.
[[nodiscard]] Result<PeerRecord> recordFromJson(const QString& key, const QJsonObject& json);

struct HostPort
{
    QString host;
    quint16 port{0};
};
/// Reads "host", "host:port", "[IPv6]", "[IPv6]:port" or a bare IPv6 address. Errors:
/// InvalidArgument.
[[nodiscard]] Result<HostPort> parseAddress(const QString& text, quint16 usualPort);

} // namespace lockstep
