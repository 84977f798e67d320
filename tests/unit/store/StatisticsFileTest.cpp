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
    void forgetsWhatIsTooOld();
    void forgetsOneDomain();
    void isPrivate();
    void beginsAnewAfterDamage();
    void reportsAFolderThatCannotBeUsed();

private:
    [[nodiscard]] QString path() const { return m_folder->path() + u"/statistics.db"_s; }
    [[nodiscard]] static QList<StatisticsRow> read(SqliteStatistics& store)
    {
        return QCoro::waitFor(store.load()).value_or(QList<StatisticsRow>{});
    }
    [[nodiscard]] static bool save(SqliteStatistics& store, const QList<StatisticsRow>& rows,
                                   const OldestKeys& oldest = {})
    {
        return QCoro::waitFor(store.save(rows, oldest)).has_value();
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

void StatisticsFileTest::forgetsWhatIsTooOld()
{
    SqliteStatistics store{m_folder->path()};
    QVERIFY(save(store, {row(u"a"_s, 1, 60), row(u"a"_s, 2, 60), row(u"b"_s, 1, 120)}));
    QVERIFY(save(store, {row(u"b"_s, 1, 180)}, {{1, 120}}));
    QCOMPARE(read(store),
             (QList<StatisticsRow>{row(u"a"_s, 2, 60), row(u"b"_s, 1, 120), row(u"b"_s, 1, 180)}));
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

void StatisticsFileTest::reportsAFolderThatCannotBeUsed()
{
    SqliteStatistics store{m_folder->path() + u"/none"_s};
    const auto loaded = QCoro::waitFor(store.load());
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code(), Errc::StoreError);
    QVERIFY(!save(store, {row(u"a"_s, 1, 60)}));
}

QTEST_GUILESS_MAIN(StatisticsFileTest)
#include "StatisticsFileTest.moc"
