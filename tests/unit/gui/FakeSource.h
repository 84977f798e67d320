// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Source.h"

namespace lockstep::test {

/// A source that knows what the test puts in, and answers as the test has prepared.
class FakeSource final : public gui::Source
{
    Q_OBJECT
public:
    using Source::dropJob;
    using Source::dropPair;
    using Source::dropPeer;
    using Source::put;
    using Source::setConnected;
    using Source::setGone;

    QStringList calls; ///< E.g. "takeOver /pair/web1".
    std::optional<Error> refusal; ///< What every call fails with.
    QList<gui::Domain> knownDomains;
    QList<gui::Event> history; ///< Oldest first.
    gui::Preflight found;
    bool waitsForRetry{false};

    FakeSource();
    /// Connected as "alpha".
    void start() override;
    [[nodiscard]] bool needsRetry() const override { return waitsForRetry; }
    void retry() override { calls << QStringLiteral("retry"); }
    /// Adds it to the history, with the next id, and returns it as it is there.
    gui::Event record(const QString& domain, const QString& text);
    /// What lockstepd would announce.
    void tell(const QList<gui::Event>& events) { Q_EMIT eventsCame(events); }

    gui::Answer<QList<gui::Domain>> domains() override;
    gui::Answer<QList<gui::Event>> events(gui::EventQuery query) override;
    gui::Answer<gui::Statistics> statistics(const QString& pair,
                                            gui::StatisticsQuery query) override;
    gui::Answer<gui::Configuration> configuration() override;
    gui::Answer<QList<gui::Finding>> doctor(const QStringList& hosts) override;
    gui::Answer<gui::Preflight> preflight(const gui::ProtectRequest& request) override;
    gui::Answer<QList<gui::PlanStep>> plan(const gui::ProtectRequest& request) override;
    gui::Answer<QString> protect(const gui::ProtectRequest& request) override;
    gui::Answer<QString> unprotect(const QString& pair) override;
    gui::Answer<QString> switchOver(const QString& pair) override;
    gui::Answer<QString> takeOver(const QString& pair) override;
    gui::Answer<QString> continueAlone(const QString& pair, bool force) override;
    gui::Answer<QString> drainHost() override;
    gui::Answer<void> cancelJob(const QString& job) override;
    gui::Answer<void> setSettings(const QString& pair, const QJsonObject& settings) override;
    gui::Answer<gui::Probe> probePeer(const QString& address) override;
    gui::Answer<QString> addPeer(const QString& address, const QString& fingerprint,
                                 const QString& name) override;
    gui::Answer<void> acceptPeer(const QString& peer, const QString& fingerprint) override;
    gui::Answer<void> setHeartbeat(const QString& peer,
                                   const gui::HeartbeatChange& change) override;
    gui::Answer<void> removePeer(const QString& peer) override;

private:
    template <typename T>
    gui::Answer<T> answer(const QString& call, Result<T> result);
};

/// A pair "web1" towards "beta", protected, seen from the primary's host.
[[nodiscard]] gui::Pair samplePair(const QString& domain = QStringLiteral("web1"));
/// "beta", trusted and alive.
[[nodiscard]] gui::Peer samplePeer(const QString& name = QStringLiteral("beta"));
/// One that protects samplePair(domain), a quarter done.
[[nodiscard]] gui::Job sampleJob(const QString& domain = QStringLiteral("web1"));

} // namespace lockstep::test
