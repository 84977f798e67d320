// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QString>

namespace lockstep::gui {

/// What a model has in its rows, found by id. New ones come last, so that rows do not move when
/// something comes; sorting is a proxy's.
template <typename Thing>
class Rows final
{
public:
    [[nodiscard]] int count() const { return static_cast<int>(m_things.size()); }
    [[nodiscard]] const Thing& at(int row) const { return m_things[row]; }
    /// -1 if there is no such thing.
    [[nodiscard]] int rowOf(const QString& id) const { return m_rows.value(id, -1); }

    void reset(const QList<Thing>& things)
    {
        m_things = things;
        m_rows.clear();
        renumber(0);
    }
    void append(const Thing& thing)
    {
        m_rows.insert(thing.id, count());
        m_things.append(thing);
    }
    /// By one with the same id.
    void replace(int row, const Thing& thing) { m_things[row] = thing; }
    void remove(int row)
    {
        m_rows.remove(m_things[row].id);
        m_things.removeAt(row);
        renumber(row);
    }

private:
    void renumber(int from)
    {
        for (int row = from; row < count(); ++row)
            m_rows.insert(m_things[row].id, row);
    }

    QList<Thing> m_things;
    QHash<QString, int> m_rows;
};

} // namespace lockstep::gui
