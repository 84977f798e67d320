// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakeSource.h"
#include "gui/models/DomainModel.h"
#include "gui/models/EventModel.h"
#include "gui/models/JobModel.h"
#include "gui/models/ListFilter.h"
#include "gui/models/PairModel.h"
#include "gui/models/PeerModel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace lockstep;
using namespace lockstep::gui;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

QString shown(const QAbstractItemModel& model, int row, int column)
{
    return model.index(row, column).data().toString();
}

QStringList shownColumn(const QAbstractItemModel& model, int column)
{
    QStringList all;
    for (int row = 0; row < model.rowCount(); ++row)
        all << shown(model, row, column);
    return all;
}

/// The columns that each dataChanged was about, e.g. "1-1".
QStringList changes(const QSignalSpy& spy)
{
    QStringList all;
    for (const QVariantList& change : spy) {
        all << u"%1-%2"_s.arg(change[0].toModelIndex().column())
                   .arg(change[1].toModelIndex().column());
    }
    return all;
}

constexpr auto fatal = QAbstractItemModelTester::FailureReportingMode::QtTest;

} // namespace

/// What lists show, and what of it changes.
class ModelsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aPairShowsItsStateByWordIconAndForScreenReaders();
    void aStateIsToldAtOnceAndOnlyItsCells();
    void figuresAreToldTogether();
    void aJobShowsInThePairsState();
    void rowsStayRightWhenOneGoes();
    void showsAWordOfALaterDaemonAsItIs();
    void keepsWhatWasKnownWhileTheDaemonIsGone();
    void sortsNamesAsPeopleDo();
    void sortsStatesByUrgency();
    void searchesForAllWordsInAnyColumn();
    void filtersByStateAndDomain();
    void aFilteredRowComesAndGoesWithItsState();
    void peersTellWhatIsWrong();
    void jobsTellWhyTheyFailed();
    void domainsAreMergedNotReset();
    void domainsTellWhyTheyCannotBeProtected();
    void domainsTellAnError();
    void eventsThatWereMissedAreFetched();
    void theWholeHistoryIsFetchedInParts();
    void onlyNewsHappens();
};

void ModelsTest::aPairShowsItsStateByWordIconAndForScreenReaders()
{
    FakeSource source;
    source.start();
    source.put(samplePair());
    const PairModel model{source};
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(shown(model, 0, PairModel::DomainColumn), u"web1"_s);
    QCOMPARE(shown(model, 0, PairModel::PeerColumn), u"beta"_s);
    QCOMPARE(shown(model, 0, PairModel::CheckpointsColumn), u"12"_s);
    const QModelIndex state = model.index(0, PairModel::StateColumn);
    QCOMPARE(state.data().toString(), u"protected"_s);
    QVERIFY(!state.data(Qt::DecorationRole).value<QIcon>().isNull());
    QVERIFY(!state.data(Qt::ToolTipRole).toString().isEmpty());
    QCOMPARE(state.data(Qt::AccessibleTextRole).toString(), u"State: protected"_s);
}

void ModelsTest::aStateIsToldAtOnceAndOnlyItsCells()
{
    FakeSource source;
    source.put(samplePair());
    PairModel model{source};
    const QAbstractItemModelTester tester{&model, fatal};
    const QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
    Pair now = samplePair();
    now.state = u"interrupted"_s;
    now.reason = u"beta does not answer"_s;
    now.epoch = 4; // is in no column
    source.put(now);
    QCOMPARE(changes(changed), (QStringList{u"1-1"_s, u"8-8"_s}));
    QCOMPARE(shown(model, 0, PairModel::StateColumn), u"interrupted"_s);
    source.put(now);
    QCOMPARE(changed.size(), 2);
}

void ModelsTest::figuresAreToldTogether()
{
    FakeSource source;
    for (const QString& domain : {u"web1"_s, u"web2"_s})
        source.put(samplePair(domain));
    PairModel model{source};
    QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
    for (quint64 count = 13; count < 100; ++count) {
        for (const QString& domain : {u"web1"_s, u"web2"_s}) {
            Pair pair = samplePair(domain);
            pair.lastMinute.checkpoints = count;
            source.put(pair);
        }
    }
    QCOMPARE(changed.size(), 0);
    QTRY_COMPARE(changed.size(), 2); // one for each row
    QCOMPARE(changes(changed), (QStringList{u"5-6"_s, u"5-6"_s}));
    QCOMPARE(shown(model, 1, PairModel::CheckpointsColumn), u"99"_s);
}

void ModelsTest::aJobShowsInThePairsState()
{
    FakeSource source;
    Pair pair = samplePair();
    pair.state = u"copying"_s;
    source.put(pair);
    PairModel model{source};
    const QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
    source.put(sampleJob());
    QCOMPARE(shown(model, 0, PairModel::StateColumn), u"copying, 25 %"_s);
    Job job = sampleJob();
    job.state = u"done"_s;
    source.put(job);
    QCOMPARE(shown(model, 0, PairModel::StateColumn), u"copying"_s);
    QCOMPARE(changes(changed), (QStringList{u"1-1"_s, u"1-1"_s}));
}

void ModelsTest::rowsStayRightWhenOneGoes()
{
    FakeSource source;
    PairModel model{source};
    const QAbstractItemModelTester tester{&model, fatal};
    for (const QString& domain : {u"a"_s, u"b"_s, u"c"_s})
        source.put(samplePair(domain));
    source.dropPair(samplePair(u"a"_s).id);
    QCOMPARE(shownColumn(model, PairModel::DomainColumn), (QStringList{u"b"_s, u"c"_s}));
    Pair c = samplePair(u"c"_s);
    c.peerName = u"gamma"_s;
    source.put(c);
    QCOMPARE(shown(model, 1, PairModel::PeerColumn), u"gamma"_s);
    QCOMPARE(shown(model, 0, PairModel::PeerColumn), u"beta"_s);
    QVERIFY(!model.indexOf(samplePair(u"a"_s).id).isValid());
    QCOMPARE(model.indexOf(c.id).row(), 1);
}

void ModelsTest::showsAWordOfALaterDaemonAsItIs()
{
    FakeSource source;
    Pair pair = samplePair();
    pair.state = u"hibernating"_s;
    source.put(pair);
    const PairModel model{source};
    QCOMPARE(shown(model, 0, PairModel::StateColumn), u"hibernating"_s);
}

void ModelsTest::keepsWhatWasKnownWhileTheDaemonIsGone()
{
    FakeSource source;
    source.start();
    source.put(samplePair());
    const PairModel model{source};
    source.setGone({Errc::DaemonUnavailable, u"lockstepd does not run"_s});
    QCOMPARE(model.rowCount(), 1);
    QVERIFY(!source.isConnected());
    QCOMPARE(source.host().name, u"alpha"_s);
}

void ModelsTest::sortsNamesAsPeopleDo()
{
    FakeSource source;
    for (const QString& domain : {u"web10"_s, u"Web2"_s, u"db"_s, u"web1"_s})
        source.put(samplePair(domain));
    PairModel model{source};
    ListFilter filter{model};
    filter.sort(PairModel::DomainColumn);
    QCOMPARE(shownColumn(filter, PairModel::DomainColumn),
             (QStringList{u"db"_s, u"web1"_s, u"Web2"_s, u"web10"_s}));
}

void ModelsTest::sortsStatesByUrgency()
{
    FakeSource source;
    for (const QString& state : {u"protected"_s, u"interrupted"_s, u"copying"_s, u"alone"_s}) {
        Pair pair = samplePair(state);
        pair.state = state;
        source.put(pair);
    }
    PairModel model{source};
    ListFilter filter{model};
    filter.sort(PairModel::StateColumn, Qt::DescendingOrder);
    QCOMPARE(shownColumn(filter, PairModel::StateColumn),
             (QStringList{u"interrupted"_s, u"alone"_s, u"copying"_s, u"protected"_s}));
}

void ModelsTest::searchesForAllWordsInAnyColumn()
{
    FakeSource source;
    for (const QString& domain : {u"web1"_s, u"web2"_s}) {
        Pair pair = samplePair(domain);
        pair.peerName = domain == u"web1"_s ? u"beta"_s : u"gamma"_s;
        source.put(pair);
    }
    PairModel model{source};
    ListFilter filter{model};
    filter.setSearch(u"WEB gam"_s);
    QCOMPARE(shownColumn(filter, PairModel::DomainColumn), QStringList{u"web2"_s});
    filter.setSearch(u"web1 gamma"_s);
    QCOMPARE(filter.rowCount(), 0);
    filter.setSearch(u"  "_s);
    QCOMPARE(filter.rowCount(), 2);
    QVERIFY(!filter.isFiltering());
}

void ModelsTest::filtersByStateAndDomain()
{
    FakeSource source;
    source.put(samplePair(u"web1"_s));
    Pair alone = samplePair(u"web2"_s);
    alone.state = u"alone"_s;
    source.put(alone);
    PairModel model{source};
    ListFilter filter{model};
    filter.setWords({u"alone"_s, u"interrupted"_s});
    QCOMPARE(shownColumn(filter, PairModel::DomainColumn), QStringList{u"web2"_s});
    filter.setUuid(samplePair(u"web1"_s).uuid);
    QCOMPARE(filter.rowCount(), 0);
    filter.setWords({});
    QCOMPARE(shownColumn(filter, PairModel::DomainColumn), QStringList{u"web1"_s});
}

void ModelsTest::aFilteredRowComesAndGoesWithItsState()
{
    FakeSource source;
    source.put(samplePair());
    PairModel model{source};
    ListFilter filter{model};
    filter.setWords({u"interrupted"_s});
    QCOMPARE(filter.rowCount(), 0);
    Pair now = samplePair();
    now.state = u"interrupted"_s;
    source.put(now);
    QCOMPARE(filter.rowCount(), 1);
    source.put(samplePair());
    QCOMPARE(filter.rowCount(), 0);
}

void ModelsTest::peersTellWhatIsWrong()
{
    FakeSource source;
    source.put(samplePeer());
    PeerModel model{source};
    QCOMPARE(shown(model, 0, PeerModel::StateColumn), u"alive"_s);
    QCOMPARE(shown(model, 0, PeerModel::RoundTripColumn), u"210 µs"_s);
    const QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
    Peer now = samplePeer();
    now.health = u"gone"_s;
    now.healthReason = u"no heartbeat for 2 s"_s;
    source.put(now);
    QCOMPARE(shown(model, 0, PeerModel::StateColumn), u"gone"_s);
    QCOMPARE(shown(model, 0, PeerModel::ReasonColumn), u"no heartbeat for 2 s"_s);
    QCOMPARE(changed.size(), 2);
    // Nobody has accepted it: what its heartbeats would be does not matter.
    now.trust = u"asked"_s;
    source.put(now);
    QCOMPARE(shown(model, 0, PeerModel::StateColumn), u"wants to pair"_s);
}

void ModelsTest::jobsTellWhyTheyFailed()
{
    FakeSource source;
    source.put(sampleJob());
    JobModel model{source};
    QCOMPARE(shown(model, 0, JobModel::KindColumn), u"Protect"_s);
    QCOMPARE(shown(model, 0, JobModel::PhaseColumn), u"copy disk vda"_s);
    Job failed = sampleJob();
    failed.state = u"failed"_s;
    failed.ended = failed.started.addSecs(65);
    failed.error = Error{Errc::NoSpace, u"3 GiB are missing"_s, u"Free space."_s};
    source.put(failed);
    QCOMPARE(shown(model, 0, JobModel::PhaseColumn), u"3 GiB are missing"_s);
    QCOMPARE(model.index(0, JobModel::PhaseColumn).data(Qt::ToolTipRole).toString(),
             u"Free space."_s);
    QCOMPARE(shown(model, 0, JobModel::ProgressColumn), u"1:05"_s);
}

namespace {

Domain domain(const QString& name)
{
    Domain one;
    one.name = name;
    one.uuid = samplePair(name).uuid;
    one.state = u"running"_s;
    one.protectable = true;
    return one;
}

} // namespace

void ModelsTest::domainsAreMergedNotReset()
{
    FakeSource source;
    source.knownDomains = {domain(u"c"_s), domain(u"a"_s), domain(u"b"_s)};
    DomainModel model{source};
    const QAbstractItemModelTester tester{&model, fatal};
    source.start();
    QTRY_COMPARE(shownColumn(model, DomainModel::NameColumn),
                 (QStringList{u"a"_s, u"b"_s, u"c"_s}));
    const QPersistentModelIndex kept{model.index(2, 0)};
    const QSignalSpy reset{&model, &QAbstractItemModel::modelReset};
    const QSignalSpy changed{&model, &QAbstractItemModel::dataChanged};
    Domain off = domain(u"c"_s);
    off.state = u"shut off"_s;
    source.knownDomains = {domain(u"aa"_s), off};
    model.refresh();
    QTRY_COMPARE(shownColumn(model, DomainModel::NameColumn), (QStringList{u"aa"_s, u"c"_s}));
    QCOMPARE(kept.row(), 1); // what is selected stays so
    QCOMPARE(shown(model, 1, DomainModel::StateColumn), u"shut off"_s);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(reset.size(), 0);
}

void ModelsTest::domainsTellWhyTheyCannotBeProtected()
{
    FakeSource source;
    Domain usb = domain(u"usb"_s);
    usb.protectable = false;
    usb.findings = {Finding{.id = u"device"_s,
                            .severity = u"error"_s,
                            .host = u"alpha"_s,
                            .message = u"it has a USB device of the host"_s,
                            .remedy = {}}};
    source.knownDomains = {usb};
    const DomainModel model{source};
    source.start();
    QTRY_COMPARE(model.rowCount(), 1);
    QCOMPARE(shown(model, 0, DomainModel::ProtectableColumn),
             u"no: it has a USB device of the host"_s);
}

void ModelsTest::domainsTellAnError()
{
    FakeSource source;
    source.refusal = Error{Errc::NotAuthorized, u"polkit does not allow it"_s};
    const DomainModel model{source};
    source.start();
    QTRY_VERIFY(model.error());
    QCOMPARE(model.error().value_or(Error{Errc::Internal, {}}).code(), Errc::NotAuthorized);
}

void ModelsTest::eventsThatWereMissedAreFetched()
{
    FakeSource source;
    source.record(u"web1"_s, u"one"_s);
    source.start();
    EventModel model{source};
    const QAbstractItemModelTester tester{&model, fatal};
    QTRY_COMPARE(shownColumn(model, EventModel::TextColumn), QStringList{u"one"_s});
    source.calls.clear();
    const Event two = source.record(u"web1"_s, u"two"_s);
    source.tell({two});
    QVERIFY(source.calls.isEmpty()); // nothing is missing
    (void)source.record(u"web1"_s, u"three"_s);
    const Event four = source.record(u"web1"_s, u"four"_s);
    source.tell({four});
    QTRY_COMPARE(shownColumn(model, EventModel::TextColumn),
                 (QStringList{u"one"_s, u"two"_s, u"three"_s, u"four"_s}));
    // And what happened while lockstepd was away from us.
    source.setGone({Errc::DaemonUnavailable, u"gone"_s});
    (void)source.record(u"web1"_s, u"five"_s);
    source.start();
    QTRY_COMPARE(model.rowCount(), 5);
}

void ModelsTest::theWholeHistoryIsFetchedInParts()
{
    FakeSource source;
    constexpr int all = 2'500;
    for (int n = 0; n < all; ++n)
        source.record(u"web1"_s, QString::number(n));
    source.start();
    EventModel model{source};
    QTRY_COMPARE(model.rowCount(), 1'000);
    QVERIFY(model.hasMore());
    QCOMPARE(shown(model, 0, EventModel::TextColumn), u"1500"_s);
    model.loadAll();
    QTRY_COMPARE(model.rowCount(), all);
    QVERIFY(!model.hasMore());
    QCOMPARE(shown(model, 0, EventModel::TextColumn), u"0"_s);
}

void ModelsTest::onlyNewsHappens()
{
    FakeSource source;
    source.record(u"web1"_s, u"long ago"_s);
    source.start();
    const EventModel model{source};
    const QSignalSpy happened{&model, &EventModel::happened};
    QTRY_COMPARE(model.rowCount(), 1);
    QCOMPARE(happened.size(), 0);
    source.tell({source.record(u"web1"_s, u"now"_s)});
    QCOMPARE(happened.size(), 1);
}

QTEST_MAIN(ModelsTest)
#include "ModelsTest.moc"
