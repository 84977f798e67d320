// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonObject>
#include <QMap>
#include <QString>

namespace lockstep {

/// The state database itself: one file, opened by one thread, every call blocks on the disk.
/// Table `document` of collection, key and JSON text; the schema's number is SQLite's user_version.
/// Source: sqlite.org/pragma.html; write-ahead log with synchronous=FULL survives a power cut after
/// each commit.
class SqliteFile final
{
public:
    static constexpr int schema = 1;

    /// `path` of the database; its folder must exist. Nothing is opened yet.
    explicit SqliteFile(QString path);
    ~SqliteFile();
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    /// Opens the file, or makes it if there never was one. A damaged file is renamed to
    /// `<path>.damaged-<time>` and reported; while such a file is there no new one is made, because
    /// a lost epoch can mean two primaries. Errors: StoreError, StoreTooNew (file untouched).
    [[nodiscard]] Result<void> open();

    [[nodiscard]] Result<void> save(const QString& collection, const QString& key,
                                    const QJsonObject& document);
    [[nodiscard]] Result<void> remove(const QString& collection, const QString& key);
    [[nodiscard]] Result<QMap<QString, QJsonObject>> load(const QString& collection);

private:
    [[nodiscard]] Result<void> create();
    [[nodiscard]] Result<void> check();
    /// What is wrong with the file that is open; empty if nothing. Errors: StoreTooNew, StoreError.
    [[nodiscard]] Result<QString> findDamage() const;
    [[nodiscard]] Result<void> setAside(const QString& damage);
    [[nodiscard]] Result<void> openConnection(const QString& path, const QString& options);
    void closeConnection();
    [[nodiscard]] Result<void> run(const QString& statement);

    QString m_path;
    QString m_connection; ///< Name of Qt's connection, unique in the process.
};

} // namespace lockstep
