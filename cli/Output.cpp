// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Output.h"

#include "base/Text.h"
#include "cli/Format.h"
#include "cli/Terminal.h"

#include <QJsonDocument>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

void printJson(const QJsonObject& object)
{
    write(Stream::Out, QString::fromUtf8(QJsonDocument{object}.toJson(QJsonDocument::Indented)));
}

void printJsonArray(const QJsonArray& array)
{
    write(Stream::Out, QString::fromUtf8(QJsonDocument{array}.toJson(QJsonDocument::Indented)));
}

void printJsonLine(const QJsonObject& object)
{
    writeLine(Stream::Out, QString::fromUtf8(QJsonDocument{object}.toJson(QJsonDocument::Compact)));
}

int printError(const Error& error, bool json)
{
    if (json) {
        printJson({{u"error"_s, errorToJson(error)}});
    } else {
        const QString label =
            hasColours(Stream::Err) ? painted(u"error:"_s, Colour::Red) : u"error:"_s;
        writeLine(Stream::Err, label + u' ' + printable(error.message().simplified()));
        writeLine(Stream::Err, u"  what to do: "_s + printable(error.remedy().simplified()));
    }
    return info(error.code()).exitStatus;
}

int printErrorLine(const Error& error)
{
    printJsonLine({{u"error"_s, errorToJson(error)}});
    return info(error.code()).exitStatus;
}

Error errorFromJson(const QJsonObject& error)
{
    return {errcFromName(error[u"name"].toString()).value_or(Errc::Internal),
            error[u"message"].toString(), error[u"remedy"].toString()};
}

QJsonObject errorToJson(const Error& error)
{
    return {{u"name"_s, QString{info(error.code()).name}},
            {u"message"_s, error.message()},
            {u"remedy"_s, error.remedy()}};
}

} // namespace lockstep::cli
