// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryMigration.h"

#include "replication/MigrationSetup.h"
#include "replication/Names.h"

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// QEMU's default, 1 Gbit/s, which it has again afterwards.
constexpr Bytes usualBandwidth{Bytes::fromMiB(128)};
// QEMU's default of how long the guest may stand still at the end.
constexpr auto usualDowntime = 300ms;
// Without KVM: so that what is sent then was sent before, too (docs/qemu.md, trap 13).
constexpr auto shortDowntime = 1ms;
// A guest that outruns the copy so often gets its usual end after all.
constexpr int mostRounds = 50;
// The guest stands still until then; usually some 30 ms.
constexpr auto beginDeadline = 3s;
const QString pauseBeforeSwitchover = u"pause-before-switchover"_s;

bool hasEnded(const QString& status)
{
    return status == u"none" || status == u"completed" || status == u"failed"
        || status == u"cancelled";
}

Error migrationError(const Qmp::Migration& migration)
{
    return {
        Errc::Refused,
        u"QEMU's migration is '%1'%2"_s.arg(
            migration.status, migration.error.isEmpty() ? QString{} : u": "_s + migration.error)};
}

} // namespace

Task<Result<void>> PrimaryMigration::configure(MemoryTransfer transfer) const
{
    LOCKSTEP_CO_CHECK(co_await setUpMigration(m_qmp, m_spec, transfer, {pauseBeforeSwitchover}));
    LOCKSTEP_CO_CHECK(
        co_await m_qmp.setMigrationTls(names::clientTls, m_spec.secondaryAddress.toString()));
    LOCKSTEP_CO_CHECK(co_await m_qmp.setCheckpointDelay(checkpointDelay));
    if (!m_spec.kvm)
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDowntimeLimit(shortDowntime));
    co_return {};
}

Task<Result<void>> PrimaryMigration::setBandwidth(Bytes perSecond) const
{
    co_return co_await m_qmp.setMigrationBandwidth(perSecond > Bytes{} ? perSecond
                                                                       : MemoryTransfer::unlimited);
}

Task<Result<void>> PrimaryMigration::unconfigure() const
{
    LOCKSTEP_CO_CHECK(co_await resetMigration(m_qmp, m_spec, {pauseBeforeSwitchover}));
    LOCKSTEP_CO_CHECK(co_await m_qmp.setMigrationTls({}, {}));
    LOCKSTEP_CO_CHECK(co_await m_qmp.setCheckpointDelay(usualCheckpointDelay));
    if (!m_spec.kvm)
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDowntimeLimit(usualDowntime));
    co_return co_await m_qmp.setMigrationBandwidth(usualBandwidth);
}

Task<Result<void>> PrimaryMigration::begin() const
{
    if (m_spec.kvm)
        co_return co_await m_qmp.migrate(m_spec.secondaryAddress, m_spec.migrationPort);
    // What a guest that runs writes while QEMU begins to log it is missed: docs/qemu.md, trap 13.
    LOCKSTEP_CO_CHECK(co_await m_qmp.stop());
    LOCKSTEP_CO_CHECK(co_await beginToLog());
    LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
    // Else all is copied already, and QEMU lets it run when it enters COLO.
    if (state == u"paused")
        LOCKSTEP_CO_CHECK(co_await m_qmp.cont());
    co_return {};
}

Task<Result<void>> PrimaryMigration::beginToLog() const
{
    LOCKSTEP_CO_CHECK(co_await m_qmp.migrate(m_spec.secondaryAddress, m_spec.migrationPort));
    for (auto waited = 0ms; waited < beginDeadline; waited += 2ms) {
        LOCKSTEP_CO_TRY(now, co_await m_qmp.migration());
        if (now.status != u"setup" && now.status != u"none")
            co_return {};
        LOCKSTEP_CO_CHECK(co_await pause(2ms));
    }
    co_return failure(Errc::Timeout, u"QEMU does not begin to copy memory"_s);
}

Task<Result<void>> PrimaryMigration::copyMemory(StepContext context) const
{
    LOCKSTEP_CO_CHECK(co_await begin());
    bool hurries = m_spec.kvm;
    for (;;) {
        LOCKSTEP_CO_TRY(now, co_await m_qmp.migration());
        context.report(now.ramDone, now.ramTotal);
        if (now.rounds >= mostRounds && !std::exchange(hurries, true))
            LOCKSTEP_CO_CHECK(co_await m_qmp.setDowntimeLimit(usualDowntime));
        if (now.status == u"pre-switchover")
            co_return {};
        if (hasEnded(now.status))
            co_return std::unexpected{migrationError(now)};
        // Short: from pre-switchover on the guest stands still until it is noticed.
        LOCKSTEP_CO_CHECK(co_await pause(5ms, context.stop));
    }
}

Task<Result<void>> PrimaryMigration::enterColo(StepContext context) const
{
    LOCKSTEP_CO_CHECK(co_await m_qmp.migrateContinue());
    for (auto waited = 0ms; waited < 60s; waited += 5ms) {
        LOCKSTEP_CO_TRY(now, co_await m_qmp.migration());
        if (hasEnded(now.status))
            co_return std::unexpected{migrationError(now)};
        if (now.status == u"colo") {
            LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
            if (state == u"running")
                co_return {};
        }
        LOCKSTEP_CO_CHECK(co_await pause(5ms, context.stop));
    }
    co_return failure(Errc::Timeout, u"QEMU does not enter COLO"_s);
}

Task<Result<void>> PrimaryMigration::end() const
{
    QString told;
    for (auto waited = 0ms; waited < 10s; waited += 5ms) {
        LOCKSTEP_CO_TRY(now, co_await m_qmp.migration());
        if (hasEnded(now.status)) {
            LOCKSTEP_CO_TRY(atRest, co_await isAtRest());
            if (atRest)
                co_return {};
        } else if (told != now.status) {
            LOCKSTEP_CO_CHECK(co_await askToEnd(now.status));
            told = now.status;
        }
        LOCKSTEP_CO_CHECK(co_await pause(5ms));
    }
    co_return failure(Errc::Timeout, u"QEMU does not end its migration"_s);
}

Task<Result<void>> PrimaryMigration::askToEnd(const QString& status) const
{
    if (status == u"colo")
        co_return co_await m_qmp.lostHeartbeat();
    if (status == u"cancelling")
        co_return {};
    // Cancelled on its way into COLO it waits for ever: docs/qemu.md, trap 16.
    if (status == u"device")
        co_return co_await m_qmp.yankMigration();
    if (status != u"pre-switchover")
        co_return co_await m_qmp.migrateCancel();
    // It may have been told to go on, and not have begun: with its connection gone it cannot
    // arrive.
    LOCKSTEP_CO_CHECK(co_await m_qmp.yankMigration());
    LOCKSTEP_CO_TRY(now, co_await m_qmp.migration());
    if (now.status != u"pre-switchover")
        co_return {};
    co_return co_await m_qmp.migrateCancel();
}

Task<Result<bool>> PrimaryMigration::isAtRest() const
{
    LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
    // In these QEMU is about to start the guest itself, as after a cancelled migration.
    if (state == u"finish-migrate" || state == u"colo")
        co_return false;
    // Left in this one by a migration that went through to its end, which nobody wanted.
    if (state == u"postmigrate")
        LOCKSTEP_CO_CHECK(co_await m_qmp.cont());
    co_return true;
}

} // namespace lockstep
