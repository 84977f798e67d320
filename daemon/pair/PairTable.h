// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Chronicle.h"
#include "pair/Record.h"
#include "store/Store.h"

#include <QMap>
#include <QObject>

#include <functional>
#include <list>

namespace lockstep {

/// The pairs of this host: in the store first, then in memory. Flows look records up again after
/// each await. Each change of role, state or epoch is an event. Errors: StoreError.
class PairTable final : public QObject
{
    Q_OBJECT
public:
    PairTable(Store& store, Chronicle& chronicle) : m_store{store}, m_chronicle{chronicle} { }

    /// Reads the store. A record that cannot be read is an error: it may be the only trace of a
    /// shadow or of a newer epoch elsewhere.
    [[nodiscard]] Task<Result<void>> load();
    [[nodiscard]] QList<PairRecord> all() const { return m_records.values(); }
    [[nodiscard]] std::optional<PairRecord> find(const DomainUuid& uuid) const;
    /// Errors: UnknownPair.
    [[nodiscard]] Result<PairRecord> get(const DomainUuid& uuid) const;
    /// Saves, then shows. The state's time is set when state or role differ from what was there.
    [[nodiscard]] Task<Result<void>> put(PairRecord record);
    [[nodiscard]] Task<Result<void>> remove(DomainUuid uuid);
    /// Changes a record as it is once all earlier changes are saved. Errors: UnknownPair.
    [[nodiscard]] Task<Result<void>> update(DomainUuid uuid,
                                            std::function<void(PairRecord&)> change);

Q_SIGNALS:
    void changed(const lockstep::DomainUuid& uuid);
    void removed(const lockstep::DomainUuid& uuid);

private:
    [[nodiscard]] Task<Result<void>> save(PairRecord record);
    /// One change at a time: each is of what the one before it left.
    [[nodiscard]] Task<void> turn();
    void endTurn();
    void recordChange(const PairRecord& record);

    Store& m_store;
    Chronicle& m_chronicle;
    QMap<DomainUuid, PairRecord> m_records;
    bool m_saving{false};
    std::list<OneShot<bool>> m_waiting;
};

} // namespace lockstep
