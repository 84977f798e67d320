// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Findings.h"

#include <QJsonObject>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

int count(const QJsonArray& findings, QLatin1StringView severity)
{
    int found = 0;
    for (const auto& finding : findings)
        found += finding.toObject()[u"severity"] == severity ? 1 : 0;
    return found;
}

QString counted(int number, const QString& noun)
{
    return number == 1 ? u"1 %1"_s.arg(noun) : u"%1 %2s"_s.arg(number).arg(noun);
}

} // namespace lockstep::cli
