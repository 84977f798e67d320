// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqliteStatistics.h"

#include <QCoroTask>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

namespace {

StatisticsRow row(const QString& uuid, int kind, qint64 key, const QByteArray& data = "x")
{
    return {.uuid = uuid, .kind = kind, .key = key, .data = data};
}

} // namespace

/// Where statistics survive a restart.
class StatisticsFileTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void keepsPiecesAcrossReopening();
    void replacesAPieceAsAWhole();
    void forgetsWhatIsNotKept();
    void knowsItsDomains();
    void forgetsOneDomain();
    void isPrivate();
    void beginsAnewAfterDamage();
    void beginsAnewAfterDamageThatShowsLate();
    void savesOneAfterTheOther();
    void reportsAFolderThatCannotBeUsed();

private:
    [[nodiscard]] QString path() const { return m_folder->path() + u"/statistics.db"_s; }
    [[nodiscard]] static QList<StatisticsRow> read(SqliteStatistics& store)
    {
        QList<StatisticsRow> all;
        const auto domains = QCoro::waitFor(store.domains()).value_or(QStringList{});
        for (const QString& uuid : domains)
            all += QCoro::waitFor(store.load(uuid)).value_or(QList<StatisticsRow>{});
        return all;
    }
    [[nodiscard]] static bool save(SqliteStatistics& store, const QList<StatisticsRow>& rows,
                                   const KeptKeys& kept = {})
    {
        return QCoro::waitFor(store.save(rows, kept)).has_value();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void StatisticsFileTest::keepsPiecesAcrossReopening()
{
    const QList<StatisticsRow> rows{row(u"a"_s, 1, 60, QByteArray{"\0\1\2", 3}), row(u"b"_s, 0, 0)};
    {
        SqliteStatistics store{m_folder->path()};
        QVERIFY(save(store, rows));
    }
    SqliteStatistics store{m_folder->path()};
    QCOMPARE(read(store), rows);
}

void StatisticsFileTest::replacesAPieceAsAWhole()
{
    SqliteStatistics store{m_folder->path()};
    QVERIFY(save(store, {row(u"a"_s, 1, 60, "old")}));
    QVERIFY(save(store, {row(u"a"_s, 1, 60, "new")}));
    QCOMPARE(read(store), QList<StatisticsRow>{row(u"a"_s, 1, 60, "new")});
}

void StatisticsFileTest::forgetsWhatIsNotKept()
{
    SqliteStatistics store{m_folder->path()};
    const auto old = row(u"b"_s, 1, 60);
    const auto ahead = row(u"b"_s, 1, 9'000'000);
    QVERIFY(save(store, {row(u"a"_s, 1, 60), old, row(u"b"_s, 1, 120), ahead, row(u"b"_s, 2, 60)}));
    QVERIFY(save(store, {row(u"b"_s, 1, 180)}, KeptKeys{{1, KeyRange{.first = 120, .last = 180}}}));
    QCOMPARE(read(store),
             (QList<StatisticsRow>{row(u"a"_s, 1, 60), row(u"b"_s, 1, 120), row(u"b"_s, 1, 180),
                                   row(u"b"_s, 2, 60)}));
}

void StatisticsFileTest::knowsItsDomains()
{
    SqliteStatistics store{m_folder->path()};
    QVERIFY(save(store, {row(u"b"_s, 1, 60), row(u"a"_s, 1, 60), row(u"b"_s, 2, 60)}));
    QCOMPARE(QCoro::waitFor(store.domains()).value_or(QStringList{}),
             (QStringList{u"a"_s, u"b"_s}));
    QVERIFY(QCoro::waitFor(store.load(u"c"_s)).value_or(QList{row(u"c"_s, 1, 1)}).isEmpty());
}

void StatisticsFileTest::forgetsOneDomain()
{
    SqliteStatistics store{m_folder->path()};
    QVERIFY(save(store, {row(u"a"_s, 1, 60), row(u"b"_s, 1, 60)}));
    QVERIFY(QCoro::waitFor(store.forget(u"a"_s)));
    QCOMPARE(read(store), QList<StatisticsRow>{row(u"b"_s, 1, 60)});
}

void StatisticsFileTest::isPrivate()
{
    SqliteStatistics store{m_folder->path()};
    QVERIFY(save(store, {row(u"a"_s, 1, 60)}));
    QCOMPARE(QFileInfo{path()}.permissions()
                 & (QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteOther),
             QFileDevice::Permissions{});
}

void StatisticsFileTest::beginsAnewAfterDamage()
{
    {
        QFile file{path()};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray{"not a database"}.repeated(1'000));
    }
    SqliteStatistics store{m_folder->path()};
    QVERIFY(read(store).isEmpty());
    QVERIFY(save(store, {row(u"a"_s, 1, 60)}));
    QCOMPARE(read(store).size(), qsizetype{1});
    QVERIFY(QFileInfo::exists(path() + u".damaged"_s));
}

void StatisticsFileTest::beginsAnewAfterDamageThatShowsLate()
{
    constexpr qint64 page = 4'096;
    QList<StatisticsRow> rows;
    for (int n = 0; n < 100; ++n)
        rows.append(row(u"a"_s, 1, n, QByteArray{3'000, 'x'})); // a page each
    {
        SqliteStatistics store{m_folder->path()};
        QVERIFY(save(store, rows));
    }
    {
        // The last page has a row: opening the file and counting do not look at it.
        QFile file{path()};
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.size() > 50 * page && file.size() % page == 0);
        QVERIFY(file.seek(file.size() - page));
        QCOMPARE(file.write(QByteArray{page, '\xff'}), page);
    }
    SqliteStatistics store{m_folder->path()};
    QVERIFY(read(store).isEmpty());
    QVERIFY(QFileInfo::exists(path() + u".damaged"_s));
    QVERIFY(save(store, {row(u"a"_s, 1, 60)}));
    QCOMPARE(read(store).size(), qsizetype{1});
}

void StatisticsFileTest::savesOneAfterTheOther()
{
    SqliteStatistics store{m_folder->path()};
    // Nobody lets the event loop go on in between.
    auto first = store.save({row(u"a"_s, 1, 60)}, {});
    auto second = store.save({row(u"b"_s, 1, 60)}, {});
    const bool isFirst = QCoro::waitFor(std::move(first)).has_value();
    const bool isSecond = QCoro::waitFor(std::move(second)).has_value();
    QVERIFY(isFirst);
    // The thread may have been done with the first one already.
    QCOMPARE(read(store).size(), qsizetype{isSecond ? 2 : 1});
    QVERIFY(save(store, {row(u"b"_s, 1, 60)}));
    QCOMPARE(read(store).size(), qsizetype{2});
}

void StatisticsFileTest::reportsAFolderThatCannotBeUsed()
{
    SqliteStatistics store{m_folder->path() + u"/none"_s};
    const auto loaded = QCoro::waitFor(store.domains());
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code(), Errc::StoreError);
    QVERIFY(!QCoro::waitFor(store.load(u"a"_s)));
    QVERIFY(!save(store, {row(u"a"_s, 1, 60)}));
}

QTEST_GUILESS_MAIN(StatisticsFileTest)
#include "StatisticsFileTest.moc"
