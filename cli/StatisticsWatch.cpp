// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/StatisticsWatch.h"

#include "cli/Interrupt.h"
#include "cli/OtherPage.h"
#include "cli/Output.h"
#include "cli/StatisticsText.h"
#include "cli/Terminal.h"

#include <QDateTime>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto period = 1s;
// Bounds how late Ctrl-C is seen if it comes just before the wait.
constexpr auto tick = 200ms;
// More than any chart has columns.
constexpr quint64 points = 240;
// Of the terminal.
const QString topLeft = u"\x1b[H"_s;
const QString clearLine = u"\x1b[K"_s;
const QString clearBelow = u"\x1b[J"_s;

Result<QList<RemoteObject>> pairsOf(Daemon& daemon, const QStringList& domains)
{
    if (domains.isEmpty())
        return daemon.pairs();
    QList<RemoteObject> all;
    for (const QString& domain : domains) {
        auto pair = daemon.pair(domain);
        if (!pair)
            return std::unexpected{pair.error()};
        all.append(*std::move(pair));
    }
    return all;
}

/// What is drawn for this width, without what does not fit the height.
QStringList pageOf(const QList<QJsonObject>& all, const StatisticsSelection& selection)
{
    const StatisticsLook look{.width = columns(Stream::Out) - 1, .letters = usualLetters()};
    QStringList lines{
        u"%1. Ctrl-C ends."_s.arg(QDateTime::currentDateTime().toString(u"yyyy-MM-dd HH:mm:ss"_s)),
        QString{}};
    if (selection.domains.isEmpty()) {
        lines += statisticsTable(all, look)
                     .toText({.width = look.width, .colours = hasColours(Stream::Out)})
                     .split(u'\n', Qt::SkipEmptyParts);
    } else {
        for (const QJsonObject& one : all) {
            lines += statisticsLines(one, look) + QStringList{QString{}};
            if (selection.checkpoints > 0)
                lines += checkpointTable(one)
                             .toText({.width = look.width, .colours = false})
                             .split(u'\n', Qt::SkipEmptyParts);
        }
    }
    const qsizetype height = std::max(rows(Stream::Out), 4);
    if (lines.size() > height - 1) {
        const qsizetype left = lines.size() - height + 2;
        lines = lines.first(height - 2);
        lines += fitted(u"… and %1 more lines; make the window higher"_s.arg(left), look.width);
    }
    return lines;
}

/// It is not paired any more; while lockstepd does not answer nobody knows.
bool isGone(Daemon& daemon, const sdbus::ObjectPath& path)
{
    const auto now = daemon.pairs();
    return now && std::ranges::none_of(*now, [&path](const RemoteObject& pair) {
               return pair.path == path;
           });
}

class View final
{
public:
    View(StatisticsSelection selection, bool json)
        : m_selection{std::move(selection)}, m_json{json},
          m_inPlace{!json && hasCursor(Stream::Out)}
    {
        if (m_inPlace)
            m_page.emplace();
    }
    /// Leaves the last state on the terminal.
    ~View()
    {
        if (!m_inPlace)
            return;
        m_page.reset();
        statisticsTable(m_all, {.width = columns(Stream::Out), .letters = usualLetters()}).print();
    }
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    void show(const QList<QJsonObject>& all)
    {
        m_all = all;
        if (m_gone && !m_inPlace)
            writeLine(Stream::Err, u"lockstepd is back"_s);
        m_gone = false;
        if (m_inPlace) {
            write(Stream::Out,
                  topLeft + pageOf(all, m_selection).join(clearLine + u'\n') + clearLine + u'\n'
                      + clearBelow);
        } else if (m_json) {
            for (const QJsonObject& one : all)
                printJsonLine(one);
        } else {
            statisticsTable(all, {.width = columns(Stream::Out), .letters = usualLetters()})
                .print();
        }
    }
    void showGone()
    {
        if (m_gone)
            return;
        m_gone = true;
        const QString text = u"lockstepd is gone; waiting for it"_s;
        if (m_inPlace)
            write(Stream::Out, topLeft + text + clearLine);
        else
            writeLine(Stream::Err, text);
    }

private:
    StatisticsSelection m_selection;
    bool m_json;
    bool m_inPlace;
    std::optional<OtherPage> m_page;
    bool m_gone{false};
    QList<QJsonObject> m_all;
};

/// Until it is time to look again, or somebody wants to end it.
Result<void> waitUntil(Daemon& daemon, Clock::time_point until)
{
    while (Clock::now() < until && Interrupt::count() == 0) {
        if (const auto done = daemon.dispatch(tick); !done)
            return done;
    }
    return {};
}

} // namespace

Result<QList<QJsonObject>> selectStatistics(Daemon& daemon, const StatisticsSelection& selection)
{
    const auto pairs = pairsOf(daemon, selection.domains);
    if (!pairs)
        return std::unexpected{pairs.error()};
    QList<QJsonObject> all;
    for (const RemoteObject& pair : *pairs) {
        auto one = daemon.statistics(
            pair.path,
            {.since = QDateTime::currentDateTime().addMSecs(-selection.length.count()),
             .points = points,
             .checkpoints = selection.checkpoints});
        if (!one && selection.domains.isEmpty() && isGone(daemon, pair.path))
            continue;
        if (!one)
            return std::unexpected{one.error()};
        for (const auto& key : {u"uuid"_s, u"domain"_s, u"role"_s, u"state"_s, u"peer-name"_s})
            one->insert(key, pair.properties[key]);
        all.append(*std::move(one));
    }
    return all;
}

Result<int> watchStatistics(Daemon& daemon, const StatisticsSelection& selection, bool json)
{
    const Interrupt interrupt;
    auto all = selectStatistics(daemon, selection);
    if (!all)
        return std::unexpected{all.error()};
    {
        View view{selection, json};
        view.show(*all);
        while (Interrupt::count() == 0) {
            if (const auto done = waitUntil(daemon, Clock::now() + period); !done)
                return std::unexpected{done.error()};
            if (Interrupt::count() > 0)
                break;
            const Hurry hurry{daemon};
            all = selectStatistics(daemon, selection);
            if (all)
                view.show(*all);
            else if (all.error().code() == Errc::DaemonUnavailable)
                view.showGone();
            else if (all.error().code() != Errc::Timeout) // it hangs: asked again
                return std::unexpected{all.error()};
        }
    }
    (void)Interrupt::takeCtrlC(); // this is how it ends
    return 0;
}

} // namespace lockstep::cli
