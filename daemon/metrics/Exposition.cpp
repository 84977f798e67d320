// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics/Exposition.h"

#include "metrics/OpenMetrics.h"
#include "statistics/PairStatistics.h"

#include <array>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

using Family = OpenMetrics::Family;
using Type = OpenMetrics::Type;
using Labels = OpenMetrics::Labels;

constexpr double perSecond = 1e6;

// docs/metrics.md and packaging/grafana name them; tests/lint/check-metrics compares.
constexpr Family build{"lockstep_build", Type::Info, "", "Version of lockstepd."};
constexpr Family pairInfo{"lockstep_pair", Type::Info, "",
                          "What a pair is, and what this host is to it."};
constexpr Family pairState{"lockstep_pair_state", Type::StateSet, "", "How a pair is."};
constexpr Family pairConnected{"lockstep_pair_peer_connected", Type::Gauge, "",
                               "Whether the control channel to the pair's other host is up."};
constexpr Family pairEpoch{"lockstep_pair_epoch", Type::Gauge, "",
                           "Grows with each change of who may run the domain."};
constexpr Family checkpoints{"lockstep_checkpoints", Type::Counter, "", "Checkpoints, by reason."};
constexpr Family stopped{"lockstep_checkpoint_stopped_seconds", Type::Histogram, "seconds",
                         "How long this host's copy of the guest stood still for a checkpoint."};
constexpr Family memory{"lockstep_checkpoint_memory_bytes", Type::Histogram, "bytes",
                        "Bytes on the migration's connection for a checkpoint."};
constexpr Family hold{"lockstep_checkpoint_hold_seconds", Type::Histogram, "seconds",
                      "No packet that a checkpoint let go had waited longer."};
constexpr Family traffic{"lockstep_replication_bytes", Type::Counter, "bytes",
                         "Bytes on QEMU's connections to the other host, both ways."};
constexpr Family released{"lockstep_released_packets", Type::Counter, "packets",
                          "Packets that left while the guest stood still: they had been held."};
constexpr Family peerUp{"lockstep_peer_up", Type::Gauge, "",
                        "Whether the control channel to another host is up."};
constexpr Family roundTrip{"lockstep_peer_round_trip_seconds", Type::Gauge, "seconds",
                           "Round trip of heartbeats over a path."};
constexpr Family loss{"lockstep_peer_loss_ratio", Type::Gauge, "ratio",
                      "Share of heartbeats that were lost on a path."};

constexpr std::array states{PairState::Preparing, PairState::Copying,     PairState::Confirming,
                            PairState::Protected, PairState::Interrupted, PairState::TakingOver,
                            PairState::Merging,   PairState::Alone,       PairState::Stale,
                            PairState::Undoing,   PairState::Off};

/// A domain may be defined anew, under a name that another pair still has.
Labels labelsOf(const PairView& pair)
{
    return {{"domain", pair.domain}, {"uuid", toString(pair.uuid)}};
}

Labels with(Labels labels, const QByteArray& name, const QString& value)
{
    labels.emplaceBack(name, value);
    return labels;
}

void addPairs(OpenMetrics& text, const QList<PairView>& pairs)
{
    text.begin(pairInfo);
    for (const PairView& pair : pairs)
        text.sample(labelsOf(pair)
                        + Labels{{"role", toString(pair.role)},
                                 {"peer", pair.peerName},
                                 {"mode", pair.mode},
                                 {"mode_in_force", pair.modeInForce},
                                 {"arbiter", pair.arbiter}},
                    1);
    text.begin(pairState);
    for (const PairView& pair : pairs) {
        for (const PairState state : states)
            text.sample(with(labelsOf(pair), pairState.name, toString(state)),
                        pair.state == state ? 1 : 0);
    }
    text.begin(pairConnected);
    for (const PairView& pair : pairs)
        text.sample(labelsOf(pair), pair.peerConnected ? 1 : 0);
    text.begin(pairEpoch);
    for (const PairView& pair : pairs)
        text.sample(labelsOf(pair), double(pair.epoch.value));
}

/// Of this run only: after a power cut what was stored may be less than what was told before, and
/// Prometheus would take it for a counter that has begun anew, and count all of it once more.
struct Recorded
{
    Labels labels;
    const LifetimeFigures* figures;
};

void addCounters(OpenMetrics& text, const QList<Recorded>& all)
{
    text.begin(checkpoints);
    for (const Recorded& pair : all) {
        const auto& counts = pair.figures->checkpoints;
        for (std::size_t n = 0; n < counts.size(); ++n)
            text.sample(with(pair.labels, "reason", toString(static_cast<CheckpointReason>(n))),
                        double(counts.at(n)));
    }
    text.begin(traffic);
    for (const Recorded& pair : all) {
        text.sample(with(pair.labels, "channel", u"memory"_s), double(pair.figures->memory));
        text.sample(with(pair.labels, "channel", u"disk"_s), double(pair.figures->disk));
    }
    text.begin(released);
    for (const Recorded& pair : all)
        text.sample(pair.labels, double(pair.figures->released));
}

/// Of `unit` there are so many in what the family counts in.
void addHistogram(OpenMetrics& text, const Family& family, const QList<Recorded>& all,
                  Figure figure, double unit)
{
    constexpr double beyondNumbers = 1e10; // see OpenMetrics::number()
    text.begin(family);
    for (const Recorded& pair : all) {
        const Distribution* const found = pair.figures->distributions.find(figure);
        if (!found)
            continue;
        const auto octaves = found->octaves();
        for (const auto& bucket : octaves) {
            if (bucket.upTo < beyondNumbers)
                text.sample("_bucket",
                            with(pair.labels, "le",
                                 QString::fromLatin1(OpenMetrics::number(bucket.upTo / unit))),
                            double(bucket.count));
        }
        text.sample("_bucket", with(pair.labels, "le", u"+Inf"_s), double(found->count()));
        text.sample("_count", pair.labels, double(found->count()));
        text.sample("_sum", pair.labels, found->sum() / unit);
    }
}

void addPeers(OpenMetrics& text, QList<PeerInfo> peers)
{
    constexpr double perCent = 100;
    // Anybody may ask to be one, under any name, and is no reason to wake somebody.
    peers.removeIf([](const PeerInfo& peer) { return peer.trust == PeerTrust::Asked; });
    text.begin(peerUp);
    for (const PeerInfo& peer : std::as_const(peers))
        text.sample({{"peer", peer.name}}, peer.connected ? 1 : 0);
    const auto addPaths = [&text, &peers](const Family& family, const auto& figureOf) {
        text.begin(family);
        for (const PeerInfo& peer : std::as_const(peers)) {
            for (const PathView& path : peer.heartbeat.paths) {
                if (path.up)
                    text.sample({{"peer", peer.name}, {"path", path.name}}, figureOf(path));
            }
        }
    };
    addPaths(roundTrip,
             [](const PathView& path) { return double(path.roundTrip.count()) / perSecond; });
    addPaths(loss, [](const PathView& path) { return path.lossPercent / perCent; });
}

} // namespace

QByteArray exposition(const PairService& pairs, const Peers& peers)
{
    OpenMetrics text;
    text.begin(build);
    text.sample({{"version", QStringLiteral(LOCKSTEP_VERSION)}}, 1);
    const auto views = pairs.pairs();
    addPairs(text, views);
    const LifetimeFigures nothing; // a series begins at 0, not with what happened first
    QList<Recorded> recorded;
    for (const PairView& pair : views) {
        const PairStatistics* const found = pairs.statistics(pair.uuid);
        recorded.append(
            {.labels = labelsOf(pair), .figures = found ? &found->thisRun() : &nothing});
    }
    addCounters(text, recorded);
    addHistogram(text, stopped, recorded, Figure::Stopped, perSecond);
    addHistogram(text, memory, recorded, Figure::Memory, 1);
    addHistogram(text, hold, recorded, Figure::Hold, perSecond);
    addPeers(text, peers.peers());
    return text.finish();
}

} // namespace lockstep
