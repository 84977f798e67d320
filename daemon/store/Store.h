// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QJsonObject>
#include <QMap>

namespace lockstep {

/// What must survive a restart: JSON documents by collection ("pair", "peer", "setting") and key.
/// save() and remove() return after the data is on disk (SQLite, synchronous=FULL); callers await
/// them before they act on what they wrote. Calls are carried out in the order they were made.
/// Errors: StoreError.
class Store
{
public:
    virtual ~Store() = default;
    [[nodiscard]] virtual Task<Result<void>> save(QString collection, QString key,
                                                  QJsonObject document) = 0;
    [[nodiscard]] virtual Task<Result<void>> remove(QString collection, QString key) = 0;
    [[nodiscard]] virtual Task<Result<QMap<QString, QJsonObject>>> load(QString collection) = 0;
};

} // namespace lockstep
