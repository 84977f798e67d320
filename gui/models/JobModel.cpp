// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/JobModel.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

#include <QCoreApplication>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("lockstep::gui::JobModel", text);
}

QString progressText(const Job& job)
{
    constexpr double whole = 100;
    constexpr quint64 perSecond = 1'000'000;
    if (!job.isRunning())
        return durationText(job.started.secsTo(job.ended));
    const QString percent = percentText(whole * job.progress);
    if (job.etaUSec == 0)
        return percent;
    const QString left = durationText(static_cast<qint64>(job.etaUSec / perSecond));
    return translated(QT_TRANSLATE_NOOP("lockstep::gui::JobModel", "%1, %2 left"))
        .arg(percent, left);
}

QString phaseText(const Job& job)
{
    if (job.error)
        return job.error->message();
    if (job.bytesTotal == 0)
        return job.phase;
    return translated(QT_TRANSLATE_NOOP("lockstep::gui::JobModel", "%1: %2 of %3"))
        .arg(job.phase, bytesText(job.bytesDone), bytesText(job.bytesTotal));
}

QString text(const Job& job, int column)
{
    switch (column) {
    case JobModel::KindColumn:
        return jobKindWord(job.kind);
    case JobModel::DomainColumn:
        return job.domain;
    case JobModel::StateColumn:
        return jobLook(job.state).word;
    case JobModel::ProgressColumn:
        return progressText(job);
    case JobModel::PhaseColumn:
        return phaseText(job);
    case JobModel::StartedColumn:
        return timeText(job.started);
    default:
        return {};
    }
}

QVariant sortValue(const Job& job, int column)
{
    switch (column) {
    case JobModel::StateColumn:
        return static_cast<int>(jobLook(job.state).tone);
    case JobModel::ProgressColumn:
        return job.progress;
    case JobModel::StartedColumn:
        return job.started;
    default:
        return text(job, column);
    }
}

} // namespace

JobModel::JobModel(Source& source, QObject* parent) : QAbstractTableModel{parent}
{
    m_rows.reset(source.jobs());
    connect(&source, &Source::jobAdded, this, &JobModel::add);
    connect(&source, &Source::jobChanged, this, &JobModel::change);
    connect(&source, &Source::jobRemoved, this, &JobModel::remove);
}

int JobModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows.count();
}

int JobModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant JobModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Job& job = m_rows.at(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(job, column);
    case Qt::DecorationRole:
        return column == StateColumn ? jobLook(job.state).icon() : QVariant{};
    case Qt::ToolTipRole:
        return column == PhaseColumn && job.error ? job.error->remedy() : text(job, column);
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                                text(job, column));
    case IdRole:
        return job.id;
    case UuidRole:
        return job.uuid;
    case WordRole:
        return job.state;
    case SortRole:
        return sortValue(job, column);
    default:
        return {};
    }
}

QVariant JobModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case KindColumn:
        return tr("Job");
    case DomainColumn:
        return tr("Domain");
    case StateColumn:
        return tr("State");
    case ProgressColumn:
        return tr("Progress");
    case PhaseColumn:
        return tr("Step");
    case StartedColumn:
        return tr("Started");
    default:
        return {};
    }
}

void JobModel::add(const Job& job)
{
    beginInsertRows({}, m_rows.count(), m_rows.count());
    m_rows.append(job);
    endInsertRows();
}

void JobModel::change(const Job& before, const Job& now)
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

void JobModel::remove(const Job& last)
{
    const int row = m_rows.rowOf(last.id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_rows.remove(row);
    endRemoveRows();
}

} // namespace lockstep::gui
