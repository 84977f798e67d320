// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/HistoryFile.h"

#include <QJsonDocument>
#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>

#include <algorithm>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

HistoryFile::HistoryFile(QString path)
    : m_database{
          std::move(path),
          {.contents = u"history"_s,
           .schema = schema,
           .settings = {u"PRAGMA journal_mode=WAL"_s, u"PRAGMA synchronous=NORMAL"_s,
                        u"PRAGMA journal_size_limit=4194304"_s, u"PRAGMA max_page_count=12288"_s},
           .table = u"CREATE TABLE event (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, "
                    "domain TEXT NOT NULL, json TEXT NOT NULL)"_s,
           .count = u"SELECT count(*) FROM event"_s,
           .isChecked = true}}
{ }

Result<void> HistoryFile::open()
{
    if (auto opened = m_database.open(); !opened)
        return opened;
    if (std::exchange(m_opening, m_database.openings()) != m_database.openings())
        m_rows = m_database.rowsAtOpening();
    return {};
}

Result<void> HistoryFile::append(const HistoryEntry& entry)
{
    const QByteArray json = QJsonDocument{entry.document}.toJson(QJsonDocument::Compact);
    if (json.size() > Store::longestEntry)
        return failure(Errc::StoreError,
                       u"an entry of %1 bytes is too long for the history"_s.arg(json.size()));
    if (auto opened = open(); !opened)
        return opened;
    if (auto begun = m_database.run(u"BEGIN"_s); !begun)
        return begun;
    auto inserted = m_database.end(insert(entry, QString::fromUtf8(json)));
    if (inserted)
        m_rows = std::min<qint64>(m_rows + 1, Store::keptEntries);
    return inserted;
}

Result<void> HistoryFile::insert(const HistoryEntry& entry, const QString& json)
{
    QSqlQuery query{m_database.handle()};
    if (const qint64 surplus = m_rows + 1 - Store::keptEntries; surplus > 0) {
        query.prepare(
            u"DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?)"_s);
        query.addBindValue(surplus);
        if (!query.exec())
            return std::unexpected{m_database.noted(query.lastError())};
    }
    query.prepare(u"INSERT INTO event (id, uuid, domain, json) VALUES (?, ?, ?, ?)"_s);
    query.addBindValue(entry.id);
    // Not null, as Qt has an empty string without a value.
    query.addBindValue(entry.uuid.isNull() ? u""_s : entry.uuid);
    query.addBindValue(entry.domain.isNull() ? u""_s : entry.domain);
    query.addBindValue(json);
    if (!query.exec())
        return std::unexpected{m_database.noted(query.lastError())};
    return {};
}

Result<QList<HistoryEntry>> HistoryFile::query(const HistoryQuery& wanted)
{
    if (auto opened = open(); !opened)
        return std::unexpected{opened.error()};
    QSqlQuery query{m_database.handle()};
    query.setForwardOnly(true);
    query.prepare(
        u"SELECT id, uuid, domain, json FROM event WHERE id > ? %1 ORDER BY id %2 LIMIT ?"_s.arg(
            wanted.domain.isEmpty() ? u""_s : u"AND ? IN (uuid, domain)"_s,
            wanted.order == HistoryQuery::Order::OldestFirst ? u"ASC"_s : u"DESC"_s));
    query.addBindValue(wanted.since);
    if (!wanted.domain.isEmpty())
        query.addBindValue(wanted.domain);
    query.addBindValue(wanted.limit);
    if (!query.exec())
        return std::unexpected{m_database.noted(query.lastError())};
    QList<HistoryEntry> found;
    while (query.next()) {
        const auto json = query.value(3).toString().toUtf8();
        found.append({.id = query.value(0).toULongLong(),
                      .uuid = query.value(1).toString(),
                      .domain = query.value(2).toString(),
                      .document = QJsonDocument::fromJson(json).object()});
    }
    if (query.lastError().isValid())
        return std::unexpected{m_database.noted(query.lastError())};
    return found;
}

} // namespace lockstep
