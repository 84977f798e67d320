// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ChangeText.h"

#include "base/PairSettingTable.h"
#include "pair/RecordEvent.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// "auto-protect yes, channels 4 for the next shadow": what differs.
QString describe(const PairSettings& before, const PairSettings& now)
{
    const auto old = before.toJson();
    const auto all = now.toJson();
    QStringList changes;
    for (const PairSetting& setting : pairSettings()) {
        const auto value = all[setting.name];
        if (value == old[setting.name])
            continue;
        changes << u"%1 %2"_s.arg(setting.name, showPairSetting(setting, value))
                + (setting.nextShadow ? u" for the next shadow"_s : QString{});
    }
    return changes.join(u", "_s);
}

} // namespace

QString choiceText(const Protocol& protocol)
{
    const auto period = protocol.periodInForce();
    return period > 0ms ? u"%1 with %2 ms"_s.arg(nameOf(protocol.mode)).arg(period.count())
                        : nameOf(protocol.mode);
}

QString changeText(const PairSettings& before, const PairSettings& now, const QString& why)
{
    const QString set = describe(before, now);
    if (!set.isEmpty())
        return u"settings changed: %1"_s.arg(set);
    const QString picked = u"auto: %1"_s.arg(choiceText(now.protocol));
    return why.isEmpty() ? picked : u"%1: %2"_s.arg(picked, why);
}

PairEvent changeEvent(const PairRecord& now, const PairSettings& before, const QString& why)
{
    PairEvent event = eventOf(now, EventKind::Note);
    event.text = changeText(before, now.settings, why);
    return event;
}

} // namespace lockstep
