// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QFuture>
#include <QHash>
#include <QObject>
#include <QSet>

#include <utility>

namespace lockstep::gui {

/// What a call comes to, in the caller's thread. Use it so that it ends with the caller:
/// `source.protect(request).then(this, [this](Result<QString> job) { ... })`. It is never answered
/// if the source is destroyed before.
template <typename T>
using Answer = QFuture<Result<T>>;

/// One lockstepd, or something that behaves like one: what it tells, and what can be asked of it.
/// Nothing here waits. While it is Gone what was known last stays, so that it can be shown as such;
/// calls then fail with DaemonUnavailable. Errors have the names, messages and remedies of
/// lockstepd. All in the main thread.
class Source : public QObject
{
    Q_OBJECT
public:
    enum class Link {
        Connecting, ///< Nothing is known yet.
        Connected,
        Gone, ///< whyGone() tells why; it comes back by itself unless needsRetry().
    };

    [[nodiscard]] Link link() const { return m_link; }
    [[nodiscard]] bool isConnected() const { return m_link == Link::Connected; }
    [[nodiscard]] const std::optional<Error>& whyGone() const { return m_whyGone; }
    /// Whether somebody has to call retry(): another host did not let us in, and would ask for a
    /// password each time.
    [[nodiscard]] virtual bool needsRetry() const { return false; }
    virtual void retry() { }
    /// Whether all of it is invented.
    [[nodiscard]] virtual bool isDemo() const { return false; }
    /// What `lockstep --connect` would be given; empty for this host.
    [[nodiscard]] virtual QString target() const { return {}; }
    virtual void start() = 0;

    [[nodiscard]] const Host& host() const { return m_host; }
    [[nodiscard]] QList<Pair> pairs() const { return m_pairs.values(); }
    [[nodiscard]] QList<Peer> peers() const { return m_peers.values(); }
    [[nodiscard]] QList<Job> jobs() const { return m_jobs.values(); }
    /// These are nothing if there is no such object; good until the next signal.
    [[nodiscard]] const Pair* pair(const QString& id) const { return find(m_pairs, id); }
    [[nodiscard]] const Peer* peer(const QString& id) const { return find(m_peers, id); }
    [[nodiscard]] const Job* job(const QString& id) const { return find(m_jobs, id); }
    /// The job that works on this domain now, if one does.
    [[nodiscard]] const Job* runningJob(const QString& uuid) const;

    virtual Answer<QList<Domain>> domains() = 0;
    virtual Answer<QList<Event>> events(EventQuery query) = 0;
    virtual Answer<Statistics> statistics(const QString& pair, StatisticsQuery query) = 0;
    virtual Answer<Configuration> configuration() = 0;
    /// Of these hosts; of all if none is named.
    virtual Answer<QList<Finding>> doctor(const QStringList& hosts) = 0;

    virtual Answer<Preflight> preflight(const ProtectRequest& request) = 0;
    virtual Answer<QList<PlanStep>> plan(const ProtectRequest& request) = 0;
    /// These return the job's id.
    virtual Answer<QString> protect(const ProtectRequest& request) = 0;
    virtual Answer<QString> unprotect(const QString& pair) = 0;
    virtual Answer<QString> switchOver(const QString& pair) = 0;
    virtual Answer<QString> takeOver(const QString& pair) = 0;
    virtual Answer<QString> continueAlone(const QString& pair, bool force) = 0;
    virtual Answer<QString> drainHost() = 0;
    virtual Answer<void> cancelJob(const QString& job) = 0;
    /// By name, as base/PairSettingTable.h has them.
    virtual Answer<void> setSettings(const QString& pair, const QJsonObject& settings) = 0;

    virtual Answer<Probe> probePeer(const QString& address) = 0;
    /// Its id. `name` is empty for its own.
    virtual Answer<QString> addPeer(const QString& address, const QString& fingerprint,
                                    const QString& name) = 0;
    virtual Answer<void> acceptPeer(const QString& peer, const QString& fingerprint) = 0;
    virtual Answer<void> setHeartbeat(const QString& peer, const HeartbeatChange& change) = 0;
    virtual Answer<void> removePeer(const QString& peer) = 0;

Q_SIGNALS:
    /// link(), whyGone() or host() are others now.
    void linkChanged();
    void pairAdded(const lockstep::gui::Pair& pair);
    void pairChanged(const lockstep::gui::Pair& before, const lockstep::gui::Pair& now);
    void pairRemoved(const lockstep::gui::Pair& last);
    void peerAdded(const lockstep::gui::Peer& peer);
    void peerChanged(const lockstep::gui::Peer& before, const lockstep::gui::Peer& now);
    void peerRemoved(const lockstep::gui::Peer& last);
    void jobAdded(const lockstep::gui::Job& job);
    void jobChanged(const lockstep::gui::Job& before, const lockstep::gui::Job& now);
    void jobRemoved(const lockstep::gui::Job& last);
    /// Oldest first. Some may be missing before those of one signal, also after lockstepd was
    /// gone: events() with `since` has them.
    void eventsCame(const QList<lockstep::gui::Event>& events);

protected:
    using QObject::QObject;

    /// What has come of an object: announces it if it is new, or another than before.
    void put(const Pair& pair);
    void put(const Peer& peer);
    void put(const Job& job);
    void dropPair(const QString& id);
    void dropPeer(const QString& id);
    void dropJob(const QString& id);
    /// Drops what is not in `ids`: after lockstepd was gone.
    void keepOnly(const QSet<QString>& ids);
    void setConnected(const Host& host);
    void setConnecting();
    void setGone(const Error& why);

    /// For calls that come to something at once.
    template <typename T>
    [[nodiscard]] static Answer<T> answered(Result<T> result)
    {
        return QtFuture::makeReadyValueFuture(std::move(result));
    }

private:
    template <typename Thing>
    static const Thing* find(const QHash<QString, Thing>& all, const QString& id)
    {
        const auto found = all.constFind(id);
        return found == all.cend() ? nullptr : &*found;
    }

    Link m_link{Link::Connecting};
    std::optional<Error> m_whyGone;
    Host m_host;
    QHash<QString, Pair> m_pairs;
    QHash<QString, Peer> m_peers;
    QHash<QString, Job> m_jobs;
};

} // namespace lockstep::gui
