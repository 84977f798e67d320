// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Format.h"

#include <QList>
#include <QStringList>

namespace lockstep::cli {

/// Rows under headings. On a terminal they fit its width: the last column is cut, then the widest
/// others; in a file nothing is cut.
class Table final
{
public:
    struct Look
    {
        int width{0}; ///< 0: as wide as it needs.
        bool colours{false};
    };

    explicit Table(QStringList headings) : m_headings{std::move(headings)} { }

    /// As many cells as headings. `painted` is the column that has the colour of its word, -1 none.
    void addRow(const QStringList& cells, int painted = -1);
    [[nodiscard]] bool isEmpty() const { return m_rows.isEmpty(); }
    [[nodiscard]] QString toText(Look look) const;
    /// To standard output, as fits there.
    void print() const;

private:
    struct Row
    {
        QStringList cells;
        int painted;
    };
    [[nodiscard]] QList<qsizetype> widths(int limit) const;

    QStringList m_headings;
    QList<Row> m_rows;
};

/// Names and values, one pair a line, to standard output.
void printFields(const QList<std::pair<QString, QString>>& fields);

} // namespace lockstep::cli
