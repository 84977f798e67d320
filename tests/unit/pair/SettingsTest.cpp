// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "fakes/TwoHosts.h"
#include "pair/SettingsFlow.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

const QString method = u"pair.settings"_s;

/// Two hosts, and what changes settings on each.
struct Hosts : TwoHosts
{
    explicit Hosts(ArbiterKind arbiter = ArbiterKind::Etcd) : TwoHosts{arbiter, false} { }

    /// Protected, with both daemons.
    [[nodiscard]] bool start()
    {
        if (!beginProtected())
            return false;
        onAlpha = std::make_unique<SettingsFlow>(alpha.parts, *alpha.drivers);
        onBeta = std::make_unique<SettingsFlow>(beta.parts, *beta.drivers);
        return true;
    }
    [[nodiscard]] Result<void> change(const SettingsChange& change) const
    {
        return QCoro::waitFor(onAlpha->change(webUuid(), change));
    }
    /// "alpha's" and "beta's" record, as they are saved.
    [[nodiscard]] static PairSettings saved(const FakeHost& host)
    {
        const auto record = host.pairs.find(webUuid());
        return record ? record->settings : PairSettings{};
    }

    std::unique_ptr<SettingsFlow> onAlpha;
    std::unique_ptr<SettingsFlow> onBeta;
};

SettingsChange autoProtect(bool on)
{
    SettingsChange change;
    change.settings.insert(pair_setting::autoProtect, on);
    return change;
}

SettingsChange arbiter(const QString& name)
{
    SettingsChange change;
    change.settings.insert(pair_setting::arbiter, name);
    return change;
}

SettingsChange onArbiterLoss(const QString& word)
{
    SettingsChange change;
    change.settings.insert(pair_setting::onArbiterLoss, word);
    return change;
}

} // namespace

/// How the settings of a pair that is there are changed.
class SettingsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void changesBothHosts();
    void keepsWhatIsNotGiven();
    void isChangedOnThePrimaryOnly();
    void changesNothingUnlessTheOtherHostAgrees_data();
    void changesNothingUnlessTheOtherHostAgrees();
    void saysItAgainToAPeerThatIsBack();
    void neverChangesTheArbiter_data();
    void neverChangesTheArbiter();
    void aShadowKeepsItsArbiter();
    void believesNoStrangerAndNoOldEpoch();
    void refusesWhatDoesNotExist();
    void refusesWhileAJobIsAtWork();
    void oneAfterTheOther();
    void changesAPairWithoutAShadow();
    void givesTheWordBackThatIsNotWantedAnyMore();
};

void SettingsTest::changesBothHosts()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    auto change = autoProtect(true);
    change.settings.insert(pair_setting::reuseDisks, true);
    change.settings.insert(pair_setting::onArbiterLoss, u"primary-continues"_s);
    QVERIFY(hosts.change(change));
    const PairSettings wanted{ArbiterKind::Etcd, true, true, true};
    QCOMPARE(Hosts::saved(hosts.alpha), wanted);
    QCOMPARE(Hosts::saved(hosts.beta), wanted);
    for (auto* const host : {&hosts.alpha, &hosts.beta}) {
        QVERIFY(host->driver()->mind().autoProtect);
        QVERIFY(host->driver()->mind().primaryContinues);
    }
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
    QCOMPARE(hosts.beta.standing(), u"secondary protected 1"_s);
}

void SettingsTest::keepsWhatIsNotGiven()
{
    Hosts hosts;
    hosts.alpha.settings.reuseDisks = hosts.beta.settings.reuseDisks = true;
    QVERIFY(hosts.start());
    QVERIFY(hosts.change(autoProtect(true)));
    QVERIFY(hosts.change(autoProtect(false)));
    QCOMPARE(Hosts::saved(hosts.alpha), (PairSettings{ArbiterKind::Etcd, false, false, true}));
    QCOMPARE(Hosts::saved(hosts.beta), Hosts::saved(hosts.alpha));
}

void SettingsTest::isChangedOnThePrimaryOnly()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    const auto changed = QCoro::waitFor(hosts.onBeta->change(webUuid(), autoProtect(true)));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::WrongRole);
    QVERIFY2(changed.error().remedy().contains(u"on alpha"), qPrintable(changed.error().remedy()));
    QVERIFY(!Hosts::saved(hosts.beta).autoProtect);
    QVERIFY(!Hosts::saved(hosts.alpha).autoProtect);
}

void SettingsTest::changesNothingUnlessTheOtherHostAgrees_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<Errc>("error");
    QTest::newRow("no connection") << u"unreachable"_s << Errc::PeerUnreachable;
    QTest::newRow("no answer") << u"silent"_s << Errc::Timeout;
    QTest::newRow("refused") << u"refused"_s << Errc::WrongRole;
}

void SettingsTest::changesNothingUnlessTheOtherHostAgrees()
{
    QFETCH(const QString, how);
    QFETCH(const Errc, error);
    Hosts hosts;
    QVERIFY(hosts.start());
    if (how == u"unreachable")
        hosts.alpha.peers.setConnected(false);
    else if (how == u"silent")
        hosts.alpha.peers.silent << method;
    else
        hosts.alpha.peers.answers.insert_or_assign(method, failure(Errc::WrongRole, u"no"_s));
    const auto changed = hosts.change(autoProtect(true));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), error);
    QVERIFY2(changed.error().message().contains(u"beta"), qPrintable(changed.error().message()));
    QVERIFY(!Hosts::saved(hosts.alpha).autoProtect);
    QVERIFY(!hosts.alpha.driver()->mind().autoProtect);
    QVERIFY(!Hosts::saved(hosts.beta).autoProtect);
}

void SettingsTest::saysItAgainToAPeerThatIsBack()
{
    // It took the change, but its answer was lost: this host has not changed, and says so.
    Hosts hosts;
    QVERIFY(hosts.start());
    hosts.alpha.peers.lostReplies << method;
    QVERIFY(!hosts.change(autoProtect(true)));
    hosts.alpha.peers.lostReplies.clear();
    QVERIFY(!Hosts::saved(hosts.alpha).autoProtect);
    QVERIFY(!Hosts::saved(hosts.beta).autoProtect);
    // Or the link went down before it could be said: the peer hears it when it is back.
    QVERIFY(QCoro::waitFor(hosts.beta.pairs.update(
        webUuid(), [](PairRecord& record) { record.settings.autoProtect = true; })));
    QCoro::waitFor(hosts.onAlpha->tellAll(hosts.beta.peers.ownId()));
    QVERIFY(!Hosts::saved(hosts.beta).autoProtect);
}

void SettingsTest::neverChangesTheArbiter_data()
{
    QTest::addColumn<bool>("hasShadow");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("protected") << true
                               << u"Run 'lockstep unprotect web', then 'lockstep protect web beta "
                                  "--arbiter manual'."_s;
    QTest::newRow("alone") << false << u"Run 'lockstep protect web beta --arbiter manual'."_s;
}

void SettingsTest::neverChangesTheArbiter()
{
    QFETCH(const bool, hasShadow);
    QFETCH(const QString, remedy);
    Hosts hosts;
    QVERIFY(hosts.start());
    if (!hasShadow) {
        QVERIFY(hosts.alpha.driver()->want(u"continue-alone"_s, failover::Wish::GoAlone));
        QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
        QTRY_VERIFY(!hosts.alpha.jobs.isBusy(webUuid()));
    }
    const auto changed = hosts.change(arbiter(u"manual"_s));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::NotSupported);
    QCOMPARE(changed.error().remedy(), remedy);
    QCOMPARE(Hosts::saved(hosts.alpha).arbiter, ArbiterKind::Etcd);
    QCOMPARE(hosts.alpha.driver()->mind().arbitration, failover::Arbitration::Record);
    QVERIFY(!hosts.alpha.journal.contains(u"call "_s + method));
    QVERIFY(hosts.change(arbiter(u"etcd"_s))); // as it is
}

void SettingsTest::aShadowKeepsItsArbiter()
{
    // Whatever the other daemon's version believes.
    Hosts hosts;
    QVERIFY(hosts.start());
    const PairSettings other{ArbiterKind::Manual, false, true, false};
    const auto answer = hosts.askBeta(method, {{u"settings"_s, other.toJson()}});
    QVERIFY(!answer);
    QCOMPARE(answer.error().code(), Errc::NotSupported);
    QCOMPARE(Hosts::saved(hosts.beta), (PairSettings{ArbiterKind::Etcd, false, false, false}));
}

void SettingsTest::believesNoStrangerAndNoOldEpoch()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    const PairSettings wanted{ArbiterKind::Etcd, false, true, false};
    const QJsonObject request{
        {u"uuid"_s, toString(webUuid())}, {u"epoch"_s, 1}, {u"settings"_s, wanted.toJson()}};
    const auto stranger =
        QCoro::waitFor(hosts.beta.peers.ask(PeerId{u"ab"_s.repeated(32)}, method, request));
    QVERIFY(!stranger);
    QCOMPARE(stranger.error().code(), Errc::UnknownPair);
    const auto old = hosts.askBeta(method, {{u"epoch"_s, 0}, {u"settings"_s, wanted.toJson()}});
    QVERIFY(!old);
    QCOMPARE(old.error().code(), Errc::WrongRole);
    const auto garbage = hosts.askBeta(method, {{u"settings"_s, u"all of them"_s}});
    QVERIFY(!garbage);
    QCOMPARE(garbage.error().code(), Errc::ProtocolError);
    // Nor does a primary take any.
    const auto reversed = QCoro::waitFor(
        hosts.beta.peers.call(hosts.alpha.peers.ownId(), method, request, Peers::usualDeadline));
    QVERIFY(!reversed);
    QCOMPARE(reversed.error().code(), Errc::WrongRole);
    QVERIFY(!Hosts::saved(hosts.alpha).autoProtect && !Hosts::saved(hosts.beta).autoProtect);
}

void SettingsTest::refusesWhatDoesNotExist()
{
    Hosts hosts{ArbiterKind::Manual};
    QVERIFY(hosts.start());
    const auto coin = hosts.change(arbiter(u"coin"_s));
    QCOMPARE(coin.error().code(), Errc::InvalidArgument);
    QCOMPARE(coin.error().message(), u"arbiter \"coin\": it can be manual, etcd or fence"_s);
    const auto loss = hosts.change(onArbiterLoss(u"panic"_s));
    QCOMPARE(loss.error().message(),
             u"on-arbiter-loss \"panic\": it can be wait or primary-continues"_s);
    const auto needsEtcd = hosts.change(onArbiterLoss(u"primary-continues"_s));
    QCOMPARE(needsEtcd.error().code(), Errc::InvalidArgument);
    QVERIFY(!Hosts::saved(hosts.alpha).primaryContinues);
    const auto nobody =
        QCoro::waitFor(hosts.onAlpha->change(DomainUuid{QUuid::createUuid()}, autoProtect(true)));
    QCOMPARE(nobody.error().code(), Errc::UnknownPair);
}

void SettingsTest::refusesWhileAJobIsAtWork()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    const auto job = hosts.alpha.jobs.start(u"switchover"_s, webUuid(), u"web"_s, false);
    QVERIFY(job);
    const auto changed = hosts.change(autoProtect(true));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::Busy);
    hosts.alpha.jobs.finish(*job, {});
    QVERIFY(hosts.change(autoProtect(true)));
}

void SettingsTest::oneAfterTheOther()
{
    // Two administrators at once: one is told, and neither half of a change is lost.
    Hosts hosts;
    QVERIFY(hosts.start());
    auto first = hosts.onAlpha->change(webUuid(), autoProtect(true));
    SettingsChange other;
    other.settings.insert(pair_setting::reuseDisks, true);
    const auto second = hosts.change(other);
    QVERIFY(QCoro::waitFor(std::move(first)));
    QVERIFY(!second);
    QCOMPARE(second.error().code(), Errc::Busy);
    QVERIFY(hosts.change(other));
    const PairSettings wanted{ArbiterKind::Etcd, false, true, true};
    QCOMPARE(Hosts::saved(hosts.alpha), wanted);
    QCOMPARE(Hosts::saved(hosts.beta), wanted);
}

void SettingsTest::changesAPairWithoutAShadow()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.alpha.driver()->want(u"continue-alone"_s, failover::Wish::GoAlone));
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
    QTRY_VERIFY(!hosts.alpha.jobs.isBusy(webUuid()));
    hosts.alpha.journal.clear();
    hosts.alpha.peers.setLink(false); // nobody else has to agree
    QVERIFY(hosts.change(onArbiterLoss(u"primary-continues"_s)));
    QVERIFY(Hosts::saved(hosts.alpha).primaryContinues);
    QVERIFY(!hosts.alpha.journal.contains(u"call "_s + method));
}

void SettingsTest::givesTheWordBackThatIsNotWantedAnyMore()
{
    // Else the shadow would be of no use for as long as the epoch lasts.
    Hosts hosts;
    hosts.alpha.settings.primaryContinues = hosts.beta.settings.primaryContinues = true;
    QVERIFY(hosts.start());
    hosts.alpha.arbiter.unreachable = hosts.beta.arbiter.unreachable = true;
    hosts.alpha.driver()->arbiterSeen(false);
    hosts.beta.driver()->arbiterSeen(false);
    QTRY_VERIFY(hosts.alpha.pairs.find(webUuid())->promised);
    QVERIFY(hosts.beta.pairs.find(webUuid())->promised);
    QVERIFY(hosts.change(onArbiterLoss(u"wait"_s)));
    QTRY_VERIFY(!hosts.beta.pairs.find(webUuid())->promised);
    QVERIFY(!hosts.alpha.pairs.find(webUuid())->promised); // it has stopped to count on it before
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(u"primary interrupted 1"_s, u"secondary interrupted 1"_s), hosts.text());
    QCOMPARE(hosts.live(), 0); // nobody goes on before the arbiter is back
    hosts.alpha.arbiter.unreachable = hosts.beta.arbiter.unreachable = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.live(), 1, TwoHosts::deadline);
}

QTEST_GUILESS_MAIN(SettingsTest)
#include "SettingsTest.moc"
