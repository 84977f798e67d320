// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/PairSettingTable.h"
#include "fakes/TwoHosts.h"
#include "pair/SettingsFlow.h"
#include "replication/Names.h"

namespace lockstep::test {

/// A pair that changes its mode, whose order of steps is watched (docs/qemu.md, trap 20).
struct ModeHosts : TwoHosts
{
    ModeHosts() : TwoHosts{ArbiterKind::Manual, false} { }

    [[nodiscard]] bool start()
    {
        if (!beginProtected())
            return false;
        onAlpha = std::make_unique<SettingsFlow>(alpha.parts, *alpha.drivers);
        onBeta = std::make_unique<SettingsFlow>(beta.parts, *beta.drivers);
        for (FakeHost* const host : {&alpha, &beta})
            host->qemu().seen = [this](int) { look(); };
        QObject::connect(&alpha.hypervisor, &Hypervisor::qmpEvent,
                         [this](const DomainUuid&, const QString& name) {
                             if (name == u"RESUME")
                                 onCheckpoint();
                         });
        return true;
    }
    [[nodiscard]] Result<void> set(QLatin1StringView name, const QJsonValue& value) const
    {
        SettingsChange wanted;
        wanted.settings.insert(name, value);
        return change(wanted);
    }
    [[nodiscard]] Result<void> change(const SettingsChange& wanted) const
    {
        return QCoro::waitFor(onAlpha->change(webUuid(), wanted));
    }
    /// As a governor does.
    [[nodiscard]] Result<void> pick(Choice choice) const
    {
        return QCoro::waitFor(
            onAlpha->applyChoice(webUuid(), choice, QStringLiteral("answers differ")));
    }
    [[nodiscard]] static PairSettings saved(const FakeHost& host)
    {
        const auto record = host.pairs.find(webUuid());
        return record ? record->settings : PairSettings{};
    }
    /// What the host's history says of what auto did, oldest first.
    [[nodiscard]] static QStringList picked(FakeHost& host)
    {
        const auto events = QCoro::waitFor(host.chronicle.events({}));
        QStringList texts;
        for (const PairEvent& event : events.value_or(QList<PairEvent>{})) {
            if (event.text.startsWith(u"auto: "))
                texts.append(event.text);
        }
        return texts;
    }
    [[nodiscard]] QJsonObject object(FakeHost& host, QStringView part)
    {
        return host.qemu().objects.value(names::nic(QStringLiteral("net0"), part));
    }
    [[nodiscard]] bool isOn(FakeHost& host, QStringView part)
    {
        return host.hypervisor.runs(webUuid())
            && object(host, part)[u"status"].toString(QStringLiteral("on")) == u"on";
    }
    /// No answer of a shadow may count that has not got all requests, and none that it has given
    /// may be left when it does not get them any more.
    void look()
    {
        const bool mirrors = isOn(alpha, u"mirror");
        const bool answers = isOn(beta, u"answers");
        hasMissed = hasMissed || !mirrors;
        hasAnswered = hasAnswered || answers;
        violated = violated || (answers && hasMissed) || (!mirrors && hasAnswered);
    }
    void onCheckpoint()
    {
        look();
        hasMissed = !isOn(alpha, u"mirror");
        hasAnswered = isOn(beta, u"answers");
    }
    [[nodiscard]] bool isSafe()
    {
        look();
        return !violated;
    }
    [[nodiscard]] QString savedMode(FakeHost& host)
    {
        return host.pairs.find(webUuid())->settings.toJson()[pair_setting::mode].toString();
    }
    /// E.g. "mirror answers 300/50".
    [[nodiscard]] QString rules()
    {
        const QJsonObject compare = object(alpha, u"compare");
        return (isOn(alpha, u"mirror") ? QStringLiteral("mirror ") : QString{})
            + (isOn(beta, u"answers") ? QStringLiteral("answers ") : QString{})
            + QStringLiteral("%1/%2")
                  .arg(compare[u"compare_timeout"].toInt())
                  .arg(compare[u"expired_scan_cycle"].toInt());
    }

    std::unique_ptr<SettingsFlow> onAlpha;
    std::unique_ptr<SettingsFlow> onBeta;
    bool hasMissed{false};
    bool hasAnswered{false};
    bool violated{false};
};

} // namespace lockstep::test
