// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Arbiter.h"
#include "arbiter/EtcdClient.h"

#include <QHash>

namespace lockstep {

/// An etcd cluster keeps one key per pair; a change is one transaction that compares and writes.
///
/// What is compared is the key's revision, not its value: "in step" comes and goes, so a request
/// that was delayed on its way could find the value it expects and bring back what is long over.
/// One revision is written once.
class EtcdArbiter final : public Arbiter
{
public:
    explicit EtcdArbiter(EtcdSettings settings) : m_client{std::move(settings)} { }

    [[nodiscard]] QString name() const override;
    [[nodiscard]] Task<Result<std::optional<Grant>>> read(DomainUuid uuid) override;
    [[nodiscard]] Task<Result<Verdict>> claim(Claim claim) override;
    [[nodiscard]] Task<Result<void>> forget(DomainUuid uuid, Grant expected) override;
    /// Good if a majority of the cluster would carry out a write of this user now.
    [[nodiscard]] Task<Result<void>> check(QString otherName) override;
    [[nodiscard]] quint64 rejected() const override { return m_client.rejected(); }

    /// The number of the cluster.
    [[nodiscard]] QString identity() const override;

private:
    struct Stored
    {
        std::optional<Grant> grant;
        qint64 revision{0}; ///< The key's; 0 if there is none.
    };
    struct Outcome
    {
        bool done{false};
        Stored now;
    };

    [[nodiscard]] QString key(const DomainUuid& uuid) const;
    [[nodiscard]] Task<Result<Stored>> fetch(DomainUuid uuid);
    [[nodiscard]] Result<Stored> storedIn(const QJsonObject& range, const DomainUuid& uuid);
    /// `change` (a put or a delete) if the key still has this revision.
    [[nodiscard]] Task<Result<Outcome>> commit(DomainUuid uuid, qint64 revision,
                                               QJsonObject change);
    /// `change` if the grant is `expected`.
    [[nodiscard]] Task<Result<Outcome>> replace(DomainUuid uuid, std::optional<Grant> expected,
                                                QJsonObject change);
    [[nodiscard]] std::unexpected<Error> malformed(const QString& why);

    EtcdClient m_client;
    QHash<DomainUuid, Stored>
        m_seen; ///< To do without asking first; a revision shows if it is old.
};

} // namespace lockstep
