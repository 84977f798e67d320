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

} // namespace

Task<Result<void>> commitOverlays(OverlayChain chain)
{
    const QString doing = u"merging %1 into %2"_s.arg(chain.active, chain.replica);
    // QEMU was told the chain node by node, so the files do not name each other yet.
    LOCKSTEP_CO_CHECK(co_await qemuImg({u"rebase"_s, u"-u"_s, u"-f"_s, u"qcow2"_s, u"-F"_s,
                                        chain.format, u"-b"_s, chain.replica, chain.hidden},
                                       doing));
    LOCKSTEP_CO_CHECK(co_await qemuImg({u"rebase"_s, u"-u"_s, u"-f"_s, u"qcow2"_s, u"-F"_s,
                                        u"qcow2"_s, u"-b"_s, chain.hidden, chain.active},
                                       doing));
    // -d: the overlays keep what they hold until the replica is known to be complete.
    co_return co_await qemuImg(
        {u"commit"_s, u"-q"_s, u"-d"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, chain.replica, chain.active},
        doing);
}

} // namespace lockstep
