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
    void losesNoChangeOfTwoAtOnce();
    void changesNothingThatIsNotThere();
    void goesOnAfterAChangeThatFailed();
    void tellsSinceWhenOnlyWhenTheStateChanges();
    void refusesToLoadABadRecord_data();
    void refusesToLoadABadRecord();
};

void PairTableTest::keepsEverythingAcrossARestart_data()
{
    QTest::addColumn<PairState>("state");
    using enum PairState;
    for (const auto state : {Preparing, Copying, Confirming, Protected, Interrupted, TakingOver,
                             Merging, Alone, Stale, Undoing, Off})
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
    const auto put = QCoro::waitFor(host.pairs.update(
        webUuid(), [](PairRecord& record) { record.state = PairState::Interrupted; }));
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

void PairTableTest::losesNoChangeOfTwoAtOnce()
{
    FakeHost host{u"beta"_s};
    host.put(host.record(Role::Secondary, PairState::Copying, 1));
    host.store.delay = std::chrono::milliseconds{20};
    // A driver saves a state while a flow saves what it has made.
    auto state = host.pairs.update(webUuid(),
                                   [](PairRecord& record) { record.state = PairState::Protected; });
    auto definition =
        host.pairs.update(webUuid(), [](PairRecord& record) { record.definition = u"new"_s; });
    auto epoch = host.pairs.update(webUuid(), [](PairRecord& record) { record.epoch.value += 1; });
    QVERIFY(QCoro::waitFor(std::move(epoch)));
    QVERIFY(QCoro::waitFor(std::move(definition)));
    QVERIFY(QCoro::waitFor(std::move(state)));
    PairTable again{host.store, host.chronicle};
    QVERIFY(QCoro::waitFor(again.load()));
    for (const auto& record : {*host.pairs.find(webUuid()), *again.find(webUuid())}) {
        QCOMPARE(toString(record.state), toString(PairState::Protected));
        QCOMPARE(record.definition, u"new"_s);
        QCOMPARE(record.epoch, Epoch{2});
    }
}

void PairTableTest::changesNothingThatIsNotThere()
{
    FakeHost host{u"beta"_s};
    host.put(host.record(Role::Secondary, PairState::Copying, 1));
    host.store.delay = std::chrono::milliseconds{20};
    auto removed = host.pairs.remove(webUuid());
    bool called = false;
    const auto changed =
        QCoro::waitFor(host.pairs.update(webUuid(), [&called](PairRecord&) { called = true; }));
    QVERIFY(QCoro::waitFor(std::move(removed)));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::UnknownPair);
    QVERIFY(!called);
    QVERIFY(!host.has());
}

void PairTableTest::goesOnAfterAChangeThatFailed()
{
    FakeHost host{u"beta"_s};
    host.put(host.record(Role::Secondary, PairState::Copying, 1));
    host.store.full = true;
    auto first = host.pairs.update(webUuid(), [](PairRecord& record) { record.reason = u"1"_s; });
    auto second = host.pairs.update(webUuid(), [](PairRecord& record) { record.domain = u"2"_s; });
    QVERIFY(!QCoro::waitFor(std::move(first)));
    host.store.full = false;
    QVERIFY(QCoro::waitFor(std::move(second)));
    QCOMPARE(host.pairs.find(webUuid())->domain, u"2"_s);
    QVERIFY2(host.pairs.find(webUuid())->reason.isEmpty(), "what was not saved must not show");
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
    QTest::newRow("settings") << u"settings"_s << QJsonValue{};
    for (const auto* const flag : {"sole", "claimed", "promised"})
        QTest::newRow(flag) << QString::fromLatin1(flag) << QJsonValue{1};
    QTest::newRow("promise") << u"promise"_s << QJsonValue{-1};
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
