// SPDX-License-Identifier: LGPL-2.1-or-later
#include "dbus/ErrorText.h"
#include "dbus/Fingerprint.h"
#include "pair/Views.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

/// Texts that cross D-Bus: errors, fingerprints, the words of states.
class TextTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void errorsComeBackAsTheyWere();
    void everyCodeHasItsOwnName();
    void errorsAreFitForATerminal();
    void tellsWhatIsNotThereAnyMore();
    void errorsOfTheBusBecomeOurs_data();
    void errorsOfTheBusBecomeOurs();
    void readsFingerprintsAsPeopleTypeThem();
    void refusesWhatIsNoFingerprint_data();
    void refusesWhatIsNoFingerprint();
    void groupsFingerprints();
    void everyStateHasItsOwnWord();
};

void TextTest::errorsComeBackAsTheyWere()
{
    const Error error{Errc::NoSpace, u"beta: 3 GiB are missing"_s,
                      u"Delete something.\nThen try again."_s};
    QCOMPARE(dbus::decodeError(dbus::errorName(error.code()), dbus::encodeErrorText(error)), error);
    const Error plain{Errc::Busy, u"job 3 works on web1"_s};
    const Error back =
        dbus::decodeError(dbus::errorName(plain.code()), dbus::encodeErrorText(plain));
    QCOMPARE(back.remedy(), plain.remedy());
}

void TextTest::everyCodeHasItsOwnName()
{
    QStringList names;
    for (int code = 0; code <= static_cast<int>(Errc::Internal); ++code)
        names += dbus::errorName(static_cast<Errc>(code));
    QCOMPARE(names.removeDuplicates(), qsizetype{0});
}

void TextTest::errorsAreFitForATerminal()
{
    const Error error{Errc::UnknownDomain, u"no domain \u001b[31m"_s + QString{100'000, u'x'}};
    const QString text = dbus::encodeErrorText(error);
    QVERIFY(!text.contains(u'\u001b'));
    QVERIFY2(text.size() < 1'200, "a line, not a flood");
    QVERIFY(text.endsWith(error.remedy()));
}

void TextTest::tellsWhatIsNotThereAnyMore()
{
    const auto gone = [](const QString& path) {
        return dbus::decodeError(u"org.freedesktop.DBus.Error.UnknownObject",
                                 u"Unknown object '/org/lockstep/Lockstep1%1'."_s.arg(path))
            .code();
    };
    QCOMPARE(gone(u"/pair/6ad1c0f4_6d2b_4f9e_9a51_3f3a5f0c0001"_s), Errc::UnknownPair);
    QCOMPARE(gone(u"/peer/b1b1b1b1b1b1b1b1"_s), Errc::UnknownPeer);
    QCOMPARE(gone(u"/job/7"_s), Errc::UnknownJob);
    QCOMPARE(gone({}), Errc::VersionMismatch);
}

void TextTest::errorsOfTheBusBecomeOurs_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Errc>("code");
    QTest::newRow("not running") << u"org.freedesktop.DBus.Error.ServiceUnknown"_s
                                 << Errc::DaemonUnavailable;
    QTest::newRow("died") << u"org.freedesktop.DBus.Error.NoReply"_s << Errc::DaemonUnavailable;
    QTest::newRow("bus died") << u"System.Error.ECONNRESET"_s << Errc::DaemonUnavailable;
    QTest::newRow("late") << u"org.freedesktop.DBus.Error.Timeout"_s << Errc::Timeout;
    QTest::newRow("policy") << u"org.freedesktop.DBus.Error.AccessDenied"_s << Errc::NotAuthorized;
    QTest::newRow("older daemon") << u"org.freedesktop.DBus.Error.UnknownMethod"_s
                                  << Errc::VersionMismatch;
    QTest::newRow("anything") << u"com.example.Odd"_s << Errc::Internal;
    QTest::newRow("unknown of ours") << u"org.lockstep.Error.FromTheFuture"_s << Errc::Internal;
}

void TextTest::errorsOfTheBusBecomeOurs()
{
    QFETCH(QString, name);
    QFETCH(Errc, code);
    const Error error = dbus::decodeError(name, u"some text"_s);
    QCOMPARE(error.code(), code);
    QVERIFY(error.message().contains(u"some text"_s));
    QVERIFY(!dbus::decodeError(name, {}).message().isEmpty());
}

void TextTest::readsFingerprintsAsPeopleTypeThem()
{
    const QString plain = u"0123456789abcdef"_s.repeated(4);
    QCOMPARE(dbus::parseFingerprint(plain).value(), plain);
    QCOMPARE(dbus::parseFingerprint(plain.toUpper()).value(), plain);
    QCOMPARE(dbus::parseFingerprint(u' ' + dbus::groupedFingerprint(plain)).value(), plain);
    QCOMPARE(dbus::parseFingerprint(dbus::groupedFingerprint(plain).replace(u' ', u':')).value(),
             plain);
}

void TextTest::refusesWhatIsNoFingerprint_data()
{
    QTest::addColumn<QString>("typed");
    QTest::newRow("empty") << QString{};
    QTest::newRow("short") << u"a"_s.repeated(63);
    QTest::newRow("long") << u"a"_s.repeated(65);
    QTest::newRow("not hex") << u"g"_s.repeated(64);
    QTest::newRow("other digits") << u"\u0661"_s.repeated(64);
}

void TextTest::refusesWhatIsNoFingerprint()
{
    QFETCH(QString, typed);
    const auto parsed = dbus::parseFingerprint(typed);
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
}

void TextTest::groupsFingerprints()
{
    QCOMPARE(dbus::groupedFingerprint(u"0123456789abcdef"_s), u"0123 4567 89ab cdef"_s);
    QCOMPARE(dbus::groupedFingerprint(u"0123456789abcdef"_s, 2), u"0123 4567"_s);
}

void TextTest::everyStateHasItsOwnWord()
{
    for (int value = 0; value <= static_cast<int>(PairState::Off); ++value) {
        const auto state = static_cast<PairState>(value);
        QVERIFY(pairStateFromString(toString(state)) == state);
    }
    for (const Role role : {Role::Primary, Role::Secondary})
        QVERIFY(roleFromString(toString(role)) == role);
    QVERIFY(!pairStateFromString(u"frozen"_s));
    QVERIFY(!roleFromString(QString{}));
}

QTEST_GUILESS_MAIN(TextTest)
#include "TextTest.moc"
