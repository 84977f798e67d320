// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairTable.h"

#include "pair/RecordEvent.h"

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

const QString collection = u"pair"_s;

/// How much somebody should care that a pair is in this state.
Severity severityOf(PairState state)
{
    switch (state) {
    case PairState::Interrupted:
    case PairState::TakingOver:
    case PairState::Undoing:
        return Severity::Warning;
    case PairState::Preparing:
    case PairState::Copying:
    case PairState::Confirming:
    case PairState::Protected:
    case PairState::Merging:
    case PairState::Alone:
    case PairState::Stale:
    case PairState::Off:
        break;
    }
    return Severity::Info;
}

/// "from copying to protected, epoch 3: the shadow on beta is in step", with what has changed.
QString describeChange(const std::optional<PairRecord>& before, const PairRecord& now)
{
    const bool isOther = !before || before->role != now.role;
    const auto place = [isOther](const PairRecord& record) {
        return isOther ? u"%1, %2"_s.arg(toString(record.role), toString(record.state))
                       : toString(record.state);
    };
    QString text = before && before->state == now.state && !isOther
        ? u"still %1"_s.arg(place(now))
        : (before ? u"from %1 to %2"_s.arg(place(*before), place(now)) : u"new: "_s + place(now));
    if (!before || before->epoch != now.epoch)
        text += u", epoch %1"_s.arg(now.epoch.value);
    return now.reason.isEmpty() ? text : text + u": "_s + now.reason;
}

} // namespace

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
    if (!before || before->state != record.state || before->role != record.role)
        record.since = QDateTime::currentDateTimeUtc();
    LOCKSTEP_CO_CHECK(co_await m_store.save(collection, toString(record.uuid), record.toJson()));
    recordChange(record);
    m_records.insert(record.uuid, record);
    Q_EMIT changed(record.uuid);
    co_return {};
}

void PairTable::recordChange(const PairRecord& record)
{
    const auto before = find(record.uuid);
    if (before && before->state == record.state && before->role == record.role
        && before->epoch == record.epoch)
        return;
    PairEvent event = eventOf(record, EventKind::State);
    event.severity = severityOf(record.state);
    event.text = describeChange(before, record);
    m_chronicle.record(std::move(event));
}

Task<Result<void>> PairTable::remove(DomainUuid uuid)
{
    co_await turn();
    const auto gone = co_await m_store.remove(collection, toString(uuid));
    endTurn();
    LOCKSTEP_CO_CHECK(gone);
    if (const auto before = find(uuid)) {
        PairEvent event = eventOf(*before, EventKind::State);
        event.state.reset(); // it is in none any more
        event.text = u"not paired any more; it was %1"_s.arg(toString(before->state));
        m_chronicle.record(std::move(event));
    }
    if (m_records.remove(uuid) > 0)
        Q_EMIT removed(uuid);
    co_return {};
}

} // namespace lockstep
