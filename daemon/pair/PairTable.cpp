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

Task<Result<void>> PairTable::put(PairRecord record)
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
    LOCKSTEP_CO_CHECK(co_await m_store.remove(collection, toString(uuid)));
    if (m_records.remove(uuid) > 0)
        Q_EMIT removed(uuid);
    co_return {};
}

Task<Result<void>> PairTable::setState(DomainUuid uuid, PairState state, QString reason)
{
    auto record = find(uuid);
    if (!record)
        co_return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(toString(uuid)));
    record->state = state;
    record->reason = std::move(reason);
    co_return co_await put(std::move(*record));
}

} // namespace lockstep
