// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "store/Store.h"

#include <QStringList>

namespace lockstep::test {

/// A store in memory that can be full, or slow. Tells the journal "store <state> <epoch>" once it
/// is saved.
class MemoryStore final : public Store
{
public:
    MemoryStore() = default;
    explicit MemoryStore(QStringList* journal) : m_journal{journal} { }

    [[nodiscard]] Task<Result<void>> save(QString collection, QString key,
                                          QJsonObject document) override;
    [[nodiscard]] Task<Result<void>> remove(QString collection, QString key) override;
    [[nodiscard]] Task<Result<QMap<QString, QJsonObject>>> load(QString collection) override;
    [[nodiscard]] Task<Result<void>> append(HistoryEntry entry) override;
    [[nodiscard]] Task<Result<QList<HistoryEntry>>> history(HistoryQuery query) override;

    QMap<QString, QMap<QString, QJsonObject>> documents;
    QList<HistoryEntry> entries; ///< Oldest first; not bounded.
    bool full{false};
    int refusals{0}; ///< While it was full.
    std::chrono::milliseconds delay{0}; ///< Of what is written.
    std::chrono::milliseconds loadDelay{0};

private:
    QStringList* m_journal{nullptr};
};

} // namespace lockstep::test
