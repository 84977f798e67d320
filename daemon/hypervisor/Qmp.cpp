// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Qmp.h"

#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace lockstep {

QByteArray qmpCommand(const QString& command, const QJsonObject& arguments)
{
    QJsonObject request{{u"execute"_s, command}};
    if (!arguments.isEmpty())
        request.insert(u"arguments"_s, arguments);
    return QJsonDocument{request}.toJson(QJsonDocument::Compact);
}

Result<QJsonValue> qmpReturn(const QByteArray& reply)
{
    QJsonParseError problem;
    const QJsonObject object = QJsonDocument::fromJson(reply, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return failure(Errc::Malformed, u"QEMU's reply is no JSON: "_s + problem.errorString());
    if (const auto value = object.constFind("return"_L1); value != object.constEnd())
        return value.value();
    const QJsonObject error = object.value("error"_L1).toObject();
    if (error.isEmpty())
        return failure(Errc::Malformed, u"QEMU's reply has neither a result nor an error"_s);
    return failure(Errc::Refused,
                   error.value("class"_L1).toString() + u": "_s
                       + error.value("desc"_L1).toString());
}

QJsonObject qmpEventData(const QByteArray& details)
{
    return QJsonDocument::fromJson(details).object();
}

} // namespace lockstep
