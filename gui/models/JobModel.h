// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"
#include "gui/models/Rows.h"
#include "gui/source/Source.h"

#include <QAbstractTableModel>

namespace lockstep::gui {

/// The jobs that lockstepd remembers, a row each.
class JobModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        KindColumn,
        DomainColumn,
        StateColumn,
        ProgressColumn,
        PhaseColumn, ///< What it does, or why it failed.
        StartedColumn,
        ColumnCount
    };

    explicit JobModel(Source& source, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] const Job& jobAt(int row) const { return m_rows.at(row); }

private:
    void add(const Job& job);
    void change(const Job& before, const Job& now);
    void remove(const Job& last);

    Rows<Job> m_rows;
};

} // namespace lockstep::gui
