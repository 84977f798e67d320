// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/HistoryPage.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"
#include "gui/look/Trouble.h"

#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QList<ListPanel::Choice> choices()
{
    return {{.label = HistoryPage::tr("All events"), .words = {}},
            {.label = HistoryPage::tr("Warnings and errors"), .words = {u"warning"_s, u"error"_s}},
            {.label = HistoryPage::tr("Errors"), .words = {u"error"_s}}};
}

} // namespace

HistoryPage::HistoryPage(Workbench& bench, QWidget* parent)
    : Page{bench, parent}, m_list{new ListPanel{bench.events, tr("Events"), choices()}},
      m_domains{new QComboBox}, m_text{new QLabel}, m_more{new QPushButton{tr("Show &Older Ones")}}
{
    m_domains->setAccessibleName(tr("Events of which domain"));
    m_domains->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    constexpr int letters = 18;
    m_domains->setMinimumContentsLength(letters);
    m_list->bar().insertWidget(0, m_domains);
    m_list->bar().addWidget(m_more);
    m_list->view().sortByColumn(EventModel::TimeColumn, Qt::DescendingOrder);
    m_list->empty().tell(u"info"_s, tr("Nothing has happened yet"),
                         tr("What happens to pairs is told here, with the reason."));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(tr("The chosen event"));
    auto* const column = new QVBoxLayout{this};
    column->addWidget(m_list, 1);
    column->addWidget(m_text);
    connect(m_domains, &QComboBox::activated, this, &HistoryPage::showDomain);
    connect(m_more, &QPushButton::clicked, &bench.events, &EventModel::loadAll);
    connect(m_list, &ListPanel::chosenChanged, this, &HistoryPage::tellChosen);
    connect(m_list, &ListPanel::chosenChanged, this, &Page::chosenChanged);
    connect(m_list, &ListPanel::opened, this, &HistoryPage::open);
    connect(&bench.events, &EventModel::loadingChanged, this, &HistoryPage::showLoading);
    connect(&bench.source, &Source::pairAdded, this, &HistoryPage::fillDomains);
    connect(&bench.source, &Source::pairRemoved, this, &HistoryPage::fillDomains);
    fillDomains();
    showLoading();
    tellChosen();
}

void HistoryPage::fillDomains()
{
    const QSignalBlocker quiet{m_domains};
    QList<Pair> pairs = source().pairs();
    std::ranges::sort(pairs, {}, &Pair::domain);
    m_domains->clear();
    m_domains->addItem(tr("All domains"));
    for (const Pair& pair : std::as_const(pairs))
        m_domains->addItem(pair.domain, pair.id);
    m_domains->setCurrentIndex(std::max(m_domains->findData(m_pair), 0));
}

void HistoryPage::showDomain(int index)
{
    m_pair = m_domains->itemData(index).toString();
    const Pair* const pair = source().pair(m_pair);
    m_list->filter().setUuid(pair ? pair->uuid : QString{});
    Q_EMIT headingChanged();
    Q_EMIT chosenChanged();
}

void HistoryPage::visit(const Place& place)
{
    if (place.id != m_pair) {
        m_domains->setCurrentIndex(std::max(m_domains->findData(place.id), 0));
        showDomain(m_domains->currentIndex());
    }
    if (!place.time.isValid())
        return;
    if (const int row = bench().events.rowAt(place.time); row >= 0)
        m_list->choose(bench().events.index(row, 0).data(IdRole).toString());
}

QString HistoryPage::heading() const
{
    const Pair* const pair = source().pair(m_pair);
    return pair ? tr("History of %1").arg(pair->domain) : tr("History");
}

const Event* HistoryPage::chosenEvent() const
{
    const QModelIndex index = m_list->filter().mapToSource(m_list->view().currentIndex());
    return index.isValid() ? &bench().events.eventAt(index.row()) : nullptr;
}

QString HistoryPage::pairOf(const Event& event) const
{
    const QList<Pair> pairs = source().pairs();
    const auto found = std::ranges::find(pairs, event.uuid, &Pair::uuid);
    return found == pairs.end() ? QString{} : found->id;
}

Chosen HistoryPage::chosen() const
{
    const Event* const event = chosenEvent();
    return {.pair = event ? pairOf(*event) : m_pair, .peer = {}};
}

void HistoryPage::tellChosen()
{
    const Event* const event = chosenEvent();
    m_text->setText(event ? u"%1  %2\n%3"_s.arg(timeText(event->time), event->domain, event->text)
                          : tr("Choose an event to read it in full. Enter goes to its pair at that "
                               "moment."));
}

void HistoryPage::showLoading()
{
    const EventModel& events = bench().events;
    m_more->setVisible(events.hasMore());
    m_more->setEnabled(!events.isLoading());
    if (const auto& error = events.error())
        m_text->setText(error->message() + u'\n' + remedyText(*error));
}

void HistoryPage::open(const QString&)
{
    const Event* const event = chosenEvent();
    if (!event)
        return;
    if (const QString pair = pairOf(*event); !pair.isEmpty())
        Q_EMIT placeWanted({.kind = Place::Kind::Pair, .id = pair, .time = event->time});
}

} // namespace lockstep::gui
