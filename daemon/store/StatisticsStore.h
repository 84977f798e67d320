// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QString>

namespace lockstep {

/// A piece of what is known of a pair: replaced as a whole.
struct StatisticsRow
{
    QString uuid; ///< Of the domain.
    int kind{0};
    qint64 key{0};
    QByteArray data;
    friend bool operator==(const StatisticsRow&, const StatisticsRow&) = default;
};

/// Rows of these kinds whose key is less than that are too old to be kept.
using OldestKeys = QMap<int, qint64>;

/// What is known of checkpoints, across restarts. It is for people: nothing is decided by it, so
/// nothing waits for it. Calls are carried out in the order they were made.
class StatisticsStore
{
public:
    virtual ~StatisticsStore() = default;
    /// All of it or nothing; on disk when this returns. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<void>> save(QList<StatisticsRow> rows, OldestKeys oldest) = 0;
    /// Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<QList<StatisticsRow>>> load() = 0;
    /// All of one domain. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<void>> forget(QString uuid) = 0;
};

} // namespace lockstep
