// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/PeerRecord.h"
#include "store/Store.h"

#include <QElapsedTimer>

#include <map>

namespace lockstep {

/// The other hosts that this one knows: accepted ones, kept in the store's collection "peer", and
/// those that asked, kept in memory only so that strangers cannot make us write to disk.
/// Names are unique; an accepted host's name wins over that of one that only asks.
class PeerBook final
{
public:
    static constexpr size_t mostAsking = 16;
    static constexpr std::chrono::minutes askingIsForgotten{10};
    static constexpr std::chrono::minutes declineHolds{60};

    explicit PeerBook(Store& store) : m_store{store} { }

    [[nodiscard]] Task<Result<void>> load();

    [[nodiscard]] QList<PeerRecord> all() const;
    /// Null if unknown. Valid until the next change.
    [[nodiscard]] const PeerRecord* get(const PeerId& id) const;
    /// By name, address, or unambiguous beginning (8 digits) of the fingerprint. Errors:
    /// UnknownPeer, InvalidArgument if ambiguous.
    [[nodiscard]] Result<PeerRecord> find(const QString& nameOrId) const;

    /// Saves an accepted host, then knows it. Errors: PeerExists (its name is taken), StoreError.
    [[nodiscard]] Task<Result<void>> insert(PeerRecord record);
    /// Notes what is new about a known host, then saves it if it is an accepted one.
    [[nodiscard]] Task<Result<void>> update(PeerRecord record);
    /// Forgets a host. One that only asks is declined: it keeps asking, but is not shown for a
    /// while.
    [[nodiscard]] Task<Result<void>> erase(PeerId id);
    /// Notes a host that asks, under a name that is free. Errors: Busy (too many ask), PeerRefused
    /// (declined not long ago).
    [[nodiscard]] Result<void> noteAsking(PeerRecord record);
    /// Drops those that have not asked for `askingIsForgotten`, and says which.
    [[nodiscard]] QList<PeerId> forgetOldAsking();

private:
    struct Entry
    {
        PeerRecord record;
        QElapsedTimer asked; ///< Since it last asked; not running for accepted ones.
    };

    [[nodiscard]] bool nameTaken(const QString& name, const PeerId& by, bool alsoByAsking) const;
    void makeRoomFor(const PeerRecord& accepted);

    Store& m_store;
    std::map<PeerId, Entry> m_entries;
    std::map<PeerId, QElapsedTimer> m_declined; ///< By an administrator, so they cannot be many.
};

} // namespace lockstep
