// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Text.h"

#include <QByteArray>
#include <QJsonObject>
#include <QJsonValue>

#include <variant>

/// JSON-RPC 2.0 as the control channel uses it: no batches, `params` and `result` are objects, our
/// own ids are positive numbers. Source: jsonrpc.org/specification.
namespace lockstep::rpc {

inline constexpr int parseError = -32700;
inline constexpr int invalidRequest = -32600;
inline constexpr int methodNotFound = -32601;
inline constexpr int invalidParams = -32602;
/// A handler failed; `data` has its stable `name` and `remedy`.
inline constexpr int failed = -32000;

struct Request
{
    QJsonValue id; ///< Undefined for a notification.
    QString method;
    QJsonObject params;
    [[nodiscard]] bool isNotification() const { return id.isUndefined(); }
};

struct Response
{
    qint64 id{0};
    Result<QJsonObject> result;
};

/// A message that is none; to be answered with this error.
struct Fault
{
    QJsonValue id; ///< Null if the message had no usable one.
    int code{0};
    QString message;
    [[nodiscard]] bool breaksProtocol() const
    {
        return code == parseError || code == invalidRequest;
    }
};

using Message = std::variant<Request, Response, Fault>;

[[nodiscard]] Message parse(const QByteArray& text);

[[nodiscard]] QByteArray request(qint64 id, const QString& method, const QJsonObject& params);
[[nodiscard]] QByteArray notification(const QString& method, const QJsonObject& params);
[[nodiscard]] QByteArray response(const QJsonValue& id, const Result<QJsonObject>& result);
[[nodiscard]] QByteArray response(const Fault& fault);

} // namespace lockstep::rpc
