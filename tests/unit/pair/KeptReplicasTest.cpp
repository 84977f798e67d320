// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/KeptReplicas.h"

#include "fakes/FakeHost.h"
#include "pair/FullCopy.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <functional>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

const QString copy = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c11"_s;

/// A host whose shadow of "web" was in step.
struct Beta
{
    FakeHost host{u"beta"_s};
    KeptReplicas replicas{host.config};
    PairRecord record{host.record(Role::Secondary, PairState::Undoing, 3)};

    Beta()
    {
        record.spec.copy = copy;
        record.lastCopy = {copy, record.peer, {3}, {}};
    }
    [[nodiscard]] QString replica() const { return record.spec.disks[0].replica; }
    [[nodiscard]] QString note() const
    {
        return host.folder.path() + u"/kept/"_s + toString(webUuid()) + u".json"_s;
    }
    [[nodiscard]] bool keep()
    {
        const bool made = QDir{}.mkpath(QFileInfo{replica()}.path())
            && QCoro::waitFor(createImage({replica(), u"qcow2"_s, Bytes::fromMiB(64)})).has_value();
        return made && QCoro::waitFor(replicas.keep(record)).has_value();
    }
    /// What the primary asks with later.
    [[nodiscard]] PairRecord wanted() const
    {
        auto later = host.record(Role::Secondary, PairState::Stale, 5);
        later.spec.base = copy;
        later.spec.disks[0].replica = host.images.path() + u"/new.qcow2"_s;
        return later;
    }
    [[nodiscard]] QString problem(const PairRecord& later)
    {
        return QCoro::waitFor(replicas.problem(later));
    }
};

} // namespace

/// Which replica may be copied onto.
class KeptReplicasTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsWhatItHasKept();
    void keepsOnlyWhatWasInStep_data();
    void keepsOnlyWhatWasInStep();
    void takesNoneThatDoesNotFit_data();
    void takesNoneThatDoesNotFit();
    void takesNoneByADamagedNote();
    void saysOnceHowItWasLeft();
    void isTakenUpOnce();
    void givesUpWhatIsOld();
    void givesUpTwice();
    void leavesWhatWasThereBefore();
    void keepsNothingIfItShallNot();
};

void KeptReplicasTest::knowsWhatItHasKept()
{
    Beta beta;
    QVERIFY(beta.keep());
    auto later = beta.wanted();
    QCOMPARE(beta.problem(later), QString{});
    QVERIFY(beta.replicas.fill(later));
    QCOMPARE(later.spec.disks[0].replica, beta.replica());
    QVERIFY(QCoro::waitFor(beta.replicas.spaceTaken(webUuid(), beta.host.images.path())).value > 0);
    QVERIFY(beta.replicas.forget(webUuid()));
    QVERIFY(QFile::exists(beta.replica()));
    QCOMPARE(beta.problem(later), u"no-replica"_s);
}

void KeptReplicasTest::keepsOnlyWhatWasInStep_data()
{
    using Change = std::function<void(PairRecord&)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<bool>("keeps");
    QTest::newRow("in step") << Change{[](PairRecord&) { }} << true;
    QTest::newRow("not known to be on disk")
        << Change{[](PairRecord& r) { r.lastCopy = {}; }} << false;
    QTest::newRow("of the copy before")
        << Change{[](PairRecord& r) { r.spec.copy = u"another"_s; }} << false;
    QTest::newRow("of an older version") << Change{[](PairRecord& r) {
        r.spec.copy.clear();
        r.lastCopy.identity.clear();
    }} << false;
    QTest::newRow("a primary's") << Change{[](PairRecord& r) { r.role = Role::Primary; }} << false;
    QTest::newRow("granted") << Change{[](PairRecord& r) { r.sole = true; }} << false;
    QTest::newRow("may be granted") << Change{[](PairRecord& r) { r.claimed = true; }} << false;
    QTest::newRow("merged") << Change{[](PairRecord& r) { r.merged = true; }} << false;
}

void KeptReplicasTest::keepsOnlyWhatWasInStep()
{
    using Change = std::function<void(PairRecord&)>;
    QFETCH(const Change, change);
    QFETCH(const bool, keeps);
    Beta beta;
    change(beta.record);
    QCOMPARE(beta.replicas.isKeepable(beta.record), keeps);
}

void KeptReplicasTest::takesNoneThatDoesNotFit_data()
{
    using Change = std::function<void(PairRecord&)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("word");
    QTest::newRow("another copy") << Change{[](PairRecord& r) {
        r.spec.base = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c12"_s;
    }} << u"other-copy"_s;
    QTest::newRow("of another host")
        << Change{[](PairRecord& r) { r.peer = {QString(64, u'c')}; }} << u"other-copy"_s;
    QTest::newRow("not an older epoch")
        << Change{[](PairRecord& r) { r.epoch = {3}; }} << u"other-copy"_s;
    QTest::newRow("grown") << Change{[](PairRecord& r) {
        r.spec.disks[0].size = Bytes::fromMiB(65);
    }} << u"other-size"_s;
    QTest::newRow("another format")
        << Change{[](PairRecord& r) { r.spec.disks[0].format = u"raw"_s; }} << u"other-size"_s;
    QTest::newRow("another disk") << Change{[](PairRecord& r) {
        r.spec.disks[0].target = u"vdb"_s;
    }} << u"other-size"_s;
    QTest::newRow("one more disk")
        << Change{[](PairRecord& r) { r.spec.disks.append(r.spec.disks.constFirst()); }}
        << u"other-size"_s;
    QTest::newRow("another folder")
        << Change{[](PairRecord& r) { r.imageDirectory = u"/elsewhere"_s; }} << u"no-replica"_s;
}

void KeptReplicasTest::takesNoneThatDoesNotFit()
{
    using Change = std::function<void(PairRecord&)>;
    QFETCH(const Change, change);
    QFETCH(const QString, word);
    Beta beta;
    QVERIFY(beta.keep());
    auto later = beta.wanted();
    change(later);
    QCOMPARE(beta.problem(later), word);
}

void KeptReplicasTest::takesNoneByADamagedNote()
{
    Beta beta;
    QVERIFY(beta.keep());
    QFile note{beta.note()};
    QVERIFY(note.open(QIODevice::WriteOnly | QIODevice::Truncate) && note.write("{\"uuid\":") > 0);
    note.close();
    QCOMPARE(beta.problem(beta.wanted()), u"no-replica"_s);
    QVERIFY(QCoro::waitFor(beta.replicas.giveUp(webUuid())));
    QVERIFY(!QFile::exists(beta.note()));
}

void KeptReplicasTest::saysOnceHowItWasLeft()
{
    // The rest of giving the shadow up had to be tried again, and somebody wrote to it meanwhile.
    Beta beta;
    QVERIFY(beta.keep());
    QFile image{beta.replica()};
    QVERIFY(image.open(QIODevice::Append) && image.write("x") == 1);
    image.close();
    QVERIFY(QCoro::waitFor(beta.replicas.keep(beta.record)));
    QCOMPARE(beta.problem(beta.wanted()), u"touched"_s);
}

void KeptReplicasTest::isTakenUpOnce()
{
    // Whoever comes second must not write to it: it may be being removed.
    Beta beta;
    QVERIFY(beta.keep());
    QVERIFY(beta.replicas.forget(webUuid()));
    QVERIFY(!beta.replicas.forget(webUuid()));
}

void KeptReplicasTest::givesUpWhatIsOld()
{
    Beta beta;
    QVERIFY(beta.keep());
    QCoro::waitFor(beta.replicas.giveUpOld());
    QVERIFY(QFile::exists(beta.replica()));
    QFile note{beta.note()};
    QVERIFY(note.open(QIODevice::ReadWrite));
    auto text = note.readAll();
    const auto year = QByteArray::number(QDate::currentDate().year());
    text.replace("\"since\":\"" + year, "\"since\":\"" + QByteArray::number(2020));
    QVERIFY(note.seek(0) && note.write(text) == text.size());
    note.close();
    QCoro::waitFor(beta.replicas.giveUpOld());
    QVERIFY(!QFile::exists(beta.replica()));
    QVERIFY(!QFile::exists(beta.note()));
}

void KeptReplicasTest::givesUpTwice()
{
    Beta beta;
    QVERIFY(QCoro::waitFor(beta.replicas.giveUp(webUuid())));
    QVERIFY(beta.keep());
    QVERIFY(QCoro::waitFor(beta.replicas.giveUp(webUuid())));
    QVERIFY(!QFile::exists(beta.replica()));
    QVERIFY(QCoro::waitFor(beta.replicas.giveUp(webUuid())));
}

void KeptReplicasTest::leavesWhatWasThereBefore()
{
    // The out of date image of a host that came back had become the replica.
    Beta beta;
    beta.record.spec.disks[0].reused = true;
    QVERIFY(beta.keep());
    auto later = beta.wanted();
    QVERIFY(beta.replicas.fill(later));
    QVERIFY(later.spec.disks[0].reused);
    QVERIFY(QCoro::waitFor(beta.replicas.giveUp(webUuid())));
    QVERIFY(QFile::exists(beta.replica()));
}

void KeptReplicasTest::keepsNothingIfItShallNot()
{
    Beta beta;
    beta.host.config.replication.keepReplica = 0h;
    QVERIFY(!KeptReplicas{beta.host.config}.isKeepable(beta.record));
}

QTEST_GUILESS_MAIN(KeptReplicasTest)
#include "KeptReplicasTest.moc"
