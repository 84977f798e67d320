// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteStore.h"

#include <QCoroTask>
#include <QDir>
#include <QFile>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace lockstep;
using namespace Qt::StringLiterals;

class SqliteStoreTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void makesAPrivateFile();
    void keepsDocumentsAcrossReopening();
    void replacesAndRemoves();
    void keepsCollectionsApart();
    void carriesOutCallsInOrder();
    void finishesWorkWhenDestroyed();
    void leavesANewerFileUntouched();
    void setsDamageAside_data();
    void setsDamageAside();
    void neverStartsEmptyAfterDamage();
    void refusesALogWithoutItsFile();
    void reportsAnEntryThatIsNoObject();
    void reportsAFolderThatCannotBeWritten();

private:
    [[nodiscard]] QString folder() const { return m_folder->path(); }
    [[nodiscard]] QString path() const { return folder() + u"/state.db"_s; }
    [[nodiscard]] Result<std::unique_ptr<SqliteStore>> open() const
    {
        return QCoro::waitFor(SqliteStore::open(folder()));
    }
    void query(const QString& statement) const
    {
        {
            auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"test"_s);
            database.setDatabaseName(path());
            QVERIFY(database.open());
            QSqlQuery run{database};
            QVERIFY(run.exec(statement));
        }
        QSqlDatabase::removeDatabase(u"test"_s);
    }
    void write(const QByteArray& content) const
    {
        QFile file{path()};
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(content);
    }
    [[nodiscard]] QByteArray read() const
    {
        QFile file{path()};
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void SqliteStoreTest::makesAPrivateFile()
{
    const auto store = open();
    QVERIFY2(store, store ? "" : qPrintable(store.error().message()));
    QVERIFY(QCoro::waitFor((*store)->save(u"pair"_s, u"a"_s, {{u"epoch"_s, 1}})));
    for (const auto& name : QDir{folder()}.entryList(QDir::Files)) {
        const auto others =
            QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
        QVERIFY2((QFile::permissions(folder() + u'/' + name) & others).toInt() == 0,
                 qPrintable(name));
    }
}

void SqliteStoreTest::keepsDocumentsAcrossReopening()
{
    const QJsonObject document{
        {u"name"_s, u"wéb"_s}, {u"epoch"_s, 7}, {u"deep"_s, QJsonObject{{u"x"_s, true}}}};
    {
        const auto store = open();
        QVERIFY(store);
        QVERIFY(QCoro::waitFor((*store)->save(u"pair"_s, u"key"_s, document)));
    }
    const auto store = open();
    QVERIFY(store);
    const auto loaded = QCoro::waitFor((*store)->load(u"pair"_s));
    QVERIFY(loaded);
    QCOMPARE(loaded->size(), 1);
    QCOMPARE(loaded->value(u"key"_s), document);
}

void SqliteStoreTest::replacesAndRemoves()
{
    const auto store = open();
    QVERIFY(store);
    QVERIFY(QCoro::waitFor((*store)->save(u"pair"_s, u"a"_s, {{u"n"_s, 1}})));
    QVERIFY(QCoro::waitFor((*store)->save(u"pair"_s, u"a"_s, {{u"n"_s, 2}})));
    QCOMPARE(QCoro::waitFor((*store)->load(u"pair"_s))->value(u"a"_s)[u"n"_s].toInt(), 2);
    QVERIFY(QCoro::waitFor((*store)->remove(u"pair"_s, u"a"_s)));
    QVERIFY(QCoro::waitFor((*store)->remove(u"pair"_s, u"never there"_s)));
    QVERIFY(QCoro::waitFor((*store)->load(u"pair"_s))->isEmpty());
}

void SqliteStoreTest::keepsCollectionsApart()
{
    const auto store = open();
    QVERIFY(store);
    QVERIFY(QCoro::waitFor((*store)->save(u"pair"_s, u"a"_s, {{u"n"_s, 1}})));
    QVERIFY(QCoro::waitFor((*store)->save(u"peer"_s, u"a"_s, {{u"n"_s, 2}})));
    QVERIFY(QCoro::waitFor((*store)->remove(u"pair"_s, u"a"_s)));
    QCOMPARE(QCoro::waitFor((*store)->load(u"peer"_s))->value(u"a"_s)[u"n"_s].toInt(), 2);
}

void SqliteStoreTest::carriesOutCallsInOrder()
{
    const auto store = open();
    QVERIFY(store);
    constexpr int last = 50;
    std::vector<Task<Result<void>>> running;
    for (int n = 0; n <= last; ++n)
        running.push_back((*store)->save(u"pair"_s, u"a"_s, {{u"n"_s, n}}));
    QCOMPARE(QCoro::waitFor((*store)->load(u"pair"_s))->value(u"a"_s)[u"n"_s].toInt(), last);
    for (auto& task : running)
        QVERIFY(QCoro::waitFor(std::move(task)));
}

void SqliteStoreTest::finishesWorkWhenDestroyed()
{
    std::vector<Task<Result<void>>> running;
    {
        const auto store = open();
        QVERIFY(store);
        running.push_back((*store)->save(u"pair"_s, u"a"_s, {{u"n"_s, 1}}));
    }
    QVERIFY(QCoro::waitFor(std::move(running.front())));
    const auto store = open();
    QCOMPARE(QCoro::waitFor((*store)->load(u"pair"_s))->size(), 1);
}

void SqliteStoreTest::leavesANewerFileUntouched()
{
    QVERIFY(open());
    query(u"PRAGMA user_version=7"_s);
    const QByteArray before = read();
    const auto store = open();
    QVERIFY(!store);
    QCOMPARE(store.error().code(), Errc::StoreTooNew);
    QVERIFY(store.error().message().contains(u"schema 7"_s));
    QVERIFY(store.error().message().contains(u"up to %1"_s.arg(SqliteFile::schema)));
    QCOMPARE(read(), before);
    QVERIFY(QDir{folder()}.entryList({u"*damaged*"_s}).isEmpty());
}

void SqliteStoreTest::setsDamageAside_data()
{
    QTest::addColumn<QByteArray>("content");
    init(); // QtTest calls it after this function
    QVERIFY(open());
    const QByteArray sound = read();
    constexpr qsizetype page = 4096;
    QVERIFY(sound.size() > page);
    QTest::newRow("garbage") << QByteArray(10'000, 'x');
    QTest::newRow("short garbage") << "no database"_ba;
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("truncated to half a page") << sound.first(page / 2);
    QTest::newRow("truncated by a page") << sound.chopped(page);
    QByteArray scratched = sound;
    std::fill(scratched.begin() + 200, scratched.begin() + page, '\xff');
    QTest::newRow("overwritten schema") << scratched;
    QByteArray foreign = sound;
    foreign.replace(60, 4, QByteArray(4, '\0')); // user_version in SQLite's header
    QTest::newRow("somebody else's database") << foreign;
}

void SqliteStoreTest::setsDamageAside()
{
    QFETCH(const QByteArray, content);
    write(content);
    const auto store = open();
    QVERIFY(!store);
    QCOMPARE(store.error().code(), Errc::StoreError);
    QVERIFY2(store.error().message().contains(u"is damaged"_s),
             qPrintable(store.error().message()));
    QVERIFY(store.error().remedy().contains(u"backup"_s));
    QVERIFY(!QFile::exists(path()));
    const auto kept = QDir{folder()}.entryList({u"state.db.damaged-*"_s});
    QCOMPARE(kept.size(), 1);
    QFile file{folder() + u'/' + kept.first()};
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), content);
}

void SqliteStoreTest::neverStartsEmptyAfterDamage()
{
    write("garbage");
    QVERIFY(!open());
    const auto again = open();
    QVERIFY(!again);
    QCOMPARE(again.error().code(), Errc::StoreError);
    QVERIFY(!QFile::exists(path()));
    const auto kept = QDir{folder()}.entryList({u"state.db.damaged-*"_s});
    QCOMPARE(kept.size(), 1);
    QVERIFY(again.error().remedy().contains(kept.first()));
    QVERIFY(QFile::remove(folder() + u'/' + kept.first())); // the administrator's decision
    QVERIFY(open());
}

void SqliteStoreTest::refusesALogWithoutItsFile()
{
    QFile log{path() + u"-wal"_s};
    QVERIFY(log.open(QIODevice::WriteOnly));
    log.write("x");
    log.close();
    QVERIFY(!open());
    QVERIFY(!open());
    QVERIFY(!QFile::exists(path()));
}

void SqliteStoreTest::reportsAnEntryThatIsNoObject()
{
    QVERIFY(open());
    query(u"INSERT INTO document VALUES ('pair', 'odd', '[1')"_s);
    const auto store = open();
    QVERIFY(store);
    const auto loaded = QCoro::waitFor((*store)->load(u"pair"_s));
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code(), Errc::StoreError);
    QVERIFY(loaded.error().message().contains(u"pair odd"_s));
}

void SqliteStoreTest::reportsAFolderThatCannotBeWritten()
{
    // A file in place of the folder fails for root, too, whom permissions do not stop.
    const auto inFile = QCoro::waitFor(SqliteStore::open(u"/dev/null/state"_s));
    QVERIFY(!inFile);
    QCOMPARE(inFile.error().code(), Errc::StoreError);
    const auto readOnly = QCoro::waitFor(SqliteStore::open(u"/proc/self"_s));
    QVERIFY(!readOnly);
    QCOMPARE(readOnly.error().code(), Errc::StoreError);
    if (::geteuid() == 0)
        return;
    QVERIFY(QFile::setPermissions(folder(), QFile::ReadOwner | QFile::ExeOwner));
    const auto store = open();
    QVERIFY(
        QFile::setPermissions(folder(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    QVERIFY(!store);
    QCOMPARE(store.error().code(), Errc::StoreError);
}

QTEST_GUILESS_MAIN(SqliteStoreTest)
#include "SqliteStoreTest.moc"
