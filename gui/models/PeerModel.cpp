// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/PeerModel.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString text(const Peer& peer, int column)
{
    switch (column) {
    case PeerModel::NameColumn:
        return peer.name;
    case PeerModel::StateColumn:
        return peerLook(peer).word;
    case PeerModel::AddressColumn:
        return u"%1:%2"_s.arg(peer.address).arg(peer.port);
    case PeerModel::RoundTripColumn:
        return peer.roundTripUSec == 0 ? noText() : microsecondsText(peer.roundTripUSec);
    case PeerModel::LossColumn:
        return peer.roundTripUSec == 0 ? noText() : percentText(peer.lossPercent);
    case PeerModel::VersionColumn:
        return peer.version.isEmpty() ? noText() : peer.version;
    case PeerModel::ReasonColumn:
        return peer.lastError.isEmpty() ? peerLook(peer).meaning : peer.lastError;
    default:
        return {};
    }
}

QVariant sortValue(const Peer& peer, int column)
{
    switch (column) {
    case PeerModel::StateColumn:
        return static_cast<int>(peerLook(peer).tone);
    case PeerModel::RoundTripColumn:
        return peer.roundTripUSec;
    case PeerModel::LossColumn:
        return peer.lossPercent;
    default:
        return text(peer, column);
    }
}

} // namespace

PeerModel::PeerModel(Source& source, QObject* parent) : QAbstractTableModel{parent}
{
    m_rows.reset(source.peers());
    connect(&source, &Source::peerAdded, this, &PeerModel::add);
    connect(&source, &Source::peerChanged, this, &PeerModel::change);
    connect(&source, &Source::peerRemoved, this, &PeerModel::remove);
}

int PeerModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows.count();
}

int PeerModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PeerModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Peer& peer = m_rows.at(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(peer, column);
    case Qt::DecorationRole:
        if (column == NameColumn)
            return drawnIcon(u"host"_s);
        return column == StateColumn ? peerLook(peer).icon() : QVariant{};
    case Qt::ToolTipRole:
        return column == StateColumn ? peerLook(peer).meaning : text(peer, column);
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                                text(peer, column));
    case Qt::TextAlignmentRole:
        return column == RoundTripColumn || column == LossColumn
            ? QVariant{Qt::AlignRight | Qt::AlignVCenter}
            : QVariant{};
    case IdRole:
        return peer.id;
    case WordRole:
        return peer.trust == "trusted"_L1 ? peer.health : peer.trust;
    case SortRole:
        return sortValue(peer, column);
    default:
        return {};
    }
}

QVariant PeerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case NameColumn:
        return tr("Host");
    case StateColumn:
        return tr("State");
    case AddressColumn:
        return tr("Address");
    case RoundTripColumn:
        return tr("Round trip");
    case LossColumn:
        return tr("Loss");
    case VersionColumn:
        return tr("Version");
    case ReasonColumn:
        return tr("Why");
    default:
        return {};
    }
}

QModelIndex PeerModel::indexOf(const QString& id, int column) const
{
    const int row = m_rows.rowOf(id);
    return row < 0 ? QModelIndex{} : index(row, column);
}

void PeerModel::add(const Peer& peer)
{
    beginInsertRows({}, m_rows.count(), m_rows.count());
    m_rows.append(peer);
    endInsertRows();
}

void PeerModel::change(const Peer& before, const Peer& now)
{
    const int row = m_rows.rowOf(now.id);
    if (row < 0)
        return;
    m_rows.replace(row, now);
    for (int column = 0; column < ColumnCount; ++column) {
        if (text(before, column) != text(now, column))
            Q_EMIT dataChanged(index(row, column), index(row, column));
    }
}

void PeerModel::remove(const Peer& last)
{
    const int row = m_rows.rowOf(last.id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.remove(row);
    endRemoveRows();
}

} // namespace lockstep::gui
