// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DriveSwap.h"

#include "replication/Names.h"

#include <QJsonArray>

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<void>> DriveSwap::addPlaceholders() const
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.nodes());
    for (const auto& disk : m_disks) {
        if (present.contains(names::placeholder(disk.target)))
            continue;
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode({{u"driver"_s, u"null-co"_s},
                                                  {u"node-name"_s, names::placeholder(disk.target)},
                                                  {u"size"_s, disk.size.value},
                                                  {u"read-zeroes"_s, true}}));
    }
    co_return {};
}

Task<Result<void>> DriveSwap::removePlaceholders() const
{
    for (const auto& disk : m_disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::placeholder(disk.target)));
    co_return {};
}

Task<Result<void>> DriveSwap::swapIn(Below below) const
{
    for (const auto& disk : m_disks) {
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDrive(disk.alias, names::placeholder(disk.target)));
        const QString child = below ? below(disk) : disk.node;
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode({{u"driver"_s, u"quorum"_s},
                                                  {u"node-name"_s, names::quorum(disk.target)},
                                                  {u"read-pattern"_s, u"fifo"_s},
                                                  {u"vote-threshold"_s, 1},
                                                  {u"children"_s, QJsonArray{child}}}));
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDrive(disk.alias, names::quorum(disk.target)));
    }
    co_return {};
}

Task<Result<void>> DriveSwap::swapOut(DiskSpec disk) const
{
    LOCKSTEP_CO_TRY(drive, co_await m_qmp.drive(disk.alias));
    const QString now = drive.node;
    if (now == names::quorum(disk.target))
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDrive(disk.alias, names::placeholder(disk.target)));
    // The quorum and what may hang below it on a secondary, from top to bottom.
    for (const auto& node :
         {names::quorum(disk.target), names::replication(disk.target), names::active(disk.target),
          names::hidden(disk.target), names::late(disk.target)})
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(node));
    if (now != disk.node)
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDrive(disk.alias, disk.node));
    co_return {};
}

Task<Result<void>> DriveSwap::swapOut() const
{
    // One disk that fails must not keep the others parked.
    Result<void> first;
    for (const auto& disk : m_disks) {
        const auto result = co_await swapOut(disk);
        if (!result && first)
            first = std::unexpected{result.error().during(u"disk %1"_s.arg(disk.target))};
    }
    co_return first;
}

Task<Result<bool>> DriveSwap::isPlain() const
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.nodes());
    for (const auto& disk : m_disks) {
        if (present.contains(names::quorum(disk.target))
            || present.contains(names::placeholder(disk.target)))
            co_return false;
    }
    co_return true;
}

Task<Result<void>> DriveSwap::insertQuorum(Below below) const
{
    LOCKSTEP_CO_CHECK(co_await addPlaceholders());
    LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
    LOCKSTEP_CO_CHECK(co_await m_qmp.stop());
    const auto inserted = co_await swapIn(std::move(below));
    if (!inserted) {
        const auto restored = co_await swapOut();
        if (!restored) {
            co_return failure(
                restored.error().code(),
                u"%1; the guest stays paused, because giving its disk back failed: %2"_s.arg(
                    inserted.error().message(), restored.error().message()),
                u"Run 'lockstep unprotect' to try again before you resume it."_s);
        }
    }
    if (state == u"running")
        LOCKSTEP_CO_CHECK(co_await m_qmp.cont());
    LOCKSTEP_CO_CHECK(co_await removePlaceholders());
    co_return inserted;
}

Task<Result<void>> DriveSwap::removeQuorum(bool resume) const
{
    LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
    LOCKSTEP_CO_TRY(plain, co_await isPlain());
    if (!plain) {
        LOCKSTEP_CO_CHECK(co_await addPlaceholders());
        LOCKSTEP_CO_CHECK(co_await m_qmp.stop());
        LOCKSTEP_CO_CHECK(co_await swapOut());
    }
    // A migration that ended otherwise than in COLO leaves the guest in postmigrate.
    const bool stopped = state == u"paused" || state == u"postmigrate";
    if (state == u"running" ? !plain : resume && stopped)
        LOCKSTEP_CO_CHECK(co_await m_qmp.cont());
    co_return co_await removePlaceholders();
}

} // namespace lockstep
