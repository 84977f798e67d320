// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"
#include "gui/models/Rows.h"
#include "gui/source/Source.h"

#include <QAbstractTableModel>

namespace lockstep::gui {

/// The other hosts that this one knows, a row each.
class PeerModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        NameColumn,
        StateColumn,
        AddressColumn,
        RoundTripColumn,
        LossColumn,
        VersionColumn,
        ReasonColumn,
        ColumnCount
    };

    explicit PeerModel(Source& source, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    /// Not valid if there is no such peer.
    [[nodiscard]] QModelIndex indexOf(const QString& id, int column = NameColumn) const;
    [[nodiscard]] const Peer& peerAt(int row) const { return m_rows.at(row); }

private:
    void add(const Peer& peer);
    void change(const Peer& before, const Peer& now);
    void remove(const Peer& last);

    Rows<Peer> m_rows;
};

} // namespace lockstep::gui
