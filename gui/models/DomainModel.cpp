// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/models/DomainModel.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text)
{
    return QCoreApplication::translate("lockstep::gui::DomainModel", text);
}

QString protectableText(const Domain& domain)
{
    if (domain.protectable)
        return translated(QT_TRANSLATE_NOOP("lockstep::gui::DomainModel", "yes"));
    const auto reason = std::ranges::find_if(
        domain.findings, [](const Finding& finding) { return finding.severity == "error"_L1; });
    if (reason != domain.findings.end())
        return translated(QT_TRANSLATE_NOOP("lockstep::gui::DomainModel", "no: %1"))
            .arg(reason->message);
    return translated(QT_TRANSLATE_NOOP("lockstep::gui::DomainModel", "no: it is paired already"));
}

QString text(const Domain& domain, int column)
{
    switch (column) {
    case DomainModel::NameColumn:
        return domain.name;
    case DomainModel::StateColumn:
        return domainLook(domain.state).word;
    case DomainModel::PairColumn:
        return domain.pairId.isEmpty() ? noText() : pairLook(domain.pairState).word;
    case DomainModel::PeerColumn:
        return domain.peerName.isEmpty() ? noText() : domain.peerName;
    case DomainModel::ProtectableColumn:
        return protectableText(domain);
    default:
        return {};
    }
}

bool byName(const Domain& left, const Domain& right)
{
    return std::pair{left.name, left.uuid} < std::pair{right.name, right.uuid};
}

} // namespace

DomainModel::DomainModel(Source& source, QObject* parent)
    : QAbstractTableModel{parent}, m_source{source}
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(std::chrono::milliseconds{100});
    connect(&m_soon, &QTimer::timeout, this, &DomainModel::ask);
    connect(&source, &Source::pairAdded, this, &DomainModel::refresh);
    connect(&source, &Source::pairRemoved, this, &DomainModel::refresh);
    connect(&source, &Source::pairChanged, this, [this](const Pair& before, const Pair& now) {
        if (before.state != now.state || before.role != now.role)
            refresh();
    });
    connect(&source, &Source::linkChanged, this, &DomainModel::refresh);
    refresh();
}

void DomainModel::refresh()
{
    if (m_source.isConnected() && !m_soon.isActive())
        m_soon.start();
}

void DomainModel::ask()
{
    m_askAgain = m_isAsking;
    if (std::exchange(m_isAsking, true))
        return;
    m_source.domains().then(this,
                            [this](Result<QList<Domain>> result) { take(std::move(result)); });
}

void DomainModel::take(Result<QList<Domain>> result)
{
    m_isAsking = false;
    m_isKnown = true;
    m_error = result ? std::nullopt : std::optional{result.error()};
    if (result) {
        std::ranges::sort(*result, byName);
        merge(*result);
    }
    Q_EMIT answered();
    if (std::exchange(m_askAgain, false))
        refresh();
}

void DomainModel::merge(const QList<Domain>& now)
{
    int row = 0;
    for (const Domain& domain : now) {
        while (row < m_domains.size() && byName(m_domains[row], domain)) {
            beginRemoveRows({}, row, row);
            m_domains.removeAt(row);
            endRemoveRows();
        }
        const bool isThere = row < m_domains.size() && !byName(domain, m_domains[row]);
        if (!isThere) {
            beginInsertRows({}, row, row);
            m_domains.insert(row, domain);
            endInsertRows();
        } else if (m_domains[row] != domain) {
            m_domains[row] = domain;
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        }
        ++row;
    }
    if (row < m_domains.size()) {
        beginRemoveRows({}, row, rowCount() - 1);
        m_domains.resize(row);
        endRemoveRows();
    }
}

int DomainModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_domains.size());
}

int DomainModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DomainModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Domain& domain = m_domains[index.row()];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
    case SortRole:
        return text(domain, column);
    case Qt::DecorationRole:
        if (column == StateColumn)
            return domainLook(domain.state).icon();
        return column == PairColumn && !domain.pairId.isEmpty() ? pairLook(domain.pairState).icon()
                                                                : QVariant{};
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                                text(domain, column));
    case IdRole:
        return domain.pairId;
    case UuidRole:
        return domain.uuid;
    case WordRole:
        return domain.state;
    default:
        return {};
    }
}

QVariant DomainModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case NameColumn:
        return tr("Domain");
    case StateColumn:
        return tr("State");
    case PairColumn:
        return tr("Protection");
    case PeerColumn:
        return tr("Other host");
    case ProtectableColumn:
        return tr("Can be protected");
    default:
        return {};
    }
}

} // namespace lockstep::gui
