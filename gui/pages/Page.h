// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/Place.h"
#include "gui/pages/Workbench.h"

#include <QSettings>
#include <QWidget>

namespace lockstep::gui {

/// What a window shows of one kind of place; one class and one file each. A window makes each page
/// once, when it is first visited, and tells it then and each time where in it to be. Add one in
/// window/Pages.cpp.
class Page : public QWidget
{
    Q_OBJECT
public:
    explicit Page(Workbench& bench, QWidget* parent = nullptr) : QWidget{parent}, m_bench{bench} { }

    /// A place of the page's kind.
    virtual void visit(const Place& place) = 0;
    /// What it shows now, translated: the window's title and the page's accessible name.
    [[nodiscard]] virtual QString heading() const = 0;
    /// What actions are about while it is shown.
    [[nodiscard]] virtual Chosen chosen() const { return {}; }
    /// What Ctrl+F goes to; nothing if there is nothing to search.
    [[nodiscard]] virtual QWidget* searchField() const { return nullptr; }
    /// Column widths and the like, in a group of the page's own.
    virtual void save(QSettings&) const { }
    virtual void restore(QSettings&) { }

Q_SIGNALS:
    /// Somebody wants to go there.
    void placeWanted(const lockstep::gui::Place& place);
    void chosenChanged();
    void headingChanged();

protected:
    [[nodiscard]] Workbench& bench() const { return m_bench; }
    [[nodiscard]] Source& source() const { return m_bench.source; }

private:
    Workbench& m_bench;
};

} // namespace lockstep::gui
