// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/HostReport.h"

#include <QJsonArray>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostFindings = 200;
constexpr qint64 latestMs = 253'402'300'799'999; // the end of year 9999, as late as dates are shown

std::optional<QString> textOf(const QJsonObject& json, QStringView key)
{
    const QJsonValue value = json[key];
    return value.isString() ? std::optional{printable(value.toString())} : std::nullopt;
}

std::unexpected<Error> malformed(const QString& what)
{
    return failure(Errc::ProtocolError, u"the answer to 'doctor' has no valid '%1'"_s.arg(what));
}

Result<Finding> findingFromJson(const QJsonObject& json)
{
    const auto id = textOf(json, u"id");
    const auto severity = textOf(json, u"severity");
    const auto message = textOf(json, u"message");
    const auto remedy = textOf(json, u"remedy");
    if (!id || id->isEmpty() || !severity || !message || !remedy)
        return malformed(u"findings"_s);
    return Finding{.id = *id,
                   .severity = severityFromString(*severity).value_or(Severity::Info),
                   .host = {},
                   .message = *message,
                   .remedy = *remedy};
}

} // namespace

QJsonObject toJson(const HostReport& report)
{
    QJsonArray findings;
    for (const Finding& finding : report.findings) {
        findings.append(QJsonObject{{u"id"_s, finding.id},
                                    {u"severity"_s, toString(finding.severity)},
                                    {u"message"_s, finding.message},
                                    {u"remedy"_s, finding.remedy}});
    }
    return {{u"daemon"_s, report.daemon},
            {u"qemu"_s, report.qemu},
            {u"qemu-package"_s, report.qemuPackage},
            {u"link-device"_s, report.linkDevice},
            {u"link-mtu"_s, report.linkMtu},
            {u"received-ms"_s, report.receivedMs},
            {u"answered-ms"_s, report.answeredMs},
            {u"findings"_s, findings}};
}

Result<HostReport> reportFromJson(const QJsonObject& json)
{
    HostReport report;
    for (const auto& [key, target] :
         {std::pair{u"daemon"_s, &report.daemon}, std::pair{u"qemu"_s, &report.qemu},
          std::pair{u"qemu-package"_s, &report.qemuPackage},
          std::pair{u"link-device"_s, &report.linkDevice}}) {
        const auto text = textOf(json, key);
        if (!text)
            return malformed(key);
        *target = *text;
    }
    report.linkMtu = json[u"link-mtu"].toInt(-1);
    report.receivedMs = json[u"received-ms"].toInteger(-1);
    report.answeredMs = json[u"answered-ms"].toInteger(-1);
    if (report.linkMtu < 0)
        return malformed(u"link-mtu"_s);
    if (report.receivedMs < 0 || report.answeredMs < report.receivedMs
        || report.answeredMs > latestMs)
        return malformed(u"answered-ms"_s);
    const QJsonArray findings = json[u"findings"].toArray();
    if (!json[u"findings"].isArray() || findings.size() > mostFindings)
        return malformed(u"findings"_s);
    for (const auto& entry : findings) {
        auto finding = findingFromJson(entry.toObject());
        if (!finding)
            return std::unexpected{finding.error()};
        report.findings << *std::move(finding);
    }
    return report;
}

} // namespace lockstep::doctor
