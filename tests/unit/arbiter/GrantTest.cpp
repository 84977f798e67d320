// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Samples.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace lockstep;
using namespace lockstep::samples;
using namespace Qt::StringLiterals;

class GrantTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void recordsComeBackAsTheyWere();
    void longestNameFits();
    void refusesWhatIsNoRecord_data();
    void refusesWhatIsNoRecord();
    void refusesWrongClaims_data();
    void refusesWrongClaims();
    void acceptsRightClaims();
};

Q_DECLARE_METATYPE(lockstep::Claim)

void GrantTest::recordsComeBackAsTheyWere()
{
    for (Grant grant : {inStep(1), outOfStep(9'007'199'254'740'993), alone(0)}) {
        const auto back = grantFromRecord(toRecord(grant, web, u"web"_s), web);
        QVERIFY2(back, back ? "" : qPrintable(back.error().message()));
        QCOMPARE(*back, grant);
    }
}

void GrantTest::longestNameFits()
{
    QVERIFY(grantFromRecord(toRecord(inStep(1), web, QString(5'000, u'\u20ac')), web));
}

void GrantTest::refusesWhatIsNoRecord_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto good = QJsonDocument::fromJson(toRecord(inStep(3), web, u"web"_s)).object();
    const auto row = [&good](const char* tag, const QString& key, const QJsonValue& value) {
        QJsonObject changed = good;
        changed[key] = value; // undefined removes it
        QTest::newRow(tag) << QJsonDocument{changed}.toJson();
    };
    QTest::newRow("nothing") << QByteArray{};
    QTest::newRow("garbage") << QByteArray{"\x00\xff\x13garbage", 10};
    QTest::newRow("a list") << QByteArray{"[1]"};
    QTest::newRow("cut off") << QJsonDocument{good}.toJson().chopped(9);
    QTest::newRow("too long") << QJsonDocument{good}.toJson() + QByteArray(1'024, ' ');
    row("newer format", u"format"_s, 2);
    row("no format", u"format"_s, QJsonValue::Undefined);
    row("another domain", u"uuid"_s, toString(db));
    row("no uuid", u"uuid"_s, QJsonValue::Undefined);
    row("negative epoch", u"epoch"_s, -1);
    row("broken epoch", u"epoch"_s, 1.5);
    row("huge epoch", u"epoch"_s, 1e300);
    row("epoch as text", u"epoch"_s, u"3"_s);
    row("no epoch", u"epoch"_s, QJsonValue::Undefined);
    row("no owner", u"owner"_s, QJsonValue::Undefined);
    row("empty owner", u"owner"_s, QString{});
    row("owner is a name", u"owner"_s, u"alpha"_s);
    row("owner in capitals", u"owner"_s, QString(64, u'A'));
    row("owner is a number", u"owner"_s, 5);
    row("shadow is a name", u"shadow"_s, u"beta"_s);
    row("shadow is the owner", u"shadow"_s, alpha.value);
    row("nobody in step", u"shadow"_s, QString{});
    row("in step as text", u"inStep"_s, u"true"_s);
    row("in step as number", u"inStep"_s, 1);
    row("domain is a number", u"domain"_s, 1);
    row("unknown field", u"more"_s, 1);
}

void GrantTest::refusesWhatIsNoRecord()
{
    QFETCH(const QByteArray, text);
    const auto grant = grantFromRecord(text, web);
    QVERIFY(!grant);
    QCOMPARE(grant.error().code(), Errc::ArbiterMalformed);
}

void GrantTest::refusesWrongClaims_data()
{
    QTest::addColumn<Claim>("claim");
    const auto row = [](const char* tag, Claim claim) { QTest::newRow(tag) << claim; };
    const Grant before = inStep(5);
    row("takeover by a stale shadow", claimOf(ClaimKind::Takeover, outOfStep(5), takenOver(6)));
    row("takeover without a shadow", claimOf(ClaimKind::Takeover, alone(5), takenOver(6)));
    row("takeover by a third host",
        claimOf(ClaimKind::Takeover, before, Grant{Epoch{6}, third, {}, false}));
    row("takeover by the owner", claimOf(ClaimKind::Takeover, before, alone(6)));
    row("takeover in the same epoch", claimOf(ClaimKind::Takeover, before, takenOver(5)));
    row("going alone in the same epoch", claimOf(ClaimKind::GoAlone, before, alone(5)));
    row("going alone by another host", claimOf(ClaimKind::GoAlone, before, takenOver(6)));
    row("going alone in step", claimOf(ClaimKind::GoAlone, before, inStep(6)));
    row("in step in a larger epoch", claimOf(ClaimKind::InStep, outOfStep(5), inStep(6)));
    row("in step under another owner", claimOf(ClaimKind::InStep, before, takenOver(5)));
    row("beginning in an older epoch", claimOf(ClaimKind::Begin, before, outOfStep(4)));
    row("owner is a name",
        claimOf(ClaimKind::Begin, {}, Grant{Epoch{1}, PeerId{u"a"_s}, {}, false}));
    row("epoch beyond all", claimOf(ClaimKind::Begin, {}, alone(~0ULL)));
    Claim nobody = claimOf(ClaimKind::Begin, {}, alone(1));
    nobody.uuid = {};
    row("no domain", nobody);
}

void GrantTest::refusesWrongClaims()
{
    QFETCH(const Claim, claim);
    const auto verdict = checkClaim(claim);
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), Errc::InvalidArgument);
}

void GrantTest::acceptsRightClaims()
{
    QVERIFY(checkClaim(claimOf(ClaimKind::Begin, {}, outOfStep(1))));
    QVERIFY(checkClaim(claimOf(ClaimKind::Begin, takenOver(4), outOfStep(5))));
    QVERIFY(checkClaim(claimOf(ClaimKind::InStep, outOfStep(1), inStep(1))));
    QVERIFY(checkClaim(claimOf(ClaimKind::InStep, inStep(1), outOfStep(1))));
    QVERIFY(checkClaim(claimOf(ClaimKind::InStep, inStep(1), inStep(1))));
    QVERIFY(checkClaim(claimOf(ClaimKind::GoAlone, inStep(1), alone(2))));
    QVERIFY(checkClaim(claimOf(ClaimKind::GoAlone, outOfStep(1), alone(2))));
    QVERIFY(checkClaim(claimOf(ClaimKind::Takeover, inStep(1), takenOver(2))));
    QVERIFY(checkClaim(claimOf(ClaimKind::Takeover, {}, takenOver(2))));
}

QTEST_GUILESS_MAIN(GrantTest)
#include "GrantTest.moc"
