// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/ListFilter.h"

#include <algorithm>

namespace lockstep::gui {

ListFilter::ListFilter(QAbstractItemModel& model, QObject* parent) : QSortFilterProxyModel{parent}
{
    m_collator.setNumericMode(true);
    m_collator.setCaseSensitivity(Qt::CaseInsensitive);
    setSortRole(SortRole);
    setSourceModel(&model);
}

void ListFilter::setSearch(const QString& text)
{
    const QStringList words = text.split(u' ', Qt::SkipEmptyParts);
    if (words == m_search)
        return;
    m_search = words;
    invalidateRowsFilter();
}

void ListFilter::setWords(const QSet<QString>& words)
{
    if (words == m_words)
        return;
    m_words = words;
    invalidateRowsFilter();
}

void ListFilter::setUuid(const QString& uuid)
{
    if (uuid == m_uuid)
        return;
    m_uuid = uuid;
    invalidateRowsFilter();
}

bool ListFilter::isFiltering() const
{
    return !m_search.isEmpty() || !m_words.isEmpty() || !m_uuid.isEmpty();
}

bool ListFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QAbstractItemModel& model = *sourceModel();
    const QModelIndex first = model.index(row, 0, parent);
    if (!m_words.isEmpty() && !m_words.contains(first.data(WordRole).toString()))
        return false;
    if (!m_uuid.isEmpty() && first.data(UuidRole).toString() != m_uuid)
        return false;
    const auto isSomewhere = [&](const QString& word) {
        for (int column = 0; column < model.columnCount(parent); ++column) {
            if (model.index(row, column, parent)
                    .data()
                    .toString()
                    .contains(word, Qt::CaseInsensitive))
                return true;
        }
        return false;
    };
    return std::ranges::all_of(m_search, isSomewhere);
}

bool ListFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant one = left.data(SortRole);
    const QVariant other = right.data(SortRole);
    if (one.metaType() == QMetaType::fromType<QString>())
        return m_collator.compare(one.toString(), other.toString()) < 0;
    return QVariant::compare(one, other) == QPartialOrdering::Less;
}

} // namespace lockstep::gui
