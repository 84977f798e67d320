// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Word.h"
#include "fakes/FakeHost.h"
#include "pair/RecordMind.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;

namespace {

constexpr std::array roles{Role::Primary, Role::Secondary};
constexpr std::array states{PairState::Preparing, PairState::Copying,     PairState::Confirming,
                            PairState::Protected, PairState::Interrupted, PairState::TakingOver,
                            PairState::Merging,   PairState::Alone,       PairState::Stale,
                            PairState::Undoing,   PairState::Off};
constexpr std::array senses{QemuSense::Unknown, QemuSense::Colo, QemuSense::Left, QemuSense::Plain,
                            QemuSense::Hung,    QemuSense::Died, QemuSense::Off};

PairSettings sample() { return {ArbiterKind::Etcd, true, true}; }

} // namespace

/// What leaves a mind for the other host and for the store, and comes back.
class WordTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void saysAndHearsTheSame();
    void saysWhetherItWantsAnAnswer();
    void takesNoNumberThatItDoesNotKnow_data();
    void takesNoNumberThatItDoesNotKnow();
    void ignoresFlagsThatItDoesNotKnow();
    void keepsTheSavedPartOfAMind();
    void doesNotKnowAPairOfWhichOnlyAnOldDefinitionIsLeft();
    void takesTheArbiterFromTheSettings_data();
    void takesTheArbiterFromTheSettings();
    void keepsSettings();
    void refusesBadSettings_data();
    void refusesBadSettings();
};

void WordTest::saysAndHearsTheSame()
{
    TheirWord word;
    word.heard = true;
    word.epoch = 9'007'199'254'740'993;
    for (const auto role : roles) {
        for (const auto state : states) {
            for (const auto qemu : senses) {
                for (int flags = 0; flags < 32; ++flags) {
                    word.role = role;
                    word.state = state;
                    word.qemu = qemu;
                    word.known = (flags & 1) != 0;
                    word.sole = (flags & 2) != 0;
                    word.promised = (flags & 4) != 0;
                    word.handingOver = (flags & 8) != 0;
                    word.suspended = (flags & 16) != 0;
                    word.resumes = word.suspended ? 0xabcd : 0;
                    const auto heard = wordFrom(toBeat(webUuid(), word, flags % 2 == 0));
                    QVERIFY(heard);
                    QVERIFY2(*heard == word, qPrintable(toString(state)));
                }
            }
        }
    }
    QVERIFY(toBeat(webUuid(), word, true).uuid == webUuid());
}

void WordTest::saysWhetherItWantsAnAnswer()
{
    // Two hosts that both do not know a pair must not go on telling each other so.
    QVERIFY(wantsAnswer(toBeat(webUuid(), {}, true)));
    QVERIFY(!wantsAnswer(toBeat(webUuid(), {}, false)));
}

void WordTest::takesNoNumberThatItDoesNotKnow_data()
{
    QTest::addColumn<int>("role");
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("qemu");
    QTest::newRow("role") << 2 << 0 << 0;
    QTest::newRow("state") << 0 << int(states.size()) << 0;
    QTest::newRow("qemu") << 0 << 0 << int(senses.size());
    QTest::newRow("all") << 255 << 255 << 255;
}

void WordTest::takesNoNumberThatItDoesNotKnow()
{
    QFETCH(const int, role);
    QFETCH(const int, state);
    QFETCH(const int, qemu);
    PairBeat beat = toBeat(webUuid(), {}, true);
    beat.role = quint8(role);
    beat.state = quint8(state);
    beat.health |= quint32(qemu) << 8U;
    QVERIFY(!wordFrom(beat));
}

void WordTest::ignoresFlagsThatItDoesNotKnow()
{
    TheirWord word;
    word.heard = word.known = true;
    PairBeat beat = toBeat(webUuid(), word, true);
    beat.health |= 0xc0U;
    QVERIFY(wordFrom(beat) == word);
}

void WordTest::keepsTheSavedPartOfAMind()
{
    Mind mind;
    mind.known = true;
    mind.epoch = 7;
    mind.promise = 3;
    for (const auto role : roles) {
        for (const auto state : states) {
            if (role == Role::Secondary && state == PairState::Stale)
                continue; // has a meaning of its own
            for (int flags = 0; flags < 8; ++flags) {
                mind.role = role;
                mind.state = state;
                mind.sole = (flags & 1) != 0;
                mind.claimed = (flags & 2) != 0;
                mind.promised = (flags & 4) != 0;
                PairRecord record;
                record.uuid = webUuid();
                record.spec = webSpec();
                apply(mind, record);
                const auto read = PairRecord::fromJson(record.toJson());
                QVERIFY(read);
                QVERIFY2(savedPart(mindOf(*read)) == savedPart(mind), qPrintable(toString(state)));
            }
        }
    }
}

void WordTest::doesNotKnowAPairOfWhichOnlyAnOldDefinitionIsLeft()
{
    PairRecord record;
    record.role = Role::Secondary;
    record.state = PairState::Stale;
    record.epoch = {4};
    record.sole = true; // whatever it says
    record.settings = sample();
    const auto mind = mindOf(record);
    QVERIFY(!mind.known);
    QVERIFY(!mind.sole);
    QCOMPARE(mind.epoch, quint64{4}); // an older one must not come back
    QVERIFY(mind.arbitration == Arbitration::Record);
}

void WordTest::takesTheArbiterFromTheSettings_data()
{
    QTest::addColumn<ArbiterKind>("kind");
    QTest::addColumn<Arbitration>("arbitration");
    QTest::newRow("manual") << ArbiterKind::Manual << Arbitration::Manual;
    QTest::newRow("etcd") << ArbiterKind::Etcd << Arbitration::Record;
    QTest::newRow("fence") << ArbiterKind::Fence << Arbitration::Fence;
}

void WordTest::takesTheArbiterFromTheSettings()
{
    QFETCH(const ArbiterKind, kind);
    QFETCH(const Arbitration, arbitration);
    PairRecord record;
    record.settings.arbiter = kind;
    record.settings.primaryContinues = true;
    record.settings.autoProtect = true;
    const auto mind = mindOf(record);
    QVERIFY(mind.arbitration == arbitration);
    QVERIFY(mind.primaryContinues);
    QVERIFY(mind.autoProtect);
}

void WordTest::keepsSettings()
{
    for (const auto& settings : {PairSettings{}, sample()}) {
        const auto read = PairSettings::fromJson(settings.toJson());
        QVERIFY(read);
        QVERIFY(*read == settings);
    }
}

void WordTest::refusesBadSettings_data()
{
    QTest::addColumn<QString>("member");
    QTest::addColumn<QJsonValue>("value");
    QTest::newRow("no arbiter") << u"arbiter"_s << QJsonValue{};
    QTest::newRow("a newer arbiter") << u"arbiter"_s << QJsonValue{u"raft"_s};
    QTest::newRow("no policy") << u"on-arbiter-loss"_s << QJsonValue{};
    QTest::newRow("a newer policy") << u"on-arbiter-loss"_s << QJsonValue{u"secondary"_s};
    QTest::newRow("no auto-protect") << u"auto-protect"_s << QJsonValue{};
    QTest::newRow("auto-protect is text") << u"auto-protect"_s << QJsonValue{u"yes"_s};
    QTest::newRow("reuse-disks is text") << u"reuse-disks"_s << QJsonValue{u"yes"_s};
}

void WordTest::refusesBadSettings()
{
    QFETCH(const QString, member);
    QFETCH(const QJsonValue, value);
    QJsonObject json = sample().toJson();
    json[member] = value;
    const auto read = PairSettings::fromJson(json);
    QVERIFY(!read);
    QCOMPARE(read.error().code(), Errc::Malformed);
    QVERIFY(read.error().message().contains(member));
}

QTEST_GUILESS_MAIN(WordTest)
#include "WordTest.moc"
