// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Chronicle.h"

#include "base/Text.h"
#include "pair/Journal.h"

#include <spdlog/spdlog.h>

#include <QJsonDocument>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

/// More than that wait only for a disk that does not answer.
constexpr int mostWaiting = 1000;

spdlog::level::level_enum levelOf(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return spdlog::level::err;
    case Severity::Warning:
        return spdlog::level::warn;
    case Severity::Info:
    case Severity::Ok:
        break;
    }
    return spdlog::level::info;
}

HistoryEntry entryOf(const PairEvent& event)
{
    const auto isTooLong = [](const QJsonObject& json) {
        return QJsonDocument{json}.toJson(QJsonDocument::Compact).size() > Store::longestEntry;
    };
    HistoryEntry entry{.id = event.id,
                       .uuid = event.uuid.value.isNull() ? QString{} : toString(event.uuid),
                       .domain = event.domain,
                       .document = event.toJson()};
    if (isTooLong(entry.document))
        entry.document.remove(u"fields");
    return entry;
}

} // namespace

Task<void> Chronicle::start()
{
    HistoryQuery query;
    query.limit = 1;
    const auto newest = co_await m_store.history(query);
    if (newest) {
        m_last = newest->isEmpty() ? 0 : newest->first().id;
        co_return;
    }
    spdlog::warn("the history of events cannot be read: {}",
                 newest.error().message().toStdString());
    // Larger than any number that was counted, should it come back.
    m_last = static_cast<quint64>(QDateTime::currentMSecsSinceEpoch());
}

void Chronicle::record(PairEvent event)
{
    event.id = ++m_last;
    if (!event.time.isValid())
        event.time = QDateTime::currentDateTimeUtc();
    // Peers, QEMU and libvirt choose some of it.
    event.text = printable(event.text);
    event.domain = printable(event.domain);
    event.peer = printable(event.peer);
    log(event);
    if (m_waiting < mostWaiting) {
        ++m_waiting;
        m_tasks.add(store(entryOf(event)));
    } else {
        reportLoss(u"the disk does not answer"_s);
    }
    Q_EMIT recorded(event);
}

void Chronicle::log(const PairEvent& event)
{
    const auto level = levelOf(event.severity);
    if (!spdlog::should_log(level))
        return;
    if (!journal::isOurLog() || journal::send(journal::fields(event)) != 0)
        spdlog::log(level, "{}", event.line().toStdString());
}

Task<void> Chronicle::store(HistoryEntry entry)
{
    const auto stored = co_await m_store.append(std::move(entry));
    --m_waiting;
    if (!stored)
        reportLoss(stored.error().message());
}

void Chronicle::reportLoss(const QString& why)
{
    ++m_lost;
    if (m_complaints.take()) {
        spdlog::warn("{} event(s) could not be added to the history: {}", std::exchange(m_lost, 0),
                     why.toStdString());
    }
}

Task<Result<QList<PairEvent>>> Chronicle::events(EventQuery query)
{
    const bool forward = query.since.has_value();
    LOCKSTEP_CO_TRY(entries,
                    co_await m_store.history({.order = forward ? HistoryQuery::Order::OldestFirst
                                                               : HistoryQuery::Order::NewestFirst,
                                              .limit = query.limit,
                                              .since = query.since.value_or(0),
                                              .domain = query.domain}));
    if (!forward)
        std::ranges::reverse(entries);
    QList<PairEvent> events;
    events.reserve(entries.size());
    for (const HistoryEntry& entry : std::as_const(entries))
        events.append(PairEvent::fromJson(entry.id, entry.document));
    co_return events;
}

} // namespace lockstep
