// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Fakes.h"

#include <QTimeZone>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QDateTime sampleTime{QDate{2026, 11, 20}, QTime{18, 40}, QTimeZone::UTC};
const DomainUuid web1{QUuid{u"6ad1c0f4-6d2b-4f9e-9a51-3f3a5f0c0001"_s}};

} // namespace

PairView samplePair()
{
    PairView view;
    view.uuid = web1;
    view.domain = u"web1"_s;
    view.state = PairState::Protected;
    view.reason = u"the shadow on beta is in step"_s;
    view.peerName = u"beta"_s;
    view.peer = samplePeer().id;
    view.peerConnected = true;
    view.epoch = Epoch{3};
    view.arbiter = u"etcd"_s;
    view.onArbiterLoss = u"primary-continues"_s;
    view.autoProtect = true;
    view.idlePeriod = 20s;
    view.compareTimeout = 300ms;
    view.scanCycle = 50ms;
    view.queueLimit = 1'024;
    view.reuseDisks = true;
    view.arbiterRejections = 3;
    view.suspended = true;
    view.disks = {{.target = u"vda"_s,
                   .source = u"/var/lib/libvirt/images/web1.qcow2"_s,
                   .replica = u"/var/lib/lockstep/images/web1-vda.qcow2"_s,
                   .size = Bytes::fromMiB(4096)}};
    view.nics = {{.mac = u"52:54:00:00:00:01"_s, .bridge = u"br0"_s, .alias = u"net0"_s}};
    view.since = sampleTime;
    view.checkpoints = 12;
    view.lastMinute = {{u"seconds"_s, 60}, {u"checkpoints"_s, 2}, {u"stopped-usec"_s, 60'000}};
    return view;
}

PeerInfo samplePeer()
{
    PeerInfo info;
    info.id = PeerId{u"b1"_s.repeated(32)};
    info.name = u"beta"_s;
    info.address = u"10.0.0.2"_s;
    info.port = 7411;
    info.trust = PeerTrust::Trusted;
    info.connected = true;
    info.localAddress = QHostAddress{u"10.0.0.1"_s};
    info.remoteAddress = QHostAddress{u"10.0.0.2"_s};
    info.version = u"0.1.0"_s;
    info.heartbeat = {.health = PeerHealth::Alive,
                      .reason = u"heartbeats come as they should"_s,
                      .settings = {},
                      .paths = {PathView{.name = u"dedicated"_s,
                                         .localAddress = info.localAddress,
                                         .remoteAddress = info.remoteAddress,
                                         .up = true,
                                         .roundTrip = std::chrono::microseconds{210},
                                         .leastRoundTrip = std::chrono::microseconds{120},
                                         .mostRoundTrip = std::chrono::microseconds{1900},
                                         .lossPercent = 0.5}},
                      .rejected = {{u"forged"_s, 2}}};
    return info;
}

JobView sampleJob()
{
    JobView view;
    view.id = JobId{1};
    view.kind = u"protect"_s;
    view.domain = u"web1"_s;
    view.uuid = web1;
    view.phase = u"copy disk vda"_s;
    view.progress = 0.25;
    view.bytesDone = Bytes::fromMiB(1024);
    view.bytesTotal = Bytes::fromMiB(4096);
    view.cancellable = true;
    view.started = sampleTime;
    return view;
}

ConfigView sampleConfiguration(const QString& file)
{
    return {.file = file.isEmpty() ? u"/etc/lockstep/lockstepd.conf"_s : file,
            .settings = {{.key = u"control.port"_s,
                          .value = u"7000"_s,
                          .usual = u"49500"_s,
                          .isFromFile = true,
                          .unit = {},
                          .allowed = u"a number from 1 to 65535"_s,
                          .isSecret = false},
                         {.key = u"fence.beta.options.passwd"_s,
                          .value = u"(set)"_s,
                          .usual = {},
                          .isFromFile = true,
                          .unit = {},
                          .allowed = u"what the agent's manual has"_s,
                          .isSecret = true}}};
}

Checkpoint sampleCheckpoint(qint64 time)
{
    Checkpoint checkpoint;
    checkpoint.time = time;
    checkpoint.memory = 3'000'000;
    checkpoint.disk = 40'960;
    checkpoint.stopped = 30'000;
    checkpoint.released = quint64{4};
    checkpoint.hold = quint64{350'000};
    checkpoint.reason = CheckpointReason::Difference;
    return checkpoint;
}

PairEvent sampleEvent()
{
    PairEvent event;
    event.time = sampleTime;
    event.kind = EventKind::State;
    event.uuid = web1;
    event.domain = u"web1"_s;
    event.text = u"from confirming to protected: the shadow on beta is in step"_s;
    event.role = Role::Primary;
    event.state = PairState::Protected;
    event.epoch = Epoch{3};
    event.peer = u"beta"_s;
    return event;
}

} // namespace lockstep::test
