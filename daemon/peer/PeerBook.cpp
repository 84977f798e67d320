// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/PeerBook.h"

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto collection = "peer"_L1;
constexpr qsizetype fewestDigits = 8;

/// A name that no other host can have, for one that asks under a name in use.
QString distinctName(const PeerRecord& record)
{
    constexpr qsizetype room = 41; // host names have at most 50 characters
    return record.name.first(std::min(room, record.name.size())) + u'-'
        + record.id.value.first(fewestDigits);
}

} // namespace

Task<Result<void>> PeerBook::load()
{
    LOCKSTEP_CO_TRY(documents, co_await m_store.load(collection));
    for (const auto& [key, document] : documents.asKeyValueRange()) {
        LOCKSTEP_CO_TRY(record, recordFromJson(key, document));
        m_entries[record.id] = {record, {}};
    }
    co_return {};
}

QList<PeerRecord> PeerBook::all() const
{
    QList<PeerRecord> records;
    for (const auto& [id, entry] : m_entries)
        records << entry.record;
    return records;
}

const PeerRecord* PeerBook::get(const PeerId& id) const
{
    const auto found = m_entries.find(id);
    return found == m_entries.end() ? nullptr : &found->second.record;
}

Result<PeerRecord> PeerBook::find(const QString& nameOrId) const
{
    QList<PeerRecord> matches;
    const bool maybeId = nameOrId.size() >= fewestDigits;
    for (const auto& [id, entry] : m_entries) {
        const PeerRecord& record = entry.record;
        if (record.name == nameOrId)
            return record;
        const QString withPort = record.address.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s;
        if (record.address == nameOrId || withPort.arg(record.address).arg(record.port) == nameOrId
            || (maybeId && id.value.startsWith(nameOrId, Qt::CaseInsensitive))) {
            matches << record;
        }
    }
    if (matches.size() > 1) {
        return failure(Errc::InvalidArgument, u"\"%1\" fits more than one host"_s.arg(nameOrId),
                       u"Give the name that 'lockstep peer list' shows."_s);
    }
    if (matches.isEmpty())
        return failure(Errc::UnknownPeer, u"there is no peer \"%1\""_s.arg(nameOrId));
    return matches.first();
}

bool PeerBook::nameTaken(const QString& name, const PeerId& by, bool alsoByAsking) const
{
    return std::ranges::any_of(m_entries, [&](const auto& item) {
        const PeerRecord& record = item.second.record;
        return record.id != by && record.name == name && (alsoByAsking || record.accepted);
    });
}

void PeerBook::makeRoomFor(const PeerRecord& accepted)
{
    for (auto& [id, entry] : m_entries) {
        if (id != accepted.id && entry.record.name == accepted.name)
            entry.record.name = distinctName(entry.record);
    }
}

Task<Result<void>> PeerBook::insert(PeerRecord record)
{
    const auto taken = [](const QString& name) {
        return failure(
            Errc::PeerExists, u"there is another peer \"%1\" already"_s.arg(name),
            u"Choose another name, or remove the old entry first if the host was reinstalled."_s);
    };
    record.accepted = true;
    if (nameTaken(record.name, record.id, false))
        co_return taken(record.name);
    LOCKSTEP_CO_CHECK(co_await m_store.save(collection, record.id.value, toJson(record)));
    if (nameTaken(record.name, record.id, false)) { // another one came in between
        LOCKSTEP_CO_CHECK(co_await m_store.remove(collection, record.id.value));
        co_return taken(record.name);
    }
    makeRoomFor(record);
    m_declined.erase(record.id);
    m_entries[record.id] = {record, {}};
    co_return {};
}

Task<Result<void>> PeerBook::update(PeerRecord record)
{
    const auto found = m_entries.find(record.id);
    if (found == m_entries.end() || found->second.record == record)
        co_return {};
    found->second.record = record;
    if (record.accepted)
        LOCKSTEP_CO_CHECK(co_await m_store.save(collection, record.id.value, toJson(record)));
    co_return {};
}

Task<Result<void>> PeerBook::erase(PeerId id)
{
    const auto found = m_entries.find(id);
    if (found == m_entries.end())
        co_return failure(Errc::UnknownPeer, u"there is no such peer"_s);
    const Entry entry = found->second;
    m_entries.erase(found); // not trusted from this moment on
    if (!entry.record.accepted) {
        m_declined[id].start();
        co_return {};
    }
    if (const auto removed = co_await m_store.remove(collection, id.value); !removed) {
        m_entries.try_emplace(id, entry);
        co_return removed;
    }
    co_return {};
}

Result<void> PeerBook::noteAsking(PeerRecord record)
{
    std::erase_if(m_declined, [](const auto& item) {
        return std::chrono::milliseconds{item.second.elapsed()} > declineHolds;
    });
    if (m_declined.contains(record.id)) {
        return failure(Errc::PeerRefused, u"the other host's administrator declined"_s,
                       u"On the other host, run 'lockstep peer add' with this host's address."_s);
    }
    const bool isNew = !m_entries.contains(record.id);
    const auto asking = std::ranges::count_if(
        m_entries, [](const auto& item) { return !item.second.record.accepted; });
    if (isNew && static_cast<size_t>(asking) >= mostAsking) {
        return failure(
            Errc::Busy, u"too many hosts ask to be accepted"_s,
            u"On the other host, run 'lockstep peer list' and remove those that nobody knows."_s);
    }
    record.accepted = false;
    if (nameTaken(record.name, record.id, true))
        record.name = distinctName(record);
    Entry& entry = m_entries[record.id];
    entry.record = record;
    entry.asked.start();
    return {};
}

QList<PeerId> PeerBook::forgetOldAsking()
{
    QList<PeerId> forgotten;
    for (const auto& [id, entry] : m_entries) {
        if (!entry.record.accepted
            && std::chrono::milliseconds{entry.asked.elapsed()} > askingIsForgotten)
            forgotten << id;
    }
    for (const PeerId& id : forgotten)
        m_entries.erase(id);
    return forgotten;
}

} // namespace lockstep
