// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "store/LooseDatabase.h"
#include "store/StatisticsStore.h"

namespace lockstep {

/// The file of StatisticsStore: table `piece` of UUID, kind, key and bytes, opened by one thread.
/// One transaction a minute, synced (write-ahead log, synchronous=FULL): so a power cut costs no
/// more than what was not saved yet. Its size is bounded by what its user keeps, and by SQLite:
/// max_page_count is 1 GiB. Source: sqlite.org/pragma.html.
class StatisticsFile final
{
public:
    static constexpr int schema = 1;

    explicit StatisticsFile(QString path);

    /// Errors: StoreError; StoreTooNew (file untouched).
    [[nodiscard]] Result<void> save(const QList<StatisticsRow>& rows, const KeptKeys& kept);
    [[nodiscard]] Result<QStringList> domains();
    [[nodiscard]] Result<QList<StatisticsRow>> load(const QString& uuid);
    [[nodiscard]] Result<void> forget(const QString& uuid);

private:
    [[nodiscard]] Result<void> write(const QList<StatisticsRow>& rows, const KeptKeys& kept);
    [[nodiscard]] Result<void> forget(const QString& uuid, int kind, const KeyRange& kept);
    [[nodiscard]] Result<QStringList> readDomains();
    [[nodiscard]] Result<QList<StatisticsRow>> read(const QString& uuid);

    LooseDatabase m_database;
};

} // namespace lockstep
