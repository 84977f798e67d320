// SPDX-License-Identifier: LGPL-2.1-or-later
#include "FakeSource.h"
#include "gui/Application.h"
#include "gui/demo/DemoSource.h"
#include "gui/pages/OverviewPage.h"
#include "gui/window/MainWindow.h"

#include <QElapsedTimer>
#include <QMenuBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace lockstep;
using namespace lockstep::gui;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// A window over a fake, which it owns.
struct Stage
{
    Stage()
    {
        auto made = std::make_unique<FakeSource>();
        source = made.get();
        window = std::make_unique<MainWindow>(std::move(made));
        window->show();
    }
    /// What is written anywhere that can be seen.
    [[nodiscard]] QString words() const
    {
        QStringList all;
        for (const QLabel* const label : window->findChildren<QLabel*>()) {
            if (label->isVisible())
                all << label->text();
        }
        return all.join(u'\n');
    }
    [[nodiscard]] ListPanel& list() const { return *window->findChild<ListPanel*>(); }

    FakeSource* source{nullptr};
    std::unique_ptr<MainWindow> window;
};

bool isNamed(const QWidget& widget)
{
    if (!widget.accessibleName().isEmpty())
        return true;
    const auto* const button = qobject_cast<const QAbstractButton*>(&widget);
    return button && !button->text().isEmpty();
}

} // namespace

/// The window and its pages, over a fake.
class WindowTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init() { QSettings{}.clear(); }
    void anEmptyHostSaysWhatToDoNext();
    void aDaemonThatIsGoneIsSaidAndComesBack();
    void aHostThatDidNotLetUsInIsAskedAgainByHand();
    void aTakeoverIsOnTheScreenAtOnce();
    void whatIsChosenIsWhatActsAreAbout();
    void everythingThatTakesTheFocusHasAName();
    void allPlacesAreReachedByKeys();
    void theHistoryOfOnePairIsShown();
    void remembersItsSize();
    void theDemoSaysThatItIsOne();
    void aThousandPairsAreShownSoon();
    void argumentsAreUnderstood();
};

void WindowTest::initTestCase()
{
    // Nobody's own settings.
    static const QTemporaryDir folder;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder.path());
    QCoreApplication::setOrganizationName(u"lockstep-test"_s);
}

void WindowTest::anEmptyHostSaysWhatToDoNext()
{
    const Stage stage;
    QVERIFY2(stage.words().contains(u"As soon as lockstepd answers"_s), qPrintable(stage.words()));
    stage.source->start();
    QTRY_VERIFY(stage.words().contains(u"No other host is known"_s));
    Peer peer = samplePeer();
    peer.trust = u"asked"_s;
    stage.source->put(peer);
    QTRY_VERIFY(stage.words().contains(u"No other host is trusted yet"_s));
    stage.source->put(samplePeer());
    QTRY_VERIFY(stage.words().contains(u"Protect a running domain"_s));
    stage.source->put(samplePair());
    QTRY_VERIFY(stage.list().view().isVisible());
    QVERIFY(!stage.words().contains(u"Protect a running domain"_s));
}

void WindowTest::aDaemonThatIsGoneIsSaidAndComesBack()
{
    const Stage stage;
    stage.source->start();
    stage.source->put(samplePair());
    auto* const veil = stage.window->findChild<Veil*>();
    QVERIFY(!veil->isVisible());
    stage.source->setGone({Errc::DaemonUnavailable, u"lockstepd does not run"_s});
    QVERIFY(veil->isVisible());
    QVERIFY(stage.words().contains(u"lockstepd does not run"_s));
    QVERIFY(stage.words().contains(u"comes back by itself"_s));
    QCOMPARE(stage.list().filter().rowCount(), 1); // what was known last
    QVERIFY(!stage.window->bench().acts.action(Act::CancelJob)->isEnabled());
    stage.source->start();
    QVERIFY(!veil->isVisible());
    QVERIFY(!stage.words().contains(u"lockstepd does not run"_s));
}

void WindowTest::aHostThatDidNotLetUsInIsAskedAgainByHand()
{
    const Stage stage;
    stage.source->waitsForRetry = true;
    stage.source->setGone({Errc::DaemonUnavailable, u"no connection over ssh"_s});
    QPushButton* again = nullptr;
    for (QPushButton* const button : stage.window->findChildren<QPushButton*>()) {
        if (button->isVisible() && button->text() == u"Try &Again"_s)
            again = button;
    }
    QVERIFY(again);
    again->click();
    QCOMPARE(stage.source->calls, QStringList{u"retry"_s});
}

void WindowTest::aTakeoverIsOnTheScreenAtOnce()
{
    const Stage stage;
    stage.source->start();
    stage.source->put(samplePair());
    const QSignalSpy changed{&stage.list().filter(), &QAbstractItemModel::dataChanged};
    Pair now = samplePair();
    now.state = u"taking-over"_s;
    stage.source->put(now);
    QVERIFY(!changed.isEmpty()); // not with the next figures
    QCOMPARE(stage.list().filter().index(0, PairModel::StateColumn).data().toString(),
             u"taking over"_s);
}

void WindowTest::whatIsChosenIsWhatActsAreAbout()
{
    const Stage stage;
    stage.source->start();
    stage.source->put(samplePair(u"web1"_s));
    stage.source->put(samplePair(u"web2"_s));
    stage.source->put(sampleJob(u"web2"_s));
    const QAction* const cancel = stage.window->bench().acts.action(Act::CancelJob);
    stage.list().choose(u"/pair/web1"_s);
    QTRY_VERIFY(!cancel->isEnabled());
    QCOMPARE(stage.window->findChild<HostsDrawing*>()->chosen(), u"/pair/web1"_s);
    stage.window->findChild<HostsDrawing*>()->choose(u"/pair/web2"_s);
    QCOMPARE(stage.list().chosenId(), u"/pair/web2"_s);
    QTRY_VERIFY(cancel->isEnabled());
    stage.window->bench().acts.action(Act::CancelJob)->trigger();
    QVERIFY(stage.source->calls.contains(u"cancelJob /job/1"_s));
}

void WindowTest::everythingThatTakesTheFocusHasAName()
{
    const Stage stage;
    stage.source->start();
    stage.source->put(samplePair());
    for (const auto kind :
         {Place::Kind::Overview, Place::Kind::Domains, Place::Kind::Jobs, Place::Kind::History}) {
        stage.window->go({.kind = kind, .id = {}, .time = {}});
        for (const QWidget* const widget : stage.window->findChildren<QWidget*>()) {
            const bool takesFocus = widget->isVisible() && widget->focusPolicy() & Qt::TabFocus;
            const bool isOfQt = qobject_cast<const QMenuBar*>(widget);
            QVERIFY2(!takesFocus || isOfQt || isNamed(*widget),
                     qPrintable(u"%1 in %2"_s.arg(
                         QString::fromLatin1(widget->metaObject()->className()),
                         QString::fromLatin1(widget->parentWidget()->metaObject()->className()))));
        }
    }
}

void WindowTest::allPlacesAreReachedByKeys()
{
    const Stage stage;
    stage.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
    const QList<Place::Kind> order{Place::Kind::Overview, Place::Kind::Domains, Place::Kind::Jobs,
                                   Place::Kind::History};
    QSet<int> seen;
    for (int number = 0; number < 9; ++number) {
        QTest::keyClick(stage.window.get(), static_cast<Qt::Key>(Qt::Key_1 + number),
                        Qt::AltModifier);
        seen.insert(static_cast<int>(stage.window->place().kind));
    }
    for (const Place::Kind kind : order)
        QVERIFY2(seen.contains(static_cast<int>(kind)),
                 qPrintable(QString::number(static_cast<int>(kind))));
}

void WindowTest::theHistoryOfOnePairIsShown()
{
    const Stage stage;
    stage.source->put(samplePair(u"web1"_s));
    stage.source->put(samplePair(u"web2"_s));
    for (const QString& domain : {u"web1"_s, u"web2"_s, u"web1"_s})
        stage.source->record(domain, u"something"_s);
    stage.source->start();
    QTRY_COMPARE(stage.window->bench().events.rowCount(), 3);
    stage.window->go({.kind = Place::Kind::History, .id = u"/pair/web1"_s, .time = {}});
    QCOMPARE(stage.window->windowTitle(), u"History of web1 on alpha"_s);
    const auto panels = stage.window->findChildren<ListPanel*>();
    const auto shown =
        std::ranges::find_if(panels, [](const ListPanel* panel) { return panel->isVisible(); });
    QVERIFY(shown != panels.end());
    QCOMPARE((*shown)->filter().rowCount(), 2);
}

void WindowTest::remembersItsSize()
{
    QSize size;
    {
        const Stage stage;
        stage.window->resize(777, 555);
        size = stage.window->size();
        stage.window->close();
    }
    const Stage stage;
    QCOMPARE(stage.window->size(), size);
}

void WindowTest::theDemoSaysThatItIsOne()
{
    MainWindow window{std::make_unique<DemoSource>()};
    window.show();
    window.bench().source.start();
    const auto labels = window.findChildren<QLabel*>();
    QVERIFY(std::ranges::any_of(labels, [](const QLabel* label) {
        return label->isVisible() && label->text().startsWith(u"Demonstration"_s);
    }));
    // And it lives.
    const QSignalSpy changed{&window.bench().pairs, &QAbstractItemModel::dataChanged};
    QTRY_VERIFY(!changed.isEmpty());
}

void WindowTest::aThousandPairsAreShownSoon()
{
    auto source = std::make_unique<DemoSource>(1'000);
    source->holdStill();
    QElapsedTimer timer;
    timer.start();
    MainWindow window{std::move(source)};
    window.show();
    window.bench().source.start();
    QCOMPARE(window.bench().pairs.rowCount(), 1'000);
    (void)window.grab();
    // Generous: this may be a sanitizer's build on a busy machine. What it must not be is
    // quadratic.
    QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
}

void WindowTest::argumentsAreUnderstood()
{
    QCOMPARE(readArguments({})->demoPairs, std::nullopt);
    QCOMPARE(readArguments({u"--demo"_s})->demoPairs, std::optional{DemoSource::usualPairs});
    QCOMPARE(readArguments({u"--demo=1000"_s})->demoPairs, std::optional{1'000});
    QCOMPARE(readArguments({u"-c"_s, u"root@beta"_s})->target, std::optional{u"root@beta"_s});
    QCOMPARE(readArguments({u"--connect="_s})->target, std::nullopt);
    for (const QStringList& wrong :
         {QStringList{u"--demo=many"_s}, QStringList{u"--connect"_s}, QStringList{u"web"_s},
          QStringList{u"-c"_s, u"-oProxyCommand=x"_s},
          QStringList{u"--demo"_s, u"-c"_s, u"beta"_s}}) {
        const auto wish = readArguments(wrong);
        QVERIFY2(!wish, qPrintable(wrong.join(u' ')));
        QCOMPARE(wish.error().code(), Errc::InvalidArgument);
    }
}

QTEST_MAIN(WindowTest)
#include "WindowTest.moc"
