// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Reasons.h"
#include "fakes/FakeHost.h"
#include "pair/Channels.h"
#include "pair/PairJob.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using enum PairState;

namespace {

constexpr std::array states{Preparing, Copying, Confirming, Protected, Interrupted, TakingOver,
                            Merging,   Alone,   Stale,      Undoing,   Off};
constexpr std::array arbitrations{Arbitration::Manual, Arbitration::Record, Arbitration::Fence};
constexpr std::array senses{QemuSense::Unknown, QemuSense::Colo, QemuSense::Left, QemuSense::Plain,
                            QemuSense::Hung,    QemuSense::Died, QemuSense::Off};

/// What looks like a sentence whose parts were put together wrongly; empty if nothing does.
QString flaw(const QString& text)
{
    for (const auto& sign : {u"%1"_s, u"%2"_s, u"%3"_s, u"  "_s, u"; ;"_s, u";;"_s, u" ;"_s,
                             u": ;"_s, u"''"_s, u" :"_s})
        if (text.contains(sign))
            return u"it has \"%1\""_s.arg(sign);
    if (text != text.trimmed() || text.endsWith(u':') || text.endsWith(u';')
        || text.startsWith(u';'))
        return u"it begins or ends in the middle"_s;
    return {};
}

void forAll(const std::function<void(const Mind&)>& check)
{
    Mind mind;
    mind.known = true;
    for (const auto role : {Role::Primary, Role::Secondary}) {
        for (const auto state : states) {
            for (const auto arbitration : arbitrations) {
                for (const auto qemu : senses) {
                    for (int flags = 0; flags < 16; ++flags) {
                        mind.role = role;
                        mind.state = state;
                        mind.arbitration = arbitration;
                        mind.qemu = qemu;
                        mind.sole = (flags & 1) != 0;
                        mind.arbiterLost = (flags & 2) != 0;
                        mind.autoProtect = (flags & 4) != 0;
                        mind.wish = (flags & 8) != 0 ? Wish::HandOver : Wish::Nothing;
                        check(mind);
                        if (QTest::currentTestFailed())
                            return;
                    }
                }
            }
        }
    }
}

ReasonParts parts(const QString& why = {}, const QString& error = {})
{
    return {
        .domain = u"web"_s, .peer = u"beta"_s, .why = why, .error = error, .arbiter = u"etcd"_s};
}

Mind interrupted(Role role)
{
    Mind mind;
    mind.known = true;
    mind.role = role;
    mind.state = Interrupted;
    mind.sole = false;
    mind.qemu = QemuSense::Left;
    return mind;
}

} // namespace

/// What people are told of a pair.
class ReasonsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void saysSomethingWhereSomethingIsToDo();
    void saysWholeSentences();
    void namesTheCommandWhereAnAdministratorDecides();
    void namesTheArbiterThatIsWaitedFor();
    void refusesWithAReason();
    void refusesAStartWithTheEpochAndTheHost();
    void leavesChannelsWithoutPortsAlone();
    void endsAJob_data();
    void endsAJob();
};

void ReasonsTest::saysSomethingWhereSomethingIsToDo()
{
    forAll([](const Mind& mind) {
        const bool quiet = mind.state == Preparing || mind.state == Copying
            || mind.state == Confirming || mind.state == Protected;
        if (!quiet)
            QVERIFY2(!reasonFor(mind, parts()).isEmpty(), qPrintable(toString(mind.state)));
    });
}

void ReasonsTest::saysWholeSentences()
{
    forAll([](const Mind& mind) {
        for (const auto& some :
             {parts(), parts(u"QEMU has died"_s), parts(u"QEMU has died"_s, u"no way to it"_s)}) {
            const QString text = reasonFor(mind, some);
            QVERIFY2(flaw(text).isEmpty(), qPrintable(flaw(text) + u": "_s + text));
        }
    });
}

void ReasonsTest::namesTheCommandWhereAnAdministratorDecides()
{
    const QString primary = reasonFor(interrupted(Role::Primary), parts());
    QVERIFY2(primary.contains(u"'lockstep continue-alone web'"), qPrintable(primary));
    QVERIFY2(primary.contains(u"'lockstep takeover web'"), qPrintable(primary));
    const QString secondary = reasonFor(interrupted(Role::Secondary), parts());
    QVERIFY2(secondary.contains(u"'lockstep takeover web'"), qPrintable(secondary));
    Mind dead = interrupted(Role::Primary);
    dead.qemu = QemuSense::Died;
    QVERIFY(reasonFor(dead, parts()).contains(u"'lockstep takeover web' on beta"));
    Mind hung = interrupted(Role::Primary);
    hung.qemu = QemuSense::Hung;
    hung.peer = PeerSense::Alive;
    QVERIFY(!reasonFor(hung, parts()).contains(u"continue-alone"));
    hung.peer = PeerSense::Gone; // for want of which it may hang
    QVERIFY(reasonFor(hung, parts()).contains(u"'lockstep continue-alone web'"));
    Mind off;
    off.state = Off;
    QVERIFY(reasonFor(off, parts()).contains(u"'virsh start web'"));
    Mind alone;
    QVERIFY(reasonFor(alone, parts()).contains(u"'lockstep protect web'"));
    alone.autoProtect = true;
    QVERIFY(reasonFor(alone, parts({}, u"no space"_s)).contains(u"no space"));
    QCOMPARE(reasonFor(alone, parts(u"no space"_s, u"no space"_s)).count(u"no space"), 1);
}

void ReasonsTest::namesTheArbiterThatIsWaitedFor()
{
    Mind mind = interrupted(Role::Primary);
    mind.arbitration = Arbitration::Record;
    mind.arbiterLost = true;
    const QString text = reasonFor(mind, parts(u"nothing was heard"_s, u"connection refused"_s));
    QCOMPARE(text, u"nothing was heard; waiting for arbiter etcd: connection refused"_s);
    QVERIFY(!text.contains(u"lockstep continue-alone"));
}

void ReasonsTest::refusesWithAReason()
{
    FakeHost host{u"alpha"_s};
    const auto record = host.record(Role::Primary, Alone, 1);
    forAll([&](const Mind& mind) {
        for (const auto& kind :
             {u"protect"_s, u"takeover"_s, u"switchover"_s, u"continue-alone"_s, u"unprotect"_s}) {
            const QString text = refusal(kind, record, mind).message();
            QVERIFY(!text.isEmpty());
            QVERIFY2(flaw(text).isEmpty(), qPrintable(text));
        }
    });
    Mind hung = interrupted(Role::Primary);
    hung.qemu = QemuSense::Hung;
    const auto error = refusal(u"continue-alone"_s, record, hung);
    QVERIFY(error.message().contains(u"does not answer"));
    QVERIFY(error.remedy().contains(u"'lockstep takeover web' on "_s + record.peerName));
}

void ReasonsTest::refusesAStartWithTheEpochAndTheHost()
{
    FakeHost host{u"alpha"_s};
    const auto record = host.record(Role::Primary, Alone, 1);
    forAll([&](Mind mind) {
        mind.epoch = 17;
        const QString text = startRefusal(mind, record);
        QVERIFY2(text.contains(u"epoch 17") && text.contains(record.peerName), qPrintable(text));
        QVERIFY(text.contains(u"'lockstep show web'"));
        QVERIFY2(flaw(text).isEmpty(), qPrintable(text));
    });
}

void ReasonsTest::leavesChannelsWithoutPortsAlone()
{
    ReplicationSpec spec = webSpec();
    spec.primaryAddress = QHostAddress{u"127.0.0.1"_s};
    spec.secondaryAddress = QHostAddress{u"127.0.0.2"_s};
    QVERIFY(severChannels(spec)); // else every socket between the two hosts would be destroyed
    QVERIFY(areChannelsUp(spec));
    spec.nbdPort = 1; // some chosen, some not
    QVERIFY(severChannels(spec));
    spec.migrationPort = 1; // nobody listens there
    QVERIFY(!areChannelsUp(spec));
}

void ReasonsTest::endsAJob_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Role>("role");
    QTest::addColumn<PairState>("state");
    QTest::addColumn<QString>("outcome");
    const auto row = [](const char* kind, Role role, PairState state, const char* outcome) {
        QTest::addRow("%s, %s %s", kind, qPrintable(toString(role)), qPrintable(toString(state)))
            << QString::fromLatin1(kind) << role << state << QString::fromLatin1(outcome);
    };
    const auto primary = Role::Primary;
    const auto secondary = Role::Secondary;
    for (const auto state : {Preparing, Copying, Confirming, Undoing})
        row("protect", primary, state, "runs");
    row("protect", primary, Protected, "done");
    for (const auto state : {Alone, Off, Stale, Interrupted})
        row("protect", primary, state, "failed");
    row("takeover", secondary, TakingOver, "runs");
    row("takeover", primary, Merging, "runs");
    row("takeover", primary, Alone, "done");
    row("takeover", primary, Off, "done"); // the guest has ended meanwhile
    for (const auto state : {Protected, Interrupted, Undoing})
        row("takeover", secondary, state, "failed");
    row("switchover", primary, Protected, "failed");
    row("switchover", primary, Interrupted, "failed");
    row("switchover", primary, Stale, "runs"); // until it lives there
    row("continue-alone", primary, Undoing, "runs");
    row("continue-alone", primary, Alone, "done");
    row("continue-alone", primary, Off, "done");
    row("continue-alone", primary, Protected, "failed");
    row("continue-alone", primary, Stale, "failed");
    row("unprotect", primary, Undoing, "runs");
    row("unprotect", primary, Alone, "done");
    row("unprotect", primary, Stale, "done");
    row("unprotect", primary, Protected, "failed");
}

void ReasonsTest::endsAJob()
{
    QFETCH(const QString, kind);
    QFETCH(const Role, role);
    QFETCH(const PairState, state);
    QFETCH(const QString, outcome);
    const auto said = [&](const Mind& mind) {
        const auto ended = PairJob::outcome(kind, mind);
        return !ended ? u"runs"_s : *ended ? u"done"_s : u"failed"_s;
    };
    Mind mind;
    mind.known = true;
    mind.role = role;
    mind.state = state;
    QCOMPARE(said(mind), outcome);
    mind.work = Work::Claim;
    QCOMPARE(said(mind), u"runs"_s);
    mind.work = Work::Nothing;
    mind.wish = Wish::GoAlone;
    QCOMPARE(said(mind), u"runs"_s);
    mind.wish = Wish::Nothing;
    if (state == Interrupted && kind != u"protect") {
        mind.claimed = true; // it may be granted yet
        QCOMPARE(said(mind), u"runs"_s);
    }
    if (kind == u"switchover" && state == Stale) {
        mind.theirs.heard = mind.theirs.sole = true;
        mind.theirs.role = Role::Primary;
        QCOMPARE(said(mind), u"done"_s);
    }
}

QTEST_GUILESS_MAIN(ReasonsTest)
#include "ReasonsTest.moc"
