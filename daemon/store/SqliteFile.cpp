// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteFile.h"

#include "store/SqlErrors.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>
#include <QVariant>

#include <fcntl.h>
#include <unistd.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto restoreAdvice =
    "Put a backup back as %1, or, if no protected domain was running, remove %2 to start afresh; "
    "then start lockstepd."_L1;

std::unexpected<Error> systemError(const QString& path, const QString& what)
{
    return failure(Errc::StoreError, u"%1: %2: %3"_s.arg(path, what, qt_error_string(errno)));
}

void syncFolder(const QString& path)
{
    const int folder = ::open(QFile::encodeName(QFileInfo{path}.path()).constData(),
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    ::fsync(folder); // not every file system can; the data itself is synced by SQLite
    ::close(folder);
}

} // namespace

SqliteFile::SqliteFile(QString path)
    : m_path{std::move(path)}, m_connection{u"lockstep-store-"_s + QUuid::createUuid().toString()}
{ }

SqliteFile::~SqliteFile() { closeConnection(); }

Result<void> SqliteFile::open()
{
    const QFileInfo file{m_path};
    if (!file.exists()) {
        const QStringList damaged =
            file.dir().entryList({file.fileName() + u".damaged-*"_s}, QDir::Files);
        if (!damaged.isEmpty()) {
            const QString kept = file.dir().filePath(damaged.join(u" and "_s));
            return failure(Errc::StoreError, u"%1 was damaged and is now %2"_s.arg(m_path, kept),
                           QString{restoreAdvice}.arg(m_path, kept));
        }
        if (QFileInfo::exists(m_path + u"-wal"_s))
            return setAside(u"the file is gone, its log is not"_s);
        if (auto created = create(); !created)
            return created;
    }
    if (auto checked = check(); !checked)
        return checked;
    if (auto opened = openConnection(m_path, {}); !opened)
        return opened;
    for (const auto& statement : {u"PRAGMA journal_mode=WAL"_s, u"PRAGMA synchronous=FULL"_s}) {
        if (auto done = run(statement); !done)
            return done;
    }
    return run(u"DELETE FROM document WHERE 0"_s); // finds out now whether it can be written
}

Result<void> SqliteFile::create()
{
    // Complete before it gets its name: a crash here must not leave an empty database behind.
    const QString fresh = m_path + u".new"_s;
    QFile::remove(fresh);
    const int file =
        ::open(QFile::encodeName(fresh).constData(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        return systemError(fresh, u"cannot be created"_s);
    ::close(file);
    if (auto opened = openConnection(fresh, {}); !opened)
        return opened;
    for (const auto& statement : {u"PRAGMA synchronous=FULL"_s,
                                  u"CREATE TABLE document (collection TEXT NOT NULL, key TEXT NOT "
                                  u"NULL, json TEXT NOT NULL, "
                                  "PRIMARY KEY (collection, key)) WITHOUT ROWID"_s,
                                  u"PRAGMA user_version=%1"_s.arg(schema)}) {
        if (auto done = run(statement); !done)
            return done;
    }
    closeConnection();
    if (::rename(QFile::encodeName(fresh).constData(), QFile::encodeName(m_path).constData()) != 0)
        return systemError(m_path, u"cannot be created"_s);
    syncFolder(m_path);
    return {};
}

Result<void> SqliteFile::check()
{
    if (QFileInfo{m_path}.size() == 0)
        return setAside(u"the file is empty"_s);
    if (::access(QFile::encodeName(m_path).constData(), R_OK | W_OK) != 0)
        return systemError(m_path, u"cannot be used"_s);
    // Read-only: a file that turns out to be newer must stay as it is.
    if (auto opened = openConnection(m_path, u"QSQLITE_OPEN_READONLY"_s); !opened)
        return opened;
    const auto damage = findDamage();
    if (!damage)
        return std::unexpected{damage.error()};
    closeConnection();
    if (!damage->isEmpty())
        return setAside(*damage);
    return {};
}

Result<QString> SqliteFile::findDamage() const
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    const auto unreadable = [&query, this]() -> Result<QString> {
        if (!meansDamage(query.lastError()))
            return std::unexpected{sqlError(m_path, query.lastError())};
        return query.lastError().databaseText();
    };
    if (!query.exec(u"PRAGMA user_version"_s) || !query.next())
        return unreadable();
    const int found = query.value(0).toInt();
    if (found > schema) {
        return failure(
            Errc::StoreTooNew,
            u"%1 has schema %2, this lockstepd knows up to %3"_s.arg(m_path).arg(found).arg(
                schema));
    }
    if (found < 1)
        return u"it is not a database of lockstepd"_s;
    if (!query.exec(u"PRAGMA integrity_check(1)"_s) || !query.next())
        return unreadable();
    if (QString verdict = query.value(0).toString(); verdict != "ok"_L1)
        return verdict;
    if (!query.exec(u"SELECT collection, key, json FROM document LIMIT 1"_s))
        return query.lastError().databaseText();
    return QString{};
}

Result<void> SqliteFile::setAside(const QString& damage)
{
    const QString kept = m_path + u".damaged-"_s
        + QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd'T'HHmmss.zzz'Z'"_s);
    bool moved = !QFileInfo::exists(m_path) || QFile::rename(m_path, kept);
    // The log belongs to the file: what is not yet merged is in there. Its index is made anew.
    const QString log = m_path + u"-wal"_s;
    if (moved && QFileInfo{log}.size() > 0)
        moved = QFile::rename(log, kept + u"-wal"_s);
    if (!moved)
        return systemError(m_path, u"is damaged (%1) and cannot be set aside"_s.arg(damage));
    QFile::remove(log);
    QFile::remove(m_path + u"-shm"_s);
    syncFolder(m_path);
    return failure(Errc::StoreError,
                   u"%1 is damaged (%2); it was set aside as %3"_s.arg(m_path, damage, kept),
                   QString{restoreAdvice}.arg(m_path, kept));
}

Result<void> SqliteFile::openConnection(const QString& path, const QString& options)
{
    closeConnection();
    auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_connection);
    if (!database.isValid())
        return failure(Errc::StoreError, u"Qt's SQLite driver is missing"_s,
                       u"Install libqt6sql6-sqlite."_s);
    database.setDatabaseName(path);
    database.setConnectOptions(options);
    if (!database.open())
        return std::unexpected{sqlError(path, database.lastError())};
    return {};
}

void SqliteFile::closeConnection()
{
    if (QSqlDatabase::contains(m_connection))
        QSqlDatabase::removeDatabase(m_connection);
}

Result<void> SqliteFile::run(const QString& statement)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    if (!query.exec(statement))
        return std::unexpected{sqlError(m_path, query.lastError())};
    return {};
}

Result<void> SqliteFile::save(const QString& collection, const QString& key,
                              const QJsonObject& document)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    query.prepare(u"INSERT INTO document (collection, key, json) VALUES (?, ?, ?) "
                  "ON CONFLICT (collection, key) DO UPDATE SET json = excluded.json"_s);
    query.addBindValue(collection);
    query.addBindValue(key);
    query.addBindValue(QString::fromUtf8(QJsonDocument{document}.toJson(QJsonDocument::Compact)));
    if (!query.exec())
        return std::unexpected{
            sqlError(m_path, query.lastError()).during(u"saving %1 %2"_s.arg(collection, key))};
    return {};
}

Result<void> SqliteFile::remove(const QString& collection, const QString& key)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    query.prepare(u"DELETE FROM document WHERE collection = ? AND key = ?"_s);
    query.addBindValue(collection);
    query.addBindValue(key);
    if (!query.exec())
        return std::unexpected{
            sqlError(m_path, query.lastError()).during(u"removing %1 %2"_s.arg(collection, key))};
    return {};
}

Result<QMap<QString, QJsonObject>> SqliteFile::load(const QString& collection)
{
    QSqlQuery query{QSqlDatabase::database(m_connection)};
    query.prepare(u"SELECT key, json FROM document WHERE collection = ?"_s);
    query.addBindValue(collection);
    if (!query.exec())
        return std::unexpected{
            sqlError(m_path, query.lastError()).during(u"loading %1"_s.arg(collection))};
    QMap<QString, QJsonObject> documents;
    while (query.next()) {
        const QString key = query.value(0).toString();
        const auto document = QJsonDocument::fromJson(query.value(1).toString().toUtf8());
        if (!document.isObject()) {
            return failure(
                Errc::StoreError,
                u"%1: the entry %2 %3 is not a JSON object"_s.arg(m_path, collection, key));
        }
        documents.insert(key, document.object());
    }
    if (query.lastError().isValid())
        return std::unexpected{
            sqlError(m_path, query.lastError()).during(u"loading %1"_s.arg(collection))};
    return documents;
}

} // namespace lockstep
