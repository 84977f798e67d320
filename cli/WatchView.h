// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"
#include "cli/OtherPage.h"

#include <QMap>

#include <optional>

namespace lockstep::cli {

/// What `list` shows of a pair.
[[nodiscard]] QStringList pairHeadings();
[[nodiscard]] QStringList pairCells(const QJsonObject& pair);
/// The column of pairCells() that has the colour of its word.
inline constexpr int pairStateColumn = 2;

/// Shows pairs as they change. On a terminal they are drawn anew in place; elsewhere there is a
/// line for each pair at first, and then one for each that changes.
class WatchView final
{
public:
    explicit WatchView(bool json);
    /// Leaves the last state on the terminal.
    ~WatchView();
    WatchView(const WatchView&) = delete;
    WatchView& operator=(const WatchView&) = delete;

    void show(const QList<RemoteObject>& pairs);
    void showGone();
    void showBack();
    /// After the window may have changed, or the process was stopped.
    void redraw();

private:
    void draw();
    void printChanges(const QList<RemoteObject>& pairs);
    static void printLine(const QStringList& cells);

    bool m_json;
    bool m_inPlace;
    std::optional<OtherPage> m_page;
    bool m_gone{false};
    bool m_headed{false};
    std::pair<int, int> m_size; ///< Columns and rows that were drawn for.
    QList<RemoteObject> m_pairs;
    QMap<QString, QStringList> m_cells; ///< By UUID, as printed last.
};

} // namespace lockstep::cli
