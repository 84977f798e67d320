// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/demo/DemoWorld.h"
#include "gui/source/Source.h"

#include <QTimer>

#include <functional>

namespace lockstep::gui {

/// Invented hosts and pairs that live: figures change five times a second, jobs come forward, and
/// now and then a host seems to be lost. What is asked for happens to what is invented. For trying
/// out, for screenshots, and to measure the program with many pairs.
class DemoSource final : public Source
{
    Q_OBJECT
public:
    static constexpr int usualPairs = 12;
    static constexpr int mostPairs = 10'000;

    explicit DemoSource(int pairs = usualPairs, QObject* parent = nullptr);

    void start() override;
    [[nodiscard]] bool isDemo() const override { return true; }
    /// Lets nothing happen but what is asked for, so that a screenshot is the same each time.
    void holdStill();

    Answer<QList<Domain>> domains() override;
    Answer<QList<Event>> events(EventQuery query) override;
    Answer<Statistics> statistics(const QString& pair, StatisticsQuery query) override;
    Answer<Configuration> configuration() override;
    Answer<QList<Finding>> doctor(const QStringList& hosts) override;
    Answer<Preflight> preflight(const ProtectRequest& request) override;
    Answer<QList<PlanStep>> plan(const ProtectRequest& request) override;
    Answer<QString> protect(const ProtectRequest& request) override;
    Answer<QString> unprotect(const QString& pair) override;
    Answer<QString> switchOver(const QString& pair) override;
    Answer<QString> takeOver(const QString& pair) override;
    Answer<QString> continueAlone(const QString& pair, bool force) override;
    Answer<QString> drainHost() override;
    Answer<void> cancelJob(const QString& job) override;
    Answer<void> setSettings(const QString& pair, const QJsonObject& settings) override;
    Answer<Probe> probePeer(const QString& address) override;
    Answer<QString> addPeer(const QString& address, const QString& fingerprint,
                            const QString& name) override;
    Answer<void> acceptPeer(const QString& peer, const QString& fingerprint) override;
    Answer<void> setHeartbeat(const QString& peer, const HeartbeatChange& change) override;
    Answer<void> removePeer(const QString& peer) override;

private:
    /// What becomes of a pair when its job is done.
    using End = std::function<void(Pair&)>;

    void tick();
    void moveFigures();
    void moveLinks();
    void moveJobs();
    void moveStory();
    void enter(Pair pair, const QString& state, const QString& reason,
               const QString& severity = QStringLiteral("info"));
    QString begin(const QString& kind, const Pair& pair, bool cancellable, End end);
    void end(Job job, const QString& state);
    [[nodiscard]] Answer<QString> onPair(const QString& id, const QString& kind, End end);
    [[nodiscard]] static Error unknown(Errc code);

    int m_count;
    QTimer m_tick;
    int m_ticks{0};
    quint64 m_lastJob{0};
    QList<Event> m_history;
    QHash<QString, End> m_ends; ///< By job.
    QString m_hero; ///< The pair that a story is told of.
    bool m_isStill{false};
};

} // namespace lockstep::gui
