// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/ListPanel.h"

#include <QHeaderView>
#include <QMenu>
#include <QVBoxLayout>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

ListPanel::ListPanel(QAbstractItemModel& model, const QString& name, const QList<Choice>& choices,
                     QWidget* parent)
    : QWidget{parent}, m_filter{new ListFilter{model, this}}, m_bar{new QHBoxLayout},
      m_search{new QLineEdit}, m_choice{new QComboBox}, m_view{new QTableView},
      m_stack{new QStackedWidget}, m_empty{new EmptyState}, m_nothingFound{new EmptyState},
      m_showAll{new QAction{tr("Show All"), this}}
{
    m_search->setPlaceholderText(tr("Search"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search in: %1").arg(name));
    m_choice->setAccessibleName(tr("What is shown of: %1").arg(name));
    for (const Choice& choice : choices)
        m_choice->addItem(choice.label);
    m_choice->setVisible(!choices.isEmpty());
    m_bar->addWidget(m_search, 1);
    m_bar->addWidget(m_choice);
    makeView(name);
    m_stack->addWidget(m_view);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_nothingFound);
    m_nothingFound->tell(u"search"_s, tr("Nothing found"),
                         tr("Nothing is like what is searched for."), m_showAll);
    auto* const column = new QVBoxLayout{this};
    column->setContentsMargins({});
    column->addLayout(m_bar);
    column->addWidget(m_stack, 1);
    connect(m_search, &QLineEdit::textChanged, m_filter, &ListFilter::setSearch);
    connect(m_choice, &QComboBox::currentIndexChanged, this,
            [this, choices](int index) { m_filter->setWords(choices.value(index).words); });
    connect(m_showAll, &QAction::triggered, this, [this] {
        m_search->clear();
        m_choice->setCurrentIndex(m_choice->count() > 0 ? 0 : -1);
        m_filter->setUuid({});
    });
    for (QAbstractItemModel* const one : {static_cast<QAbstractItemModel*>(m_filter), &model}) {
        connect(one, &QAbstractItemModel::rowsInserted, this, &ListPanel::showWhatThereIs);
        connect(one, &QAbstractItemModel::rowsRemoved, this, &ListPanel::showWhatThereIs);
        connect(one, &QAbstractItemModel::modelReset, this, &ListPanel::showWhatThereIs);
    }
    connect(m_filter, &QAbstractItemModel::layoutChanged, this, &ListPanel::showWhatThereIs);
    showWhatThereIs();
}

void ListPanel::makeView(const QString& name)
{
    m_view->setModel(m_filter);
    m_view->setAccessibleName(name);
    m_view->setSelectionBehavior(QTableView::SelectRows);
    m_view->setSelectionMode(QTableView::SingleSelection);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(0, Qt::AscendingOrder);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false); // so that Tab leaves the table
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->verticalHeader()->hide();
    // One height for all: nothing has to be measured for a thousand rows.
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    constexpr int air = 10;
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + air);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    connect(m_view, &QTableView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT opened(index.data(IdRole).toString()); });
    connect(m_view, &QTableView::customContextMenuRequested, this, [this](const QPoint& where) {
        Q_EMIT menuWanted(m_view->viewport()->mapToGlobal(where));
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ListPanel::chosenChanged);
}

void ListPanel::showWhatThereIs()
{
    if (m_filter->rowCount() > 0)
        m_stack->setCurrentWidget(m_view);
    else
        m_stack->setCurrentWidget(m_filter->isFiltering() && m_filter->sourceModel()->rowCount() > 0
                                      ? m_nothingFound
                                      : m_empty);
}

QString ListPanel::chosenId() const { return m_view->currentIndex().data(IdRole).toString(); }

void ListPanel::choose(const QString& id)
{
    if (id == chosenId())
        return;
    const QModelIndexList found =
        m_filter->match(m_filter->index(0, 0), IdRole, id, 1, Qt::MatchExactly);
    if (!found.isEmpty())
        m_view->setCurrentIndex(found.first());
}

void ListPanel::save(QSettings& settings) const
{
    settings.setValue(u"columns"_s, m_view->horizontalHeader()->saveState());
}

void ListPanel::restore(QSettings& settings)
{
    m_view->horizontalHeader()->restoreState(settings.value(u"columns"_s).toByteArray());
}

} // namespace lockstep::gui
