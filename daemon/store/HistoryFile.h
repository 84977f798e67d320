// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "store/LooseDatabase.h"
#include "store/Store.h"

namespace lockstep {

/// The history itself: a database of its own, opened by one thread, every call blocks on the disk.
/// Table `event` of id, UUID and name of the domain, and JSON text.
///
/// Why not in state.db: there, each commit is synced before a step of a failover is taken, and
/// appends would take turns with those commits and share their log. Here the log is not synced with
/// each commit (write-ahead log, synchronous=NORMAL): a crash of the daemon loses nothing, a power
/// cut the last lines at most, and never the file. And damage here is no danger: it is set aside as
/// `<path>.damaged` (one is kept) and a new history begins.
///
/// Bounded: Store::keptEntries rows of Store::longestEntry bytes. A page of 4 KiB holds at least
/// one, so the file stays below 48 MiB, which SQLite is told to enforce (max_page_count), and its
/// log below 8 MiB. With the usual 300 bytes a row it is 4 MiB.
/// Source: sqlite.org/pragma.html, sqlite.org/wal.html.
class HistoryFile final
{
public:
    static constexpr int schema = 1;

    /// Opened, or made, when it is first used, and again after an error if that helps.
    explicit HistoryFile(QString path);

    /// Errors: StoreError; StoreTooNew (file untouched).
    [[nodiscard]] Result<void> append(const HistoryEntry& entry);
    [[nodiscard]] Result<QList<HistoryEntry>> query(const HistoryQuery& wanted);

private:
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> insert(const HistoryEntry& entry, const QString& json);

    LooseDatabase m_database;
    int m_opening{0}; ///< The one that m_rows was counted at.
    qint64 m_rows{0};
};

} // namespace lockstep
