// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/DomainList.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

DomainInfo domain(const QString& name, DomainState state)
{
    DomainInfo info;
    info.uuid = DomainUuid{QUuid::createUuid()};
    info.name = name;
    info.state = state;
    info.id = state == DomainState::Running ? 7 : -1;
    info.persistent = true;
    return info;
}

PairView pairOf(const DomainInfo& info, Role role, PairState state)
{
    PairView pair;
    pair.uuid = info.uuid;
    pair.domain = info.name;
    pair.role = role;
    pair.state = state;
    return pair;
}

} // namespace

class DomainListTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsWhatCouldBeProtected_data();
    void tellsWhatCouldBeProtected();
    void isSortedAndHasWhatLibvirtDoesNotKnow();
};

void DomainListTest::tellsWhatCouldBeProtected_data()
{
    QTest::addColumn<DomainInfo>("info");
    QTest::addColumn<QString>("why");
    QTest::newRow("runs") << domain(u"web"_s, DomainState::Running) << QString{};
    QTest::newRow("off") << domain(u"web"_s, DomainState::Off) << u"domain-off"_s;
    QTest::newRow("paused") << domain(u"web"_s, DomainState::Paused) << u"domain-paused"_s;
    auto snapshots = domain(u"web"_s, DomainState::Running);
    snapshots.snapshots = 2;
    QTest::newRow("snapshots") << snapshots << u"snapshots"_s;
    auto saved = domain(u"web"_s, DomainState::Running);
    saved.hasManagedSave = true;
    QTest::newRow("managed save") << saved << u"managed-save"_s;
    auto transient = domain(u"web"_s, DomainState::Running);
    transient.persistent = false;
    QTest::newRow("transient") << transient << QString{};
}

void DomainListTest::tellsWhatCouldBeProtected()
{
    QFETCH(const DomainInfo, info);
    QFETCH(const QString, why);
    const auto all = domainList({info}, {}, u"alpha"_s);
    QCOMPARE(all.size(), 1);
    QCOMPARE(all[0].isProtectable(), why.isEmpty());
    QStringList errors;
    for (const Finding& finding : all[0].findings) {
        QCOMPARE(finding.host, u"alpha"_s);
        if (finding.severity == Severity::Error)
            errors << finding.id;
    }
    QCOMPARE(errors.join(u' '), why);
    // A pair has a shadow, or is somebody else's; one without can get it.
    for (const auto& [role, state, can] : {std::tuple{Role::Primary, PairState::Alone, true},
                                           {Role::Primary, PairState::Protected, false},
                                           {Role::Primary, PairState::Stale, false},
                                           {Role::Secondary, PairState::Protected, false}}) {
        const auto paired = domainList({info}, {pairOf(info, role, state)}, u"alpha"_s);
        QCOMPARE(paired.size(), 1);
        QCOMPARE(paired[0].isProtectable(), can && why.isEmpty());
    }
}

void DomainListTest::isSortedAndHasWhatLibvirtDoesNotKnow()
{
    const auto web = domain(u"web"_s, DomainState::Running);
    const auto db = domain(u"db"_s, DomainState::Off);
    const auto gone = domain(u"mail"_s, DomainState::Off);
    const auto all =
        domainList({web, db}, {pairOf(gone, Role::Secondary, PairState::Stale)}, u"alpha"_s);
    QStringList shown;
    for (const DomainView& each : all)
        shown << u"%1 %2 %3"_s.arg(each.name, each.state).arg(each.id.value_or(-1));
    QCOMPARE(shown, (QStringList{u"db shut off -1"_s, u"mail missing -1"_s, u"web running 7"_s}));
    QVERIFY(!all[1].isProtectable());
}

QTEST_GUILESS_MAIN(DomainListTest)
#include "DomainListTest.moc"
