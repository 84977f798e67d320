// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"
#include "gui/models/Rows.h"
#include "gui/source/Source.h"

#include <QAbstractTableModel>
#include <QSet>
#include <QTimer>

namespace lockstep::gui {

/// The pairs of a source, a row each. States are told at once; figures, which change with every
/// checkpoint of every pair, four times a second at most, all that have changed together.
class PairModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        DomainColumn,
        StateColumn,
        RoleColumn,
        PeerColumn,
        ArbiterColumn,
        CheckpointsColumn, ///< In the last minute.
        StoppedColumn, ///< Share of the last minute that the guest stood still.
        SinceColumn,
        ReasonColumn,
        ColumnCount
    };
    static constexpr std::chrono::milliseconds figurePause{250};

    explicit PairModel(Source& source, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    /// Not valid if there is no such pair.
    [[nodiscard]] QModelIndex indexOf(const QString& id, int column = DomainColumn) const;
    [[nodiscard]] const Pair& pairAt(int row) const { return m_rows.at(row); }

private:
    void add(const Pair& pair);
    void change(const Pair& before, const Pair& now);
    void remove(const Pair& last);
    void changeJob(const Job& job);
    void tellFigures();
    void tellColumns(int row, int first, int last);
    [[nodiscard]] QString text(const Pair& pair, int column) const;
    [[nodiscard]] QVariant sortValue(const Pair& pair, int column) const;
    [[nodiscard]] QString toolTip(const Pair& pair, int column) const;

    Source& m_source;
    Rows<Pair> m_rows;
    QSet<QString> m_changedFigures; ///< Ids.
    QTimer m_figures;
};

} // namespace lockstep::gui
