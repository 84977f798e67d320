// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/JsonRpc.h"

#include <QJsonDocument>

#include <cmath>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace rpc {

namespace {

constexpr double largestExact = 9'007'199'254'740'992.0; // 2^53: beyond it JSON numbers lose digits

QByteArray toText(QJsonObject message)
{
    message.insert(u"jsonrpc"_s, u"2.0"_s);
    return QJsonDocument{message}.toJson(QJsonDocument::Compact);
}

Message fault(const QJsonValue& id, int code, const QString& message)
{
    return Fault{id.isString() || id.isDouble() ? id : QJsonValue{QJsonValue::Null}, code, message};
}

Error remoteError(const QJsonObject& error)
{
    const QString message = printable(error[u"message"_s].toString());
    const QJsonObject data = error[u"data"_s].toObject();
    switch (error[u"code"_s].toInt()) {
    case failed: {
        const auto code = errcFromName(data[u"name"_s].toString());
        return {code.value_or(Errc::PeerRefused), message, printable(data[u"remedy"_s].toString())};
    }
    case methodNotFound:
    case invalidParams:
        return {Errc::ProtocolError,
                u"the other host does not know the request: %1"_s.arg(message)};
    default:
        return {Errc::ProtocolError, u"the other host refused the message: %1"_s.arg(message)};
    }
}

Message parseResponse(const QJsonObject& message)
{
    const QJsonValue id = message[u"id"_s];
    const bool hasResult = message.contains(u"result"_s);
    const bool hasError = message.contains(u"error"_s);
    const QJsonValue error = message[u"error"_s];
    if (hasResult == hasError || (hasError && !error.isObject()))
        return fault(id, invalidRequest, u"neither request nor response"_s);
    if (id.isNull() && hasError) // the other side could not read what we sent
        return Response{0, std::unexpected{remoteError(error.toObject())}};
    const double number = id.toDouble();
    if (!id.isDouble() || number < 1 || number > largestExact || number != std::floor(number))
        return fault({}, invalidRequest, u"a response to a request that was never sent"_s);
    if (hasError)
        return Response{static_cast<qint64>(number),
                        std::unexpected{remoteError(error.toObject())}};
    if (!message[u"result"_s].isObject()) {
        return Response{static_cast<qint64>(number),
                        failure(Errc::Malformed, u"the other host's answer is not an object"_s)};
    }
    return Response{static_cast<qint64>(number), message[u"result"_s].toObject()};
}

} // namespace

Message parse(const QByteArray& text)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError)
        return fault({}, parseError, u"not JSON: %1"_s.arg(error.errorString()));
    if (!document.isObject())
        return fault({}, invalidRequest, u"not an object"_s);
    const QJsonObject message = document.object();
    const QJsonValue id = message[u"id"_s];
    if (message[u"jsonrpc"_s] != u"2.0"_s)
        return fault(id, invalidRequest, u"not JSON-RPC 2.0"_s);
    if (!message.contains(u"method"_s))
        return parseResponse(message);
    if (!message[u"method"_s].isString() || (!id.isUndefined() && !id.isString() && !id.isDouble()))
        return fault(id, invalidRequest, u"method or id is of the wrong type"_s);
    const QJsonValue params = message[u"params"_s];
    if (!params.isUndefined() && !params.isObject())
        return fault(id, invalidParams, u"params must be an object"_s);
    return Request{id, message[u"method"_s].toString(), params.toObject()};
}

QByteArray request(qint64 id, const QString& method, const QJsonObject& params)
{
    return toText({{u"id"_s, id}, {u"method"_s, method}, {u"params"_s, params}});
}

QByteArray notification(const QString& method, const QJsonObject& params)
{
    return toText({{u"method"_s, method}, {u"params"_s, params}});
}

QByteArray response(const QJsonValue& id, const Result<QJsonObject>& result)
{
    if (result)
        return toText({{u"id"_s, id}, {u"result"_s, *result}});
    const Error& error = result.error();
    const QJsonObject data{{u"name"_s, QString{info(error.code()).name}},
                           {u"remedy"_s, error.remedy()}};
    return toText(
        {{u"id"_s, id},
         {u"error"_s,
          QJsonObject{{u"code"_s, failed}, {u"message"_s, error.message()}, {u"data"_s, data}}}});
}

QByteArray response(const Fault& fault)
{
    return toText(
        {{u"id"_s, fault.id},
         {u"error"_s, QJsonObject{{u"code"_s, fault.code}, {u"message"_s, fault.message}}}});
}

} // namespace rpc

} // namespace lockstep
