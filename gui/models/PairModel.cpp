// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/PairModel.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

/// Of the last minute; 0 if nothing is known of it.
double stoppedPercent(const Sums& sums)
{
    constexpr double perSecond = 1'000'000;
    constexpr double whole = 100;
    if (sums.seconds == 0)
        return 0;
    return whole * static_cast<double>(sums.stoppedUSec)
        / (static_cast<double>(sums.seconds) * perSecond);
}

} // namespace

PairModel::PairModel(Source& source, QObject* parent)
    : QAbstractTableModel{parent}, m_source{source}
{
    m_rows.reset(source.pairs());
    m_figures.setSingleShot(true);
    m_figures.setInterval(figurePause);
    connect(&m_figures, &QTimer::timeout, this, &PairModel::tellFigures);
    connect(&source, &Source::pairAdded, this, &PairModel::add);
    connect(&source, &Source::pairChanged, this, &PairModel::change);
    connect(&source, &Source::pairRemoved, this, &PairModel::remove);
    connect(&source, &Source::jobAdded, this, &PairModel::changeJob);
    connect(&source, &Source::jobChanged, this,
            [this](const Job&, const Job& now) { changeJob(now); });
    connect(&source, &Source::jobRemoved, this, &PairModel::changeJob);
}

int PairModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows.count();
}

int PairModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PairModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Pair& pair = m_rows.at(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(pair, column);
    case Qt::DecorationRole:
        if (column == StateColumn)
            return pairLook(pair.state).icon();
        return column == RoleColumn ? roleLook(pair.role).icon() : QVariant{};
    case Qt::ToolTipRole:
        return toolTip(pair, column);
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                                text(pair, column));
    case Qt::TextAlignmentRole:
        return column == CheckpointsColumn || column == StoppedColumn
            ? QVariant{Qt::AlignRight | Qt::AlignVCenter}
            : QVariant{};
    case IdRole:
        return pair.id;
    case UuidRole:
        return pair.uuid;
    case WordRole:
        return pair.state;
    case SortRole:
        return sortValue(pair, column);
    default:
        return {};
    }
}

QString PairModel::text(const Pair& pair, int column) const
{
    switch (column) {
    case DomainColumn:
        return pair.domain;
    case StateColumn: {
        const QString word = pairLook(pair.state).word;
        const Job* const job = m_source.runningJob(pair.uuid);
        constexpr double whole = 100;
        return job ? tr("%1, %2 %").arg(word).arg(qRound(whole * job->progress)) : word;
    }
    case RoleColumn:
        return roleLook(pair.role).word;
    case PeerColumn:
        return pair.peerName;
    case ArbiterColumn:
        return pair.arbiterError.isEmpty() ? pair.arbiter()
                                           : tr("%1, out of reach").arg(pair.arbiter());
    case CheckpointsColumn:
        return pair.lastMinute.seconds == 0 ? noText() : numberText(pair.lastMinute.checkpoints);
    case StoppedColumn:
        return pair.lastMinute.seconds == 0 ? noText()
                                            : percentText(stoppedPercent(pair.lastMinute));
    case SinceColumn:
        return timeText(pair.since);
    case ReasonColumn:
        return pair.reason;
    default:
        return {};
    }
}

QVariant PairModel::sortValue(const Pair& pair, int column) const
{
    switch (column) {
    case StateColumn:
        return static_cast<int>(pairLook(pair.state).tone);
    case CheckpointsColumn:
        return pair.lastMinute.checkpoints;
    case StoppedColumn:
        return stoppedPercent(pair.lastMinute);
    case SinceColumn:
        return pair.since;
    default:
        return text(pair, column);
    }
}

QString PairModel::toolTip(const Pair& pair, int column) const
{
    switch (column) {
    case StateColumn:
        return pairLook(pair.state).meaning;
    case RoleColumn:
        return roleLook(pair.role).meaning;
    case ArbiterColumn:
        return pair.arbiterError;
    case CheckpointsColumn:
        return tr("Checkpoints in the last minute");
    case StoppedColumn:
        return tr("Share of the last minute that the guest stood still for checkpoints");
    default:
        return text(pair, column);
    }
}

QVariant PairModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case DomainColumn:
        return tr("Domain");
    case StateColumn:
        return tr("State");
    case RoleColumn:
        return tr("Role here");
    case PeerColumn:
        return tr("Other host");
    case ArbiterColumn:
        return tr("Arbiter");
    case CheckpointsColumn:
        return tr("Checkpoints");
    case StoppedColumn:
        return tr("Stood still");
    case SinceColumn:
        return tr("Since");
    case ReasonColumn:
        return tr("Why");
    default:
        return {};
    }
}

QModelIndex PairModel::indexOf(const QString& id, int column) const
{
    const int row = m_rows.rowOf(id);
    return row < 0 ? QModelIndex{} : index(row, column);
}

void PairModel::add(const Pair& pair)
{
    beginInsertRows({}, m_rows.count(), m_rows.count());
    m_rows.append(pair);
    endInsertRows();
}

void PairModel::change(const Pair& before, const Pair& now)
{
    const int row = m_rows.rowOf(now.id);
    if (row < 0)
        return;
    const auto isOther = [&](int column) { return text(before, column) != text(now, column); };
    m_rows.replace(row, now);
    for (int column = 0; column < ColumnCount; ++column) {
        if (column == CheckpointsColumn || column == StoppedColumn)
            continue;
        if (isOther(column))
            tellColumns(row, column, column);
    }
    if (before.lastMinute != now.lastMinute) {
        m_changedFigures.insert(now.id);
        if (!m_figures.isActive())
            m_figures.start();
    }
}

void PairModel::remove(const Pair& last)
{
    const int row = m_rows.rowOf(last.id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.remove(row);
    endRemoveRows();
    m_changedFigures.remove(last.id);
}

void PairModel::changeJob(const Job& job)
{
    for (int row = 0; row < m_rows.count(); ++row) {
        if (m_rows.at(row).uuid == job.uuid)
            return tellColumns(row, StateColumn, StateColumn);
    }
}

void PairModel::tellFigures()
{
    for (const QString& id : std::exchange(m_changedFigures, {})) {
        if (const int row = m_rows.rowOf(id); row >= 0)
            tellColumns(row, CheckpointsColumn, StoppedColumn);
    }
}

void PairModel::tellColumns(int row, int first, int last)
{
    Q_EMIT dataChanged(index(row, first), index(row, last));
}

} // namespace lockstep::gui
