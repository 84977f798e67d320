// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

QString orDash(const QString& text) { return text.isEmpty() ? u"-"_s : text; }

/// Whether it could be protected, and if not, why.
QString protectableWord(const QJsonObject& domain)
{
    if (domain[u"protectable"].toBool())
        return u"yes"_s;
    for (const auto& value : domain[u"findings"].toArray()) {
        const QJsonObject finding = value.toObject();
        if (finding[u"severity"].toString() == "error"_L1)
            return u"no: %1"_s.arg(finding[u"message"].toString());
    }
    return u"no: it is paired already"_s;
}

} // namespace

Result<int> listAllDomains(bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto domains = daemon->domains();
    if (!domains)
        return std::unexpected{domains.error()};
    if (json) {
        printJson({{u"domains"_s, *domains}});
        return 0;
    }
    Table table{
        {u"ID"_s, u"DOMAIN"_s, u"STATE"_s, u"ROLE"_s, u"PAIR"_s, u"PEER"_s, u"PROTECTABLE"_s}};
    for (const auto& value : *domains) {
        const QJsonObject domain = value.toObject();
        const auto id = domain[u"id"];
        table.addRow({id.isDouble() ? QString::number(id.toInteger()) : u"-"_s,
                      domain[u"name"].toString(), domain[u"state"].toString(),
                      orDash(domain[u"role"].toString()), orDash(domain[u"pair-state"].toString()),
                      orDash(domain[u"peer"].toString()), protectableWord(domain)},
                     4);
    }
    if (table.isEmpty())
        writeLine(Stream::Err, u"libvirt has no domain on this host"_s);
    else
        table.print();
    return 0;
}

} // namespace lockstep::cli
