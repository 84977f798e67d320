// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Table.h"

#include "cli/Terminal.h"

#include <algorithm>
#include <numeric>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype gap = 2;
constexpr qsizetype narrowest = 6;

} // namespace

void Table::addRow(const QStringList& cells, int painted)
{
    m_rows.append({.cells = cells, .painted = painted});
}

QList<qsizetype> Table::widths(int limit) const
{
    QList<qsizetype> all;
    for (qsizetype column = 0; column < m_headings.size(); ++column) {
        qsizetype width = m_headings[column].size();
        for (const Row& row : m_rows)
            width = std::max(width, row.cells[column].size());
        all.append(width);
    }
    if (limit == 0)
        return all;
    qsizetype excess = std::accumulate(all.begin(), all.end(), gap * (all.size() - 1)) - limit;
    const auto shrink = [&excess](qsizetype& width) {
        const qsizetype cut =
            std::clamp<qsizetype>(excess, 0, std::max<qsizetype>(width - narrowest, 0));
        width -= cut;
        excess -= cut;
    };
    shrink(all.last());
    while (excess > 0 && *std::ranges::max_element(all) > narrowest)
        shrink(*std::ranges::max_element(all));
    return all;
}

QString Table::toText(Look look) const
{
    const QList<qsizetype> sizes = widths(look.width);
    QString text;
    const auto addLine = [&](const QStringList& cells, int paintedColumn, Colour colour) {
        QString line;
        for (qsizetype column = 0; column < cells.size(); ++column) {
            const QString cell = fitted(cells[column], sizes[column]);
            const bool isPainted =
                look.colours && (paintedColumn == column || colour == Colour::Bold);
            line += isPainted ? painted(cell, colour) : cell;
            if (column + 1 < cells.size())
                line += QString{sizes[column] - cell.size() + gap, u' '};
        }
        while (line.endsWith(u' '))
            line.chop(1);
        text += line + u'\n';
    };
    addLine(m_headings, -1, Colour::Bold);
    for (const Row& row : m_rows)
        addLine(row.cells, row.painted,
                row.painted < 0 ? Colour::None : colourOf(row.cells[row.painted]));
    return text;
}

void Table::print() const
{
    write(Stream::Out,
          toText({.width = isTerminal(Stream::Out) ? columns(Stream::Out) : 0,
                  .colours = hasColours(Stream::Out)}));
}

void printFields(const QList<std::pair<QString, QString>>& fields)
{
    qsizetype width = 0;
    for (const auto& [name, value] : fields)
        width = std::max(width, name.size() + 1);
    for (const auto& [name, value] : fields)
        writeLine(Stream::Out, (name + u':').leftJustified(width + gap) + value);
}

} // namespace lockstep::cli
