// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "pair/Reconcile.h"
#include "pair/ShadowKeeper.h"

#include <QObject>

namespace lockstep {

/// Two hosts that meet again compare what they know of each pair and draw their own consequences:
/// see reconcile(). Also asked whenever one side sees its twin vanish and wants to know why.
class Meeting final : public QObject
{
    Q_OBJECT
public:
    Meeting(PairParts parts, ShadowKeeper& keeper, TaskSet& tasks);

    /// Tells the peer our view of one pair and acts on its view.
    [[nodiscard]] Task<Result<void>> compare(DomainUuid uuid);
    /// Answers "pair.compare".
    [[nodiscard]] Task<Result<QJsonObject>> answer(PeerId peer, QJsonObject request);
    /// Answers "primary.yield": the other side takes over. Errors: WrongRole, Busy.
    [[nodiscard]] Task<Result<QJsonObject>> yield(PeerId peer, QJsonObject request);

private:
    [[nodiscard]] Task<TheirView> ownView(DomainUuid uuid);
    [[nodiscard]] Task<void> act(DomainUuid uuid, TheirView theirs);
    [[nodiscard]] Task<Result<void>> markStale(PairRecord record, Epoch epoch);
    [[nodiscard]] Task<void> destroyHeld(DomainUuid uuid);
    [[nodiscard]] Task<void> compareAll(PeerId peer);
    [[nodiscard]] Task<Result<void>> actOn(PairRecord record, TheirView theirs);

    PairParts m_parts;
    ShadowKeeper& m_keeper;
    TaskSet& m_tasks;
};

} // namespace lockstep
