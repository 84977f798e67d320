// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakeSource.h"
#include "gui/actions/Act.h"
#include "gui/actions/CommandText.h"

#include <QSet>
#include <QTest>

using namespace lockstep;
using namespace lockstep::gui;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// The acts on a pair that are allowed in this role and state, by the letters of their names.
QString allowedFor(const QString& role, const QString& state)
{
    FakeSource source;
    source.start();
    source.put(samplePeer());
    Pair pair = samplePair();
    pair.role = role;
    pair.state = state;
    source.put(pair);
    QStringList all;
    for (const auto& [act, name] :
         {std::pair{Act::Protect, u"protect"_s}, std::pair{Act::Unprotect, u"unprotect"_s},
          std::pair{Act::SwitchOver, u"switch-over"_s}, std::pair{Act::TakeOver, u"take-over"_s},
          std::pair{Act::ContinueAlone, u"alone"_s}, std::pair{Act::PairSettings, u"settings"_s}}) {
        if (permission(act, source, {.pair = pair.id, .peer = {}}).allowed)
            all << name;
    }
    return all.join(u' ');
}

} // namespace

/// What is offered when, and the command lines that do the same.
class ActsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void offersWhatTheStateAllows_data();
    void offersWhatTheStateAllows();
    void everythingThatIsNotOfferedSaysWhy();
    void aJobHoldsUpAllButItsCancelling();
    void nothingIsOfferedWithoutTheDaemon();
    void drainWantsEveryShadowInStep();
    void aHostThatPairsNeedCannotBeRemoved();
    void shortcutsAndTextsAreEachTheirOwn();
    void commandsSayWhatTheProgramDoes();
    void commandsAreQuotedForAShell();
};

void ActsTest::offersWhatTheStateAllows_data()
{
    QTest::addColumn<QString>("role");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("allowed");
    const auto row = [](const QString& role, const QString& state, const QString& allowed) {
        QTest::addRow("%s %s", qPrintable(role), qPrintable(state)) << role << state << allowed;
    };
    row(u"primary"_s, u"protected"_s, u"unprotect switch-over alone settings"_s);
    row(u"secondary"_s, u"protected"_s, u"switch-over take-over"_s);
    row(u"primary"_s, u"interrupted"_s, u"unprotect alone"_s);
    row(u"secondary"_s, u"interrupted"_s, u"take-over"_s);
    row(u"primary"_s, u"alone"_s, u"protect unprotect settings"_s);
    row(u"secondary"_s, u"stale"_s, u"unprotect"_s);
    row(u"primary"_s, u"merging"_s, u"unprotect take-over"_s);
    row(u"primary"_s, u"copying"_s, u"unprotect settings"_s);
}

void ActsTest::offersWhatTheStateAllows()
{
    QFETCH(const QString, role);
    QFETCH(const QString, state);
    QTEST(allowedFor(role, state), "allowed");
}

void ActsTest::everythingThatIsNotOfferedSaysWhy()
{
    FakeSource source;
    source.start();
    for (const Act act : allActs()) {
        const Permission found = permission(act, source, {});
        QVERIFY2(found.allowed || !found.why.isEmpty(), qPrintable(actInfo(act).text));
    }
    QCOMPARE(permission(Act::Protect, source, {}).why,
             u"No other host is trusted yet. Add one first."_s);
}

void ActsTest::aJobHoldsUpAllButItsCancelling()
{
    FakeSource source;
    source.start();
    source.put(samplePair());
    const Chosen chosen{.pair = samplePair().id, .peer = {}};
    QVERIFY(!permission(Act::CancelJob, source, chosen).allowed);
    source.put(sampleJob());
    QVERIFY(permission(Act::CancelJob, source, chosen).allowed);
    QVERIFY(!permission(Act::SwitchOver, source, chosen).allowed);
    Job late = sampleJob();
    late.cancellable = false;
    source.put(late);
    QVERIFY(!permission(Act::CancelJob, source, chosen).allowed);
}

void ActsTest::nothingIsOfferedWithoutTheDaemon()
{
    FakeSource source;
    source.start();
    source.put(samplePair());
    source.put(samplePeer());
    source.setGone({Errc::DaemonUnavailable, u"gone"_s});
    for (const Act act : allActs()) {
        const Permission found =
            permission(act, source, {.pair = samplePair().id, .peer = samplePeer().id});
        QVERIFY(!found.allowed);
        QCOMPARE(found.why, u"lockstepd does not answer."_s);
    }
}

void ActsTest::drainWantsEveryShadowInStep()
{
    FakeSource source;
    source.start();
    QVERIFY(!permission(Act::DrainHost, source, {}).allowed);
    source.put(samplePair(u"web1"_s));
    QVERIFY(permission(Act::DrainHost, source, {}).allowed);
    Pair alone = samplePair(u"web2"_s);
    alone.state = u"alone"_s;
    source.put(alone);
    QCOMPARE(permission(Act::DrainHost, source, {}).why, u"web2 has no shadow that is in step."_s);
    // A domain that is off needs none; neither does one whose shadow only is here.
    alone.state = u"off"_s;
    source.put(alone);
    QVERIFY(permission(Act::DrainHost, source, {}).allowed);
}

void ActsTest::aHostThatPairsNeedCannotBeRemoved()
{
    FakeSource source;
    source.start();
    source.put(samplePeer());
    const Chosen chosen{.pair = {}, .peer = samplePeer().id};
    QVERIFY(permission(Act::RemovePeer, source, chosen).allowed);
    source.put(samplePair());
    QVERIFY(!permission(Act::RemovePeer, source, chosen).allowed);
}

void ActsTest::shortcutsAndTextsAreEachTheirOwn()
{
    QSet<QString> seen;
    for (const Act act : allActs()) {
        const ActInfo info = actInfo(act);
        QVERIFY(!info.help.isEmpty());
        for (const QString& one : {info.text, info.shortcut.toString()}) {
            QVERIFY2(one.isEmpty() || !seen.contains(one), qPrintable(one));
            seen.insert(one);
        }
    }
}

void ActsTest::commandsSayWhatTheProgramDoes()
{
    const CommandText here{QString{}};
    const ProtectRequest request{.domain = u"web"_s,
                                 .peer = u"beta"_s,
                                 .imageDirectory = u"/srv/images"_s,
                                 .settings = {{u"arbiter"_s, u"etcd"_s},
                                              {u"auto-protect"_s, true},
                                              {u"reuse-disks"_s, false},
                                              {u"mode"_s, u"remus"_s},
                                              {u"period"_s, 25'000},
                                              {u"bandwidth"_s, 104'857'600}}};
    QCOMPARE(here.protect(request),
             u"lockstep protect web beta --image-directory /srv/images --arbiter etcd "
             "--auto-protect --no-reuse-disks --mode remus --period 25ms "
             "--set bandwidth=100MiB/s"_s);
    QCOMPARE(here.preflight(request),
             u"lockstep preflight web beta --image-directory /srv/images --no-reuse-disks"_s);
    QCOMPARE(here.set(u"web"_s, {{u"period"_s, 0}, {u"mode"_s, u"colo"_s}}),
             u"lockstep set web mode=colo period=default"_s);
    QCOMPARE(here.continueAlone(u"web"_s, true), u"lockstep continue-alone web --force"_s);
    const CommandText there{u"root@alpha"_s};
    QCOMPARE(there.takeOver(u"web"_s), u"lockstep --connect root@alpha takeover web"_s);
    QCOMPARE(
        there.setHeartbeat(u"beta"_s, {.intervalMs = 50, .timeoutMs = {}, .secondPath = u""_s}),
        u"lockstep --connect root@alpha peer set beta --heartbeat-interval 50 "
        "--second-path none"_s);
}

void ActsTest::commandsAreQuotedForAShell()
{
    const CommandText here{QString{}};
    QCOMPARE(here.unprotect(u"my domain"_s), u"lockstep unprotect 'my domain'"_s);
    QCOMPARE(here.unprotect(u"it's; rm -rf $HOME"_s),
             u"lockstep unprotect 'it'\\''s; rm -rf $HOME'"_s);
    QCOMPARE(here.unprotect(u""_s), u"lockstep unprotect ''"_s);
}

QTEST_MAIN(ActsTest)
#include "ActsTest.moc"
