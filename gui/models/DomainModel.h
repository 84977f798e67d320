// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"
#include "gui/source/Source.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <optional>

namespace lockstep::gui {

/// The domains of this host's libvirt, paired or not, a row each, by name. lockstepd announces
/// nothing of them: they are asked for with refresh(), and by themselves when pairs change.
class DomainModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        NameColumn,
        StateColumn,
        PairColumn,
        PeerColumn,
        ProtectableColumn, ///< Whether it could be protected, and if not, why.
        ColumnCount
    };

    explicit DomainModel(Source& source, QObject* parent = nullptr);

    /// Asks soon; once for all that ask meanwhile.
    void refresh();
    /// Why the last answer was none.
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }
    /// Whether there has been an answer.
    [[nodiscard]] bool isKnown() const { return m_isKnown; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] const Domain& domainAt(int row) const { return m_domains[row]; }

Q_SIGNALS:
    void answered();

private:
    void ask();
    void take(Result<QList<Domain>> result);
    void merge(const QList<Domain>& now);

    Source& m_source;
    QList<Domain> m_domains;
    QTimer m_soon;
    std::optional<Error> m_error;
    bool m_isKnown{false};
    bool m_isAsking{false};
    bool m_askAgain{false};
};

} // namespace lockstep::gui
