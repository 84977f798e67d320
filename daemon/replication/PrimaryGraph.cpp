// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryGraph.h"

#include "replication/ChangeMaps.h"
#include "replication/CheckpointWatch.h"
#include "replication/DriveSwap.h"
#include "replication/Names.h"
#include "replication/PrimaryDisks.h"
#include "replication/PrimaryMigration.h"
#include "replication/PrimaryNetwork.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The first one may leave the shadow in disorder: docs/qemu.md, trap 13.
constexpr int firstCheckpoints = 3;
constexpr auto firstCheckpointDeadline = 60s;

} // namespace

PrimaryGraph::PrimaryGraph(Hypervisor& hypervisor, ReplicationSpec spec, QString host)
    : m_hypervisor{hypervisor}, m_spec{std::move(spec)}, m_host{std::move(host)},
      m_qmp{hypervisor.monitor(m_spec.uuid)}
{ }

void PrimaryGraph::addSteps(Plan& plan)
{
    const auto add = [&](const QString& title, double weight, auto act, const QString& undoTitle,
                         auto undo) {
        plan.add({m_host, title, undoTitle, std::move(act), std::move(undo), weight});
    };
    add(
        u"load TLS credentials"_s, 1, [this](StepContext) { return loadCredentials(); },
        u"remove TLS credentials"_s, [this] { return m_qmp.removeObject(names::clientTls); });
    add(
        u"connect to the replicas"_s, 1, [this](StepContext) { return connectReplicas(); },
        u"disconnect from the replicas"_s, [this] { return disconnectReplicas(); });
    add(
        u"insert quorum over the disks"_s, 2, [this](StepContext) { return insertQuorum(); },
        u"give the disks their own nodes back"_s, [this] { return removeQuorum(); });
    add(
        copyTitle, 60, [this](StepContext context) { return copyDisks(std::move(context)); },
        u"cancel the copy"_s, [this] { return cancelCopy(); });
    add(
        u"connect the network channels"_s, 1, [this](StepContext) { return connectNetwork(); },
        u"disconnect the network channels"_s, [this] { return disconnectNetwork(); });
    add(
        u"add an iothread for comparing"_s, 1, [this](StepContext) { return addIoThread(); },
        u"remove the iothread"_s, [this] { return removeIoThread(); });
    add(
        u"add filters and compare"_s, 1, [this](StepContext) { return addFilters(); },
        u"remove filters and compare"_s, [this] { return removeFilters(); });
    add(
        u"configure the migration"_s, 1, [this](StepContext) { return configureMigration(); },
        u"reset the migration's settings"_s, [this] { return unconfigureMigration(); });
    add(
        u"copy memory"_s, 20,
        [this](StepContext context) { return copyMemory(std::move(context)); },
        u"cancel the migration"_s, [this] { return cancelMigration(); });
    add(
        u"replace the copy by replication"_s, 1, [this](StepContext) { return startReplication(); },
        u"stop replication"_s, [this] { return stopReplication(); });
    add(
        u"turn the filters on"_s, 1, [this](StepContext) { return setFiltering(true); },
        u"turn the filters off"_s, [this] { return setFiltering(false); });
    add(
        u"enter COLO"_s, 5, [this](StepContext context) { return enterColo(std::move(context)); },
        u"leave COLO"_s, [this] { return leaveColo(); });
    add(
        u"make the first checkpoints"_s, 1,
        [this](StepContext context) { return makeFirstCheckpoints(std::move(context)); }, QString{},
        std::function<Task<Result<void>>()>{});
}

Task<Result<void>> PrimaryGraph::stopHolding()
{
    LOCKSTEP_CO_CHECK(co_await setFiltering(false));
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).setKeeping(false);
}

Task<Result<void>> PrimaryGraph::goAlone()
{
    // Replication first: x-colo-lost-heartbeat must not find a child that still writes to nobody.
    LOCKSTEP_CO_CHECK(co_await PrimaryDisks(m_qmp, m_spec).stopReplication());
    co_return co_await PrimaryMigration(m_qmp, m_spec).end();
}

Task<Result<QStringList>> PrimaryGraph::leftovers()
{
    LOCKSTEP_CO_TRY(nodes, co_await m_qmp.nodes());
    LOCKSTEP_CO_TRY(objects, co_await m_qmp.objects());
    LOCKSTEP_CO_TRY(chardevs, co_await m_qmp.chardevs());
    QStringList found = (nodes + objects + chardevs).filter(names::prefix);
    found.removeIf([](const QString& name) { return name.endsWith(u"-rewriter"); });
    co_return found;
}

Task<Result<void>> PrimaryGraph::loadCredentials()
{
    const QJsonObject object{{u"qom-type"_s, u"tls-creds-x509"_s},
                             {u"id"_s, names::clientTls},
                             {u"endpoint"_s, u"client"_s},
                             {u"dir"_s, m_credentials},
                             {u"verify-peer"_s, true}};
    co_return co_await m_qmp.addObject(object);
}

Task<Result<void>> PrimaryGraph::insertQuorum()
{
    const DriveSwap swap{m_qmp, m_spec.disks};
    if (!DiskCopy(m_qmp, m_spec).isPartial())
        co_return co_await swap.insertQuorum();
    co_return co_await swap.insertQuorum(
        [](const DiskSpec& disk) { return names::follower(disk.target); });
}

Task<Result<void>> PrimaryGraph::removeQuorum()
{
    // A mirror that was begun below it would be left with what it stands on.
    LOCKSTEP_CO_CHECK(co_await DiskCopy(m_qmp, m_spec).cancel());
    co_return co_await DriveSwap(m_qmp, m_spec.disks).removeQuorum(m_resume);
}

Task<Result<void>> PrimaryGraph::connectReplicas()
{
    LOCKSTEP_CO_CHECK(co_await PrimaryDisks(m_qmp, m_spec).connectReplicas());
    co_return co_await DiskCopy(m_qmp, m_spec).follow();
}

Task<Result<void>> PrimaryGraph::disconnectReplicas()
{
    LOCKSTEP_CO_CHECK(co_await DiskCopy(m_qmp, m_spec).cancel());
    co_return co_await PrimaryDisks(m_qmp, m_spec).disconnectReplicas();
}

Task<Result<void>> PrimaryGraph::copyDisks(StepContext context)
{
    LOCKSTEP_CO_CHECK(co_await DiskCopy(m_qmp, m_spec).run(std::move(context), m_copyLimit));
    const ChangeMaps maps{m_qmp, m_spec.disks};
    // From here on, so that it knows more than what the replica will lack: docs/qemu.md.
    if (!m_spec.copy.isEmpty())
        LOCKSTEP_CO_CHECK(co_await maps.begin(m_spec.copy, 1));
    co_return co_await maps.dropOthers(m_spec.copy);
}

Task<Result<void>> PrimaryGraph::cancelCopy()
{
    co_return co_await DiskCopy(m_qmp, m_spec).cancel();
}

Task<Result<void>> PrimaryGraph::connectNetwork()
{
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).connect();
}

Task<Result<void>> PrimaryGraph::disconnectNetwork()
{
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).disconnect();
}

Task<Result<void>> PrimaryGraph::addIoThread()
{
    const auto id = co_await m_hypervisor.addIoThread(m_spec.uuid, m_spec.ioThread);
    if (!id)
        co_return std::unexpected{id.error()};
    co_return {};
}

Task<Result<void>> PrimaryGraph::removeIoThread()
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.objects());
    if (!present.contains(u"iothread%1"_s.arg(m_spec.ioThread)))
        co_return {};
    co_return co_await m_hypervisor.removeIoThread(m_spec.uuid, m_spec.ioThread);
}

Task<Result<void>> PrimaryGraph::addFilters()
{
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol)
        .addFilters(u"iothread%1"_s.arg(m_spec.ioThread));
}

Task<Result<void>> PrimaryGraph::removeFilters()
{
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).removeFilters();
}

Task<Result<void>> PrimaryGraph::configureMigration()
{
    const PrimaryMigration migration{m_qmp, m_spec};
    LOCKSTEP_CO_CHECK(co_await migration.configure(m_transfer()));
    // As it is by now.
    co_return co_await migration.setBandwidth(m_transfer().bandwidth);
}

Task<Result<void>> PrimaryGraph::unconfigureMigration()
{
    co_return co_await PrimaryMigration(m_qmp, m_spec).unconfigure();
}

Task<Result<void>> PrimaryGraph::copyMemory(StepContext context)
{
    LOCKSTEP_CO_CHECK(co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).setHolding(true));
    co_return co_await PrimaryMigration(m_qmp, m_spec).copyMemory(std::move(context));
}

Task<Result<void>> PrimaryGraph::cancelMigration()
{
    LOCKSTEP_CO_CHECK(co_await PrimaryMigration(m_qmp, m_spec).end());
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).setHolding(false);
}

Task<Result<void>> PrimaryGraph::startReplication()
{
    LOCKSTEP_CO_CHECK(co_await DiskCopy(m_qmp, m_spec).finish());
    co_return co_await PrimaryDisks(m_qmp, m_spec).startReplication();
}

Task<Result<void>> PrimaryGraph::stopReplication()
{
    const PrimaryDisks disks{m_qmp, m_spec};
    LOCKSTEP_CO_CHECK(co_await disks.stopReplication());
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::replication(disk.target)));
    co_return {};
}

Task<Result<void>> PrimaryGraph::setFiltering(bool on)
{
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).setFiltering(on);
}

Task<Result<void>> PrimaryGraph::enterColo(StepContext context)
{
    LOCKSTEP_CO_CHECK(co_await PrimaryMigration(m_qmp, m_spec).enterColo(std::move(context)));
    co_return co_await PrimaryNetwork(m_qmp, m_spec, m_protocol).setHolding(false);
}

Task<Result<void>> PrimaryGraph::leaveColo()
{
    LOCKSTEP_CO_CHECK(co_await PrimaryDisks(m_qmp, m_spec).stopReplication());
    co_return co_await PrimaryMigration(m_qmp, m_spec).end();
}

Task<Result<void>> PrimaryGraph::makeFirstCheckpoints(StepContext context)
{
    for (int made = 0; made < firstCheckpoints; ++made)
        LOCKSTEP_CO_CHECK(co_await makeCheckpoint(m_hypervisor, m_spec.uuid, context.stop,
                                                  firstCheckpointDeadline));
    co_return {};
}

} // namespace lockstep
