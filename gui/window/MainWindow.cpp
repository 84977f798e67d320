// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/MainWindow.h"

#include "gui/look/StateLook.h"
#include "gui/look/Trouble.h"
#include "gui/window/Pages.h"
#include "gui/window/StatusLine.h"

#include <QApplication>
#include <QCloseEvent>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QToolBar>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

MainWindow::MainWindow(std::unique_ptr<Source> source)
    : m_source{std::move(source)}, m_bench{*m_source}, m_parts{new QSplitter{Qt::Horizontal}},
      m_navigation{new Navigation{m_bench}}, m_stack{new QStackedWidget}, m_demo{new Notice},
      m_gone{new Notice}, m_veil{nullptr}
{
    auto* const middle = new QWidget;
    auto* const column = new QVBoxLayout{middle};
    column->setContentsMargins({});
    column->setSpacing(0);
    column->addWidget(m_demo);
    column->addWidget(m_gone);
    column->addWidget(m_parts, 1);
    m_parts->addWidget(m_navigation);
    m_parts->addWidget(m_stack);
    m_parts->setStretchFactor(1, 1);
    m_parts->setCollapsible(1, false);
    setCentralWidget(middle);
    setStatusBar(new StatusLine{m_bench});
    m_veil = new Veil{*m_stack};
    makeMenus();
    makeToolBar();
    connect(m_navigation, &Navigation::placeWanted, this, &MainWindow::go);
    connect(m_navigation, &Navigation::menuWanted, this, &MainWindow::showMenu);
    connect(&m_bench.acts, &ActSet::failed, this,
            [this](const QString& what, const Error& error) { showTrouble(this, what, error); });
    connect(m_source.get(), &Source::linkChanged, this, &MainWindow::showLink);
    connect(m_source.get(), &Source::pairRemoved, this, [this](const Pair& last) {
        if (m_place.kind == Place::Kind::Pair && m_place.id == last.id)
            go({});
    });
    connect(m_source.get(), &Source::peerRemoved, this, [this](const Peer& last) {
        if (m_place.kind == Place::Kind::Peer && m_place.id == last.id)
            go({});
    });
    connect(m_gone, &Notice::clicked, m_source.get(), &Source::retry);
    if (m_source->isDemo())
        m_demo->tell(Tone::Busy, u"info"_s,
                     tr("Demonstration: hosts, domains and figures are invented. Nothing that is "
                        "done here has an effect."));
    restore();
    go({});
    showLink();
}

MainWindow::~MainWindow()
{
    // Pages and views go before what they show.
    delete takeCentralWidget();
    delete statusBar();
}

void MainWindow::makeMenus()
{
    QMenu* const file = menuBar()->addMenu(tr("&File"));
    file->addAction(tr("&Connect to a Host..."), QKeySequence{Qt::CTRL | Qt::SHIFT | Qt::Key_N},
                    this, &MainWindow::connectWanted);
    file->addSeparator();
    m_bench.acts.addHostActs(*file);
    file->addSeparator();
    file->addAction(tr("&Close"), QKeySequence::Close, this, &QWidget::close);
    file->addAction(tr("&Quit"), QKeySequence::Quit, qApp, &QCoreApplication::quit,
                    Qt::QueuedConnection);
    QMenu* const pair = menuBar()->addMenu(tr("&Pair"));
    m_bench.acts.addPairActs(*pair);
    QMenu* const host = menuBar()->addMenu(tr("&Other Host"));
    m_bench.acts.addPeerActs(*host);
    QMenu* const view = menuBar()->addMenu(tr("&View"));
    makePlaceActions(*view);
    view->addSeparator();
    view->addAction(tr("&Search"), QKeySequence::Find, this, &MainWindow::search);
    makeHelpMenu();
    for (QMenu* const menu : {file, pair, host}) {
        menu->setToolTipsVisible(true); // They say why something cannot be done.
        // A menu whose acts nothing handles is none.
        const auto actions = menu->actions();
        menu->menuAction()->setVisible(std::ranges::any_of(actions, &QAction::isVisible));
        for (QAction* const action : actions) {
            connect(action, &QAction::changed, menu, [menu] {
                const auto all = menu->actions();
                menu->menuAction()->setVisible(std::ranges::any_of(all, &QAction::isVisible));
            });
        }
    }
}

void MainWindow::makePlaceActions(QMenu& menu)
{
    struct Entry
    {
        Place::Kind kind;
        QString text;
    };
    int number = 0;
    for (const Entry& entry :
         {Entry{Place::Kind::Overview, tr("&Overview")}, Entry{Place::Kind::Peer, tr("&Hosts")},
          Entry{Place::Kind::Domains, tr("&Domains")}, Entry{Place::Kind::Jobs, tr("&Jobs")},
          Entry{Place::Kind::History, tr("Histor&y")}}) {
        if (!hasPage(entry.kind))
            continue;
        const QKeySequence keys{Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + number++)};
        menu.addAction(entry.text, keys, this,
                       [this, kind = entry.kind] { go({.kind = kind, .id = {}, .time = {}}); });
    }
}

void MainWindow::makeHelpMenu()
{
    QMenu* const help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About Lockstep Manager"), this, &MainWindow::about);
    help->addAction(tr("About &Qt"), qApp, &QApplication::aboutQt);
}

void MainWindow::makeToolBar()
{
    QToolBar* const bar = addToolBar(tr("Actions"));
    bar->setObjectName(u"actions"_s);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (const Act act :
         {Act::Protect, Act::SwitchOver, Act::TakeOver, Act::Unprotect, Act::CancelJob})
        bar->addAction(m_bench.acts.action(act));
}

Page* MainWindow::pageFor(Place::Kind kind)
{
    if (const auto found = m_pages.find(kind); found != m_pages.end())
        return found->second;
    const auto kinds = pageKinds();
    const auto known = std::ranges::find(kinds, kind, &PageKind::kind);
    if (known == kinds.end())
        return pageFor(Place::Kind::Overview);
    Page* const page = known->make(m_bench);
    m_pages.emplace(kind, page);
    m_stack->addWidget(page);
    QSettings settings;
    settings.beginGroup(u"%1/page%2"_s.arg(memory()).arg(static_cast<int>(kind)));
    page->restore(settings);
    connect(page, &Page::placeWanted, this, &MainWindow::go);
    connect(page, &Page::headingChanged, this, &MainWindow::showHeading);
    connect(page, &Page::chosenChanged, this, [this, page] {
        if (m_stack->currentWidget() == page)
            m_bench.acts.choose(page->chosen());
    });
    return page;
}

void MainWindow::go(const Place& place)
{
    m_place = place;
    Page* const page = pageFor(place.kind);
    page->visit(place);
    m_stack->setCurrentWidget(page);
    m_veil->raise();
    m_navigation->showPlace(place);
    m_bench.acts.choose(page->chosen());
    showHeading();
}

void MainWindow::showHeading()
{
    auto* const page = qobject_cast<Page*>(m_stack->currentWidget());
    const QString host = m_source->target().isEmpty() ? m_source->host().name : m_source->target();
    const QString heading = page ? page->heading() : QString{};
    if (page)
        page->setAccessibleName(heading);
    setWindowTitle(host.isEmpty() ? heading : tr("%1 on %2").arg(heading, host));
}

void MainWindow::showLink()
{
    const auto& why = m_source->whyGone();
    const bool isGone = m_source->link() == Source::Link::Gone;
    m_veil->setVisible(isGone);
    if (isGone && why) {
        QString text = why->message();
        if (const QString remedy = remedyText(*why); !remedy.isEmpty())
            text += u". "_s + remedy;
        if (!m_source->needsRetry())
            text += u' '
                + tr("This window comes back by itself; what it shows is what was known "
                     "last.");
        m_gone->tell(Tone::Bad, u"unplugged"_s, text,
                     m_source->needsRetry() ? tr("Try &Again") : QString{});
    } else {
        m_gone->hide();
    }
    showHeading();
}

void MainWindow::showMenu(const QPoint& where)
{
    auto* const menu = new QMenu{this};
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    if (m_place.kind == Place::Kind::Peer)
        m_bench.acts.addPeerActs(*menu);
    else
        m_bench.acts.addPairActs(*menu);
    menu->popup(where);
}

void MainWindow::search()
{
    const auto* const page = qobject_cast<Page*>(m_stack->currentWidget());
    if (QWidget* const field = page ? page->searchField() : nullptr)
        field->setFocus(Qt::ShortcutFocusReason);
}

QString MainWindow::memory() const
{
    const QString target = m_source->isDemo() ? u"demo"_s : m_source->target();
    return u"window/"_s
        + (target.isEmpty() ? u"here"_s : QString::fromLatin1(target.toUtf8().toHex()));
}

void MainWindow::restore()
{
    constexpr QSize usual{1'120, 680};
    resize(usual);
    constexpr int navigationWidth = 210;
    m_parts->setSizes({navigationWidth, usual.width() - navigationWidth});
    QSettings settings;
    settings.beginGroup(memory());
    restoreGeometry(settings.value(u"geometry"_s).toByteArray());
    restoreState(settings.value(u"state"_s).toByteArray());
    m_parts->restoreState(settings.value(u"parts"_s).toByteArray());
}

void MainWindow::save() const
{
    QSettings settings;
    settings.beginGroup(memory());
    settings.setValue(u"geometry"_s, saveGeometry());
    settings.setValue(u"state"_s, saveState());
    settings.setValue(u"parts"_s, m_parts->saveState());
    for (const auto& [kind, page] : m_pages) {
        settings.beginGroup(u"page%1"_s.arg(static_cast<int>(kind)));
        page->save(settings);
        settings.endGroup();
    }
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    save();
    QMainWindow::closeEvent(event);
}

void MainWindow::about()
{
    QMessageBox::about(
        this, tr("About Lockstep Manager"),
        tr("<h3>Lockstep Manager %1</h3><p>Shows and directs lockstepd, which keeps libvirt "
           "virtual "
           "machines alive when their host dies.</p><p>Licence: LGPL 2.1 or later.</p>")
            .arg(QStringLiteral(LOCKSTEP_VERSION)));
}

} // namespace lockstep::gui
