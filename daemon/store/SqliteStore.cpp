// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteStore.h"

#include <QDir>
#include <QFile>

#include <sys/stat.h>

namespace lockstep {

using namespace Qt::StringLiterals;

template <typename T, typename File, typename Work>
OneShot<Result<T>> SqliteStore::onThread(SerialThread& thread, File& file, Work work)
{
    OneShot<Result<T>> answer;
    thread.post([answer, &file, work = std::move(work)] { answer.completeFromThread(work(file)); });
    answer.expire(patience, failure(Errc::StoreError, u"the disk does not answer"_s));
    return answer;
}

SqliteStore::SqliteStore(const QString& directory)
    : m_file{std::make_unique<SqliteFile>(directory + u"/state.db"_s)},
      m_history{std::make_unique<HistoryFile>(directory + u"/history.db"_s)}
{ }

SqliteStore::~SqliteStore()
{
    // Last, so all earlier work is done; Qt wants a connection closed by the thread it served.
    m_thread.post([this] { m_file.reset(); });
    m_historyThread.post([this] { m_history.reset(); });
}

Task<Result<std::unique_ptr<SqliteStore>>> SqliteStore::open(QString directory)
{
    constexpr mode_t traversable = 0711; // QEMU reaches its certificates and images through it
    if (!QDir{directory}.exists()) {
        if (!QDir{}.mkpath(directory))
            co_return failure(Errc::StoreError, u"%1 cannot be created"_s.arg(directory));
        ::chmod(QFile::encodeName(directory).constData(), traversable);
    }
    std::unique_ptr<SqliteStore> store{new SqliteStore{directory}};
    const auto opened =
        co_await store->onThread<void>([](SqliteFile& file) { return file.open(); });
    LOCKSTEP_CO_CHECK(opened);
    co_return store;
}

Task<Result<void>> SqliteStore::save(QString collection, QString key, QJsonObject document)
{
    co_return co_await onThread<void>(
        [=](SqliteFile& file) { return file.save(collection, key, document); });
}

Task<Result<void>> SqliteStore::remove(QString collection, QString key)
{
    co_return co_await onThread<void>(
        [=](SqliteFile& file) { return file.remove(collection, key); });
}

Task<Result<QMap<QString, QJsonObject>>> SqliteStore::load(QString collection)
{
    co_return co_await onThread<QMap<QString, QJsonObject>>(
        [=](SqliteFile& file) { return file.load(collection); });
}

Task<Result<void>> SqliteStore::append(HistoryEntry entry)
{
    co_return co_await onThread<void>(
        m_historyThread, *m_history,
        [entry = std::move(entry)](HistoryFile& file) { return file.append(entry); });
}

Task<Result<QList<HistoryEntry>>> SqliteStore::history(HistoryQuery query)
{
    co_return co_await onThread<QList<HistoryEntry>>(
        m_historyThread, *m_history,
        [query = std::move(query)](HistoryFile& file) { return file.query(query); });
}

} // namespace lockstep
