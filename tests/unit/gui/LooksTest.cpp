// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakeSource.h"
#include "gui/look/Format.h"
#include "gui/look/StateLook.h"
#include "gui/pages/LadderLayout.h"

#include <QFile>
#include <QSet>
#include <QTest>

#include <array>
#include <cmath>

using namespace lockstep::gui;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

QPalette palette(const QColor& window, const QColor& text)
{
    QPalette made;
    for (const auto role : {QPalette::Window, QPalette::Base})
        made.setColor(role, window);
    made.setColor(QPalette::WindowText, text);
    made.setColor(QPalette::Text, text);
    return made;
}

/// WCAG 2.2, "relative luminance".
double luminance(const QColor& colour)
{
    const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

/// WCAG 2.2, "contrast ratio".
double contrast(const QColor& one, const QColor& other)
{
    const double bright = std::max(luminance(one), luminance(other));
    const double dark = std::min(luminance(one), luminance(other));
    return (bright + 0.05) / (dark + 0.05);
}

constexpr std::array tones{Tone::Good, Tone::Neutral, Tone::Busy, Tone::Warning, Tone::Bad};

QList<Look> pairLooks()
{
    QList<Look> all;
    for (const QString& state :
         {u"preparing"_s, u"copying"_s, u"confirming"_s, u"protected"_s, u"interrupted"_s,
          u"taking-over"_s, u"merging"_s, u"alone"_s, u"stale"_s, u"undoing"_s, u"off"_s})
        all << pairLook(state);
    return all;
}

} // namespace

/// States by colour, shape and word; figures; where the drawing has what.
class LooksTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void coloursCanBeReadInBothThemes();
    void tonesAreToldApartByShapeToo();
    void everyShapeHasItsDrawing();
    void anUnknownWordIsShownAsItIs();
    void figuresAreWhatPeopleRead_data();
    void figuresAreWhatPeopleRead();
    void rungsAreBelowTheirHosts();
    void aForgottenHostKeepsItsPairs();
    void whatIsClickedIsWhatIsThere();
};

void LooksTest::coloursCanBeReadInBothThemes()
{
    for (const QPalette& one :
         {palette(Qt::white, Qt::black), palette(QColor{0xef, 0xef, 0xef}, Qt::black),
          palette(QColor{0x1e, 0x1e, 0x1e}, Qt::white),
          palette(QColor{0x31, 0x36, 0x3b}, QColor{0xfc, 0xfc, 0xfc})}) {
        for (const Tone tone : tones) {
            const double found = contrast(colourOf(tone, one), one.color(QPalette::Window));
            QVERIFY2(found >= 4.5,
                     qPrintable(u"tone %1 on %2: %3"_s.arg(static_cast<int>(tone))
                                    .arg(one.color(QPalette::Window).name())
                                    .arg(found)));
        }
    }
}

void LooksTest::tonesAreToldApartByShapeToo()
{
    QHash<QString, Tone> seen;
    QSet<QString> words;
    for (const Look& look : pairLooks()) {
        QVERIFY2(!seen.contains(look.shape) || seen.value(look.shape) == look.tone,
                 qPrintable(look.shape));
        seen.insert(look.shape, look.tone);
        QVERIFY2(!words.contains(look.word), qPrintable(look.word));
        words.insert(look.word);
        QVERIFY(!look.meaning.isEmpty());
    }
}

void LooksTest::everyShapeHasItsDrawing()
{
    QList<Look> all = pairLooks();
    for (const QString& word : {u"primary"_s, u"secondary"_s})
        all << roleLook(word);
    for (const QString& word : {u"running"_s, u"done"_s, u"failed"_s, u"cancelled"_s})
        all << jobLook(word);
    for (const QString& word : {u"error"_s, u"warning"_s, u"info"_s, u"ok"_s})
        all << severityLook(word);
    for (const QString& word : {u"running"_s, u"paused"_s, u"in shutdown"_s, u"shut off"_s,
                                u"crashed"_s, u"pmsuspended"_s, u"missing"_s})
        all << domainLook(word);
    for (const QString& health :
         {u"unknown"_s, u"alive"_s, u"slow"_s, u"path-down"_s, u"daemon-gone"_s, u"gone"_s}) {
        Peer peer = samplePeer();
        peer.health = health;
        all << peerLook(peer);
    }
    for (const Look& look : std::as_const(all)) {
        QVERIFY2(QFile::exists(u":/lockstep/icons/%1.svg"_s.arg(look.shape)),
                 qPrintable(look.shape));
        const QImage drawn = look.icon().pixmap(32).toImage();
        QVERIFY(!drawn.isNull());
        QImage blank{drawn.size(), drawn.format()};
        blank.fill(Qt::transparent);
        QVERIFY2(drawn != blank, qPrintable(look.shape));
    }
}

void LooksTest::anUnknownWordIsShownAsItIs()
{
    QCOMPARE(pairLook(u"hibernating"_s).word, u"hibernating"_s);
    QCOMPARE(jobKindWord(u"teleport"_s), u"teleport"_s);
}

void LooksTest::figuresAreWhatPeopleRead_data()
{
    QTest::addColumn<QString>("shown");
    QTest::addColumn<QString>("expected");
    QLocale::setDefault(QLocale::c());
    QTest::newRow("bytes") << bytesText(1'610'612'736) << u"1.5 GiB"_s;
    QTest::newRow("us") << microsecondsText(230) << u"230 µs"_s;
    QTest::newRow("ms") << microsecondsText(12'500) << u"12.5 ms"_s;
    QTest::newRow("large ms") << microsecondsText(123'400) << u"123 ms"_s;
    QTest::newRow("s") << microsecondsText(1'200'000) << u"1.2 s"_s;
    QTest::newRow("minutes") << durationText(750) << u"12:30"_s;
    QTest::newRow("hours") << durationText(3'723) << u"1:02:03"_s;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QTest::newRow("ago") << agoText(now.addSecs(-7'300), now) << u"2 h"_s;
    QTest::newRow("never") << agoText({}, now) << noText();
    QTest::newRow("no time") << timeText({}) << noText();
}

void LooksTest::figuresAreWhatPeopleRead()
{
    QFETCH(const QString, shown);
    QTEST(shown, "expected");
}

namespace {

constexpr int width = 800;

/// beta has web2 and web10, gamma none; zeta is not known any more and has old.
LadderLayout sampleLayout()
{
    Pair old = samplePair(u"old"_s);
    old.peerId = u"/"_s;
    old.peerName = u"zeta"_s;
    return {{samplePeer(u"gamma"_s), samplePeer(u"beta"_s)},
            {samplePair(u"web10"_s), old, samplePair(u"web2"_s)},
            LadderLayout::Metrics{},
            width};
}

} // namespace

void LooksTest::rungsAreBelowTheirHosts()
{
    const LadderLayout layout = sampleLayout();
    QCOMPARE(layout.bands().size(), qsizetype{3});
    QCOMPARE(layout.bands()[0].peerName, u"beta"_s);
    QCOMPARE(layout.bands()[1].peerName, u"gamma"_s);
    const auto& rungs = layout.bands()[0].rungs;
    QCOMPARE(rungs.size(), qsizetype{2});
    QCOMPARE(rungs[0].pairId, u"/pair/web2"_s);
    QCOMPARE(rungs[1].pairId, u"/pair/web10"_s);
    QCOMPARE(rungs[1].y, rungs[0].y + layout.metrics().row);
    for (const LadderLayout::Band& band : layout.bands()) {
        QVERIFY(band.box.left() > layout.ownBox().right() + layout.metrics().middleLeast / 2);
        QVERIFY(band.box.right() < width);
        for (const LadderLayout::Rung& rung : band.rungs)
            QVERIFY(rung.y + layout.metrics().row <= band.box.bottom() + 1);
    }
    QVERIFY(layout.bands()[0].box.bottom() < layout.bands()[1].box.top());
}

void LooksTest::aForgottenHostKeepsItsPairs()
{
    const LadderLayout layout = sampleLayout();
    const LadderLayout::Band& last = layout.bands().last();
    QCOMPARE(last.peerName, u"zeta"_s);
    QVERIFY(last.peerId.isEmpty());
    QCOMPARE(last.rungs.size(), qsizetype{1});
}

void LooksTest::whatIsClickedIsWhatIsThere()
{
    const LadderLayout layout = sampleLayout();
    for (const LadderLayout::Band& band : layout.bands()) {
        for (const LadderLayout::Rung& rung : band.rungs) {
            QCOMPARE(layout.pairAt(rung.y), rung.pairId);
            QCOMPARE(layout.pairAt(rung.y + layout.metrics().row - 1), rung.pairId);
            QCOMPARE(layout.yOf(rung.pairId), rung.y);
        }
        QCOMPARE(layout.peerAt(band.box.topLeft() + QPoint{5, 5}), band.peerId);
        QVERIFY(layout.pairAt(band.box.top() + 1).isEmpty());
    }
    QVERIFY(layout.pairAt(0).isEmpty());
    QVERIFY(layout.pairAt(layout.height() + 100).isEmpty());
    QCOMPARE(layout.next({}, 1), u"/pair/web2"_s);
    QCOMPARE(layout.next(u"/pair/web2"_s, 1), u"/pair/web10"_s);
    QCOMPARE(layout.next(u"/pair/web2"_s, 1'000), u"/pair/old"_s);
    QCOMPARE(layout.next(u"/pair/web2"_s, -1'000), u"/pair/web2"_s);
}

QTEST_MAIN(LooksTest)
#include "LooksTest.moc"
