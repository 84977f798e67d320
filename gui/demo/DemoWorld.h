// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QRandomGenerator>

namespace lockstep::gui {

/// What the demo invents. The same each time, but for times: they are counted from `now`.
class DemoWorld final
{
public:
    explicit DemoWorld(const QDateTime& now) : m_now{now} { }

    [[nodiscard]] static Host host();
    [[nodiscard]] QList<Peer> peers() const;
    /// `count` of them: mostly protected, some of each other state.
    [[nodiscard]] QList<Pair> pairs(int count);
    /// Oldest first; of the last day.
    [[nodiscard]] QList<Event> history(const QList<Pair>& pairs);
    /// Those of the pairs, and some that are not protected.
    [[nodiscard]] static QList<Domain> domains(const QList<Pair>& pairs);

    [[nodiscard]] static QString pairId(const QString& uuid);
    [[nodiscard]] static QString jobId(quint64 number);
    [[nodiscard]] static Event event(quint64 id, const QDateTime& time, const Pair& pair,
                                     const QString& severity, const QString& text);

    [[nodiscard]] static Preflight preflight(const ProtectRequest& request);
    [[nodiscard]] static QList<PlanStep> plan(const ProtectRequest& request);
    [[nodiscard]] static QList<Finding> doctor();
    [[nodiscard]] static Configuration configuration();
    [[nodiscard]] static Statistics statistics(const Pair& pair, const StatisticsQuery& query,
                                               const QDateTime& now);
    /// What that pair's guest costs in a minute that ends at `now`.
    [[nodiscard]] static Sums lastMinute(const Pair& pair, const QDateTime& now);

private:
    [[nodiscard]] Pair pair(int number);

    QDateTime m_now;
    QRandomGenerator m_dice{20'261'120};
};

} // namespace lockstep::gui
