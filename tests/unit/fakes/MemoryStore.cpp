// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/MemoryStore.h"

#include <algorithm>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

Task<Result<void>> MemoryStore::save(QString collection, QString key, QJsonObject document)
{
    (void)co_await pause(delay);
    if (full && ++refusals > 0)
        co_return failure(Errc::StoreError, u"the disk is full"_s);
    documents[collection][key] = document;
    if (m_journal)
        m_journal->append(u"store %1 %2"_s.arg(document[u"state"].toString())
                              .arg(document[u"epoch"].toInteger()));
    co_return {};
}

Task<Result<void>> MemoryStore::remove(QString collection, QString key)
{
    (void)co_await pause(delay);
    if (full && ++refusals > 0)
        co_return failure(Errc::StoreError, u"the disk is full"_s);
    documents[collection].remove(key);
    if (m_journal)
        m_journal->append(u"store removed"_s);
    co_return {};
}

Task<Result<QMap<QString, QJsonObject>>> MemoryStore::load(QString collection)
{
    (void)co_await pause(loadDelay);
    co_return documents.value(collection);
}

Task<Result<void>> MemoryStore::append(HistoryEntry entry)
{
    (void)co_await pause(0ms);
    if (full)
        co_return failure(Errc::StoreError, u"the disk is full"_s);
    entries.append(entry);
    co_return {};
}

Task<Result<QList<HistoryEntry>>> MemoryStore::history(HistoryQuery query)
{
    (void)co_await pause(0ms);
    if (full)
        co_return failure(Errc::StoreError, u"the disk is full"_s);
    QList<HistoryEntry> found;
    for (const HistoryEntry& entry : std::as_const(entries)) {
        const bool wanted =
            query.domain.isEmpty() || query.domain == entry.uuid || query.domain == entry.domain;
        if (entry.id > query.since && wanted)
            found.append(entry);
    }
    if (query.order == HistoryQuery::Order::NewestFirst)
        std::ranges::reverse(found);
    found.resize(std::min<qsizetype>(found.size(), query.limit));
    co_return found;
}

} // namespace lockstep::test
