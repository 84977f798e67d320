// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatCodec.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class HeartbeatCodecTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void comesBackAsItWas_data();
    void comesBackAsItWas();
    void longTimesAreCut();
    void refusesEveryTruncation();
    void refusesEveryFlippedBit();
    void refusesWhatIsAppended();
    void refusesOtherKeys();
    void aDatagramCannotGoBackToItsSender();
    void findsTheRightOfTwoKeys();
    void tellsANewerVersion();
    void refusesFieldsOutOfRange_data();
    void refusesFieldsOutOfRange();
    void bothSidesMakeTheSameSecret();
    void changesSecretsWithoutAGap();
    void lostAnswerChangesNothing();
};

namespace {

const PeerId alpha{QString(64, u'a')};
const PeerId beta{QString(64, u'b')};

HeartbeatKey key(char byte = 's', const PeerId& sender = alpha)
{
    return heartbeatKey(QByteArray(heartbeatSecretSize, byte), sender);
}

Heartbeat sample(qsizetype pairs)
{
    Heartbeat beat{.session = 0x0102030405060708,
                   .sequence = 1000,
                   .path = 1,
                   .sent = 123'456'789us,
                   .echoSession = 77,
                   .echoSent = 5s,
                   .echoHeld = 99'000us,
                   .late = 3ms,
                   .interval = 100ms,
                   .part = 1,
                   .parts = 2,
                   .pairs = {}};
    for (qsizetype i = 0; i < pairs; ++i) {
        beat.pairs << PairBeat{.uuid = {QUuid{uint(i + 1), 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
                               .role = 1,
                               .state = 2,
                               .epoch = {quint64(1) << 40 | quint64(i)},
                               .health = 0x80000001};
    }
    return beat;
}

Rejection rejection(const QByteArray& datagram, const QList<HeartbeatKey>& keys = {key()})
{
    const auto decoded = HeartbeatCodec::decode(datagram, keys);
    if (decoded)
        qFatal("the datagram was taken");
    return decoded.error();
}

} // namespace

void HeartbeatCodecTest::comesBackAsItWas_data()
{
    QTest::addColumn<qsizetype>("pairs");
    QTest::newRow("none") << qsizetype{0};
    QTest::newRow("one") << qsizetype{1};
    QTest::newRow("most") << HeartbeatCodec::mostPairs;
}

void HeartbeatCodecTest::comesBackAsItWas()
{
    QFETCH(const qsizetype, pairs);
    const QByteArray datagram = HeartbeatCodec::encode(sample(pairs), key());
    QVERIFY(datagram.size() <= HeartbeatCodec::largest);
    const auto decoded = HeartbeatCodec::decode(datagram, {key()});
    QVERIFY(decoded);
    QCOMPARE(decoded->beat, sample(pairs));
}

void HeartbeatCodecTest::longTimesAreCut()
{
    Heartbeat beat = sample(0);
    beat.late = 10min;
    beat.echoHeld = 100h;
    const auto decoded = HeartbeatCodec::decode(HeartbeatCodec::encode(beat, key()), {key()});
    QVERIFY(decoded);
    QCOMPARE(decoded->beat.late, 65'535ms);
    QCOMPARE(decoded->beat.echoHeld, 4'294'967'295us);
}

void HeartbeatCodecTest::refusesEveryTruncation()
{
    const QByteArray datagram = HeartbeatCodec::encode(sample(3), key());
    for (qsizetype size = 0; size < datagram.size(); ++size)
        QCOMPARE(rejection(datagram.first(size)), Rejection::Truncated);
}

void HeartbeatCodecTest::refusesEveryFlippedBit()
{
    const QByteArray datagram = HeartbeatCodec::encode(sample(2), key());
    for (qsizetype bit = 0; bit < datagram.size() * 8; ++bit) {
        QByteArray flipped = datagram;
        flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << (bit % 8)));
        const Rejection why = rejection(flipped);
        // Past the fields that are looked at first, the code alone protects.
        if (bit / 8 >= 9 && bit / 8 != HeartbeatCodec::headerSize - 1)
            QCOMPARE(why, Rejection::Forged);
    }
}

void HeartbeatCodecTest::refusesWhatIsAppended()
{
    const QByteArray datagram = HeartbeatCodec::encode(sample(1), key());
    QCOMPARE(rejection(datagram + '\0'), Rejection::Oversized);
    QCOMPARE(rejection(datagram + QByteArray(HeartbeatCodec::pairSize, 'x')), Rejection::Oversized);
    QCOMPARE(rejection(datagram + QByteArray(2000, 'x')), Rejection::Oversized);
    QCOMPARE(rejection(QByteArray(200, 'x')), Rejection::NoHeartbeat);
}

void HeartbeatCodecTest::refusesOtherKeys()
{
    const QByteArray datagram = HeartbeatCodec::encode(sample(1), key('x'));
    QCOMPARE(rejection(datagram), Rejection::UnknownKey);
    QCOMPARE(rejection(datagram, {}), Rejection::UnknownKey);
    HeartbeatKey forged = key('x');
    forged.id = key().id;
    QCOMPARE(rejection(HeartbeatCodec::encode(sample(1), forged)), Rejection::Forged);
}

void HeartbeatCodecTest::aDatagramCannotGoBackToItsSender()
{
    const QByteArray fromAlpha = HeartbeatCodec::encode(sample(1), key('s', alpha));
    QVERIFY(HeartbeatCodec::decode(fromAlpha, {key('s', alpha)}));
    QCOMPARE(rejection(fromAlpha, {key('s', beta)}), Rejection::UnknownKey);
}

void HeartbeatCodecTest::findsTheRightOfTwoKeys()
{
    const QByteArray datagram = HeartbeatCodec::encode(sample(1), key('2'));
    const auto decoded = HeartbeatCodec::decode(datagram, {key('1'), key('2')});
    QVERIFY(decoded);
    QCOMPARE(decoded->key, 1);
}

void HeartbeatCodecTest::tellsANewerVersion()
{
    QByteArray datagram = HeartbeatCodec::encode(sample(1), key());
    datagram[4] = char(HeartbeatCodec::version + 1);
    QCOMPARE(rejection(datagram), Rejection::UnknownVersion);
    QCOMPARE(rejection(datagram.first(10)), Rejection::UnknownVersion);
}

void HeartbeatCodecTest::refusesFieldsOutOfRange_data()
{
    QTest::addColumn<Heartbeat>("beat");
    const auto with = [](const char* name, auto change) {
        Heartbeat beat = sample(1);
        change(beat);
        QTest::newRow(name) << beat;
    };
    with("no session", [](Heartbeat& beat) { beat.session = 0; });
    with("no number", [](Heartbeat& beat) { beat.sequence = 0; });
    with("third path", [](Heartbeat& beat) { beat.path = 2; });
    with("echo of nothing", [](Heartbeat& beat) { beat.echoSession = 0; });
    with("no interval", [](Heartbeat& beat) { beat.interval = 0ms; });
    with("no parts", [](Heartbeat& beat) { beat.parts = 0; });
    with("part beyond the last", [](Heartbeat& beat) { beat.part = 2; });
    with("no UUID", [](Heartbeat& beat) { beat.pairs[0].uuid = {}; });
}

void HeartbeatCodecTest::refusesFieldsOutOfRange()
{
    QFETCH(const Heartbeat, beat);
    QCOMPARE(rejection(HeartbeatCodec::encode(beat, key())), Rejection::Malformed);
}

void HeartbeatCodecTest::bothSidesMakeTheSameSecret()
{
    const QByteArray first = heartbeatNonce();
    const QByteArray second = heartbeatNonce();
    QCOMPARE(first.size(), heartbeatSecretSize);
    QVERIFY(first != second);
    const QByteArray secret = heartbeatSecret(first, second);
    QCOMPARE(secret.size(), heartbeatSecretSize);
    QVERIFY(secret != heartbeatSecret(second, first));
    QVERIFY(heartbeatKey(secret, alpha) != heartbeatKey(secret, beta));
}

void HeartbeatCodecTest::changesSecretsWithoutAGap()
{
    HeartbeatSecrets asking;
    HeartbeatSecrets answering;
    answering.offer("1"); // the first one: there is no other to go on with
    asking.adopt("1");
    QCOMPARE(answering.current, "1");
    QCOMPARE(asking.current, "1");

    answering.offer("2");
    QCOMPARE(answering.current, "1");
    QVERIFY(asking.accepted().contains(answering.current));
    asking.adopt("2");
    QVERIFY(asking.accepted().contains(answering.current));
    QVERIFY(answering.accepted().contains(asking.current));
    QVERIFY(!answering.heard("1"));
    QVERIFY(answering.heard("2"));
    QCOMPARE(answering.current, "2");
    QVERIFY(answering.accepted().contains("1"));
    answering.forgetPrevious();
    QCOMPARE(answering.accepted(), QList<QByteArray>{"2"});
}

void HeartbeatCodecTest::lostAnswerChangesNothing()
{
    HeartbeatSecrets asking{.current = "1", .offered = {}, .previous = {}};
    HeartbeatSecrets answering = asking;
    for (const char* const lost : {"2", "3", "4"}) {
        answering.offer(lost);
        QVERIFY(asking.accepted().contains(answering.current));
        QVERIFY(answering.accepted().contains(asking.current));
    }
}

QTEST_GUILESS_MAIN(HeartbeatCodecTest)
#include "HeartbeatCodecTest.moc"
