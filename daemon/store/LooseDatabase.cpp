// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/LooseDatabase.h"

#include "store/SqlErrors.h"

#include <spdlog/spdlog.h>

#include <QFile>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>
#include <QVariant>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

LooseDatabase::LooseDatabase(QString path, Form form)
    : m_path{std::move(path)},
      m_connection{u"lockstep-%1-%2"_s.arg(form.contents, QUuid::createUuid().toString())},
      m_form{std::move(form)}
{ }

LooseDatabase::~LooseDatabase() { close(); }

void LooseDatabase::close()
{
    m_open = false;
    if (QSqlDatabase::contains(m_connection))
        QSqlDatabase::removeDatabase(m_connection);
}

Error LooseDatabase::noted(const QSqlError& error)
{
    Error told = sqlError(m_path, error);
    if (meansDamage(error)) {
        m_open = false; // closed by open(), when no query uses it any more
        m_suspect = true;
    }
    return told;
}

Result<void> LooseDatabase::run(const QString& statement)
{
    QSqlQuery query{handle()};
    if (!query.exec(statement))
        return std::unexpected{noted(query.lastError())};
    return {};
}

Result<void> LooseDatabase::end(Result<void> outcome)
{
    if (outcome)
        outcome = run(u"COMMIT"_s);
    if (!outcome)
        m_open = run(u"ROLLBACK"_s) && m_open;
    return outcome;
}

Result<std::optional<qint64>> LooseDatabase::number(const QString& statement)
{
    QSqlQuery query{handle()};
    if (query.exec(statement) && query.next())
        return query.value(0).toLongLong();
    if (meansDamage(query.lastError()))
        return std::nullopt;
    return std::unexpected{sqlError(m_path, query.lastError())};
}

Result<void> LooseDatabase::open()
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
            ++m_openings;
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

Result<void> LooseDatabase::makePrivateFile() const
{
    const int file =
        ::open(QFile::encodeName(m_path).constData(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0)
        return failure(Errc::StoreError,
                       u"%1: cannot be opened: %2"_s.arg(m_path, qt_error_string(errno)));
    ::close(file);
    return {};
}

Result<LooseDatabase::State> LooseDatabase::prepare()
{
    const auto found = number(u"PRAGMA user_version"_s);
    if (!found)
        return std::unexpected{found.error()};
    const auto version = *found;
    if (!version)
        return State::Damaged;
    if (*version > m_form.schema) {
        return failure(
            Errc::StoreTooNew,
            u"%1 has schema %2, this lockstepd knows up to %3"_s.arg(m_path).arg(*version).arg(
                m_form.schema));
    }
    if (std::exchange(m_suspect, false) || m_form.isChecked) {
        QSqlQuery check{handle()};
        if (!check.exec(u"PRAGMA quick_check(1)"_s) || !check.next()
            || check.value(0).toString() != "ok"_L1)
            return State::Damaged;
    }
    for (const QString& statement : std::as_const(m_form.settings)) {
        if (auto done = run(statement); !done)
            return std::unexpected{done.error()};
    }
    if (*version == 0) {
        if (auto created = createTable(); !created || *created == State::Damaged)
            return created;
    }
    const auto rows = number(m_form.count);
    if (!rows)
        return std::unexpected{rows.error()};
    m_rows = rows->value_or(0);
    return rows->has_value() ? State::Good : State::Damaged;
}

Result<LooseDatabase::State> LooseDatabase::createTable()
{
    const auto tables = number(u"SELECT count(*) FROM sqlite_master"_s);
    if (!tables)
        return std::unexpected{tables.error()};
    if (tables->value_or(1) > 0)
        return State::Damaged; // a database, but none of ours
    for (const auto& statement :
         {u"BEGIN"_s, m_form.table, u"PRAGMA user_version=%1"_s.arg(m_form.schema), u"COMMIT"_s}) {
        if (auto done = run(statement); !done)
            return std::unexpected{done.error()};
    }
    return State::Good;
}

Result<void> LooseDatabase::setAside()
{
    const QString kept = m_path + u".damaged"_s;
    for (const auto& left : {u"-wal"_s, u"-shm"_s})
        QFile::remove(m_path + left);
    if (::rename(QFile::encodeName(m_path).constData(), QFile::encodeName(kept).constData()) != 0)
        return failure(
            Errc::StoreError,
            u"%1 is damaged and cannot be set aside: %2"_s.arg(m_path, qt_error_string(errno)));
    spdlog::warn("{} is damaged; it was set aside as {}, and new {} begin(s)", m_path.toStdString(),
                 kept.toStdString(), m_form.contents.toStdString());
    return {};
}

} // namespace lockstep
