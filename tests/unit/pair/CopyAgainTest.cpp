// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"
#include "pair/ChangeKeeper.h"
#include "pair/FullCopy.h"
#include "pair/KeptReplicas.h"
#include "replication/Names.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QTest>

#include <algorithm>
#include <functional>
#include <utility>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;

namespace {

const QString node = u"libvirt-1-format"_s;

/// Two hosts of which alpha protects "web" towards beta, and loses the shadow.
struct Hosts : TwoHosts
{
    explicit Hosts(std::chrono::milliseconds period = 1h)
        : TwoHosts{ArbiterKind::Etcd}, keeper{alpha.parts, alpha.tasks, period}
    { }
    ~Hosts()
    {
        keeper.stop();
        alpha.end(); // with what it does in the background
    }
    Hosts(const Hosts&) = delete;
    Hosts& operator=(const Hosts&) = delete;

    /// What became of it; nothing if it did not come to an end.
    [[nodiscard]] JobView run(const QString& kind, Wish wish, bool forget = false)
    {
        auto* const driver = alpha.driver() ? alpha.driver() : alpha.newDriver();
        if (!driver)
            return {};
        const auto id = driver->want(kind, wish, forget);
        const bool ended =
            QTest::qWaitFor([&] { return alpha.job(id).state != JobState::Running; }, deadline);
        return ended ? alpha.job(id) : JobView{};
    }
    [[nodiscard]] JobView protect() { return run(u"protect"_s, Wish::Protect); }
    [[nodiscard]] LastCopy lastCopy() const
    {
        const auto record = alpha.pairs.find(webUuid());
        return record ? record->lastCopy : LastCopy{};
    }
    /// Protects, and waits until a loss would cost only what changes.
    [[nodiscard]] bool protectAndSettle()
    {
        return protect().state == JobState::Done
            && QTest::qWaitFor([this] { return !lastCopy().identity.isEmpty(); }, deadline);
    }
    [[nodiscard]] bool loseShadow()
    {
        return run(u"continue-alone"_s, Wish::GoAlone).state == JobState::Done
            && QTest::qWaitFor([this] { return !beta.has(); }, deadline);
    }
    [[nodiscard]] QStringList images() const
    {
        return QDir{beta.images.path() + u'/' + toString(webUuid())}.entryList(QDir::Files);
    }
    [[nodiscard]] std::optional<KeptReplica> kept() const
    {
        return KeptReplicas{beta.config}.find(webUuid());
    }
    [[nodiscard]] QStringList maps() { return alpha.qemu().bitmaps.value(node); }
    /// Beta cannot have on disk what it got, or can again.
    void setFlushing(bool works)
    {
        if (works)
            alpha.peers.answers.erase(u"replica.flush"_s);
        else
            alpha.peers.answers.insert_or_assign(
                u"replica.flush"_s, failure(Errc::StoreError, u"Input/output error"_s));
    }
    [[nodiscard]] qsizetype flushes() const { return alpha.journal.count(u"call replica.flush"_s); }
    /// QEMU has stopped alpha's guest, and let it run again.
    void checkpoint()
    {
        const qint64 when = (QDateTime::currentMSecsSinceEpoch() + 1'000) * 1'000;
        Q_EMIT alpha.hypervisor.qmpEvent(webUuid(), u"STOP"_s, when, {});
        Q_EMIT alpha.hypervisor.qmpEvent(webUuid(), u"RESUME"_s, when, {});
    }

    ChangeKeeper keeper;
};

/// Beta's answer when its replica goes onto an image that was there before.
Task<Result<QJsonObject>> answerReused(Peers::Handler handler, PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(reply, co_await handler(std::move(peer), std::move(request)));
    QJsonObject spec = reply[u"spec"].toObject();
    QJsonArray disks = spec[u"disks"].toArray();
    QJsonObject disk = disks.at(0).toObject();
    disk.insert(u"reused"_s, true);
    disks.replace(0, disk);
    spec.insert(u"disks"_s, disks);
    reply.insert(u"spec"_s, spec);
    co_return reply;
}

} // namespace

/// A shadow that was lost comes back: what is copied then.
class CopyAgainTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void copiesWhatHasChanged();
    void keepsOnlyWhatIsOnDisk();
    void copiesAllOfWhatDoesNotFit_data();
    void copiesAllOfWhatDoesNotFit();
    void takesNoImageThatIsNotOurs();
    void copiesAllAfterACopyThatFailed();
    void copiesAllAfterATakeover();
    void copiesAllToAnOlderPeer();
    void sendsZerosToAnImageThatWasThereBefore();
    void keepsTheOlderMapUntilTheOtherHostHasItAll();
    void trustsNoReplicaThatMissedAWrite();
    void takesUpItsMapsAfterARestart();
    void keepsNothingOfAPairThatIsOver();
    void keepsNothingOfAGuestThatIsOff();
    void keepsNothingOfAGuestThatEndsAlone();
};

void CopyAgainTest::copiesWhatHasChanged()
{
    Hosts hosts;
    const auto first = hosts.protect();
    QCOMPARE(first.result[u"copy"].toString(), u"full"_s);
    QCOMPARE(first.result[u"copy-reason"].toString(), u"first"_s);
    QCOMPARE(hosts.alpha.qemu().zeroTargets, QStringList{names::nbdClient(u"vda"_s)});
    QTRY_VERIFY(!hosts.lastCopy().identity.isEmpty());
    QCOMPARE(hosts.beta.qemu().flushed, QStringList{node});
    const QString copy = hosts.lastCopy().identity;
    QCOMPARE(hosts.maps(), QStringList{names::changes(copy, 1)});
    const auto replica = hosts.beta.pairs.find(webUuid())->spec.disks[0].replica;

    QVERIFY2(hosts.loseShadow(), hosts.text());
    QVERIFY(hosts.kept().has_value());
    QCOMPARE(hosts.images(), QStringList{QFileInfo{replica}.fileName()});
    QCOMPARE(hosts.maps(), QStringList{names::changes(copy, 1)});

    hosts.alpha.journal.clear();
    const auto again = hosts.protect();
    QCOMPARE(again.result[u"copy"].toString(), u"changes"_s);
    QVERIFY(!again.result.contains(u"copy-reason"));
    QVERIFY(hosts.alpha.journal.contains(u"qmp blockdev-backup"_s));
    const auto record = *hosts.beta.pairs.find(webUuid());
    QCOMPARE(record.spec.disks[0].replica, replica);
    QVERIFY2(!hosts.kept(), "a replica that is written to is not as it was left");
    QVERIFY(record.spec.copy != copy);
    QCOMPARE(hosts.maps(), QStringList{names::changes(record.spec.copy, 1)});
    // And again, with the copy that this one made.
    QTRY_COMPARE(hosts.lastCopy().identity, record.spec.copy);
    QVERIFY(hosts.loseShadow());
    QCOMPARE(hosts.protect().result[u"copy"].toString(), u"changes"_s);
}

void CopyAgainTest::keepsOnlyWhatIsOnDisk()
{
    // The shadow is lost before its host has said that it has it all.
    Hosts hosts;
    hosts.setFlushing(false);
    QVERIFY(hosts.protect().state == JobState::Done);
    QVERIFY(hosts.lastCopy().identity.isEmpty());
    QVERIFY(hosts.loseShadow());
    QVERIFY(!hosts.kept());
    QCOMPARE(hosts.images(), QStringList{});
    hosts.setFlushing(true);
    QCOMPARE(hosts.protect().result[u"copy-reason"].toString(), u"interrupted"_s);
}

void CopyAgainTest::copiesAllOfWhatDoesNotFit_data()
{
    using Spoil = std::function<void(Hosts&)>;
    QTest::addColumn<Spoil>("spoil");
    const auto row = [](QLatin1StringView reason, const Spoil& spoil) {
        QTest::newRow(reason.latin1()) << spoil;
    };
    const auto replica = [](Hosts& hosts) { return hosts.kept()->disks[0].path; };
    row(full_copy::guestRestarted, [](Hosts& hosts) { hosts.alpha.qemu().bitmaps.clear(); });
    row(full_copy::noReplica, [replica](Hosts& hosts) { QFile::remove(replica(hosts)); });
    row(full_copy::touched, [replica](Hosts& hosts) {
        QFile image{replica(hosts)};
        QVERIFY(image.open(QIODevice::Append) && image.write("x") == 1);
    });
    row(full_copy::otherCopy, [](Hosts& hosts) {
        auto record = *hosts.alpha.pairs.find(webUuid());
        record.lastCopy.identity = QUuid::createUuid().toString(QUuid::WithoutBraces);
        hosts.alpha.put(record);
        hosts.alpha.qemu().bitmaps[node] = {names::changes(record.lastCopy.identity, 1)};
    });
    row(full_copy::otherHost, [](Hosts& hosts) {
        auto record = *hosts.alpha.pairs.find(webUuid());
        record.lastCopy.peer = {QString(64, u'c')};
        hosts.alpha.put(record);
    });
    row(full_copy::unsafeCache, [](Hosts& hosts) {
        auto xml = webXml();
        xml.replace(u"type='qcow2'/>"_s, u"type='qcow2' cache='unsafe'/>"_s);
        hosts.alpha.hypervisor.setXml(webUuid(), xml);
    });
}

void CopyAgainTest::copiesAllOfWhatDoesNotFit()
{
    using Spoil = std::function<void(Hosts&)>;
    QFETCH(const Spoil, spoil);
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    QVERIFY(hosts.loseShadow());
    const auto before = hosts.kept();
    QVERIFY(before);
    spoil(hosts);
    hosts.alpha.journal.clear();
    const auto again = hosts.protect();
    QCOMPARE(again.result[u"copy"].toString(), u"full"_s);
    QCOMPARE(again.result[u"copy-reason"].toString(), QString::fromLatin1(QTest::currentDataTag()));
    QVERIFY(!hosts.alpha.journal.contains(u"qmp blockdev-backup"_s));
    QVERIFY2(!QFile::exists(before->disks[0].path), "it is of no use any more");
    QVERIFY(!hosts.kept());
    const auto events = QCoro::waitFor(hosts.alpha.chronicle.events({}));
    QVERIFY(std::ranges::any_of(*events, [](const PairEvent& event) {
        return event.text.contains(u'(' + QString::fromLatin1(QTest::currentDataTag()) + u')');
    }));
}

void CopyAgainTest::takesNoImageThatIsNotOurs()
{
    // It was beta's own before, and nobody wants that to be written over any more.
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    QVERIFY(hosts.loseShadow());
    const QString replica = hosts.kept()->disks[0].path;
    QFile note{hosts.beta.folder.path() + u"/kept/"_s + toString(webUuid()) + u".json"_s};
    QVERIFY(note.open(QIODevice::ReadOnly));
    const auto text = note.readAll().replace("\"reused\":false", "\"reused\":true");
    note.close();
    QVERIFY(note.open(QIODevice::WriteOnly | QIODevice::Truncate)
            && note.write(text) == text.size());
    note.close();
    QCOMPARE(hosts.protect().result[u"copy-reason"].toString(), u"no-replica"_s);
    const auto disk = hosts.beta.pairs.find(webUuid())->spec.disks[0];
    QVERIFY(disk.replica != replica);
    QVERIFY(!disk.reused);
}

void CopyAgainTest::copiesAllAfterACopyThatFailed()
{
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    QVERIFY(hosts.loseShadow());
    hosts.alpha.qemu().backupError = u"Input/output error"_s;
    QVERIFY(hosts.protect().state == JobState::Failed);
    QTRY_VERIFY(!hosts.beta.has());
    QVERIFY(!hosts.kept());
    QCOMPARE(hosts.images(), QStringList{});
    QVERIFY2(hosts.alpha.qemu().bitmaps.isEmpty(), "nobody needs its note");
    hosts.alpha.qemu().backupError.clear();
    QTRY_COMPARE(hosts.alpha.state(), u"alone"_s);
    const auto again = hosts.protect();
    QCOMPARE(again.result[u"copy-reason"].toString(), u"interrupted"_s);
}

void CopyAgainTest::copiesAllAfterATakeover()
{
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    hosts.alpha.hypervisor.end(webUuid(), FakeHypervisor::Ending::Died);
    QTRY_VERIFY_WITH_TIMEOUT(hosts.beta.standing().startsWith(u"primary"), TwoHosts::deadline);
    const auto record = *hosts.beta.pairs.find(webUuid());
    QVERIFY(record.lastCopy.identity.isEmpty());
    QCOMPARE(record.lastCopy.lost, u"took-over"_s);
}

void CopyAgainTest::copiesAllToAnOlderPeer()
{
    Hosts hosts;
    // It knows of no copies, and leaves out what it does not know.
    const auto handler = hosts.beta.peers.handler(u"shadow.prepare"_s);
    hosts.beta.peers.handle(
        u"shadow.prepare"_s,
        [handler](PeerId peer, QJsonObject request) -> Task<Result<QJsonObject>> {
            QJsonObject spec = request[u"spec"].toObject();
            spec.remove(u"copy");
            spec.remove(u"base");
            request.insert(u"spec"_s, spec);
            return handler(std::move(peer), std::move(request));
        });
    const auto job = hosts.protect();
    QCOMPARE(job.result[u"copy-reason"].toString(), u"older-peer"_s);
    QVERIFY(hosts.maps().isEmpty());
    QVERIFY(!hosts.alpha.journal.contains(u"call replica.flush"_s));
}

void CopyAgainTest::sendsZerosToAnImageThatWasThereBefore()
{
    Hosts hosts;
    const auto handler = hosts.beta.peers.handler(u"shadow.prepare"_s);
    hosts.beta.peers.handle(u"shadow.prepare"_s, [handler](PeerId peer, QJsonObject request) {
        return answerReused(handler, std::move(peer), std::move(request));
    });
    QVERIFY(hosts.protect().state == JobState::Done);
    QVERIFY2(hosts.alpha.qemu().zeroTargets.isEmpty(), "what is old there would stay");
    QVERIFY2(!hosts.alpha.pairs.find(webUuid())->spec.disks[0].reused, "it is no image of alpha's");
}

void CopyAgainTest::keepsTheOlderMapUntilTheOtherHostHasItAll()
{
    Hosts hosts{100ms};
    QVERIFY(hosts.protectAndSettle());
    const QString copy = hosts.lastCopy().identity;
    QTRY_COMPARE(hosts.maps(), (QStringList{names::changes(copy, 1), names::changes(copy, 2)}));
    hosts.setFlushing(false);
    const auto before = hosts.flushes();
    // What was on its way to the replica when the younger map was begun has arrived by then.
    hosts.checkpoint();
    hosts.checkpoint();
    QTRY_COMPARE(hosts.flushes(), before + 1);
    QVERIFY2(hosts.maps().contains(names::changes(copy, 1)), "beta does not have it all on disk");
    hosts.setFlushing(true);
    const bool dropped = QTest::qWaitFor(
        [&] {
            hosts.checkpoint();
            return !hosts.maps().contains(names::changes(copy, 1)) && !hosts.maps().isEmpty();
        },
        60'000);
    QVERIFY(dropped);
    // Lost now, the copy is right by what is left.
    QVERIFY(hosts.loseShadow());
    QCOMPARE(hosts.protect().result[u"copy"].toString(), u"changes"_s);
}

void CopyAgainTest::trustsNoReplicaThatMissedAWrite()
{
    // As on a full disk of beta's. QEMU lets alpha's guest go on.
    Hosts hosts{100ms};
    QVERIFY(hosts.protectAndSettle());
    const QString copy = hosts.lastCopy().identity;
    QTRY_COMPARE(hosts.maps(), (QStringList{names::changes(copy, 1), names::changes(copy, 2)}));
    const auto before = hosts.flushes();
    hosts.alpha.qemu().replicationError = u"I/O error occurred"_s;
    hosts.checkpoint();
    hosts.checkpoint();
    QVERIFY2(QTest::qWaitFor([&] { return hosts.alpha.state() == u"alone"; }, TwoHosts::deadline),
             hosts.text());
    QCOMPARE(hosts.flushes(), before);
    QVERIFY2(hosts.maps().contains(names::changes(copy, 1)), "it knows of that write");
    QTRY_VERIFY(!hosts.beta.has());
    hosts.alpha.qemu().replicationError.clear();
    QCOMPARE(hosts.protect().result[u"copy"].toString(), u"changes"_s);
}

void CopyAgainTest::takesUpItsMapsAfterARestart()
{
    Hosts hosts{100ms};
    QVERIFY(hosts.protectAndSettle());
    const QString copy = hosts.lastCopy().identity;
    QTRY_COMPARE(hosts.maps().size(), qsizetype{2});
    hosts.keeper.stop();
    hosts.alpha.settle();
    // The daemon that comes does not know since when the younger one counts.
    ChangeKeeper next{hosts.alpha.parts, hosts.alpha.tasks, 100ms};
    next.look();
    QTRY_COMPARE(hosts.maps(), (QStringList{names::changes(copy, 1), names::changes(copy, 3)}));
    next.stop();
    hosts.alpha.settle();
}

void CopyAgainTest::keepsNothingOfAPairThatIsOver()
{
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    QVERIFY(hosts.run(u"unprotect"_s, Wish::GoAlone, true).state == JobState::Done);
    QTRY_VERIFY(!hosts.beta.has());
    QVERIFY(!hosts.kept());
    QCOMPARE(hosts.images(), QStringList{});
    QVERIFY(hosts.alpha.qemu().bitmaps.isEmpty());
}

void CopyAgainTest::keepsNothingOfAGuestThatIsOff()
{
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    hosts.alpha.hypervisor.end(webUuid(), FakeHypervisor::Ending::TurnedOff);
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.beta.has(), TwoHosts::deadline);
    QVERIFY(!hosts.kept());
    QCOMPARE(hosts.images(), QStringList{});
}

void CopyAgainTest::keepsNothingOfAGuestThatEndsAlone()
{
    // QEMU's note of what has changed is gone with it.
    Hosts hosts;
    QVERIFY(hosts.protectAndSettle());
    QVERIFY(hosts.loseShadow());
    QVERIFY(hosts.kept().has_value());
    hosts.alpha.hypervisor.end(webUuid(), FakeHypervisor::Ending::TurnedOff);
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.kept(), TwoHosts::deadline);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.images(), QStringList{}, TwoHosts::deadline);
    QCOMPARE(hosts.lastCopy(), LastCopy::none(full_copy::guestRestarted));
}

QTEST_GUILESS_MAIN(CopyAgainTest)
#include "CopyAgainTest.moc"
