// SPDX-License-Identifier: LGPL-2.1-or-later
#include "TestHost.h"

#include <QDir>
#include <QSignalSpy>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class PairingTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void probeShowsWhoAnswersAndChangesNothing();
    void probeOfAPeerLeavesTheConnectionAlone();
    void probeOfNothingIsUnreachable();
    void askedHostIsShownAndNotTrusted();
    void acceptMakesBothTrust();
    void addOnBothSidesMakesBothTrust();
    void trustSurvivesARestart();
    void refusesAnotherFingerprint();
    void refusesToAcceptAnotherFingerprint();
    void refusesItself();
    void refusesWhatIsThereAlready();
    void refusesATakenName();
    void strangerCannotTakeAName();
    void refusesBadAddresses_data();
    void refusesBadAddresses();
    void neverConnectsToAChangedKey();
    void removedPeerIsNotTrustedOnEitherSide();
    void removalIsNoticedLater();
    void addAfterRemovalTrustsAgain();
    void findsByNameAddressAndFingerprint();
    void onlyOneConnectionRemains();

private:
    std::unique_ptr<TestHost> m_alpha;
    std::unique_ptr<TestHost> m_beta;
};

void PairingTest::init()
{
    m_alpha = std::make_unique<TestHost>(u"alpha"_s, u"127.0.0.1"_s);
    m_beta = std::make_unique<TestHost>(u"beta"_s, u"127.0.0.2"_s);
}

void PairingTest::cleanup()
{
    m_alpha.reset();
    m_beta.reset();
}

void PairingTest::probeShowsWhoAnswersAndChangesNothing()
{
    const auto probe = QCoro::waitFor(m_alpha->peers().probe(m_beta->place()));
    QVERIFY2(probe, probe ? "" : qPrintable(probe.error().message()));
    QCOMPARE(probe->name, u"beta"_s);
    QCOMPARE(probe->id, m_beta->id());
    QCOMPARE(probe->version, QStringLiteral(LOCKSTEP_VERSION));
    QVERIFY(m_alpha->peers().peers().isEmpty());
    QVERIFY(m_beta->peers().peers().isEmpty());
}

void PairingTest::probeOfAPeerLeavesTheConnectionAlone()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const QSignalSpy lost{&m_alpha->peers(), &Peers::disconnected};
    QCOMPARE(QCoro::waitFor(m_alpha->peers().probe(m_beta->place()))->id, m_beta->id());
    QCOMPARE(QCoro::waitFor(m_beta->peers().probe(m_alpha->place()))->id, m_alpha->id());
    QVERIFY(lost.isEmpty());
    QVERIFY(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha));
    QCOMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Trusted);
}

void PairingTest::probeOfNothingIsUnreachable()
{
    const QString place = m_beta->place();
    m_beta->stop();
    const auto probe = QCoro::waitFor(m_alpha->peers().probe(place));
    QVERIFY(!probe);
    QCOMPARE(probe.error().code(), Errc::PeerUnreachable);
}

void PairingTest::askedHostIsShownAndNotTrusted()
{
    const auto added = m_alpha->add(*m_beta);
    QVERIFY2(added, added ? "" : qPrintable(added.error().message()));
    QCOMPARE(added->trust, PeerTrust::Asking);
    QVERIFY(!added->connected);
    QVERIFY(added->lastError.contains(u"not accepted"_s));
    const PeerInfo asked = m_beta->of(*m_alpha);
    QCOMPARE(asked.name, u"alpha"_s);
    QCOMPARE(asked.trust, PeerTrust::Asked);
    QCOMPARE(asked.address, u"127.0.0.1"_s);
    QCOMPARE(asked.port, m_alpha->port());
    QCOMPARE(m_alpha->call(*m_beta, u"x"_s).error().code(), Errc::PeerNotAccepted);
    QCOMPARE(m_beta->call(*m_alpha, u"x"_s).error().code(), Errc::PeerNotAccepted);
    QVERIFY(QCoro::waitFor(m_beta->store().load(u"peer"_s))->isEmpty());
}

void PairingTest::acceptMakesBothTrust()
{
    QSignalSpy alphaConnected{&m_alpha->peers(), &Peers::connected};
    QSignalSpy betaConnected{&m_beta->peers(), &Peers::connected};
    QVERIFY(m_alpha->add(*m_beta));
    const auto accepted = m_beta->accept(*m_alpha);
    QVERIFY2(accepted, accepted ? "" : qPrintable(accepted.error().message()));
    QCOMPARE(accepted->trust, PeerTrust::Trusted);
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                             10s);
    QCOMPARE(m_alpha->of(*m_beta).trust, PeerTrust::Trusted);
    QCOMPARE(m_alpha->of(*m_beta).localAddress, QHostAddress{m_alpha->address()});
    QCOMPARE(m_alpha->of(*m_beta).remoteAddress, QHostAddress{m_beta->address()});
    QCOMPARE(m_beta->of(*m_alpha).localAddress, QHostAddress{m_beta->address()});
    QCOMPARE(m_beta->of(*m_alpha).remoteAddress, QHostAddress{m_alpha->address()});
    QVERIFY(m_alpha->of(*m_beta).lastError.isEmpty());
    QVERIFY(!alphaConnected.isEmpty());
    QVERIFY(!betaConnected.isEmpty());
}

void PairingTest::addOnBothSidesMakesBothTrust()
{
    QVERIFY(m_alpha->add(*m_beta));
    const auto added = m_beta->add(*m_alpha);
    QVERIFY2(added, added ? "" : qPrintable(added.error().message()));
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                             10s);
    QCOMPARE(m_alpha->of(*m_beta).trust, PeerTrust::Trusted);
    QCOMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Trusted);
}

void PairingTest::trustSurvivesARestart()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const PeerId before = m_alpha->id();
    m_alpha->stop();
    QTRY_VERIFY(!m_beta->peers().peer(before)->connected);
    m_alpha->start();
    QCOMPARE(m_alpha->id(), before);
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                             15s);
}

void PairingTest::refusesAnotherFingerprint()
{
    const auto added =
        QCoro::waitFor(m_alpha->peers().add(m_beta->place(), PeerId{QString(64, u'a')}, {}));
    QVERIFY(!added);
    QCOMPARE(added.error().code(), Errc::FingerprintMismatch);
    QVERIFY(added.error().message().contains(m_beta->id().value));
    QVERIFY(m_alpha->peers().peers().isEmpty());
    QVERIFY(m_beta->peers().peers().isEmpty());
}

void PairingTest::refusesToAcceptAnotherFingerprint()
{
    QVERIFY(m_alpha->add(*m_beta));
    const auto accepted = QCoro::waitFor(m_beta->peers().accept(u"alpha"_s, m_beta->id()));
    QVERIFY(!accepted);
    QCOMPARE(accepted.error().code(), Errc::FingerprintMismatch);
    QCOMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Asked);
    const auto unknown = QCoro::waitFor(m_beta->peers().accept(u"gamma"_s, m_alpha->id()));
    QCOMPARE(unknown.error().code(), Errc::UnknownPeer);
}

void PairingTest::refusesItself()
{
    const auto added = m_alpha->add(*m_alpha);
    QVERIFY(!added);
    QCOMPARE(added.error().code(), Errc::InvalidArgument);
    QVERIFY(m_alpha->peers().peers().isEmpty());
}

void PairingTest::refusesWhatIsThereAlready()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const auto again = m_alpha->add(*m_beta);
    QVERIFY(!again);
    QCOMPARE(again.error().code(), Errc::PeerExists);
    QVERIFY(m_alpha->isConnectedTo(*m_beta));
}

void PairingTest::refusesATakenName()
{
    TestHost gamma{u"gamma"_s, u"127.0.0.3"_s};
    QVERIFY(m_alpha->add(*m_beta));
    const auto added = QCoro::waitFor(m_alpha->peers().add(gamma.place(), gamma.id(), u"beta"_s));
    QVERIFY(!added);
    QCOMPARE(added.error().code(), Errc::PeerExists);
    QCOMPARE(m_alpha->peers().peers().size(), 1);
    const auto bad = QCoro::waitFor(m_alpha->peers().add(gamma.place(), gamma.id(), u"no name"_s));
    QCOMPARE(bad.error().code(), Errc::InvalidArgument);
}

void PairingTest::strangerCannotTakeAName()
{
    TestHost impostor{u"beta"_s, u"127.0.0.3"_s};
    QVERIFY(impostor.add(*m_alpha)); // asks alpha under beta's name before beta does
    QCOMPARE(m_alpha->of(impostor).name, u"beta"_s);
    QVERIFY(pair(*m_alpha, *m_beta));
    QCOMPARE(m_alpha->of(*m_beta).name, u"beta"_s);
    QCOMPARE(m_alpha->of(impostor).name, u"beta-"_s + impostor.id().value.first(8));
    QCOMPARE(m_alpha->of(impostor).trust, PeerTrust::Asked);
}

void PairingTest::refusesBadAddresses_data()
{
    QTest::addColumn<QString>("address");
    for (const char* address :
         {"", ":1", "a b", "host:0", "host:65536", "host:x", "[::1", "[::1]x", "[host]:1", "a/b"})
        QTest::newRow(address) << QString::fromLatin1(address);
}

void PairingTest::refusesBadAddresses()
{
    QFETCH(const QString, address);
    const auto probe = QCoro::waitFor(m_alpha->peers().probe(address));
    QVERIFY(!probe);
    QCOMPARE(probe.error().code(), Errc::InvalidArgument);
}

void PairingTest::neverConnectsToAChangedKey()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const PeerId old = m_beta->id();
    m_beta->stop();
    QVERIFY(QDir{m_beta->folder() + u"/identity"_s}.removeRecursively());
    m_beta->start(); // reinstalled: same address, another key
    QVERIFY(m_beta->id() != old);
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->peers().peer(old)->lastError.contains(m_beta->id().value),
                             15s);
    QVERIFY(!m_alpha->peers().peer(old)->connected);
    const auto called = QCoro::waitFor(m_alpha->peers().call(old, u"x"_s, {}, 5s));
    QCOMPARE(called.error().code(), Errc::PeerUnreachable);
    const auto added = m_alpha->add(*m_beta);
    QCOMPARE(added.error().code(), Errc::PeerExists);
}

void PairingTest::removedPeerIsNotTrustedOnEitherSide()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    QSignalSpy gone{&m_alpha->peers(), &Peers::peerRemoved};
    QVERIFY(QCoro::waitFor(m_alpha->peers().remove(m_beta->id())));
    QCOMPARE(gone.size(), 1);
    QVERIFY(m_alpha->peers().peers().isEmpty());
    QTRY_COMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Asking);
    QVERIFY(!m_beta->isConnectedTo(*m_alpha));
    QVERIFY(m_beta->of(*m_alpha).lastError.contains(u"any more"_s));
    QCOMPARE(m_beta->call(*m_alpha, u"x"_s).error().code(), Errc::PeerNotAccepted);
    QVERIFY(m_alpha->peers().peers().isEmpty());
    const auto again = QCoro::waitFor(m_alpha->peers().remove(m_beta->id()));
    QCOMPARE(again.error().code(), Errc::UnknownPeer);
}

void PairingTest::removalIsNoticedLater()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const PeerId beta = m_beta->id();
    m_beta->stop();
    QVERIFY(QCoro::waitFor(m_alpha->peers().remove(beta)));
    m_beta->start();
    QTRY_COMPARE_WITH_TIMEOUT(m_beta->of(*m_alpha).trust, PeerTrust::Asking, 15s);
    QVERIFY(m_alpha->peers().peers().isEmpty());
}

void PairingTest::addAfterRemovalTrustsAgain()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    QVERIFY(QCoro::waitFor(m_alpha->peers().remove(m_beta->id())));
    QTRY_COMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Asking);
    QVERIFY(
        m_alpha->add(*m_beta)); // beta's administrator has never taken back that alpha is accepted
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                             10s);
    QVERIFY(QCoro::waitFor(m_alpha->peers().remove(m_beta->id())));
    QTRY_COMPARE(m_beta->of(*m_alpha).trust, PeerTrust::Asking);
    QVERIFY(m_beta->add(*m_alpha)); // asks again on an administrator's word
    QCOMPARE(m_alpha->of(*m_beta).trust, PeerTrust::Asked);
}

void PairingTest::findsByNameAddressAndFingerprint()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    const auto& peers = m_alpha->peers();
    for (const auto& text : {u"beta"_s, m_beta->address(), m_beta->place(), m_beta->id().value,
                             m_beta->id().value.first(8), m_beta->id().value.first(12).toUpper()}) {
        const auto found = peers.find(text);
        QVERIFY2(found, qPrintable(text));
        QCOMPARE(found->id, m_beta->id());
    }
    for (const auto& text : {u"gamma"_s, QString{}, m_beta->id().value.first(7), u"127.0.0.9"_s})
        QCOMPARE(peers.find(text).error().code(), Errc::UnknownPeer);
}

void PairingTest::onlyOneConnectionRemains()
{
    QVERIFY(pair(*m_alpha, *m_beta));
    m_alpha->peers().handle(u"who"_s, [](PeerId, QJsonObject) -> Task<Result<QJsonObject>> {
        co_return QJsonObject{{u"name"_s, u"alpha"_s}};
    });
    for (int round = 0; round < 5; ++round) { // both start anew at the same time
        m_alpha->stop();
        m_beta->stop();
        m_alpha->start();
        m_beta->start();
        m_alpha->peers().handle(u"who"_s, [](PeerId, QJsonObject) -> Task<Result<QJsonObject>> {
            co_return QJsonObject{{u"name"_s, u"alpha"_s}};
        });
        QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                                 15s);
        const auto answer = m_beta->call(*m_alpha, u"who"_s);
        QVERIFY2(answer, answer ? "" : qPrintable(answer.error().message()));
    }
}

QTEST_GUILESS_MAIN(PairingTest)
#include "PairingTest.moc"
