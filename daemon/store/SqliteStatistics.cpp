// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteStatistics.h"

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

template <typename T, typename Work>
OneShot<Result<T>> SqliteStatistics::onThread(Work work)
{
    OneShot<Result<T>> answer;
    m_thread.post([answer, &file = *m_file, work = std::move(work)] {
        answer.completeFromThread(work(file));
    });
    answer.expire(patience, failure(Errc::StoreError, u"the disk does not answer"_s));
    return answer;
}

SqliteStatistics::SqliteStatistics(const QString& directory)
    : m_file{std::make_unique<StatisticsFile>(directory + u"/statistics.db"_s)}
{ }

SqliteStatistics::~SqliteStatistics()
{
    // Last, so all earlier work is done; Qt wants a connection closed by the thread it served.
    m_thread.post([this] { m_file.reset(); });
}

Task<Result<void>> SqliteStatistics::save(QList<StatisticsRow> rows, KeptKeys kept)
{
    // Each holds all that it is to write: on a disk that does not answer they would fill memory.
    if (m_saving.exchange(true))
        co_return failure(Errc::StoreError, u"the disk does not answer"_s);
    co_return co_await onThread<void>(
        [this, rows = std::move(rows), kept = std::move(kept)](StatisticsFile& file) {
            auto saved = file.save(rows, kept);
            m_saving = false;
            return saved;
        });
}

Task<Result<QStringList>> SqliteStatistics::domains()
{
    co_return co_await onThread<QStringList>([](StatisticsFile& file) { return file.domains(); });
}

Task<Result<QList<StatisticsRow>>> SqliteStatistics::load(QString uuid)
{
    co_return co_await onThread<QList<StatisticsRow>>(
        [uuid = std::move(uuid)](StatisticsFile& file) { return file.load(uuid); });
}

Task<Result<void>> SqliteStatistics::forget(QString uuid)
{
    co_return co_await onThread<void>(
        [uuid = std::move(uuid)](StatisticsFile& file) { return file.forget(uuid); });
}

} // namespace lockstep
