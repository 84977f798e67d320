// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QSqlDatabase>
#include <QStringList>

#include <optional>

class QSqlError;

namespace lockstep {

/// A database by which nothing is decided: a damaged file is set aside as `<path>.damaged` (one is
/// kept), and a new one begins. Used by one thread; every call blocks on the disk. Errors:
/// StoreError; StoreTooNew (file untouched).
class LooseDatabase final
{
public:
    struct Form
    {
        QString contents; ///< "history": what begins anew after damage.
        int schema;
        QStringList settings; ///< Statements for each time it is opened.
        QString table; ///< The statement that makes it.
        QString count; ///< The statement that counts its rows.
        bool isChecked; ///< The whole file is read, and checked, when it is opened.
    };

    /// Opened, or made, by open().
    LooseDatabase(QString path, Form form);
    ~LooseDatabase();
    LooseDatabase(const LooseDatabase&) = delete;
    LooseDatabase& operator=(const LooseDatabase&) = delete;

    /// To be called before each use: opens it if it is not, also after an error if that helps.
    [[nodiscard]] Result<void> open();
    /// Of the table, when it was opened last.
    [[nodiscard]] qint64 rowsAtOpening() const { return m_rows; }
    /// Grows each time that it is opened.
    [[nodiscard]] int openings() const { return m_openings; }
    [[nodiscard]] QSqlDatabase handle() const { return QSqlDatabase::database(m_connection); }
    [[nodiscard]] Result<void> run(const QString& statement);
    /// Ends what "BEGIN" began: with COMMIT, or if `outcome` is an error with ROLLBACK.
    [[nodiscard]] Result<void> end(Result<void> outcome);
    /// The error, after which a damaged file is closed: the next call of open() checks all of it,
    /// and sets it aside.
    [[nodiscard]] Error noted(const QSqlError& error);

private:
    enum class State { Good, Damaged };

    [[nodiscard]] Result<void> makePrivateFile() const;
    [[nodiscard]] Result<State> prepare();
    [[nodiscard]] Result<State> createTable();
    [[nodiscard]] Result<void> setAside();
    /// The number that a statement selects; nothing if the file is damaged.
    [[nodiscard]] Result<std::optional<qint64>> number(const QString& statement);
    void close();

    QString m_path;
    QString m_connection; ///< Name of Qt's connection, unique in the process.
    Form m_form;
    bool m_open{false};
    bool m_suspect{false}; ///< SQLite has said that it is damaged.
    int m_openings{0};
    qint64 m_rows{0};
};

} // namespace lockstep
