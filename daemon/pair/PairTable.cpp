// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairTable.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {
const QString collection = u"pair"_s;
}

Task<Result<void>> PairTable::load()
{
    LOCKSTEP_CO_TRY(documents, co_await m_store.load(collection));
    for (const auto& document : std::as_const(documents)) {
        auto record = PairRecord::fromJson(document);
        if (!record)
            co_return std::unexpected{record.error()};
        m_records.insert(record->uuid, *record);
    }
    co_return {};
}

std::optional<PairRecord> PairTable::find(const DomainUuid& uuid) const
{
    const auto found = m_records.find(uuid);
    if (found == m_records.end())
        return std::nullopt;
    return *found;
}

Result<PairRecord> PairTable::get(const DomainUuid& uuid) const
{
    auto record = find(uuid);
    if (!record)
        return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(toString(uuid)));
    return *std::move(record);
}

Task<void> PairTable::turn()
{
    if (!std::exchange(m_saving, true))
        co_return;
    const OneShot<bool> mine;
    m_waiting.push_back(mine);
    (void)co_await mine;
}

void PairTable::endTurn()
{
    if (m_waiting.empty()) {
        m_saving = false;
        return;
    }
    const auto next = m_waiting.front();
    m_waiting.pop_front();
    next.complete(true);
}

Task<Result<void>> PairTable::put(PairRecord record)
{
    co_await turn();
    const auto saved = co_await save(std::move(record));
    endTurn();
    co_return saved;
}

Task<Result<void>> PairTable::update(DomainUuid uuid, std::function<void(PairRecord&)> change)
{
    co_await turn();
    auto record = find(uuid);
    if (!record) {
        endTurn();
        co_return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(toString(uuid)));
    }
    change(*record);
    const auto saved = co_await save(std::move(*record));
    endTurn();
    co_return saved;
}

Task<Result<void>> PairTable::save(PairRecord record)
{
    const auto before = find(record.uuid);
    if (!before || before->state != record.state || before->role != record.role) {
        record.since = QDateTime::currentDateTimeUtc();
        spdlog::info("pair {}: {} {} (epoch {}){}{}", record.domain.toStdString(),
                     toString(record.role).toStdString(), toString(record.state).toStdString(),
                     record.epoch.value, record.reason.isEmpty() ? "" : ": ",
                     record.reason.toStdString());
    }
    LOCKSTEP_CO_CHECK(co_await m_store.save(collection, toString(record.uuid), record.toJson()));
    m_records.insert(record.uuid, record);
    Q_EMIT changed(record.uuid);
    co_return {};
}

Task<Result<void>> PairTable::remove(DomainUuid uuid)
{
    co_await turn();
    const auto gone = co_await m_store.remove(collection, toString(uuid));
    endTurn();
    LOCKSTEP_CO_CHECK(gone);
    if (m_records.remove(uuid) > 0)
        Q_EMIT removed(uuid);
    co_return {};
}

} // namespace lockstep
