// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "replication/DomainModel.h"
#include "replication/Plan.h"

namespace lockstep {

/// Makes a shadow on the secondary's host as the primary's daemon asked for it: image files, the
/// paused domain, its graph, listeners; and takes it away again. Must outlive its tasks.
class ShadowBuild final
{
public:
    /// Gives each disk of a new shadow the paths of its images.
    static void nameImages(PairRecord& record);
    /// Where all images of one domain lie, in this host's own words.
    [[nodiscard]] static QString folderOf(const PairRecord& record);
    /// `record` has the spec with addresses, ports and images of this host chosen; `xml` is what
    /// admitShadow() gave for it (pair/ShadowGate.h).
    ShadowBuild(PairParts parts, PairRecord record, QString xml);

    /// The steps' titles serve `--dry-run` on the primary, too.
    static void addSteps(Plan& plan, ShadowBuild* build, const QString& host);
    [[nodiscard]] Task<Result<void>> run(std::stop_token stop);
    /// As saved and completed by the steps.
    [[nodiscard]] const PairRecord& record() const { return m_record; }

    /// Destroys the shadow and removes the images that were made for it, but for a replica that may
    /// serve later (KeptReplicas). Good to repeat.
    [[nodiscard]] static Task<Result<void>> discard(PairParts parts, PairRecord record);
    /// Removes every image of ours for this domain that `record` does not name, e.g. those of
    /// earlier protections.
    [[nodiscard]] static Task<Result<void>> removeOldImages(PairRecord record);

private:
    [[nodiscard]] Task<Result<void>> save();
    [[nodiscard]] Task<Result<void>> createReplicas();
    [[nodiscard]] Task<Result<void>> removeImages();
    [[nodiscard]] Task<Result<void>> start();
    [[nodiscard]] Task<Result<void>> stop();
    [[nodiscard]] Task<Result<void>> createOverlays();
    [[nodiscard]] Task<Result<void>> loadCredentials();
    [[nodiscard]] Task<Result<void>> buildDisks();
    [[nodiscard]] Task<Result<void>> exportDisks();
    [[nodiscard]] Task<Result<void>> connectNetwork();
    [[nodiscard]] Task<Result<void>> awaitMigration();

    PairParts m_parts;
    PairRecord m_record;
    QString m_xml;
    UserAndGroup m_owner; ///< Whom QEMU runs as.
};

/// Ports for the channels of a pair on this host, none of them used by another pair or by another
/// process at the moment. Errors: NoSpace, naming the range, if it is used up.
[[nodiscard]] Result<void> choosePorts(ReplicationSpec& spec, const QList<PairRecord>& others,
                                       const Config& config);
/// How many ports of the range choosePorts() could use now for this domain.
[[nodiscard]] int freePorts(const QHostAddress& address, const DomainUuid& domain,
                            const QList<PairRecord>& others, const Config& config);

} // namespace lockstep
