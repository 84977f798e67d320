// SPDX-License-Identifier: LGPL-2.1-or-later
#include "OwnEtcd.h"
#include "Samples.h"
#include "Stations.h"

#include "arbiter/EtcdArbiter.h"
#include "peer/Certificates.h"

#include <QRandomGenerator>
#include <QSslCertificate>
#include <QSslKey>
#include <QTest>

using namespace lockstep;
using namespace lockstep::samples;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Against a real etcd.
class EtcdArbiterTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();

    void keepsARecord();
    void claimsOnlyWhatIsExpected();
    void letsAnOwnerGoOnWhoseRecordIsLost();
    void grantsAgainWhatWasGranted();
    void forgets();
    void oneOfTwoWins();
    void lostAnswerIsFoundOnRepeating();
    void lateRequestBringsNothingBack();
    void writingAgainShutsLateRequestsOut();
    void outlivesARestart();
    void noticesLostData();
    void noticesAnotherCluster();
    void asksWhoeverHasTheMajority();
    void checksThatItCouldWrite();
    void signsInAndAgain();
    void provesItselfWithACertificate();
    void trustsOnlyItsAuthority();

private:
    [[nodiscard]] EtcdSettings settingsFor(const QUrl& url) const;
    [[nodiscard]] std::unique_ptr<EtcdArbiter> arbiter(const QUrl& url) const;
    [[nodiscard]] bool grants(EtcdArbiter& arbiter, ClaimKind kind, std::optional<Grant> expected,
                              Grant wanted) const;
    [[nodiscard]] std::optional<Grant> recorded() const;

    std::unique_ptr<OwnEtcd> m_etcd; ///< Empty at the beginning of each test.
    bool m_spoilt{false}; ///< The next test needs a new one.
};

void EtcdArbiterTest::initTestCase()
{
    if (const QString obstacle = OwnEtcd::obstacle(); !obstacle.isEmpty())
        QSKIP(qPrintable(obstacle));
}

void EtcdArbiterTest::init()
{
    if (m_etcd && !std::exchange(m_spoilt, false)) {
        if (const auto left = recorded())
            QVERIFY(QCoro::waitFor(arbiter(m_etcd->url())->forget(web, *left)));
        return;
    }
    m_etcd = std::make_unique<OwnEtcd>();
    QVERIFY(m_etcd->start());
}

EtcdSettings EtcdArbiterTest::settingsFor(const QUrl& url) const
{
    EtcdSettings settings;
    settings.endpoints = {url};
    settings.timeout = 20s; // of a machine that may be busy; where it has to run out it is set
    return settings;
}

std::unique_ptr<EtcdArbiter> EtcdArbiterTest::arbiter(const QUrl& url) const
{
    return std::make_unique<EtcdArbiter>(settingsFor(url));
}

bool EtcdArbiterTest::grants(EtcdArbiter& arbiter, ClaimKind kind, std::optional<Grant> expected,
                             Grant wanted) const
{
    const auto verdict = QCoro::waitFor(arbiter.claim(claimOf(kind, expected, wanted)));
    if (!verdict)
        qWarning() << verdict.error().message();
    return verdict && verdict->granted && verdict->now == wanted;
}

std::optional<Grant> EtcdArbiterTest::recorded() const
{
    const auto grant = QCoro::waitFor(arbiter(m_etcd->url())->read(web));
    if (!grant)
        qWarning() << grant.error().message();
    return grant.value_or(std::nullopt);
}

void EtcdArbiterTest::keepsARecord()
{
    const auto one = arbiter(m_etcd->url());
    const auto nothing = QCoro::waitFor(one->read(web));
    QVERIFY2(nothing, nothing ? "" : qPrintable(nothing.error().message()));
    QVERIFY(!*nothing);
    QVERIFY(grants(*one, ClaimKind::Begin, {}, outOfStep(1)));
    QVERIFY(grants(*one, ClaimKind::InStep, outOfStep(1), inStep(1)));
    QCOMPARE(recorded(), inStep(1));
    QVERIFY(grants(*one, ClaimKind::Takeover, inStep(1), takenOver(2)));
    QCOMPARE(recorded(), takenOver(2));
    QVERIFY(!*QCoro::waitFor(one->read(db)));
    const QByteArray shown = m_etcd->ctl({u"get"_s, u"--prefix"_s, u"/lockstep/"_s});
    QVERIFY2(shown.contains("/lockstep/" + toString(web).toUtf8()), shown.constData());
    QVERIFY2(shown.contains("\"domain\":\"web\""), shown.constData());
    QVERIFY(!one->identity().isEmpty());
    QCOMPARE(one->rejected(), 0U);
}

void EtcdArbiterTest::claimsOnlyWhatIsExpected()
{
    const auto one = arbiter(m_etcd->url());
    const auto other = arbiter(m_etcd->url());
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(3)));
    const auto refused = [&](ClaimKind kind, std::optional<Grant> expected, Grant wanted) {
        const auto verdict = QCoro::waitFor(other->claim(claimOf(kind, expected, wanted)));
        return verdict && !verdict->granted && verdict->now == inStep(3);
    };
    QVERIFY(refused(ClaimKind::Begin, {}, outOfStep(9)));
    QVERIFY(refused(ClaimKind::Begin, alone(3), outOfStep(9)));
    QVERIFY(refused(ClaimKind::Takeover, inStep(2), takenOver(4)));
    QVERIFY(refused(ClaimKind::GoAlone, outOfStep(3), alone(4)));
    QVERIFY(refused(ClaimKind::GoAlone, {}, alone(4)));
    QCOMPARE(recorded(), inStep(3));
    // What was seen before does not count for more than what is.
    QVERIFY(grants(*one, ClaimKind::InStep, inStep(3), outOfStep(3)));
    const auto verdict =
        QCoro::waitFor(other->claim(claimOf(ClaimKind::Takeover, inStep(3), takenOver(4))));
    QVERIFY(verdict && !verdict->granted);
    QCOMPARE(verdict->now, outOfStep(3));
    const auto wrong =
        QCoro::waitFor(other->claim(claimOf(ClaimKind::Takeover, outOfStep(3), takenOver(4))));
    QCOMPARE(wrong.error().code(), Errc::InvalidArgument);
    const auto unrecorded =
        QCoro::waitFor(other->claim(claimOf(ClaimKind::Takeover, {}, takenOver(4))));
    QCOMPARE(unrecorded.error().code(), Errc::InvalidArgument);
    QCOMPARE(recorded(), outOfStep(3));
}

void EtcdArbiterTest::letsAnOwnerGoOnWhoseRecordIsLost()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(grants(*one, ClaimKind::GoAlone, {}, alone(4)));
    QCOMPARE(recorded(), alone(4));
}

void EtcdArbiterTest::grantsAgainWhatWasGranted()
{
    const auto one = arbiter(m_etcd->url());
    for (int i = 0; i < 3; ++i)
        QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));
    QVERIFY(grants(*arbiter(m_etcd->url()), ClaimKind::Begin, {}, inStep(1)));
    for (int i = 0; i < 3; ++i)
        QVERIFY(grants(*one, ClaimKind::GoAlone, inStep(1), alone(2)));
    QVERIFY(grants(*arbiter(m_etcd->url()), ClaimKind::GoAlone, inStep(1), alone(2)));
    QCOMPARE(recorded(), alone(2));
}

void EtcdArbiterTest::forgets()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));
    QCOMPARE(QCoro::waitFor(one->forget(web, alone(1))).error().code(), Errc::NotGranted);
    QCOMPARE(recorded(), inStep(1));
    QVERIFY(QCoro::waitFor(one->forget(web, inStep(1))));
    QVERIFY(!recorded());
    QVERIFY(QCoro::waitFor(one->forget(web, inStep(1))));
    const auto verdict =
        QCoro::waitFor(one->claim(claimOf(ClaimKind::Takeover, inStep(1), takenOver(2))));
    QVERIFY(verdict && !verdict->granted && !verdict->now);
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));
}

void EtcdArbiterTest::oneOfTwoWins()
{
    constexpr quint64 rounds = 150;
    Forwarder detour{m_etcd->port()};
    const auto direct = arbiter(m_etcd->url());
    const auto far = arbiter(detour.url());
    int directWins = 0;
    QVERIFY(grants(*direct, ClaimKind::Begin, {}, inStep(1)));
    for (quint64 round = 0; round < rounds; ++round) {
        const quint64 epoch = 2 * round + 1;
        if (round % 3 != 0) // half of the time they know the record already, and are faster
            QVERIFY(QCoro::waitFor(far->read(web)) && QCoro::waitFor(direct->read(web)));
        const bool farFirst = QRandomGenerator::global()->bounded(4) != 0;
        EtcdArbiter& ofAlpha = farFirst ? *direct : *far;
        EtcdArbiter& ofBeta = farFirst ? *far : *direct;
        auto takingOver =
            ofBeta.claim(claimOf(ClaimKind::Takeover, inStep(epoch), takenOver(epoch + 1)));
        auto goingAlone =
            ofAlpha.claim(claimOf(ClaimKind::GoAlone, inStep(epoch), alone(epoch + 1)));
        const auto beta = QCoro::waitFor(std::move(takingOver));
        const auto alpha = QCoro::waitFor(std::move(goingAlone));
        QVERIFY(alpha && beta);
        QVERIFY2(alpha->granted != beta->granted, qPrintable(u"round %1"_s.arg(round)));
        const Grant winner = alpha->granted ? alone(epoch + 1) : takenOver(epoch + 1);
        QCOMPARE(alpha->now, winner);
        QCOMPARE(beta->now, winner);
        directWins += (farFirst ? alpha : beta)->granted ? 1 : 0;
        QVERIFY(grants(*direct, ClaimKind::Begin, winner, inStep(epoch + 2)));
    }
    qInfo() << "of" << rounds << "the nearer one won" << directWins;
    QVERIFY(directWins > 0 && directWins < static_cast<int>(rounds));
}

void EtcdArbiterTest::lostAnswerIsFoundOnRepeating()
{
    Forwarder line{m_etcd->port()};
    const auto one = arbiter(line.url());
    line.answersToLose = 1'000;
    const Claim begin = claimOf(ClaimKind::Begin, {}, inStep(1));
    QCOMPARE(QCoro::waitFor(one->claim(begin)).error().code(), Errc::ArbiterUnreachable);
    line.answersToLose = 0;
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));

    line.answersToLose = 1'000;
    const Claim takeover = claimOf(ClaimKind::Takeover, inStep(1), takenOver(2));
    QVERIFY(QCoro::waitFor(arbiter(m_etcd->url())->read(web)));
    QVERIFY(!QCoro::waitFor(one->claim(takeover)));
    line.answersToLose = 0;
    QVERIFY(QCoro::waitFor(one->read(web)));
    line.answersToLose = 1'000; // now it is done, and only the answer is lost
    QCOMPARE(QCoro::waitFor(one->claim(takeover)).error().code(), Errc::ArbiterUnreachable);
    QCOMPARE(recorded(), takenOver(2));
    line.answersToLose = 0;
    // The other side lost, whatever the first one knows.
    const auto late = QCoro::waitFor(
        arbiter(m_etcd->url())->claim(claimOf(ClaimKind::GoAlone, inStep(1), alone(2))));
    QVERIFY(late && !late->granted);
    QVERIFY(grants(*one, ClaimKind::Takeover, inStep(1), takenOver(2)));
}

void EtcdArbiterTest::lateRequestBringsNothingBack()
{
    Forwarder line{m_etcd->port()};
    EtcdSettings settings = settingsFor(line.url());
    settings.timeout = 3s;
    EtcdArbiter slow{settings};
    const auto direct = arbiter(m_etcd->url());
    QVERIFY(grants(slow, ClaimKind::Begin, {}, outOfStep(1)));
    QVERIFY(QCoro::waitFor(slow.read(web)));
    line.hold();
    const auto unknown =
        QCoro::waitFor(slow.claim(claimOf(ClaimKind::InStep, outOfStep(1), inStep(1))));
    QCOMPARE(unknown.error().code(), Errc::ArbiterUnreachable);
    QVERIFY(grants(*direct, ClaimKind::InStep, outOfStep(1), inStep(1)));
    QVERIFY(grants(*direct, ClaimKind::InStep, inStep(1), outOfStep(1)));
    line.release(); // only now does the first claim reach etcd, and the value is the expected one
    QTest::qWait(500);
    QCOMPARE(recorded(), outOfStep(1));
}

void EtcdArbiterTest::writingAgainShutsLateRequestsOut()
{
    Forwarder line{m_etcd->port()};
    EtcdSettings settings = settingsFor(line.url());
    settings.timeout = 3s;
    EtcdArbiter slow{settings};
    QVERIFY(grants(slow, ClaimKind::Begin, {}, outOfStep(1)));
    QVERIFY(QCoro::waitFor(slow.read(web)));
    line.hold();
    QVERIFY(!QCoro::waitFor(slow.claim(claimOf(ClaimKind::InStep, outOfStep(1), inStep(1)))));
    const auto restarted = arbiter(m_etcd->url());
    QVERIFY(grants(*restarted, ClaimKind::InStep, outOfStep(1), outOfStep(1)));
    line.release();
    QTest::qWait(500);
    QCOMPARE(recorded(), outOfStep(1));
}

void EtcdArbiterTest::outlivesARestart()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));
    m_etcd->stop();
    QCOMPARE(QCoro::waitFor(one->read(web)).error().code(), Errc::ArbiterUnreachable);
    QCOMPARE(QCoro::waitFor(one->check({})).error().code(), Errc::ArbiterUnreachable);
    QVERIFY(m_etcd->start());
    QTRY_VERIFY_WITH_TIMEOUT(QCoro::waitFor(one->check({})), 10'000);
    QVERIFY(grants(*one, ClaimKind::Takeover, inStep(1), takenOver(2)));
    QCOMPARE(recorded(), takenOver(2));
}

void EtcdArbiterTest::noticesLostData()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(grants(*one, ClaimKind::Begin, {}, inStep(1)));
    m_etcd->stop();
    m_etcd->loseData();
    QVERIFY(m_etcd->start());
    // The same name in the same place makes the same cluster number.
    QTRY_COMPARE_WITH_TIMEOUT(
        QCoro::waitFor(one->read(web)).error_or(Error{Errc::Internal, {}}).code(),
        Errc::ArbiterForeign, 10'000);
    const auto verdict = QCoro::waitFor(one->claim(claimOf(ClaimKind::Begin, {}, inStep(1))));
    QCOMPARE(verdict.error().code(), Errc::ArbiterForeign);
}

void EtcdArbiterTest::noticesAnotherCluster()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(QCoro::waitFor(one->check({})));
    OwnEtcd another;
    QVERIFY(another.start());
    EtcdSettings settings = settingsFor(another.url());
    settings.clusterId = one->identity().toULongLong();
    EtcdArbiter moved{settings};
    const auto verdict = QCoro::waitFor(moved.claim(claimOf(ClaimKind::Begin, {}, inStep(1))));
    QCOMPARE(verdict.error().code(), Errc::ArbiterForeign);
    // One wrong endpoint among good ones does no harm.
    settings.endpoints << m_etcd->url();
    EtcdArbiter both{settings};
    QVERIFY(grants(both, ClaimKind::Begin, {}, inStep(1)));
    QCOMPARE(both.rejected(), 1U);
    QCOMPARE(recorded(), inStep(1));
}

void EtcdArbiterTest::asksWhoeverHasTheMajority()
{
    OwnEtcd first;
    OwnEtcd second;
    OwnEtcd third;
    QVERIFY(OwnEtcd::startCluster({&first, &second, &third}));
    EtcdSettings settings = settingsFor(first.url());
    settings.endpoints << second.url() << third.url();
    settings.timeout = 3s;
    EtcdArbiter all{settings};
    QTRY_VERIFY_WITH_TIMEOUT(QCoro::waitFor(all.check({})), 20'000);
    QVERIFY(grants(all, ClaimKind::Begin, {}, inStep(1)));
    first.stop();
    QTRY_VERIFY_WITH_TIMEOUT(QCoro::waitFor(all.check({})), 20'000);
    QVERIFY(grants(all, ClaimKind::Takeover, inStep(1), takenOver(2)));
    QCOMPARE(*QCoro::waitFor(all.read(web)), takenOver(2));
    second.stop(); // the last one has the record, but cannot know whether it is the newest
    QCOMPARE(QCoro::waitFor(all.read(web)).error().code(), Errc::ArbiterUnreachable);
    QCOMPARE(QCoro::waitFor(all.check({})).error().code(), Errc::ArbiterUnreachable);
    const auto verdict = QCoro::waitFor(
        all.claim(claimOf(ClaimKind::Begin, takenOver(2), Grant{Epoch{3}, beta, alpha, false})));
    QCOMPARE(verdict.error().code(), Errc::ArbiterUnreachable);
}

void EtcdArbiterTest::checksThatItCouldWrite()
{
    const auto one = arbiter(m_etcd->url());
    QVERIFY(QCoro::waitFor(one->check({})));
    QVERIFY(m_etcd->ctl({u"get"_s, u"--prefix"_s, u"/"_s}).isEmpty());
}

void EtcdArbiterTest::signsInAndAgain()
{
    m_spoilt = true;
    const QList<QStringList> commands{
        {u"user"_s, u"add"_s, u"root:secret"_s},
        {u"user"_s, u"grant-role"_s, u"root"_s, u"root"_s},
        {u"role"_s, u"add"_s, u"pairs"_s},
        {u"role"_s, u"grant-permission"_s, u"--prefix=true"_s, u"pairs"_s, u"readwrite"_s,
         u"/lockstep/"_s},
        {u"role"_s, u"add"_s, u"look"_s},
        {u"role"_s, u"grant-permission"_s, u"--prefix=true"_s, u"look"_s, u"read"_s,
         u"/lockstep/"_s},
        {u"user"_s, u"add"_s, u"lockstep:pass word"_s},
        {u"user"_s, u"grant-role"_s, u"lockstep"_s, u"pairs"_s},
        {u"user"_s, u"add"_s, u"guest:guest"_s},
        {u"user"_s, u"grant-role"_s, u"guest"_s, u"look"_s},
        {u"auth"_s, u"enable"_s},
    };
    for (const QStringList& command : commands)
        QVERIFY(!m_etcd->ctl(command).isEmpty());
    QCOMPARE(QCoro::waitFor(arbiter(m_etcd->url())->read(web)).error().code(),
             Errc::ArbiterRefused);
    EtcdSettings settings = settingsFor(m_etcd->url());
    settings.user = u"lockstep"_s;
    settings.password = u"wrong"_s;
    const auto wrong = QCoro::waitFor(EtcdArbiter{settings}.read(web));
    QCOMPARE(wrong.error().code(), Errc::ArbiterRefused);
    QVERIFY(!wrong.error().message().contains(u"wrong"_s));
    settings.password = u"pass word"_s;
    EtcdArbiter right{settings};
    QVERIFY(QCoro::waitFor(right.check({})));
    QVERIFY(grants(right, ClaimKind::Begin, {}, inStep(1)));
    m_etcd->stop(); // it forgets who has signed in
    QVERIFY(m_etcd->start());
    QTRY_VERIFY_WITH_TIMEOUT(grants(right, ClaimKind::GoAlone, inStep(1), alone(2)), 10'000);

    settings.user = u"guest"_s;
    settings.password = u"guest"_s;
    EtcdArbiter guest{settings};
    QVERIFY(QCoro::waitFor(guest.read(web)));
    QCOMPARE(QCoro::waitFor(guest.check({})).error().code(), Errc::ArbiterRefused);
}

namespace {

QSslConfiguration tlsOf(const KeyedCertificate& authority, const KeyedCertificate& leaf)
{
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(QSslCertificate::fromData(authority.certificate));
    tls.setLocalCertificateChain(QSslCertificate::fromData(leaf.certificate));
    tls.setPrivateKey(QSslKey{leaf.key, QSsl::Ec});
    return tls;
}

KeyedCertificate leafOf(const KeyedCertificate& authority)
{
    return makeLeaf(authority, {.hostName = u"witness"_s, .address = QHostAddress::LocalHost})
        .value();
}

} // namespace

void EtcdArbiterTest::provesItselfWithACertificate()
{
    const auto authority = makeAuthority(u"witness"_s).value();
    const auto stranger = makeAuthority(u"stranger"_s).value();
    const auto server = leafOf(authority);
    m_spoilt = true;
    m_etcd = std::make_unique<OwnEtcd>();
    m_etcd->useTls(authority.certificate, server.certificate, server.key);
    QVERIFY(m_etcd->start());
    EtcdSettings settings = settingsFor(m_etcd->url());
    settings.tls = tlsOf(authority, leafOf(authority));
    EtcdArbiter good{settings};
    QVERIFY(grants(good, ClaimKind::Begin, {}, inStep(1)));
    QVERIFY(grants(good, ClaimKind::Takeover, inStep(1), takenOver(2)));
    for (const auto& tls : {tlsOf(authority, leafOf(stranger)), tlsOf(authority, {})}) {
        settings.tls = tls;
        QCOMPARE(QCoro::waitFor(EtcdArbiter{settings}.read(web)).error().code(),
                 Errc::ArbiterUnreachable);
    }
}

void EtcdArbiterTest::trustsOnlyItsAuthority()
{
    const auto authority = makeAuthority(u"witness"_s).value();
    const auto stranger = makeAuthority(u"stranger"_s).value();
    const auto server = leafOf(stranger);
    m_spoilt = true;
    m_etcd = std::make_unique<OwnEtcd>();
    m_etcd->useTls(stranger.certificate, server.certificate, server.key);
    QVERIFY(m_etcd->start());
    EtcdSettings settings = settingsFor(m_etcd->url());
    settings.tls = tlsOf(authority, leafOf(stranger));
    EtcdArbiter careful{settings};
    const auto verdict = QCoro::waitFor(careful.claim(claimOf(ClaimKind::Begin, {}, inStep(1))));
    QCOMPARE(verdict.error().code(), Errc::ArbiterUnreachable);
    QVERIFY2(verdict.error().message().contains(u"certificate"_s),
             qPrintable(verdict.error().message()));
}

QTEST_GUILESS_MAIN(EtcdArbiterTest)
#include "EtcdArbiterTest.moc"
