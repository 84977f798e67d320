// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ChangeMaps.h"

#include "replication/Names.h"

#include <algorithm>
#include <optional>

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<QList<int>>> ChangeMaps::onDisk(DiskSpec disk, QString copy, bool usableOnly) const
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.bitmaps(disk.node));
    const QString begin = names::prefix + copy + u'-';
    QList<int> found;
    for (const auto& bitmap : std::as_const(present)) {
        bool isNumber = false;
        const int generation =
            bitmap.name.startsWith(begin) ? bitmap.name.sliced(begin.size()).toInt(&isNumber) : 0;
        if (isNumber && (bitmap.usable || !usableOnly))
            found.append(generation);
    }
    std::ranges::sort(found);
    co_return found;
}

Task<Result<QList<int>>> ChangeMaps::generations(QString copy) const
{
    std::optional<QList<int>> common;
    for (const auto& disk : m_disks) {
        LOCKSTEP_CO_TRY(here, co_await onDisk(disk, copy, true));
        if (!common) {
            common = here;
            continue;
        }
        // One that was being begun or dropped may be on some disks only: the others are complete.
        common->removeIf([&here](int generation) { return !here.contains(generation); });
    }
    co_return common.value_or(QList<int>{});
}

Task<Result<bool>> ChangeMaps::hasAny(QString copy) const
{
    for (const auto& disk : m_disks) {
        LOCKSTEP_CO_TRY(here, co_await onDisk(disk, copy, false));
        if (!here.isEmpty())
            co_return true;
    }
    co_return false;
}

Task<Result<void>> ChangeMaps::begin(QString copy, int generation) const
{
    const QString name = names::changes(copy, generation);
    for (const auto& disk : m_disks) {
        LOCKSTEP_CO_TRY(present, co_await m_qmp.bitmaps(disk.node));
        if (!std::ranges::contains(present, name, &Qmp::Bitmap::name))
            LOCKSTEP_CO_CHECK(co_await m_qmp.addBitmap(disk.node, name, granularity, true));
    }
    co_return {};
}

Task<Result<void>> ChangeMaps::drop(QString copy, int generation) const
{
    for (const auto& disk : m_disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeBitmap(disk.node, names::changes(copy, generation)));
    co_return {};
}

Task<Result<void>> ChangeMaps::dropOthers(QString copy) const
{
    const QString kept = copy.isEmpty() ? QString{} : names::prefix + copy + u'-';
    for (const auto& disk : m_disks) {
        LOCKSTEP_CO_TRY(present, co_await m_qmp.bitmaps(disk.node));
        for (const auto& bitmap : std::as_const(present)) {
            const bool ours = bitmap.name.startsWith(names::prefix);
            if (ours && (kept.isEmpty() || !bitmap.name.startsWith(kept)))
                LOCKSTEP_CO_CHECK(co_await m_qmp.removeBitmap(disk.node, bitmap.name));
        }
    }
    co_return {};
}

} // namespace lockstep
