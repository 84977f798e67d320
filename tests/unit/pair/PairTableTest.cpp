// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"

#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

class PairTableTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsEverythingAcrossARestart_data();
    void keepsEverythingAcrossARestart();
    void showsNothingThatIsNotSaved();
    void keepsWhatCannotBeRemoved();
    void tellsSinceWhenOnlyWhenTheStateChanges();
    void refusesToLoadABadRecord_data();
    void refusesToLoadABadRecord();
};

void PairTableTest::keepsEverythingAcrossARestart_data()
{
    QTest::addColumn<PairState>("state");
    using enum PairState;
    for (const auto state : {Preparing, Copying, Protected, Interrupted, TakingOver, Merging, Alone,
                             Stale, Undoing, Off})
        QTest::newRow(qPrintable(toString(state))) << state;
}

void PairTableTest::keepsEverythingAcrossARestart()
{
    QFETCH(const PairState, state);
    FakeHost host{u"beta"_s};
    PairRecord record = host.record(Role::Secondary, state, 7);
    record.reason = u"because"_s;
    record.definedHere = true;
    record.epoch = {9'007'199'254'740'993};
    host.put(record);
    const auto saved = host.pairs.find(webUuid())->toJson();
    PairTable again{host.store, host.chronicle};
    QVERIFY(QCoro::waitFor(again.load()));
    QCOMPARE(again.find(webUuid()).value().toJson(), saved);
    QCOMPARE(again.find(webUuid())->epoch, record.epoch);
    QVERIFY(again.find(webUuid())->definedHere);
}

void PairTableTest::showsNothingThatIsNotSaved()
{
    FakeHost host{u"beta"_s};
    host.put(host.record(Role::Secondary, PairState::Protected, 1));
    QSignalSpy changed{&host.pairs, &PairTable::changed};
    host.store.full = true;
    const auto put = QCoro::waitFor(host.pairs.setState(webUuid(), PairState::Interrupted, u"x"_s));
    QCOMPARE(put.error().code(), Errc::StoreError);
    QCOMPARE(host.state(), toString(PairState::Protected));
    QCOMPARE(changed.size(), 0);
}

void PairTableTest::keepsWhatCannotBeRemoved()
{
    FakeHost host{u"beta"_s};
    host.put(host.record(Role::Secondary, PairState::Protected, 1));
    host.store.full = true;
    QVERIFY(!QCoro::waitFor(host.pairs.remove(webUuid())));
    QVERIFY(host.has());
}

void PairTableTest::tellsSinceWhenOnlyWhenTheStateChanges()
{
    FakeHost host{u"beta"_s};
    PairRecord record = host.record(Role::Secondary, PairState::Copying, 1);
    host.put(record);
    record = *host.pairs.find(webUuid());
    QVERIFY(record.since.isValid());
    record.since = QDateTime::fromMSecsSinceEpoch(1000, QTimeZone::UTC);
    record.reason = u"a new reason"_s;
    host.put(record);
    QCOMPARE(host.pairs.find(webUuid())->since, record.since);
    record.state = PairState::Protected;
    host.put(record);
    QVERIFY(host.pairs.find(webUuid())->since > record.since);
}

void PairTableTest::refusesToLoadABadRecord_data()
{
    QTest::addColumn<QString>("member");
    QTest::addColumn<QJsonValue>("value");
    QTest::newRow("role") << u"role"_s << QJsonValue{u"tertiary"_s};
    QTest::newRow("state") << u"state"_s << QJsonValue{u"fine"_s};
    QTest::newRow("spec") << u"spec"_s << QJsonValue{};
    QTest::newRow("epoch missing") << u"epoch"_s << QJsonValue{QJsonValue::Undefined};
    QTest::newRow("epoch negative") << u"epoch"_s << QJsonValue{-1};
    QTest::newRow("epoch is text") << u"epoch"_s << QJsonValue{u"2"_s};
}

void PairTableTest::refusesToLoadABadRecord()
{
    // It may be the only trace of a shadow, or of a newer epoch elsewhere.
    QFETCH(const QString, member);
    QFETCH(const QJsonValue, value);
    FakeHost host{u"beta"_s};
    QJsonObject json = host.record(Role::Secondary, PairState::Protected, 1).toJson();
    if (value.isUndefined())
        json.remove(member);
    else
        json[member] = value;
    host.store.documents[u"pair"_s][toString(webUuid())] = json;
    PairTable table{host.store, host.chronicle};
    const auto loaded = QCoro::waitFor(table.load());
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code(), Errc::Malformed);
}

QTEST_GUILESS_MAIN(PairTableTest)
#include "PairTableTest.moc"
