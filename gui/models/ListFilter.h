// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"

#include <QCollator>
#include <QSet>
#include <QSortFilterProxyModel>

namespace lockstep::gui {

/// What lists show of a model: rows that have all words of a search text somewhere, of the chosen
/// states, of the chosen domain; sorted as people sort names ("web2" before "web10").
class ListFilter final : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit ListFilter(QAbstractItemModel& model, QObject* parent = nullptr);

    /// Case does not matter; each of the words, which blanks part, has to be in some column.
    void setSearch(const QString& text);
    /// Words of WordRole; none for all.
    void setWords(const QSet<QString>& words);
    /// A domain; empty for all.
    void setUuid(const QString& uuid);
    /// Whether any of these leaves rows out.
    [[nodiscard]] bool isFiltering() const;

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QStringList m_search;
    QSet<QString> m_words;
    QString m_uuid;
    QCollator m_collator;
};

} // namespace lockstep::gui
