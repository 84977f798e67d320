// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/OverlayMerge.h"

#include "replication/Program.h"

#include <QStringList>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

Task<Result<void>> qemuImg(QStringList arguments, QString doing)
{
    LOCKSTEP_CO_TRY(ended, co_await runProgram(u"qemu-img"_s, arguments, 1h));
    if (ended.exitStatus != 0)
        co_return failure(Errc::StoreError, doing + u": "_s + ended.errors,
                          u"Check the files and their disk."_s);
    co_return {};
}

/// QEMU was told the chain node by node, so the files do not name each other yet.
Task<Result<void>> putOver(QString overlay, QString backing, QString format)
{
    co_return co_await qemuImg(
        {u"rebase"_s, u"-u"_s, u"-f"_s, u"qcow2"_s, u"-F"_s, format, u"-b"_s, backing, overlay},
        u"putting %1 over %2"_s.arg(overlay, backing));
}

/// -d: the overlays keep what they hold until the replica is known to be complete.
Task<Result<void>> commit(QString top, QString replica)
{
    co_return co_await qemuImg(
        {u"commit"_s, u"-q"_s, u"-d"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, replica, top},
        u"merging %1 into %2"_s.arg(top, replica));
}

} // namespace

Task<Result<void>> commitOverlays(OverlayChain chain)
{
    LOCKSTEP_CO_CHECK(co_await putOver(chain.hidden, chain.replica, chain.format));
    LOCKSTEP_CO_CHECK(co_await putOver(chain.active, chain.hidden, u"qcow2"_s));
    LOCKSTEP_CO_CHECK(co_await commit(chain.active, chain.replica));
    if (chain.late.isEmpty())
        co_return {};
    LOCKSTEP_CO_CHECK(co_await putOver(chain.late, chain.replica, chain.format));
    co_return co_await commit(chain.late, chain.replica);
}

} // namespace lockstep
