// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QByteArray>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

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

struct KeyRange
{
    qint64 first{0};
    qint64 last{0};
};
/// Of a domain that something is saved of, rows of these kinds with another key are not kept.
using KeptKeys = QMap<int, KeyRange>;

/// What is known of checkpoints, across restarts. It is for people: nothing is decided by it, so
/// nothing waits for it. Calls are carried out in the order they were made.
class StatisticsStore
{
public:
    virtual ~StatisticsStore() = default;
    /// All of it or nothing; on disk when this returns. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<void>> save(QList<StatisticsRow> rows, KeptKeys kept) = 0;
    /// UUIDs of those of which there is something. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<QStringList>> domains() = 0;
    /// All of one domain, by kind and key. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<QList<StatisticsRow>>> load(QString uuid) = 0;
    /// All of one domain. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<void>> forget(QString uuid) = 0;
};

} // namespace lockstep
