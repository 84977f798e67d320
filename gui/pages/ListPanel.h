// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/look/EmptyState.h"
#include "gui/models/ListFilter.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <QWidget>

namespace lockstep::gui {

/// A list as every page shows one: search, a choice of states, the table, and what stands there
/// when it is empty. Sorted by a click on a heading; chosen by id, so that the choice follows its
/// row.
class ListPanel final : public QWidget
{
    Q_OBJECT
public:
    /// What can be chosen to be shown.
    struct Choice
    {
        QString label; ///< Translated.
        QSet<QString> words; ///< Of WordRole; none for all.
    };

    /// `name` is translated: what a screen reader calls the table. The model outlives the panel.
    ListPanel(QAbstractItemModel& model, const QString& name, const QList<Choice>& choices,
              QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() const { return *m_view; }
    [[nodiscard]] ListFilter& filter() const { return *m_filter; }
    [[nodiscard]] QLineEdit& searchField() const { return *m_search; }
    /// What stands there when the model is empty; what a search has left out says so itself.
    [[nodiscard]] EmptyState& empty() const { return *m_empty; }
    /// Where more can be put, beside the search.
    [[nodiscard]] QHBoxLayout& bar() const { return *m_bar; }

    /// Of the chosen row; empty if none is.
    [[nodiscard]] QString chosenId() const;
    void choose(const QString& id);

    void save(QSettings& settings) const;
    void restore(QSettings& settings);

Q_SIGNALS:
    /// The row, or what is in it, is another.
    void chosenChanged();
    /// Enter or a double click on the row of that id.
    void opened(const QString& id);
    /// A context menu is wanted there.
    void menuWanted(const QPoint& globalPosition);

private:
    void makeView(const QString& name);
    void showWhatThereIs();

    ListFilter* m_filter;
    QHBoxLayout* m_bar;
    QLineEdit* m_search;
    QComboBox* m_choice;
    QTableView* m_view;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    EmptyState* m_nothingFound;
    QAction* m_showAll;
};

} // namespace lockstep::gui
