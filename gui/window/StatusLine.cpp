// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/StatusLine.h"

#include "gui/look/StateLook.h"

#include <algorithm>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

StatusLine::StatusLine(Workbench& bench, QWidget* parent)
    : QStatusBar{parent}, m_bench{bench}, m_link{new QLabel}, m_pairs{new QLabel},
      m_jobs{new QLabel}
{
    m_link->setAccessibleName(tr("Connection"));
    m_pairs->setAccessibleName(tr("Pairs"));
    m_jobs->setAccessibleName(tr("Running jobs"));
    addPermanentWidget(m_jobs);
    addPermanentWidget(m_pairs);
    addPermanentWidget(m_link);
    constexpr std::chrono::milliseconds pause{100};
    m_soon.setSingleShot(true);
    m_soon.setInterval(pause);
    connect(&m_soon, &QTimer::timeout, this, &StatusLine::tell);
    const auto soon = [this] {
        if (!m_soon.isActive())
            m_soon.start();
    };
    const Source& source = bench.source;
    connect(&source, &Source::linkChanged, this, &StatusLine::tell);
    connect(&source, &Source::pairAdded, this, soon);
    connect(&source, &Source::pairRemoved, this, soon);
    connect(&source, &Source::pairChanged, this, [soon](const Pair& before, const Pair& now) {
        if (before.state != now.state)
            soon();
    });
    connect(&source, &Source::jobAdded, this, soon);
    connect(&source, &Source::jobRemoved, this, soon);
    connect(&source, &Source::jobChanged, this, [soon](const Job& before, const Job& now) {
        if (before.state != now.state)
            soon();
    });
    tell();
}

QString StatusLine::linkText() const
{
    const Source& source = m_bench.source;
    switch (source.link()) {
    case Source::Link::Connecting:
        return tr("Connecting");
    case Source::Link::Gone:
        return tr("lockstepd does not answer");
    case Source::Link::Connected:
        break;
    }
    return tr("%1, lockstepd %2").arg(source.host().name, source.host().version);
}

QString StatusLine::pairsText() const
{
    const QList<Pair> pairs = m_bench.source.pairs();
    const auto needy = std::ranges::count_if(
        pairs, [](const Pair& pair) { return pairLook(pair.state).tone >= Tone::Warning; });
    const auto good =
        std::ranges::count_if(pairs, [](const Pair& pair) { return pair.state == "protected"_L1; });
    const QString all = tr("Protected: %1 of %2").arg(good).arg(pairs.size());
    return needy == 0 ? all : tr("%1, in need of somebody: %2").arg(all).arg(needy);
}

QString StatusLine::jobsText() const
{
    const QList<Job> jobs = m_bench.source.jobs();
    const auto running = std::ranges::count_if(jobs, &Job::isRunning);
    return running == 0 ? QString{} : tr("Jobs running: %1").arg(running);
}

void StatusLine::tell()
{
    m_link->setText(linkText());
    m_pairs->setText(pairsText());
    m_jobs->setText(jobsText());
}

} // namespace lockstep::gui
