// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairEvent.h"

#include <QStringList>
#include <QTimeZone>

#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// The words of D-Bus, of the journal and of the command line: never change one that was released.
constexpr std::array kinds{
    std::pair{EventKind::State, "state"_L1},       std::pair{EventKind::Job, "job"_L1},
    std::pair{EventKind::Decision, "decision"_L1}, std::pair{EventKind::Fault, "fault"_L1},
    std::pair{EventKind::Note, "note"_L1},
};

} // namespace

QString toString(EventKind kind)
{
    const auto* const found =
        std::ranges::find_if(kinds, [kind](const auto& entry) { return entry.first == kind; });
    return found == kinds.end() ? QString{} : QString{found->second};
}

std::optional<EventKind> eventKindFromString(QStringView text)
{
    const auto* const found =
        std::ranges::find_if(kinds, [text](const auto& entry) { return text == entry.second; });
    if (found == kinds.end())
        return std::nullopt;
    return found->first;
}

QJsonObject PairEvent::toJson() const
{
    QJsonObject json{{u"time-ms"_s, time.toMSecsSinceEpoch()},
                     {u"event"_s, toString(kind)},
                     {u"severity"_s, toString(severity)},
                     {u"text"_s, text}};
    if (!uuid.value.isNull())
        json[u"uuid"] = toString(uuid);
    if (!domain.isEmpty())
        json[u"domain"] = domain;
    if (role)
        json[u"role"] = toString(*role);
    if (state)
        json[u"state"] = toString(*state);
    if (epoch)
        json[u"epoch"] = static_cast<qint64>(epoch->value);
    if (!peer.isEmpty())
        json[u"peer"] = peer;
    if (!fields.isEmpty())
        json[u"fields"] = fields;
    return json;
}

PairEvent PairEvent::fromJson(quint64 id, const QJsonObject& json)
{
    PairEvent event;
    event.id = id;
    event.time = QDateTime::fromMSecsSinceEpoch(json[u"time-ms"].toInteger(), QTimeZone::UTC);
    event.kind = eventKindFromString(json[u"event"].toString()).value_or(EventKind::Note);
    event.severity = severityFromString(json[u"severity"].toString()).value_or(Severity::Info);
    event.uuid = {QUuid::fromString(json[u"uuid"].toString())};
    event.domain = json[u"domain"].toString();
    event.text = json[u"text"].toString();
    event.role = roleFromString(json[u"role"].toString());
    event.state = pairStateFromString(json[u"state"].toString());
    if (json.contains(u"epoch"))
        event.epoch = Epoch{static_cast<quint64>(json[u"epoch"].toInteger())};
    event.peer = json[u"peer"].toString();
    event.fields = json[u"fields"].toObject();
    return event;
}

QString PairEvent::line() const
{
    QStringList known;
    if (role)
        known << toString(*role);
    if (state)
        known << toString(*state);
    if (epoch)
        known << u"epoch %1"_s.arg(epoch->value);
    if (!peer.isEmpty())
        known << u"peer "_s + peer;
    const QString sentence = domain.isEmpty() ? text : domain + u": "_s + text;
    return known.isEmpty() ? sentence : u"%1 (%2)"_s.arg(sentence, known.join(u", "_s));
}

} // namespace lockstep
