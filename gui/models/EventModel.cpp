// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/EventModel.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString text(const Event& event, int column)
{
    switch (column) {
    case EventModel::TimeColumn:
        return timeText(event.time);
    case EventModel::DomainColumn:
        return event.domain.isEmpty() ? noText() : event.domain;
    case EventModel::SeverityColumn:
        return severityLook(event.severity).word;
    case EventModel::KindColumn:
        return eventKindWord(event.kind);
    case EventModel::TextColumn:
        return event.text;
    case EventModel::ByColumn:
        return event.fields.value(u"by"_s).toString();
    default:
        return {};
    }
}

QVariant sortValue(const Event& event, int column)
{
    switch (column) {
    case EventModel::TimeColumn:
        return event.id; // Also right while a clock is set.
    case EventModel::SeverityColumn:
        return static_cast<int>(severityLook(event.severity).tone);
    default:
        return text(event, column);
    }
}

} // namespace

EventModel::EventModel(Source& source, QObject* parent)
    : QAbstractTableModel{parent}, m_source{source}
{
    connect(&source, &Source::linkChanged, this, &EventModel::linkChanged);
    connect(&source, &Source::eventsCame, this, &EventModel::come);
    linkChanged();
}

void EventModel::linkChanged()
{
    if (!m_source.isConnected())
        return;
    if (m_events.isEmpty())
        fetch({.domain = {}, .since = {}, .limit = atOnce}, false);
    else
        fetchNews();
}

void EventModel::loadAll()
{
    if (m_isLoading || !m_hasMore)
        return;
    beginResetModel();
    m_events.clear();
    endResetModel();
    m_hasMore = false;
    fetch({.domain = {}, .since = 0, .limit = atOnce}, false);
}

void EventModel::fetchNews()
{
    if (m_isLoading) {
        m_newsAfter = true;
        return;
    }
    const quint64 last = m_events.isEmpty() ? 0 : m_events.last().id;
    fetch({.domain = {}, .since = last, .limit = atOnce}, true);
}

void EventModel::fetch(EventQuery query, bool isNews)
{
    setLoading(true, {});
    m_source.events(query).then(this, [this, query, isNews](const Result<QList<Event>>& result) {
        if (!result)
            return setLoading(false, result.error());
        append(*result, isNews);
        const bool isFull = result->size() == static_cast<qsizetype>(atOnce);
        if (!query.since)
            m_hasMore = isFull;
        setLoading(false, {});
        if (query.since && isFull)
            fetch({.domain = {}, .since = result->last().id, .limit = atOnce}, isNews);
        else if (std::exchange(m_newsAfter, false))
            fetchNews();
    });
}

void EventModel::come(const QList<Event>& events)
{
    if (events.isEmpty())
        return;
    const quint64 last = m_events.isEmpty() ? 0 : m_events.last().id;
    // What may be missing before them is fetched, with them.
    if (m_isLoading || events.first().id > last + 1)
        fetchNews();
    else
        append(events, true);
}

void EventModel::append(const QList<Event>& events, bool isNews)
{
    const quint64 last = m_events.isEmpty() ? 0 : m_events.last().id;
    QList<Event> added;
    std::ranges::copy_if(events, std::back_inserter(added),
                         [last](const Event& event) { return event.id > last; });
    if (added.isEmpty())
        return;
    beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(added.size()) - 1);
    m_events += added;
    endInsertRows();
    if (const int tooMany = rowCount() - most; tooMany > 0) {
        beginRemoveRows({}, 0, tooMany - 1);
        m_events.remove(0, tooMany);
        endRemoveRows();
    }
    if (!isNews)
        return;
    for (const Event& event : std::as_const(added))
        Q_EMIT happened(event);
}

void EventModel::setLoading(bool isLoading, std::optional<Error> error)
{
    m_isLoading = isLoading;
    m_error = std::move(error);
    Q_EMIT loadingChanged();
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_events.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Event& event = m_events[index.row()];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(event, column);
    case Qt::DecorationRole:
        return column == SeverityColumn ? severityLook(event.severity).icon() : QVariant{};
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                                text(event, column));
    case IdRole:
        return QString::number(event.id);
    case UuidRole:
        return event.uuid;
    case WordRole:
        return event.severity;
    case SortRole:
        return sortValue(event, column);
    default:
        return {};
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case TimeColumn:
        return tr("Time");
    case DomainColumn:
        return tr("Domain");
    case SeverityColumn:
        return tr("Severity");
    case KindColumn:
        return tr("Kind");
    case TextColumn:
        return tr("What happened");
    case ByColumn:
        return tr("Asked for by");
    default:
        return {};
    }
}

int EventModel::rowAt(const QDateTime& time) const
{
    const auto found =
        std::ranges::find_if(m_events, [&time](const Event& event) { return event.time >= time; });
    return found == m_events.end() ? -1 : static_cast<int>(found - m_events.begin());
}

} // namespace lockstep::gui
