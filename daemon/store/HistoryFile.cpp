// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/HistoryFile.h"

#include "store/SqlErrors.h"

#include <spdlog/spdlog.h>

#include <QFile>
#include <QJsonDocument>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>
#include <QVariant>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace lockstep {

using namespace Qt::StringLiterals;

HistoryFile::HistoryFile(QString path)
    : m_path{std::move(path)}, m_connection{u"lockstep-history-"_s + QUuid::createUuid().toString()}
{ }

HistoryFile::~HistoryFile() { close(); }

void HistoryFile::close()
{
    m_open = false;
    if (QSqlDatabase::contains(m_connection))
        QSqlDatabase::removeDatabase(m_connection);
}

Error HistoryFile::noted(const QSqlError& error)
{
    Error told = sqlError(m_path, error);
    if (meansDamage(error))
        m_open = false; // closed by open(), when no query uses it any more
    return told;
}

Result<void> HistoryFile::run(const QString& statement)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    if (!query.exec(statement))
        return std::unexpected{noted(query.lastError())};
    return {};
}

Result<std::optional<qint64>> HistoryFile::number(const QString& statement)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    if (query.exec(statement) && query.next())
        return query.value(0).toLongLong();
    if (meansDamage(query.lastError()))
        return std::nullopt;
    return std::unexpected{sqlError(m_path, query.lastError())};
}

Result<void> HistoryFile::open()
{
    if (m_open)
        return {};
    for (const bool again : {false, true}) {
        close();
        if (auto made = makePrivateFile(); !made)
            return made;
        auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_connection);
        database.setDatabaseName(m_path);
        if (!database.open())
            return std::unexpected{sqlError(m_path, database.lastError())};
        database = {};
        const auto state = prepare();
        if (!state) {
            close();
            return std::unexpected{state.error()};
        }
        if (*state == State::Good) {
            m_open = true;
            return {};
        }
        close();
        if (again)
            break;
        if (auto gone = setAside(); !gone)
            return gone;
    }
    return failure(Errc::StoreError, u"%1 is damaged as soon as it is made"_s.arg(m_path));
}

Result<void> HistoryFile::makePrivateFile() const
{
    const int file =
        ::open(QFile::encodeName(m_path).constData(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0)
        return failure(Errc::StoreError,
                       u"%1: cannot be opened: %2"_s.arg(m_path, qt_error_string(errno)));
    ::close(file);
    return {};
}

Result<HistoryFile::State> HistoryFile::prepare()
{
    const auto found = number(u"PRAGMA user_version"_s);
    if (!found)
        return std::unexpected{found.error()};
    const auto version = *found;
    if (!version)
        return State::Damaged;
    if (*version > schema) {
        return failure(
            Errc::StoreTooNew,
            u"%1 has schema %2, this lockstepd knows up to %3"_s.arg(m_path).arg(*version).arg(
                schema));
    }
    QSqlQuery check{QSqlDatabase::database(m_connection)};
    if (!check.exec(u"PRAGMA quick_check(1)"_s) || !check.next()
        || check.value(0).toString() != "ok"_L1)
        return State::Damaged;
    check.finish();
    constexpr auto settings =
        std::array{"PRAGMA journal_mode=WAL"_L1, "PRAGMA synchronous=NORMAL"_L1,
                   "PRAGMA journal_size_limit=4194304"_L1, "PRAGMA max_page_count=12288"_L1};
    for (const auto& statement : settings) {
        if (auto done = run(statement); !done)
            return std::unexpected{done.error()};
    }
    if (*version == 0) {
        if (auto created = createTable(); !created || *created == State::Damaged)
            return created;
    }
    const auto rows = number(u"SELECT count(*) FROM event"_s);
    if (!rows)
        return std::unexpected{rows.error()};
    m_rows = rows->value_or(0);
    return rows->has_value() ? State::Good : State::Damaged;
}

Result<HistoryFile::State> HistoryFile::createTable()
{
    const auto tables = number(u"SELECT count(*) FROM sqlite_master"_s);
    if (!tables)
        return std::unexpected{tables.error()};
    if (tables->value_or(1) > 0)
        return State::Damaged; // a database, but none of ours
    for (const auto& statement :
         {u"BEGIN"_s,
          u"CREATE TABLE event (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, domain TEXT NOT NULL, "
          "json TEXT NOT NULL)"_s,
          u"PRAGMA user_version=%1"_s.arg(schema), u"COMMIT"_s}) {
        if (auto done = run(statement); !done)
            return std::unexpected{done.error()};
    }
    return State::Good;
}

Result<void> HistoryFile::setAside()
{
    const QString kept = m_path + u".damaged"_s;
    for (const auto& left : {u"-wal"_s, u"-shm"_s})
        QFile::remove(m_path + left);
    if (::rename(QFile::encodeName(m_path).constData(), QFile::encodeName(kept).constData()) != 0)
        return failure(
            Errc::StoreError,
            u"%1 is damaged and cannot be set aside: %2"_s.arg(m_path, qt_error_string(errno)));
    spdlog::warn("{} is damaged; it was set aside as {}, and a new history begins",
                 m_path.toStdString(), kept.toStdString());
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
    if (auto begun = run(u"BEGIN"_s); !begun)
        return begun;
    auto inserted = insert(entry, QString::fromUtf8(json));
    if (inserted)
        inserted = run(u"COMMIT"_s);
    if (!inserted)
        m_open = run(u"ROLLBACK"_s) && m_open;
    else
        m_rows = std::min<qint64>(m_rows + 1, Store::keptEntries);
    return inserted;
}

Result<void> HistoryFile::insert(const HistoryEntry& entry, const QString& json)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    if (const qint64 surplus = m_rows + 1 - Store::keptEntries; surplus > 0) {
        query.prepare(
            u"DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?)"_s);
        query.addBindValue(surplus);
        if (!query.exec())
            return std::unexpected{noted(query.lastError())};
    }
    query.prepare(u"INSERT INTO event (id, uuid, domain, json) VALUES (?, ?, ?, ?)"_s);
    query.addBindValue(entry.id);
    // Not null, as Qt has an empty string without a value.
    query.addBindValue(entry.uuid.isNull() ? u""_s : entry.uuid);
    query.addBindValue(entry.domain.isNull() ? u""_s : entry.domain);
    query.addBindValue(json);
    if (!query.exec())
        return std::unexpected{noted(query.lastError())};
    return {};
}

Result<QList<HistoryEntry>> HistoryFile::query(const HistoryQuery& wanted)
{
    if (auto opened = open(); !opened)
        return std::unexpected{opened.error()};
    QSqlQuery query{QSqlDatabase::database(m_connection)};
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
        return std::unexpected{noted(query.lastError())};
    QList<HistoryEntry> found;
    while (query.next()) {
        const auto json = query.value(3).toString().toUtf8();
        found.append({.id = query.value(0).toULongLong(),
                      .uuid = query.value(1).toString(),
                      .domain = query.value(2).toString(),
                      .document = QJsonDocument::fromJson(json).object()});
    }
    if (query.lastError().isValid())
        return std::unexpected{noted(query.lastError())};
    return found;
}

} // namespace lockstep
