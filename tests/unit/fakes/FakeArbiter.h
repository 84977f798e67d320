// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Arbiter.h"
#include "arbiter/MakeArbiter.h"

#include <QMap>
#include <QStringList>

#include <functional>

namespace lockstep::test {

/// The records that the arbiters of both hosts share, as an etcd keeps them.
struct FakeRecords
{
    QMap<DomainUuid, Grant> grants;
    std::function<void(Claim& claim)> before; ///< Called before a claim is carried out.
};

/// How one host's way to its arbiter is. The journal gets "arbiter <what>".
struct FakeWay
{
    FakeRecords* records{nullptr};
    bool unreachable{false}; ///< Nothing gets there.
    bool losesAnswers{false}; ///< Claims get there, and are done; their answers are lost.
    std::chrono::milliseconds delay{0}; ///< Of each answer.
    int claims{0};
    QStringList* journal{nullptr};
};

/// An arbiter in memory: with records as etcd's or, as a fence agent, without.
class FakeArbiter final : public Arbiter
{
public:
    FakeArbiter(FakeWay& way, ArbiterKind kind) : m_way{way}, m_kind{kind} { }

    [[nodiscard]] QString name() const override { return nameOf(m_kind); }
    [[nodiscard]] Task<Result<std::optional<Grant>>> read(DomainUuid uuid) override;
    [[nodiscard]] Task<Result<Verdict>> claim(Claim claim) override;
    [[nodiscard]] Task<Result<void>> forget(DomainUuid uuid, Grant expected) override;
    [[nodiscard]] Task<Result<void>> check(QString otherName) override;

private:
    [[nodiscard]] Task<Result<void>> travel(QString what);

    FakeWay& m_way;
    ArbiterKind m_kind;
};

} // namespace lockstep::test
