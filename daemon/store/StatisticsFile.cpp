// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/StatisticsFile.h"

#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

StatisticsFile::StatisticsFile(QString path)
    : m_database{
          std::move(path),
          {.contents = u"statistics"_s,
           .schema = schema,
           .settings = {u"PRAGMA journal_mode=WAL"_s, u"PRAGMA synchronous=FULL"_s,
                        u"PRAGMA journal_size_limit=4194304"_s, u"PRAGMA max_page_count=262144"_s},
           .table = u"CREATE TABLE piece (uuid TEXT NOT NULL, kind INTEGER NOT NULL, "
                    "key INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (uuid, kind, key))"_s,
           .count = u"SELECT count(*) FROM piece"_s,
           .isChecked = false}}
{ }

Result<void> StatisticsFile::save(const QList<StatisticsRow>& rows, const OldestKeys& oldest)
{
    if (auto opened = m_database.open(); !opened)
        return opened;
    if (auto begun = m_database.run(u"BEGIN"_s); !begun)
        return begun;
    return m_database.end(write(rows, oldest));
}

Result<void> StatisticsFile::write(const QList<StatisticsRow>& rows, const OldestKeys& oldest)
{
    QSqlQuery query{m_database.handle()};
    query.prepare(u"INSERT OR REPLACE INTO piece (uuid, kind, key, data) VALUES (?, ?, ?, ?)"_s);
    for (const StatisticsRow& row : rows) {
        query.addBindValue(row.uuid);
        query.addBindValue(row.kind);
        query.addBindValue(row.key);
        query.addBindValue(row.data);
        if (!query.exec())
            return std::unexpected{m_database.noted(query.lastError())};
    }
    query.prepare(u"DELETE FROM piece WHERE kind = ? AND key < ?"_s);
    for (const auto& [kind, key] : oldest.asKeyValueRange()) {
        query.addBindValue(kind);
        query.addBindValue(key);
        if (!query.exec())
            return std::unexpected{m_database.noted(query.lastError())};
    }
    return {};
}

Result<QList<StatisticsRow>> StatisticsFile::load()
{
    if (auto opened = m_database.open(); !opened)
        return std::unexpected{opened.error()};
    QSqlQuery query{m_database.handle()};
    query.setForwardOnly(true);
    if (!query.exec(u"SELECT uuid, kind, key, data FROM piece ORDER BY uuid, kind, key"_s))
        return std::unexpected{m_database.noted(query.lastError())};
    QList<StatisticsRow> found;
    while (query.next()) {
        found.append({.uuid = query.value(0).toString(),
                      .kind = query.value(1).toInt(),
                      .key = query.value(2).toLongLong(),
                      .data = query.value(3).toByteArray()});
    }
    if (query.lastError().isValid())
        return std::unexpected{m_database.noted(query.lastError())};
    return found;
}

Result<void> StatisticsFile::forget(const QString& uuid)
{
    if (auto opened = m_database.open(); !opened)
        return opened;
    QSqlQuery query{m_database.handle()};
    query.prepare(u"DELETE FROM piece WHERE uuid = ?"_s);
    query.addBindValue(uuid);
    if (!query.exec())
        return std::unexpected{m_database.noted(query.lastError())};
    return {};
}

} // namespace lockstep
