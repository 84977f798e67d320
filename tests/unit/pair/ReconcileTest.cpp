// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Reconcile.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

constexpr std::array roles{Role::Primary, Role::Secondary};
constexpr std::array states{PairState::Preparing,   PairState::Copying,    PairState::Protected,
                            PairState::Interrupted, PairState::TakingOver, PairState::Merging,
                            PairState::Alone,       PairState::Stale,      PairState::Undoing,
                            PairState::Off};

struct Side
{
    bool known{true};
    Role role{Role::Primary};
    PairState state{PairState::Off};
    quint64 epoch{2};
    bool runs{false};

    [[nodiscard]] PairRecord record() const
    {
        PairRecord record;
        record.role = role;
        record.state = state;
        record.epoch = {epoch};
        return record;
    }
    [[nodiscard]] TheirView view() const
    {
        if (!known)
            return {.known = false,
                    .role = Role::Primary,
                    .state = PairState::Off,
                    .epoch = {},
                    .domainRuns = runs};
        return {true, role, state, {epoch}, runs};
    }
    [[nodiscard]] QByteArray text() const
    {
        return (u"%1 %2 epoch %3 %4 %5"_s.arg(toString(role), toString(state))
                    .arg(epoch)
                    .arg(runs ? u"running"_s : u"off"_s, known ? QString{} : u"unknown"_s))
            .toUtf8();
    }
};

bool givesUp(Consequence consequence)
{
    return consequence == Consequence::DiscardShadow || consequence == Consequence::BecomeStale;
}

/// Calls `check` with every two sides there are.
void forAll(const std::function<void(const Side&, const Side&)>& check)
{
    QList<Side> sides;
    for (const auto role : roles) {
        for (const auto state : states) {
            for (const quint64 epoch : {1, 2, 3}) {
                for (const bool runs : {false, true})
                    sides.append({true, role, state, epoch, runs});
            }
        }
    }
    for (const auto& own : std::as_const(sides)) {
        for (const auto& theirs : std::as_const(sides))
            check(own, theirs);
    }
}

/// What this host has is, or may be, the only copy that clients have been answered from since the
/// two lost each other.
bool hasServed(const Side& side)
{
    return side.role == Role::Primary
        && (side.state == PairState::Alone || side.state == PairState::Merging);
}

} // namespace

class ReconcileTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void decides_data();
    void decides();
    void neverGivesBothUp();
    void neverGivesUpWhatHasServedClients();
    void neverGivesUpAShadowThatGoesLive();
    void givesUpOnlyForAnEqualOrLaterDecision();
    void touchesNothingWhenBothClaimTheSameEpoch();
    void isTheSameWhoeverAsks();
    void saysAViewAndReadsIt();
    void refusesWhatIsNoView_data();
    void refusesWhatIsNoView();
};

void ReconcileTest::decides_data()
{
    using enum PairState;
    using enum Consequence;
    QTest::addColumn<Side>("own");
    QTest::addColumn<Side>("theirs");
    QTest::addColumn<Consequence>("expected");
    const auto primary = [](PairState state, quint64 epoch, bool runs = true) {
        return Side{true, Role::Primary, state, epoch, runs};
    };
    const auto shadow = [](PairState state, quint64 epoch, bool runs = true) {
        return Side{true, Role::Secondary, state, epoch, runs};
    };
    const auto nobody = [](bool runs) { return Side{false, Role::Primary, Off, 0, runs}; };

    QTest::newRow("all is well, primary") << primary(Protected, 1) << shadow(Protected, 1) << None;
    QTest::newRow("all is well, shadow") << shadow(Protected, 1) << primary(Protected, 1) << None;
    QTest::newRow("being made, shadow") << shadow(Copying, 1) << primary(Copying, 1) << None;
    QTest::newRow("confirmed only here") << shadow(Protected, 1) << primary(Copying, 1) << None;
    QTest::newRow("primary went on alone")
        << shadow(Protected, 1) << primary(Alone, 2) << DiscardShadow;
    QTest::newRow("primary is going on alone")
        << shadow(Protected, 1) << primary(Undoing, 2) << DiscardShadow;
    QTest::newRow("protection failed there")
        << shadow(Copying, 1) << primary(Alone, 1) << DiscardShadow;
    QTest::newRow("guest powered off")
        << shadow(Protected, 1) << primary(Off, 1, false) << DiscardShadow;
    QTest::newRow("unprotected while we were away")
        << shadow(Protected, 1) << nobody(true) << DiscardShadow;
    // A host that was reinstalled, or lost its store, knows nothing and runs nothing: ours is the
    // only copy.
    QTest::newRow("they have forgotten all") << shadow(Protected, 1) << nobody(false) << None;
    QTest::newRow("never was in step") << shadow(Copying, 1) << nobody(false) << DiscardShadow;
    // It gave way to a takeover here that did not get further.
    QTest::newRow("they yielded, we have not taken over yet")
        << shadow(Protected, 1) << primary(Stale, 2, false) << None;
    QTest::newRow("they yielded, and we go live")
        << shadow(TakingOver, 2) << primary(Stale, 2, false) << None;
    QTest::newRow("nothing but an old definition here")
        << shadow(Stale, 1) << primary(Alone, 2) << None;
    QTest::newRow("old definition here, forgotten there")
        << shadow(Stale, 1) << nobody(true) << None;

    QTest::newRow("taken over there, held here")
        << primary(Protected, 1) << primary(Alone, 2) << BecomeStale;
    QTest::newRow("taken over there, merging")
        << primary(Interrupted, 1) << primary(Merging, 2) << BecomeStale;
    QTest::newRow("taken over there, our host was off")
        << primary(Off, 1, false) << primary(Alone, 2) << BecomeStale;
    QTest::newRow("taken over there, we went on alone as well")
        << primary(Alone, 2) << primary(Alone, 2) << Conflict;
    QTest::newRow("alone here, later decision there")
        << primary(Alone, 2) << primary(Alone, 3) << Conflict;
    QTest::newRow("taken over here") << primary(Alone, 2) << primary(Protected, 1) << None;
    QTest::newRow("they know that they are stale")
        << primary(Alone, 2) << primary(Stale, 2, false) << None;
    QTest::newRow("we know that we are stale")
        << primary(Stale, 2, false) << primary(Alone, 2) << None;
    QTest::newRow("no shadow there") << primary(Protected, 1) << nobody(false) << ShadowLost;
    QTest::newRow("shadow given up there")
        << primary(Protected, 1) << shadow(Stale, 1, false) << ShadowLost;
    QTest::newRow("alone needs no shadow") << primary(Alone, 2) << nobody(false) << None;
}

void ReconcileTest::decides()
{
    QFETCH(const Side, own);
    QFETCH(const Side, theirs);
    QFETCH(const Consequence, expected);
    QCOMPARE(reconcile(own.record(), theirs.view()), expected);
}

void ReconcileTest::neverGivesBothUp()
{
    forAll([](const Side& left, const Side& right) {
        const bool both = givesUp(reconcile(left.record(), right.view()))
            && givesUp(reconcile(right.record(), left.view()));
        QVERIFY2(!both, (left.text() + " / " + right.text()).constData());
    });
}

void ReconcileTest::neverGivesUpWhatHasServedClients()
{
    forAll([](const Side& own, const Side& theirs) {
        if (!hasServed(own))
            return;
        const auto consequence = reconcile(own.record(), theirs.view());
        QVERIFY2(!givesUp(consequence), (own.text() + " / " + theirs.text()).constData());
        Side unknown = theirs;
        unknown.known = false;
        QVERIFY2(!givesUp(reconcile(own.record(), unknown.view())),
                 (own.text() + " / unknown").constData());
    });
}

void ReconcileTest::neverGivesUpAShadowThatGoesLive()
{
    forAll([](const Side& own, const Side& theirs) {
        if (own.role == Role::Secondary && own.state == PairState::TakingOver)
            QCOMPARE(reconcile(own.record(), theirs.view()), Consequence::None);
    });
}

void ReconcileTest::givesUpOnlyForAnEqualOrLaterDecision()
{
    forAll([](const Side& own, const Side& theirs) {
        if (givesUp(reconcile(own.record(), theirs.view())))
            QVERIFY2(theirs.epoch >= own.epoch && theirs.role == Role::Primary,
                     (own.text() + " / " + theirs.text()).constData());
    });
}

void ReconcileTest::touchesNothingWhenBothClaimTheSameEpoch()
{
    forAll([](const Side& own, const Side& theirs) {
        if (own.role == Role::Primary && theirs.role == Role::Primary && own.epoch == theirs.epoch)
            QVERIFY2(!givesUp(reconcile(own.record(), theirs.view())),
                     (own.text() + " / " + theirs.text()).constData());
    });
}

void ReconcileTest::isTheSameWhoeverAsks()
{
    // Two of the same epoch see the same conflict: neither goes on as if it were alone in its
    // claim.
    forAll([](const Side& left, const Side& right) {
        if (left.epoch != right.epoch)
            return;
        const bool here = reconcile(left.record(), right.view()) == Consequence::Conflict;
        const bool there = reconcile(right.record(), left.view()) == Consequence::Conflict;
        QVERIFY2(here == there, (left.text() + " / " + right.text()).constData());
    });
}

void ReconcileTest::saysAViewAndReadsIt()
{
    forAll([](const Side&, const Side& side) {
        const auto read = TheirView::fromJson(side.view().toJson());
        QVERIFY(read);
        QCOMPARE(read->toJson(), side.view().toJson());
    });
    QVERIFY(!TheirView::fromJson(TheirView{}.toJson())->known);
}

void ReconcileTest::refusesWhatIsNoView_data()
{
    QTest::addColumn<QString>("member");
    QTest::addColumn<QJsonValue>("value");
    for (const auto* const member : {"known", "role", "state", "epoch", "domain-runs"})
        QTest::newRow(member) << QString::fromLatin1(member) << QJsonValue{QJsonValue::Null};
    QTest::newRow("negative epoch") << u"epoch"_s << QJsonValue{-1};
    QTest::newRow("unknown state") << u"state"_s << QJsonValue{u"fine"_s};
}

void ReconcileTest::refusesWhatIsNoView()
{
    QFETCH(const QString, member);
    QFETCH(const QJsonValue, value);
    QJsonObject json = Side{}.view().toJson();
    json[member] = value;
    const auto read = TheirView::fromJson(json);
    QVERIFY(!read);
    QCOMPARE(read.error().code(), Errc::ProtocolError);
}

QTEST_GUILESS_MAIN(ReconcileTest)
#include "ReconcileTest.moc"
