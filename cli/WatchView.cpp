// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/WatchView.h"

#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

#include <QDateTime>

#include <algorithm>
#include <array>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

// Of the terminal.
const QString topLeft = u"\x1b[H"_s;
const QString clearLine = u"\x1b[K"_s;
const QString clearBelow = u"\x1b[J"_s;

QString now() { return QDateTime::currentDateTime().toString(u"yyyy-MM-dd HH:mm:ss"_s); }

QString hint() { return u"no domain is paired; protect one with 'lockstep protect DOMAIN PEER'"_s; }

Table tableOf(const QList<RemoteObject>& pairs)
{
    Table table{pairHeadings()};
    for (const RemoteObject& pair : pairs)
        table.addRow(pairCells(pair.properties), pairStateColumn);
    return table;
}

} // namespace

QStringList pairHeadings()
{
    return {u"DOMAIN"_s, u"ROLE"_s, u"STATE"_s, u"PEER"_s, u"LINK"_s, u"REASON"_s};
}

QStringList pairCells(const QJsonObject& pair)
{
    return {pair[u"domain"].toString(),
            pair[u"role"].toString(),
            pair[u"state"].toString(),
            pair[u"peer-name"].toString(),
            pair[u"peer-connected"].toBool() ? u"connected"_s : u"unreachable"_s,
            pair[u"reason"].toString()};
}

WatchView::WatchView(bool json) : m_json{json}, m_inPlace{!json && hasCursor(Stream::Out)}
{
    if (m_inPlace)
        m_page.emplace();
}

WatchView::~WatchView()
{
    if (!m_inPlace)
        return;
    m_page.reset();
    if (m_pairs.isEmpty())
        writeLine(Stream::Err, hint());
    else
        tableOf(m_pairs).print();
}

void WatchView::show(const QList<RemoteObject>& pairs)
{
    m_pairs = pairs;
    if (m_inPlace)
        draw();
    else
        printChanges(pairs);
}

void WatchView::showGone()
{
    m_gone = true;
    if (m_inPlace)
        draw();
    else
        writeLine(Stream::Err, u"lockstepd is gone; waiting for it"_s);
}

void WatchView::showBack()
{
    m_gone = false;
    if (m_inPlace)
        draw();
    else
        writeLine(Stream::Err, u"lockstepd is back"_s);
}

void WatchView::redraw()
{
    if (!m_inPlace)
        return;
    if (OtherPage::takeResumed() || m_size != std::pair{columns(Stream::Out), rows(Stream::Out)})
        draw();
}

void WatchView::draw()
{
    constexpr int lowest = 4;
    m_size = {columns(Stream::Out), rows(Stream::Out)};
    const int width = m_size.first;
    const int height = std::max(m_size.second, lowest);
    const QString title = m_gone
        ? u"lockstepd is gone; this is how it was. Waiting for it. Ctrl-C ends."_s
        : u"%1, %2. Ctrl-C ends."_s.arg(
              m_pairs.size() == 1 ? u"1 pair"_s : u"%1 pairs"_s.arg(m_pairs.size()), now());
    const QString shown = fitted(title, width - 1);
    QStringList lines{m_gone && hasColours(Stream::Out) ? painted(shown, Colour::Red) : shown,
                      QString{}};
    if (m_pairs.isEmpty())
        lines += fitted(hint(), width - 1);
    else
        lines += tableOf(m_pairs)
                     .toText({.width = width, .colours = hasColours(Stream::Out)})
                     .split(u'\n', Qt::SkipEmptyParts);
    if (lines.size() > height - 1) {
        const qsizetype left = lines.size() - height + 2;
        lines = lines.first(height - 2);
        lines += fitted(u"… and %1 more; make the window higher"_s.arg(left), width - 1);
    }
    write(Stream::Out, topLeft + lines.join(clearLine + u'\n') + clearLine + u'\n' + clearBelow);
}

void WatchView::printLine(const QStringList& cells)
{
    constexpr std::array<qsizetype, 6> widths{19, 12, 9, 12, 12, 11};
    QString line;
    for (qsizetype column = 0; column + 1 < cells.size(); ++column)
        line += cells[column].leftJustified(widths.at(column)) + u"  "_s;
    writeLine(Stream::Out, line + cells.last());
}

void WatchView::printChanges(const QList<RemoteObject>& pairs)
{
    if (!m_headed && !m_json)
        printLine(QStringList{u"TIME"_s} + pairHeadings());
    m_headed = true;
    QMap<QString, QStringList> before;
    m_cells.swap(before);
    for (const RemoteObject& pair : pairs) {
        const QString uuid = pair.properties[u"uuid"].toString();
        const QStringList cells = pairCells(pair.properties);
        m_cells[uuid] = cells;
        if (before.take(uuid) == cells)
            continue;
        if (m_json)
            printJsonLine(pair.properties);
        else
            printLine(QStringList{now()} + cells);
    }
    for (auto it = before.begin(); it != before.end(); ++it) {
        if (m_json)
            printJsonLine({{u"uuid"_s, it.key()},
                           {u"domain"_s, it.value().first()},
                           {u"state"_s, QJsonValue::Null}});
        else
            printLine(
                {now(), it.value().first(), u"-"_s, u"-"_s, u"-"_s, u"-"_s, u"no longer paired"_s});
    }
}

} // namespace lockstep::cli
