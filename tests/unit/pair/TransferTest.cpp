// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "fakes/TwoHosts.h"
#include "pair/SettingsFlow.h"
#include "replication/Names.h"

#include <QTest>

#include <optional>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

const QString method = u"pair.settings"_s;
constexpr Bytes limit{Bytes::fromMiB(10)};

struct Hosts : TwoHosts
{
    explicit Hosts(bool begins = false) : TwoHosts{ArbiterKind::Manual, begins} { }

    [[nodiscard]] bool start()
    {
        if (!beginProtected())
            return false;
        flow();
        return true;
    }
    /// Until its disks are being copied, and no further before finish().
    [[nodiscard]] bool startCopying()
    {
        flow();
        auto* const driver = alpha.newDriver();
        if (!driver)
            return false;
        alpha.qemu().rounds = 1'000'000;
        (void)driver->want(u"protect"_s, failover::Wish::Protect);
        return QTest::qWaitFor([this] { return !alpha.qemu().jobs.isEmpty(); }, deadline);
    }
    [[nodiscard]] bool finish()
    {
        alpha.qemu().rounds = 1;
        return come(u"primary protected 1"_s, u"secondary protected 1"_s);
    }
    [[nodiscard]] Result<void> set(const QJsonObject& settings) const
    {
        SettingsChange change;
        change.settings = settings;
        return QCoro::waitFor(onAlpha->change(webUuid(), change));
    }
    [[nodiscard]] static MemoryTransfer saved(const FakeHost& host)
    {
        const auto record = host.pairs.find(webUuid());
        return record ? record->settings.transfer : MemoryTransfer{};
    }
    /// What both hosts have saved of it; nothing if they do not agree.
    [[nodiscard]] std::optional<Bytes> savedCopySpeed() const
    {
        const auto here = alpha.pairs.find(webUuid());
        const auto there = beta.pairs.find(webUuid());
        if (!here || !there || here->settings.copySpeed != there->settings.copySpeed)
            return {};
        return here->settings.copySpeed;
    }
    /// What the copy of the disk was told.
    [[nodiscard]] qint64 speedOfCopy()
    {
        return alpha.qemu().speeds.value(names::copyJob(u"vda"_s), -1);
    }
    [[nodiscard]] qint64 toldQemu()
    {
        return alpha.qemu().parameters[u"max-bandwidth"].toInteger();
    }

    std::unique_ptr<SettingsFlow> onAlpha;

private:
    void flow() { onAlpha = std::make_unique<SettingsFlow>(alpha.parts, *alpha.drivers); }
};

QJsonObject bandwidth(Bytes perSecond) { return {{pair_setting::bandwidth, perSecond.value}}; }
QJsonObject copySpeed(Bytes perSecond) { return {{pair_setting::copySpeed, perSecond.value}}; }

} // namespace

/// How a pair's memory and disks go over the link.
class TransferTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isLimitedWhileProtected();
    void isLimitedWhileTheDisksAreCopied();
    void isLimitedWhileMemoryIsCopied();
    void copiesDisksAsFastAsIsSetByNow();
    void copiesDisksAsFastAsWasSetBefore();
    void changesNothingElseWhileCopying();
    void hasItsChannelsWithTheNextShadow();
    void compressesOnlyChannels_data();
    void compressesOnlyChannels();
    void isNotChangedWhereTheOtherHostDoesNotKnowIt();
    void isNotBegunWhereTheOtherHostDoesNotKnowIt();
    void isAsBeforeInAnOldRecord();
};

void TransferTest::isLimitedWhileProtected()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(bandwidth(limit)));
    QCOMPARE(hosts.toldQemu(), limit.value);
    QVERIFY(Hosts::saved(hosts.alpha).bandwidth == limit);
    QVERIFY(Hosts::saved(hosts.beta).bandwidth == limit);
    QVERIFY(hosts.set(bandwidth({})));
    QCOMPARE(hosts.toldQemu(), MemoryTransfer::unlimited.value);
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
}

void TransferTest::isLimitedWhileTheDisksAreCopied()
{
    Hosts hosts{true};
    QVERIFY(hosts.startCopying());
    QVERIFY(hosts.set(bandwidth(limit)));
    QVERIFY(Hosts::saved(hosts.alpha).bandwidth == limit);
    QVERIFY(Hosts::saved(hosts.beta).bandwidth == limit);
    // The migration is configured after that.
    QVERIFY2(hosts.finish(), hosts.text());
    QCOMPARE(hosts.toldQemu(), limit.value);
}

void TransferTest::isLimitedWhileMemoryIsCopied()
{
    Hosts hosts{true};
    QVERIFY(hosts.startCopying());
    hosts.alpha.qemu().seen = [&hosts](int) {
        auto& qemu = hosts.alpha.qemu();
        qemu.rounds = qemu.migration == u"active" ? 1'000'000 : 1;
    };
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.qemu().migration, u"active"_s, TwoHosts::deadline);
    QVERIFY(hosts.set(bandwidth(limit)));
    QCOMPARE(hosts.alpha.qemu().migration, u"active"_s);
    QCOMPARE(hosts.toldQemu(), limit.value);
    hosts.alpha.qemu().seen = {};
    QVERIFY2(hosts.finish(), hosts.text());
    QVERIFY(Hosts::saved(hosts.alpha) == Hosts::saved(hosts.beta));
}

void TransferTest::copiesDisksAsFastAsIsSetByNow()
{
    constexpr Bytes configured{Bytes::fromMiB(50)};
    Hosts hosts{true};
    hosts.alpha.config.replication.copySpeed = 50;
    QVERIFY(hosts.startCopying());
    QCOMPARE(hosts.speedOfCopy(), configured.value);
    QVERIFY(hosts.set(copySpeed(limit)));
    QVERIFY(hosts.savedCopySpeed() == limit);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.speedOfCopy(), limit.value, TwoHosts::deadline);
    QVERIFY(hosts.set(copySpeed(Bytes::fromMiB(20))));
    QTRY_COMPARE_WITH_TIMEOUT(hosts.speedOfCopy(), Bytes::fromMiB(20).value, TwoHosts::deadline);
    QVERIFY2(!hosts.alpha.qemu().parameters.contains(u"max-bandwidth"),
             "the copy of memory is not configured yet, and nobody has said anything of it");
    QVERIFY(hosts.set(copySpeed({})));
    QTRY_COMPARE_WITH_TIMEOUT(hosts.speedOfCopy(), configured.value, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.state(), u"copying"_s);
    QVERIFY2(hosts.finish(), hosts.text());
    QVERIFY(hosts.savedCopySpeed() == Bytes{});
    QTRY_VERIFY(!hosts.alpha.jobs.isBusy(webUuid()));
    QVERIFY(hosts.set(copySpeed(limit))); // for the next one
    QVERIFY(hosts.savedCopySpeed() == limit);
}

void TransferTest::copiesDisksAsFastAsWasSetBefore()
{
    Hosts hosts{true};
    hosts.alpha.config.replication.copySpeed = 50;
    hosts.alpha.settings.copySpeed = limit;
    QVERIFY(hosts.startCopying());
    QCOMPARE(hosts.speedOfCopy(), limit.value);
    // Whoever survives copies back with it.
    QVERIFY(hosts.savedCopySpeed() == limit);
    QVERIFY(hosts.set(bandwidth(limit)));
    QVERIFY(hosts.savedCopySpeed() == limit);
    QVERIFY2(hosts.finish(), hosts.text());
    QCOMPARE(hosts.speedOfCopy(), qint64{0}); // what follows the guest is never held back
}

void TransferTest::changesNothingElseWhileCopying()
{
    Hosts hosts{true};
    QVERIFY(hosts.startCopying());
    QJsonObject both = copySpeed(limit);
    both.insert(pair_setting::bandwidth, limit.value);
    both.insert(pair_setting::autoProtect, true);
    for (const QJsonObject& change : {both, QJsonObject{{pair_setting::channels, 4}},
                                      QJsonObject{{pair_setting::mode, u"remus"_s}}}) {
        const auto set = hosts.set(change);
        QVERIFY(!set);
        QCOMPARE(set.error().code(), Errc::Busy);
    }
    QVERIFY(Hosts::saved(hosts.alpha) == MemoryTransfer{});
    QVERIFY(hosts.savedCopySpeed() == Bytes{});
    // Nor is a shadow told anything else.
    PairSettings other = hosts.beta.pairs.find(webUuid())->settings;
    other.transfer.channels = 4;
    const auto told = hosts.askBeta(method, {{u"settings"_s, other.toJson()}});
    QVERIFY(!told);
    QCOMPARE(told.error().code(), Errc::WrongRole);
    QVERIFY2(hosts.finish(), hosts.text());
}

void TransferTest::hasItsChannelsWithTheNextShadow()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set({{pair_setting::channels, 4}, {pair_setting::compression, u"zstd"_s}}));
    const MemoryTransfer wanted{.bandwidth = {}, .channels = 4, .compression = Compression::Zstd};
    QVERIFY(Hosts::saved(hosts.alpha) == wanted);
    QVERIFY(Hosts::saved(hosts.beta) == wanted);
    QVERIFY(!hosts.alpha.qemu().capabilities.contains(u"multifd"_s));
    // The shadow that is there is left.
    QVERIFY(hosts.alpha.driver()->want(u"continue-alone"_s, failover::Wish::GoAlone));
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
    QTRY_VERIFY(!hosts.alpha.jobs.isBusy(webUuid()));
    QVERIFY(hosts.alpha.driver()->want(u"protect"_s, failover::Wish::Protect));
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"protected"_s, TwoHosts::deadline);
    for (FakeHost* const host : {&hosts.alpha, &hosts.beta}) {
        QVERIFY(host->qemu().capabilities.contains(u"multifd"_s));
        QCOMPARE(host->qemu().parameters[u"multifd-channels"].toInt(), 4);
        QCOMPARE(host->qemu().parameters[u"multifd-compression"].toString(), u"zstd"_s);
    }
}

void TransferTest::compressesOnlyChannels_data()
{
    QTest::addColumn<QJsonObject>("first");
    QTest::addColumn<QJsonObject>("then");
    QTest::newRow("one channel") << QJsonObject{}
                                 << QJsonObject{{pair_setting::compression, u"zlib"_s}};
    QTest::newRow("one channel again")
        << QJsonObject{{pair_setting::channels, 2}, {pair_setting::compression, u"zlib"_s}}
        << QJsonObject{{pair_setting::channels, 1}};
}

void TransferTest::compressesOnlyChannels()
{
    QFETCH(const QJsonObject, first);
    QFETCH(const QJsonObject, then);
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(first));
    const auto before = Hosts::saved(hosts.alpha);
    const auto set = hosts.set(then);
    QVERIFY(!set);
    QCOMPARE(set.error().code(), Errc::InvalidArgument);
    QCOMPARE(set.error().message(), u"compression zlib needs 2 channels or more"_s);
    QVERIFY(!set.error().remedy().isEmpty());
    QVERIFY(Hosts::saved(hosts.alpha) == before);
}

void TransferTest::isNotChangedWhereTheOtherHostDoesNotKnowIt()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QJsonObject known = hosts.alpha.pairs.find(webUuid())->settings.toJson();
    for (const auto name : {pair_setting::bandwidth, pair_setting::copySpeed,
                            pair_setting::channels, pair_setting::compression})
        known.remove(name);
    hosts.alpha.peers.answers.insert_or_assign(method, QJsonObject{{u"settings"_s, known}});
    for (const QJsonObject& change :
         {bandwidth(limit), copySpeed(limit), QJsonObject{{pair_setting::channels, 4}}}) {
        const auto set = hosts.set(change);
        QVERIFY(!set);
        QCOMPARE(set.error().code(), Errc::NotSupported);
    }
    QVERIFY(Hosts::saved(hosts.alpha) == MemoryTransfer{});
    QVERIFY(hosts.savedCopySpeed() == Bytes{});
    QCOMPARE(hosts.toldQemu(), MemoryTransfer::unlimited.value);
    QVERIFY(hosts.set({{pair_setting::queueLimit, 1'024}})); // as it is: all that it knows
}

void TransferTest::isNotBegunWhereTheOtherHostDoesNotKnowIt()
{
    Hosts hosts{true};
    hosts.alpha.settings.transfer.channels = 2;
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    hosts.alpha.peers.answers.insert_or_assign(u"shadow.prepare"_s,
                                               QJsonObject{{u"spec"_s, webSpec().toJson()}});
    const auto job = driver->want(u"protect"_s, failover::Wish::Protect);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Failed),
                              TwoHosts::deadline);
    QCOMPARE(hosts.alpha.job(job).error->code(), Errc::NotSupported);
    QVERIFY2(hosts.alpha.job(job).error->message().contains(u"2 channels"),
             qPrintable(hosts.alpha.job(job).error->message()));
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(hosts.live(), 1);
}

void TransferTest::isAsBeforeInAnOldRecord()
{
    QJsonObject old = PairSettings{}.toJson();
    for (const auto name : {pair_setting::bandwidth, pair_setting::copySpeed,
                            pair_setting::channels, pair_setting::compression})
        old.remove(name);
    const auto read = PairSettings::fromJson(old);
    QVERIFY(read);
    QVERIFY(read->transfer == MemoryTransfer{});
    QVERIFY(read->copySpeed == Bytes{});
    const PairSettings wanted{
        .arbiter = ArbiterKind::Manual,
        .primaryContinues = false,
        .autoProtect = false,
        .reuseDisks = false,
        .protocol = {},
        .transfer = {.bandwidth = limit, .channels = 16, .compression = Compression::Zlib},
        .copySpeed = Bytes::fromMiB(7)};
    const auto again = PairSettings::fromJson(wanted.toJson());
    QVERIFY(again);
    QVERIFY(*again == wanted);
}

QTEST_GUILESS_MAIN(TransferTest)
#include "TransferTest.moc"
