// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/models/Roles.h"
#include "gui/source/Source.h"

#include <QAbstractTableModel>

#include <optional>

namespace lockstep::gui {

/// What has happened to the pairs of a source, oldest first, a row each: the newest thousand at
/// first, all that lockstepd remembers after loadAll(), and what comes, none left out.
class EventModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        TimeColumn,
        DomainColumn,
        SeverityColumn,
        KindColumn,
        TextColumn,
        ByColumn, ///< Who asked for it; empty if nobody did.
        ColumnCount
    };
    static constexpr quint64 atOnce{1000}; ///< What lockstepd tells in one answer.
    static constexpr int most{10'000}; ///< As many as lockstepd remembers.

    explicit EventModel(Source& source, QObject* parent = nullptr);

    /// Fetches what is older than the first, as far as lockstepd remembers it.
    void loadAll();
    /// Whether there may be older ones.
    [[nodiscard]] bool hasMore() const { return m_hasMore; }
    [[nodiscard]] bool isLoading() const { return m_isLoading; }
    /// Why the last answer was none.
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] const Event& eventAt(int row) const { return m_events[row]; }
    /// The row of the first event at or after `time`; -1 if all are earlier.
    [[nodiscard]] int rowAt(const QDateTime& time) const;

Q_SIGNALS:
    /// hasMore(), isLoading() or error() are others now.
    void loadingChanged();
    /// Something has happened just now; not told of what is fetched of the past.
    void happened(const lockstep::gui::Event& event);

private:
    void linkChanged();
    void come(const QList<Event>& events);
    void fetch(EventQuery query, bool isNews);
    void fetchNews();
    void append(const QList<Event>& events, bool isNews);
    void setLoading(bool isLoading, std::optional<Error> error);

    Source& m_source;
    QList<Event> m_events;
    bool m_hasMore{true};
    bool m_isLoading{false};
    bool m_newsAfter{false}; ///< To be fetched once what is being fetched is there.
    std::optional<Error> m_error;
};

} // namespace lockstep::gui
