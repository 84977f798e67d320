// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/SerialThread.h"
#include "store/StatisticsFile.h"

#include <atomic>
#include <memory>

namespace lockstep {

/// The StatisticsStore in `<directory>/statistics.db` (mode 0600), on a thread of its own: no save
/// before a step of a failover waits for it. Destroying it carries out what was asked for before.
/// A disk that does not answer is a StoreError after `patience`.
class SqliteStatistics final : public StatisticsStore
{
public:
    static constexpr std::chrono::milliseconds patience{30'000};

    /// The directory has to be there.
    explicit SqliteStatistics(const QString& directory);
    ~SqliteStatistics() override;
    SqliteStatistics(const SqliteStatistics&) = delete;
    SqliteStatistics& operator=(const SqliteStatistics&) = delete;

    /// One at a time: a StoreError while an earlier one has not ended.
    [[nodiscard]] Task<Result<void>> save(QList<StatisticsRow> rows, KeptKeys kept) override;
    [[nodiscard]] Task<Result<QStringList>> domains() override;
    [[nodiscard]] Task<Result<QList<StatisticsRow>>> load(QString uuid) override;
    [[nodiscard]] Task<Result<void>> forget(QString uuid) override;

private:
    template <typename T, typename Work>
    OneShot<Result<T>> onThread(Work work);

    std::unique_ptr<StatisticsFile> m_file; ///< Used by m_thread only.
    std::atomic<bool> m_saving{false};
    SerialThread m_thread;
};

} // namespace lockstep
