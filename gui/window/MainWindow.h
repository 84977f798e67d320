// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/Page.h"
#include "gui/window/Navigation.h"
#include "gui/window/Notice.h"
#include "gui/window/Veil.h"

#include <QMainWindow>
#include <QSplitter>
#include <QStackedWidget>

#include <map>
#include <memory>

namespace lockstep::gui {

/// One lockstepd: places at the left, the page of the chosen one at the right, what can be done in
/// menus and a tool bar. Remembers its size and what its pages look like, by host.
class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(std::unique_ptr<Source> source);
    ~MainWindow() override;

    [[nodiscard]] Workbench& bench() { return m_bench; }
    void go(const Place& place);
    [[nodiscard]] const Place& place() const { return m_place; }

Q_SIGNALS:
    /// Another window is wanted, for the host of that name.
    void connectWanted();

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void makeMenus();
    void makeToolBar();
    void makePlaceActions(QMenu& menu);
    void makeHelpMenu();
    [[nodiscard]] Page* pageFor(Place::Kind kind);
    void showLink();
    void showHeading();
    void showMenu(const QPoint& where);
    void search();
    void restore();
    void save() const;
    [[nodiscard]] QString memory() const; ///< The group of this window's settings.
    void about();

    std::unique_ptr<Source> m_source;
    Workbench m_bench;
    Place m_place;
    QSplitter* m_parts;
    Navigation* m_navigation;
    QStackedWidget* m_stack;
    Notice* m_demo;
    Notice* m_gone;
    Veil* m_veil;
    std::map<Place::Kind, Page*> m_pages;
};

} // namespace lockstep::gui
