// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QJsonObject>

namespace lockstep {

/// What both sides of a new connection say first: request and result of "hello".
struct Hello
{
    static constexpr int oldestProtocol = 1;
    static constexpr int newestProtocol = 1;

    int protocolMin{oldestProtocol};
    int protocolMax{newestProtocol};
    QString version; ///< Of the daemon, for people.
    QString name;
    PeerId id;
    quint16 port{0}; ///< Of its own control port, for connections back.
    bool accepts{false}; ///< Whether its administrator accepted the key at the other end.
    bool probe{false}; ///< It only wants to know who is there; the connection is for nothing else.
};

[[nodiscard]] QJsonObject toJson(const Hello& hello);
/// Checks everything, the range of protocols first: a newer side may say more and other things.
/// Errors: VersionMismatch, ProtocolError.
[[nodiscard]] Result<Hello> helloFromJson(const QJsonObject& json);

} // namespace lockstep
