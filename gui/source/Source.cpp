// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/Source.h"

#include <algorithm>

namespace lockstep::gui {

namespace {

/// Calls `added` or `changed` if `thing` is news.
template <typename Thing, typename Added, typename Changed>
void putInto(QHash<QString, Thing>& all, const Thing& thing, Added added, Changed changed)
{
    const auto found = all.find(thing.id);
    if (found == all.end()) {
        all.insert(thing.id, thing);
        added();
    } else if (*found != thing) {
        const Thing before = std::exchange(*found, thing);
        changed(before);
    }
}

template <typename Thing>
QStringList others(const QHash<QString, Thing>& all, const QSet<QString>& ids)
{
    QStringList found;
    for (auto one = all.cbegin(); one != all.cend(); ++one) {
        if (!ids.contains(one.key()))
            found << one.key();
    }
    return found;
}

} // namespace

const Job* Source::runningJob(const QString& uuid) const
{
    const auto found = std::ranges::find_if(
        m_jobs, [&uuid](const Job& job) { return job.isRunning() && job.uuid == uuid; });
    return found == m_jobs.end() ? nullptr : &*found;
}

void Source::put(const Pair& pair)
{
    putInto(
        m_pairs, pair, [&] { Q_EMIT pairAdded(pair); },
        [&](const Pair& before) { Q_EMIT pairChanged(before, pair); });
}

void Source::put(const Peer& peer)
{
    putInto(
        m_peers, peer, [&] { Q_EMIT peerAdded(peer); },
        [&](const Peer& before) { Q_EMIT peerChanged(before, peer); });
}

void Source::put(const Job& job)
{
    putInto(
        m_jobs, job, [&] { Q_EMIT jobAdded(job); },
        [&](const Job& before) { Q_EMIT jobChanged(before, job); });
}

void Source::dropPair(const QString& id)
{
    if (m_pairs.contains(id))
        Q_EMIT pairRemoved(m_pairs.take(id));
}

void Source::dropPeer(const QString& id)
{
    if (m_peers.contains(id))
        Q_EMIT peerRemoved(m_peers.take(id));
}

void Source::dropJob(const QString& id)
{
    if (m_jobs.contains(id))
        Q_EMIT jobRemoved(m_jobs.take(id));
}

void Source::keepOnly(const QSet<QString>& ids)
{
    for (const QString& id : others(m_pairs, ids))
        dropPair(id);
    for (const QString& id : others(m_jobs, ids))
        dropJob(id);
    for (const QString& id : others(m_peers, ids))
        dropPeer(id);
}

void Source::setConnected(const Host& host)
{
    m_host = host;
    m_link = Link::Connected;
    m_whyGone.reset();
    Q_EMIT linkChanged();
}

void Source::setConnecting()
{
    m_link = Link::Connecting;
    Q_EMIT linkChanged();
}

void Source::setGone(const Error& why)
{
    if (m_link == Link::Gone && m_whyGone == why)
        return;
    m_link = Link::Gone;
    m_whyGone = why;
    Q_EMIT linkChanged();
}

} // namespace lockstep::gui
