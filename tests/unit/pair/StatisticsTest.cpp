// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Statistics.h"

#include "fakes/TwoHosts.h"

#include <QDateTime>
#include <QTest>
#include <QUdpSocket>

#include <functional>
#include <optional>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

/// Keeps rows in memory.
class MemoryStatistics final : public StatisticsStore
{
public:
    Task<Result<void>> save(QList<StatisticsRow> changed, KeptKeys /*kept*/) override
    {
        if (isFull)
            co_return failure(Errc::StoreError, u"the disk is full"_s);
        for (const StatisticsRow& row : std::as_const(changed)) {
            rows.removeIf([&row](const StatisticsRow& other) {
                return other.uuid == row.uuid && other.kind == row.kind && other.key == row.key;
            });
            rows.append(row);
        }
        ++saves;
        co_return {};
    }
    Task<Result<QStringList>> domains() override
    {
        if (!isReadable)
            co_return failure(Errc::StoreError, u"the disk does not answer"_s);
        QStringList all;
        for (const StatisticsRow& row : std::as_const(rows)) {
            if (!all.contains(row.uuid))
                all.append(row.uuid);
        }
        co_return QStringList{all};
    }
    Task<Result<QList<StatisticsRow>>> load(QString uuid) override
    {
        if (!isReadable)
            co_return failure(Errc::StoreError, u"the disk does not answer"_s);
        QList<StatisticsRow> found;
        for (const StatisticsRow& row : std::as_const(rows)) {
            if (row.uuid == uuid)
                found.append(row);
        }
        co_return QList<StatisticsRow>{found};
    }
    Task<Result<void>> forget(QString uuid) override
    {
        rows.removeIf([&uuid](const StatisticsRow& row) { return row.uuid == uuid; });
        co_return {};
    }

    QList<StatisticsRow> rows;
    int saves{0};
    bool isFull{false};
    bool isReadable{true};
};

/// A host with a pair, and a recorder of its own.
struct Recorder
{
    explicit Recorder(Role role = Role::Primary, PairState state = PairState::Protected)
    {
        host.put(host.record(role, state, 1));
        host.putDomain();
        restart();
    }
    ~Recorder() { QCoro::waitFor(statistics->stop()); }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// The daemon is restarted.
    void restart()
    {
        if (statistics)
            QCoro::waitFor(statistics->stop());
        statistics.emplace(host.hypervisor, host.pairs, &store);
        QCoro::waitFor(statistics->load());
    }
    void event(const QString& name, qint64 when, const QJsonObject& data = {})
    {
        Q_EMIT host.hypervisor.qmpEvent(webUuid(), name, when, data);
    }
    /// One that ends then, in microseconds since 1970 UTC.
    void checkpoint(qint64 end, qint64 stopped = 30'000)
    {
        event(u"STOP"_s, end - stopped);
        event(u"RESUME"_s, end);
    }
    void change(const std::function<void(PairRecord&)>& change)
    {
        QVERIFY(QCoro::waitFor(host.pairs.update(webUuid(), change)));
    }
    [[nodiscard]] QList<Checkpoint> all() const
    {
        const auto* const found = statistics->find(webUuid());
        if (!found)
            return {};
        return found
            ->report(
                {.since = 0, .until = now() + 3'600'000'000, .points = 0, .checkpoints = 1'000})
            .checkpoints;
    }
    [[nodiscard]] QString reasons() const
    {
        QStringList words;
        for (const Checkpoint& checkpoint : all())
            words.append(toString(checkpoint.reason));
        return words.join(u' ');
    }
    [[nodiscard]] static qint64 now() { return QDateTime::currentMSecsSinceEpoch() * 1'000; }

    FakeHost host{u"alpha"_s};
    MemoryStatistics store;
    std::optional<Statistics> statistics;
};

} // namespace

/// What is recorded of checkpoints.
class StatisticsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void measuresStopsByTheClockOfQemu();
    void tellsWhoAskedForIt();
    void aLateRequestIsNotTakenForTheReason();
    void modesThatCompareNothingHaveAnotherReason();
    void theShadowsHostDoesNotKnowWhy();
    void theFirstOnesAreSeenBeforeItIsProtected();
    void stopsForOtherReasonsAreNone();
    void aSuspendedGuestHasNone();
    void aResumeWithoutAStopIsNone();
    void eventsThatAreMissingMakeNone();
    void countsPacketsThatLeaveMeanwhile();
    void observesQuietSeconds();
    void goesOnAfterARestartAndAChangeOfRoles();
    void savesLaterWhatCannotBeSavedNow();
    void readsLaterWhatCannotBeReadNow();
    void recordsNothingOnceItIsStopped();
    void forgetsAPairThatIsGone();
    void tellsOfManyAtOnce();
};

void StatisticsTest::measuresStopsByTheClockOfQemu()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.checkpoint(time, 28'750);
    recorder.checkpoint(time + 500'000, 1'200'000);
    const auto all = recorder.all();
    QCOMPARE(all.size(), qsizetype{2});
    QCOMPARE(all[0].time, time);
    QCOMPARE(all[0].stopped, quint32{28'750});
    QCOMPARE(all[1].stopped, quint32{1'200'000});
    QVERIFY(!all[0].duration.isKnown());
}

void StatisticsTest::tellsWhoAskedForIt()
{
    Recorder recorder;
    for (const auto reason : {CheckpointReason::Period, CheckpointReason::Idle,
                              CheckpointReason::Boot, CheckpointReason::Request}) {
        recorder.statistics->asked(webUuid(), reason);
        recorder.checkpoint(Recorder::now() + 1'060'000);
        recorder.checkpoint(Recorder::now() + 2'000'000); // nobody has asked for this one
    }
    QCOMPARE(recorder.reasons(),
             u"period difference idle difference boot difference request difference"_s);
    const auto first = recorder.all().first();
    QVERIFY(first.duration.isKnown());
    QVERIFY(first.duration.orZero() >= first.stopped);
}

void StatisticsTest::aLateRequestIsNotTakenForTheReason()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.event(u"STOP"_s, time - 1'000'000);
    recorder.statistics->asked(webUuid(), CheckpointReason::Period); // it has begun already
    recorder.event(u"RESUME"_s, time);
    recorder.checkpoint(time + 1'500'000); // this is the one
    recorder.statistics->asked(webUuid(), CheckpointReason::Idle); // QEMU does not follow
    recorder.checkpoint(time + 60'000'000);
    QCOMPARE(recorder.reasons(), u"difference period difference"_s);
}

void StatisticsTest::modesThatCompareNothingHaveAnotherReason()
{
    Recorder recorder;
    recorder.change([](PairRecord& record) { record.settings.protocol.mode = Mode::Remus; });
    recorder.checkpoint(Recorder::now());
    recorder.change([](PairRecord& record) { record.settings.protocol.mode = Mode::Kemari; });
    recorder.checkpoint(Recorder::now() + 100'000);
    QCOMPARE(recorder.reasons(), u"output output"_s);
}

void StatisticsTest::theShadowsHostDoesNotKnowWhy()
{
    Recorder recorder{Role::Secondary};
    recorder.checkpoint(Recorder::now());
    const auto all = recorder.all();
    QCOMPARE(recorder.reasons(), u"unknown"_s);
    QCOMPARE(all.first().stopped, quint32{30'000});
    QVERIFY(!all.first().released.isKnown()); // a shadow sends nothing
}

void StatisticsTest::theFirstOnesAreSeenBeforeItIsProtected()
{
    Recorder recorder{Role::Primary, PairState::Copying};
    const qint64 time = Recorder::now();
    recorder.event(u"STOP"_s, time); // for the switchover
    recorder.event(u"MIGRATION"_s, time + 10, {{u"status"_s, u"colo"_s}});
    recorder.event(u"RESUME"_s, time + 20);
    for (int n = 1; n <= 3; ++n)
        recorder.checkpoint(time + n * 100'000);
    recorder.change([](PairRecord& record) { record.state = PairState::Protected; });
    recorder.checkpoint(time + 900'000);
    QCOMPARE(recorder.reasons(), u"first first first difference"_s);
}

void StatisticsTest::stopsForOtherReasonsAreNone()
{
    for (const auto state : {PairState::Alone, PairState::Copying, PairState::Merging}) {
        Recorder recorder{Role::Primary, state};
        recorder.checkpoint(Recorder::now());
        QCOMPARE(recorder.reasons(), QString{});
    }
}

void StatisticsTest::aSuspendedGuestHasNone()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.event(u"STOP"_s, time); // virsh suspend
    recorder.change([](PairRecord& record) { record.suspended = true; });
    recorder.event(u"RESUME"_s, time + 60'000'000); // virsh resume
    recorder.change([](PairRecord& record) { record.suspended = false; });
    QCOMPARE(recorder.reasons(), QString{});
    recorder.checkpoint(time + 70'000'000);
    QCOMPARE(recorder.reasons(), u"difference"_s);
}

void StatisticsTest::aResumeWithoutAStopIsNone()
{
    Recorder recorder;
    recorder.event(u"RESUME"_s, Recorder::now());
    recorder.event(u"RESUME"_s, Recorder::now());
    QCOMPARE(recorder.reasons(), QString{});
}

void StatisticsTest::eventsThatAreMissingMakeNone()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.event(u"STOP"_s, time);
    Q_EMIT recorder.host.hypervisor.disconnected(u"libvirtd is restarted"_s);
    recorder.event(u"RESUME"_s, time + 60'000'000); // of another STOP, which nobody has seen
    QCOMPARE(recorder.reasons(), QString{});
    recorder.checkpoint(time + 70'000'000);
    QCOMPARE(recorder.reasons(), u"difference"_s);
}

void StatisticsTest::countsPacketsThatLeaveMeanwhile()
{
    Recorder recorder;
    recorder.host.hypervisor.setXml(webUuid(), webXml().replace(u"vnet0"_s, u"lo"_s));
    recorder.restart();
    QUdpSocket guest;
    const auto newest = [&recorder, &guest] {
        const qint64 time = Recorder::now();
        recorder.event(u"STOP"_s, time);
        for (int n = 0; n < 10; ++n)
            guest.writeDatagram("x", 1, QHostAddress{QHostAddress::LocalHost}, 9);
        recorder.event(u"RESUME"_s, time + 60'000'000); // it is seen before that
        return recorder.all().last();
    };
    // The device is found meanwhile.
    QTRY_VERIFY(newest().released.isKnown());
    const Checkpoint checkpoint = newest();
    QVERIFY(checkpoint.released.orZero() >= 10); // others may use it, too
    QVERIFY(checkpoint.hold.isKnown());
    // Who looks after the guest has gone on does not know what left before.
    recorder.checkpoint(Recorder::now() - 1'000'000);
    QVERIFY(!recorder.all().last().released.isKnown());
}

void StatisticsTest::observesQuietSeconds()
{
    Recorder recorder;
    const auto seconds = [&recorder] {
        const auto* const found = recorder.statistics->find(webUuid());
        const qint64 second = QDateTime::currentSecsSinceEpoch();
        return found ? found->sums(second - 60, second + 60).seconds : 0;
    };
    QTRY_VERIFY_WITH_TIMEOUT(seconds() >= 2, 20'000);
    QVERIFY(recorder.all().isEmpty());
}

void StatisticsTest::goesOnAfterARestartAndAChangeOfRoles()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.checkpoint(time);
    recorder.restart();
    QCOMPARE(recorder.reasons(), u"difference"_s);
    recorder.change([](PairRecord& record) { record.role = Role::Secondary; });
    recorder.checkpoint(time + 1'000'000);
    recorder.change([](PairRecord& record) { record.role = Role::Primary; });
    recorder.checkpoint(time + 2'000'000);
    recorder.restart();
    QCOMPARE(recorder.reasons(), u"difference unknown difference"_s);
    QCOMPARE(recorder.statistics->find(webUuid())->lifetime().count(), quint64{3});
}

void StatisticsTest::savesLaterWhatCannotBeSavedNow()
{
    Recorder recorder;
    const qint64 time = Recorder::now() - 600'000'000;
    recorder.store.isFull = true;
    recorder.checkpoint(time);
    QCoro::waitFor(recorder.statistics->save());
    QVERIFY(recorder.store.rows.isEmpty());
    recorder.store.isFull = false;
    recorder.checkpoint(time + 300'000'000); // in another minute
    QCoro::waitFor(recorder.statistics->save());
    recorder.restart();
    QCOMPARE(recorder.reasons(), u"difference difference"_s);
    const auto* const found = recorder.statistics->find(webUuid());
    QCOMPARE(found->lifetime().count(), quint64{2});
    const qint64 second = time / 1'000'000;
    QCOMPARE(found->sums(second - 60, second + 60).checkpoints, quint64{1});
}

void StatisticsTest::readsLaterWhatCannotBeReadNow()
{
    Recorder recorder;
    const qint64 time = Recorder::now();
    recorder.checkpoint(time);
    QCoro::waitFor(recorder.statistics->save());
    recorder.store.isReadable = false;
    recorder.restart();
    recorder.checkpoint(time + 1'000'000);
    const auto before = recorder.store.rows;
    QCoro::waitFor(recorder.statistics->save());
    QCOMPARE(recorder.store.rows, before); // nothing is overwritten
    QCOMPARE(recorder.reasons(), u"difference"_s);
    recorder.store.isReadable = true;
    QCoro::waitFor(recorder.statistics->save());
    QCOMPARE(recorder.reasons(), u"difference difference"_s);
    recorder.restart();
    QCOMPARE(recorder.statistics->find(webUuid())->lifetime().count(), quint64{2});
}

void StatisticsTest::recordsNothingOnceItIsStopped()
{
    Recorder recorder;
    QCoro::waitFor(recorder.statistics->stop());
    recorder.checkpoint(Recorder::now());
    QCOMPARE(recorder.reasons(), QString{});
}

void StatisticsTest::forgetsAPairThatIsGone()
{
    Recorder recorder;
    recorder.checkpoint(Recorder::now());
    QCoro::waitFor(recorder.statistics->save());
    QVERIFY(!recorder.store.rows.isEmpty());
    QVERIFY(QCoro::waitFor(recorder.host.pairs.remove(webUuid())));
    QTRY_VERIFY(recorder.store.rows.isEmpty());
    QVERIFY(!recorder.statistics->find(webUuid()));
}

void StatisticsTest::tellsOfManyAtOnce()
{
    Recorder recorder;
    int told = 0;
    connect(&*recorder.statistics, &Statistics::changed, this, [&told] { ++told; });
    const qint64 time = Recorder::now();
    for (int n = 0; n < 1'000; ++n)
        recorder.checkpoint(time + n * 10'000, 5'000);
    QTRY_COMPARE(told, 1);
    QCOMPARE(recorder.all().size(), qsizetype{1'000});
    QCOMPARE(recorder.store.saves, 0); // that is for once a minute
}

QTEST_GUILESS_MAIN(StatisticsTest)
#include "StatisticsTest.moc"
