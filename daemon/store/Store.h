// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QJsonObject>
#include <QList>
#include <QMap>

namespace lockstep {

/// One line of the history.
struct HistoryEntry
{
    quint64 id{0}; ///< Larger than that of every earlier one.
    QString uuid; ///< Of the domain that it is about; may be empty, as its name.
    QString domain;
    QJsonObject document; ///< At most Store::longestEntry bytes as JSON.
    friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

struct HistoryQuery
{
    enum class Order { OldestFirst, NewestFirst };
    Order order{Order::NewestFirst};
    int limit{100}; ///< At most so many, the first in that order.
    quint64 since{0}; ///< Only entries with a larger id.
    QString domain; ///< Only those with this UUID or name; empty for all.
};

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

    /// The history is for people, nothing is decided by it: append() does not wait for the disk,
    /// and what was appended just before a power cut may be lost. The newest `keptEntries` are
    /// kept. Calls are carried out in the order they were made; those above do not wait for them.
    static constexpr int keptEntries = 10'000;
    static constexpr qsizetype longestEntry = 4000; ///< Bytes.
    [[nodiscard]] virtual Task<Result<void>> append(HistoryEntry entry) = 0;
    [[nodiscard]] virtual Task<Result<QList<HistoryEntry>>> history(HistoryQuery query) = 0;
};

} // namespace lockstep
