// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/SerialThread.h"
#include "store/HistoryFile.h"
#include "store/SqliteFile.h"
#include "store/Store.h"

#include <memory>

namespace lockstep {

/// The Store in `<directory>/state.db` (mode 0600). All SQLite calls run on a thread of its own: an
/// fsync can take seconds on a busy disk, and heartbeats must not wait for it. Destroying it
/// carries out what was asked for before and closes the file. A disk that does not answer is a
/// StoreError after `patience`; what was asked may still be carried out later, in its turn.
/// The history is in `<directory>/history.db` and has a thread of its own, so that no save waits
/// for it; if that file cannot be used, all else works.
class SqliteStore final : public Store
{
public:
    static constexpr std::chrono::milliseconds patience{30'000};

    /// Makes the directory if it is missing. Errors: StoreError (also for a damaged file, which is
    /// set aside and never taken for empty), StoreTooNew.
    [[nodiscard]] static Task<Result<std::unique_ptr<SqliteStore>>> open(QString directory);
    ~SqliteStore() override;
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    [[nodiscard]] Task<Result<void>> save(QString collection, QString key,
                                          QJsonObject document) override;
    [[nodiscard]] Task<Result<void>> remove(QString collection, QString key) override;
    [[nodiscard]] Task<Result<QMap<QString, QJsonObject>>> load(QString collection) override;
    [[nodiscard]] Task<Result<void>> append(HistoryEntry entry) override;
    [[nodiscard]] Task<Result<QList<HistoryEntry>>> history(HistoryQuery query) override;

private:
    explicit SqliteStore(const QString& directory);

    /// Runs `work(file)` on the file's thread, after all that was asked of it before.
    template <typename T, typename File, typename Work>
    static OneShot<Result<T>> onThread(SerialThread& thread, File& file, Work work);
    template <typename T, typename Work>
    OneShot<Result<T>> onThread(Work work)
    {
        return onThread<T>(m_thread, *m_file, std::move(work));
    }

    std::unique_ptr<SqliteFile> m_file; ///< Used by m_thread only.
    std::unique_ptr<HistoryFile> m_history; ///< Used by m_historyThread only.
    SerialThread m_thread;
    SerialThread m_historyThread;
};

} // namespace lockstep
