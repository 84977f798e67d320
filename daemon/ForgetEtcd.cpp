// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ForgetEtcd.h"

#include "pair/Arbiters.h"
#include "store/SqliteStore.h"

namespace lockstep {

namespace {

Task<Result<void>> forget(QString directory)
{
    LOCKSTEP_CO_TRY(store, co_await SqliteStore::open(directory));
    co_return co_await Arbiters::forgetIdentity(*store);
}

} // namespace

Result<void> forgetEtcd(const Config& config)
{
    return QCoro::waitFor(forget(config.store.directory));
}

} // namespace lockstep
