// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteStore.h"

#include <QCoroTask>
#include <QDir>
#include <QFile>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

using namespace lockstep;
using namespace Qt::StringLiterals;

namespace {

HistoryEntry entry(quint64 id, const QString& domain = u"web"_s)
{
    return {.id = id,
            .uuid = domain + u"-uuid"_s,
            .domain = domain,
            .document = {{u"n"_s, static_cast<qint64>(id)}}};
}

QString idsOf(const QList<HistoryEntry>& entries)
{
    QStringList ids;
    for (const HistoryEntry& entry : entries)
        ids << QString::number(entry.id);
    return ids.join(u' ');
}

constexpr qint64 mostBytes = 48 * 1024 * 1024;

std::atomic<int> syncs{0};

} // namespace

// SQLite's come here first: the program is linked so that its symbols are seen (CMakeLists.txt).
extern "C" int fsync(int file)
{
    ++syncs;
    return static_cast<int>(::syscall(SYS_fsync, file));
}

extern "C" int fdatasync(int file)
{
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}

/// The history of SqliteStore: a bounded file beside the one that matters.
class HistoryTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void keepsEntriesAcrossReopening();
    void selectsWhatIsWanted();
    void isPrivate();
    void keepsTheNewestOnly();
    void staysBelowItsSize();
    void refusesWhatIsTooLong();
    void refusesANumberThatIsTaken();
    void joinsAnExistingStore();
    void doesNotSyncEachEntry();
    void beginsAnewAfterDamage_data();
    void beginsAnewAfterDamage();
    void noticesDamageWhileItRuns();
    void leavesANewerFileUntouched();
    void harmsNothingElseWhenItCannotBeUsed();

private:
    [[nodiscard]] QString folder() const { return m_folder->path(); }
    [[nodiscard]] QString path() const { return folder() + u"/history.db"_s; }
    [[nodiscard]] std::unique_ptr<SqliteStore> open() const
    {
        return QCoro::waitFor(SqliteStore::open(folder())).value();
    }
    [[nodiscard]] static QList<HistoryEntry> read(SqliteStore& store,
                                                  const HistoryQuery& query = {})
    {
        return QCoro::waitFor(store.history(query)).value_or(QList<HistoryEntry>{});
    }
    /// The first value that a statement gives, asked by another connection.
    [[nodiscard]] QVariant ask(const QString& statement) const
    {
        QVariant value;
        {
            auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"test"_s);
            database.setDatabaseName(path());
            database.open();
            QSqlQuery run{database};
            if (run.exec(statement) && run.next())
                value = run.value(0);
        }
        QSqlDatabase::removeDatabase(u"test"_s);
        return value;
    }
    void write(const QByteArray& content) const
    {
        QFile file{path()};
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(content);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void HistoryTest::keepsEntriesAcrossReopening()
{
    {
        const auto store = open();
        QVERIFY(QCoro::waitFor(store->append(entry(1))));
        const auto pending = store->append(entry(2)); // finished when the store goes
    }
    const auto store = open();
    const auto found = read(*store);
    QCOMPARE(found.size(), 2);
    QCOMPARE(found.first(), entry(2));
}

void HistoryTest::selectsWhatIsWanted()
{
    using enum HistoryQuery::Order;
    const auto store = open();
    for (quint64 id = 1; id <= 6; ++id)
        QVERIFY(QCoro::waitFor(store->append(entry(id, id % 2 == 0 ? u"db"_s : u"web"_s))));
    const auto ids = [&store](const HistoryQuery& query) { return idsOf(read(*store, query)); };
    QCOMPARE(ids({}), u"6 5 4 3 2 1"_s);
    QCOMPARE(ids({.order = NewestFirst, .limit = 2, .since = 0, .domain = {}}), u"6 5"_s);
    QCOMPARE(ids({.order = OldestFirst, .limit = 2, .since = 0, .domain = {}}), u"1 2"_s);
    QCOMPARE(ids({.order = OldestFirst, .limit = 9, .since = 4, .domain = {}}), u"5 6"_s);
    QCOMPARE(ids({.order = OldestFirst, .limit = 9, .since = 6, .domain = {}}), QString{});
    QCOMPARE(ids({.order = OldestFirst, .limit = 9, .since = 0, .domain = u"db"_s}), u"2 4 6"_s);
    QCOMPARE(ids({.order = NewestFirst, .limit = 1, .since = 0, .domain = u"web-uuid"_s}), u"5"_s);
    QCOMPARE(ids({.order = NewestFirst, .limit = 9, .since = 0, .domain = u"' OR 1 --"_s}),
             QString{});
}

void HistoryTest::isPrivate()
{
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    const auto names = QDir{folder()}.entryList({u"history*"_s}, QDir::Files);
    QVERIFY(names.size() >= 2); // and its log
    for (const auto& name : names) {
        QVERIFY2((QFile::permissions(folder() + u'/' + name) & others).toInt() == 0,
                 qPrintable(name));
    }
}

void HistoryTest::keepsTheNewestOnly()
{
    constexpr quint64 surplus = 25;
    const quint64 last = Store::keptEntries + surplus;
    {
        HistoryFile file{path()};
        for (quint64 id = 1; id <= last; ++id)
            QVERIFY(file.append(entry(id)));
    }
    QCOMPARE(ask(u"SELECT count(*) FROM event"_s).toInt(), Store::keptEntries);
    QCOMPARE(ask(u"SELECT min(id) FROM event"_s).toULongLong(), surplus + 1);
    // Counted anew when it is opened.
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(last + 1))));
    QCOMPARE(ask(u"SELECT count(*) FROM event"_s).toInt(), Store::keptEntries);
    QCOMPARE(ask(u"SELECT max(id) FROM event"_s).toULongLong(), last + 1);
}

void HistoryTest::staysBelowItsSize()
{
    HistoryEntry big = entry(1);
    big.document = {{u"text"_s, QString{Store::longestEntry - 20, u'x'}}};
    HistoryFile file{path()};
    for (quint64 id = 1; id <= Store::keptEntries + 2000; ++id) {
        big.id = id;
        QVERIFY(file.append(big));
    }
    QVERIFY(QFileInfo{path()}.size() <= mostBytes);
    QVERIFY(QFileInfo{path() + u"-wal"_s}.size() <= 8 * 1024 * 1024);
    QCOMPARE(ask(u"SELECT count(*) FROM event"_s).toInt(), Store::keptEntries);
}

void HistoryTest::refusesWhatIsTooLong()
{
    const auto store = open();
    HistoryEntry big = entry(1);
    big.document = {{u"text"_s, QString{Store::longestEntry, u'x'}}};
    const auto appended = QCoro::waitFor(store->append(big));
    QCOMPARE(appended.error().code(), Errc::StoreError);
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
}

void HistoryTest::refusesANumberThatIsTaken()
{
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
    QCOMPARE(QCoro::waitFor(store->append(entry(1))).error().code(), Errc::StoreError);
    QVERIFY(QCoro::waitFor(store->append(entry(2)))); // what failed is rolled back
    QCOMPARE(idsOf(read(*store)), u"2 1"_s);
}

void HistoryTest::joinsAnExistingStore()
{
    {
        SqliteFile state{folder() + u"/state.db"_s}; // as of a version without a history
        QVERIFY(state.open());
        QVERIFY(state.save(u"pair"_s, u"a"_s, {{u"epoch"_s, 7}}));
    }
    QVERIFY(!QFile::exists(path()));
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
    QCOMPARE(read(*store).size(), 1);
    QCOMPARE(QCoro::waitFor(store->load(u"pair"_s))->value(u"a"_s)[u"epoch"_s].toInt(), 7);
}

void HistoryTest::doesNotSyncEachEntry()
{
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
    syncs = 0;
    for (quint64 id = 2; id <= 100; ++id)
        QVERIFY(QCoro::waitFor(store->append(entry(id))));
    QCOMPARE(syncs.load(), 0);
    QVERIFY(QCoro::waitFor(store->save(u"pair"_s, u"a"_s, {})));
    QVERIFY(syncs.load() > 0); // that is how they are seen
}

void HistoryTest::beginsAnewAfterDamage_data()
{
    QTest::addColumn<QByteArray>("content");
    init(); // QtTest calls it after this function
    {
        HistoryFile file{path()};
        for (quint64 id = 1; id <= 500; ++id)
            QVERIFY(file.append(entry(id)));
    }
    QFile file{path()};
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray sound = file.readAll();
    constexpr qsizetype page = 4096;
    QVERIFY(sound.size() > 3 * page);
    QTest::newRow("garbage") << QByteArray(10'000, 'x');
    QTest::newRow("truncated") << sound.chopped(page);
    QByteArray scratched = sound;
    std::fill(scratched.begin() + 2 * page, scratched.begin() + 3 * page, '\xff');
    QTest::newRow("overwritten page") << scratched;
    QByteArray foreign = sound;
    foreign.replace(60, 4, QByteArray(4, '\0')); // user_version in SQLite's header
    QTest::newRow("somebody else's database") << foreign;
}

void HistoryTest::beginsAnewAfterDamage()
{
    QFETCH(const QByteArray, content);
    write(content);
    const auto store = open();
    QVERIFY(QCoro::waitFor(store->append(entry(1))));
    QCOMPARE(idsOf(read(*store)), u"1"_s);
    QFile kept{path() + u".damaged"_s};
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), content);
}

void HistoryTest::noticesDamageWhileItRuns()
{
    HistoryFile file{path()};
    for (quint64 id = 1; id <= 2000; ++id)
        QVERIFY(file.append(entry(id)));
    QVERIFY(!ask(u"PRAGMA wal_checkpoint(TRUNCATE)"_s).isNull());
    const qint64 size = QFileInfo{path()}.size();
    write(QByteArray(size, 'x'));
    quint64 id = 2001;
    bool failed = false;
    while (id < 2010 && !failed)
        failed = !file.append(entry(id++));
    QVERIFY(failed);
    QVERIFY(file.append(entry(id)));
    QCOMPARE(idsOf(file.query({}).value()), QString::number(id));
}

void HistoryTest::leavesANewerFileUntouched()
{
    {
        HistoryFile file{path()};
        QVERIFY(file.append(entry(1)));
    }
    (void)ask(u"PRAGMA user_version=7"_s);
    const auto store = open();
    QCOMPARE(QCoro::waitFor(store->append(entry(2))).error().code(), Errc::StoreTooNew);
    QCOMPARE(QCoro::waitFor(store->history({})).error().code(), Errc::StoreTooNew);
    QVERIFY(QCoro::waitFor(store->save(u"pair"_s, u"a"_s, {})));
    QCOMPARE(ask(u"SELECT count(*) FROM event"_s).toInt(), 1);
    QVERIFY(!QFile::exists(path() + u".damaged"_s));
}

void HistoryTest::harmsNothingElseWhenItCannotBeUsed()
{
    QVERIFY(QDir{}.mkpath(path())); // root, too, cannot open a folder as a file
    const auto store = open();
    QCOMPARE(QCoro::waitFor(store->append(entry(1))).error().code(), Errc::StoreError);
    QCOMPARE(QCoro::waitFor(store->history({})).error().code(), Errc::StoreError);
    QVERIFY(QCoro::waitFor(store->save(u"pair"_s, u"a"_s, {{u"n"_s, 1}})));
    QCOMPARE(QCoro::waitFor(store->load(u"pair"_s))->size(), 1);
    QVERIFY(QDir{}.rmdir(path())); // and it is used again as soon as it can be
    QVERIFY(QCoro::waitFor(store->append(entry(2))));
}

QTEST_GUILESS_MAIN(HistoryTest)
#include "HistoryTest.moc"
