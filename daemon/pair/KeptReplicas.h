// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "pair/Record.h"
#include "replication/ImageFiles.h"

#include <optional>

namespace lockstep {

/// One image of a replica that has fallen out of step.
struct KeptDisk
{
    QString target; ///< "vda".
    QString path;
    QString format;
    Bytes size; ///< Virtual.
    bool reused{false}; ///< It was there before, and is not ours to remove.
    FileMark mark; ///< As it was left.
};

/// A replica whose shadow was given up while it was in step, and the protection that it was of.
struct KeptReplica
{
    DomainUuid uuid;
    QString domain;
    PeerId peer;
    Epoch epoch;
    QString copy; ///< ReplicationSpec::copy.
    QString imageDirectory;
    QDateTime since; ///< UTC.
    QList<KeptDisk> disks;

    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: Malformed.
    [[nodiscard]] static Result<KeptReplica> fromJson(const QJsonObject& json);
};

/// The replicas that this host keeps after their shadows are gone, so that protecting again copies
/// only what has changed: one small file for each domain in the folder "kept" of the store. That is
/// gone before a replica is written to again: one that may be half-way is never taken for one that
/// is as it was left. Errors: StoreError, those of ImageFiles. Must outlive its tasks.
class KeptReplicas final
{
public:
    explicit KeptReplicas(const Config& config);

    /// Whether what a shadow that is given up leaves could serve later: it was in step, all of it
    /// is known to have been on disk, and nothing was merged into it.
    [[nodiscard]] bool isKeepable(const PairRecord& record) const;
    /// Its QEMU has ended. Good to repeat: what was noted of this copy first stays.
    [[nodiscard]] Task<Result<void>> keep(PairRecord record) const;
    /// Why the replica here is not that which `record` asks for by its spec's base; a word of
    /// pair/FullCopy.h, empty if it is.
    [[nodiscard]] Task<QString> problem(PairRecord record) const;
    /// Makes the replicas of `record` those that were kept. False if there are none.
    [[nodiscard]] bool fill(PairRecord& record) const;
    /// They are a shadow's own from now on. Errors: StoreError too if they are not kept any more.
    [[nodiscard]] Result<void> forget(const DomainUuid& uuid) const;
    /// Forgets the images and removes them. Good if there are none.
    [[nodiscard]] Task<Result<void>> giveUp(DomainUuid uuid) const;
    /// The same for all that were kept for longer than the settings want.
    [[nodiscard]] Task<void> giveUpOld() const;
    /// Nothing if there is none, or what is known of it is damaged.
    [[nodiscard]] std::optional<KeptReplica> find(const DomainUuid& uuid) const;
    /// What its images take below that directory.
    [[nodiscard]] Task<Bytes> spaceTaken(DomainUuid uuid, QString imageDirectory) const;

private:
    [[nodiscard]] QString pathOf(const DomainUuid& uuid) const;

    QString m_folder;
    std::chrono::hours m_longest;
};

} // namespace lockstep
