// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/StatisticsFile.h"

#include <QSet>
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

Result<void> StatisticsFile::save(const QList<StatisticsRow>& rows, const KeptKeys& kept)
{
    if (auto opened = m_database.open(); !opened)
        return opened;
    if (auto begun = m_database.run(u"BEGIN"_s); !begun)
        return begun;
    return m_database.end(write(rows, kept));
}

Result<void> StatisticsFile::write(const QList<StatisticsRow>& rows, const KeptKeys& kept)
{
    QSqlQuery query{m_database.handle()};
    // First, so that there is room for the others: the file must not stay full for ever.
    QSet<QString> domains;
    for (const StatisticsRow& row : rows)
        domains.insert(row.uuid);
    for (const QString& uuid : std::as_const(domains)) {
        for (const auto& [kind, keys] : kept.asKeyValueRange()) {
            if (auto done = forget(uuid, kind, keys); !done)
                return done;
        }
    }
    query.prepare(u"INSERT OR REPLACE INTO piece (uuid, kind, key, data) VALUES (?, ?, ?, ?)"_s);
    for (const StatisticsRow& row : rows) {
        query.addBindValue(row.uuid);
        query.addBindValue(row.kind);
        query.addBindValue(row.key);
        query.addBindValue(row.data);
        if (!query.exec())
            return std::unexpected{m_database.noted(query.lastError())};
    }
    return {};
}

/// All but these keys. Each is looked up in the index: no other page is read.
Result<void> StatisticsFile::forget(const QString& uuid, int kind, const KeyRange& kept)
{
    QSqlQuery query{m_database.handle()};
    const auto drop = [&](const QString& which, qint64 key) {
        query.prepare(u"DELETE FROM piece WHERE uuid = ? AND kind = ? AND key "_s + which);
        query.addBindValue(uuid);
        query.addBindValue(kind);
        query.addBindValue(key);
        return query.exec();
    };
    if (!drop(u"< ?"_s, kept.first) || !drop(u"> ?"_s, kept.last))
        return std::unexpected{m_database.noted(query.lastError())};
    return {};
}

// Damage may show only when a page is read that nothing else needs. The file is closed then, and
// set aside when it is opened again.
Result<QStringList> StatisticsFile::domains()
{
    if (auto found = readDomains())
        return found;
    return readDomains();
}

Result<QList<StatisticsRow>> StatisticsFile::load(const QString& uuid)
{
    if (auto found = read(uuid))
        return found;
    return read(uuid);
}

Result<QStringList> StatisticsFile::readDomains()
{
    if (auto opened = m_database.open(); !opened)
        return std::unexpected{opened.error()};
    QSqlQuery query{m_database.handle()};
    query.setForwardOnly(true);
    if (!query.exec(u"SELECT DISTINCT uuid FROM piece ORDER BY uuid"_s))
        return std::unexpected{m_database.noted(query.lastError())};
    QStringList found;
    while (query.next())
        found.append(query.value(0).toString());
    if (query.lastError().isValid())
        return std::unexpected{m_database.noted(query.lastError())};
    return found;
}

Result<QList<StatisticsRow>> StatisticsFile::read(const QString& uuid)
{
    if (auto opened = m_database.open(); !opened)
        return std::unexpected{opened.error()};
    QSqlQuery query{m_database.handle()};
    query.setForwardOnly(true);
    query.prepare(u"SELECT kind, key, data FROM piece WHERE uuid = ? ORDER BY kind, key"_s);
    query.addBindValue(uuid);
    if (!query.exec())
        return std::unexpected{m_database.noted(query.lastError())};
    QList<StatisticsRow> found;
    while (query.next()) {
        found.append({.uuid = uuid,
                      .kind = query.value(0).toInt(),
                      .key = query.value(1).toLongLong(),
                      .data = query.value(2).toByteArray()});
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
