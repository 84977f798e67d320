// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

#include <QMap>
#include <QObject>

namespace lockstep {

/// The secondary's part: makes, confirms and discards shadows as the primaries' daemons ask, and
/// discards one whose primary's host was lost before it was in step.
class ShadowKeeper final : public QObject
{
    Q_OBJECT
public:
    ShadowKeeper(PairParts parts, TaskSet& tasks);

    /// Answers "shadow.prepare". Errors: NameTaken, Busy, NoSpace and all that making it can fail
    /// with.
    [[nodiscard]] Task<Result<QJsonObject>> prepare(PeerId peer, QJsonObject request);
    /// Answers "shadow.confirm": from now on this shadow may take over. Errors: NotInStep.
    [[nodiscard]] Task<Result<QJsonObject>> confirm(PeerId peer, QJsonObject request);
    /// Answers "shadow.release": this shadow will not take over any more. Errors: WrongRole if it
    /// has.
    [[nodiscard]] Task<Result<QJsonObject>> release(PeerId peer, QJsonObject request);
    /// Answers "shadow.discard". Good if there is none.
    [[nodiscard]] Task<Result<QJsonObject>> discard(PeerId peer, QJsonObject request);

    /// Takes the shadow away and forgets the pair, unless an out of date definition of the domain
    /// stays here: then the pair stays too, as "stale".
    [[nodiscard]] Task<Result<void>> giveUp(DomainUuid uuid, QString reason);

private:
    [[nodiscard]] Task<Result<QJsonObject>> prepare(PairRecord record, QString xml);
    [[nodiscard]] Task<void> discardUnlessPeerReturns(PeerId peer);
    [[nodiscard]] Task<Result<void>> takeAway(PairRecord record, QString reason);
    void onPeerLost(const PeerId& peer);

    PairParts m_parts;
    TaskSet& m_tasks;
    QMap<DomainUuid, std::stop_source> m_building;
};

/// The record that a request of `peer` is about. Errors: ProtocolError, UnknownPair.
[[nodiscard]] Result<PairRecord> recordOf(const PairTable& pairs, const PeerId& peer,
                                          const QJsonObject& request);

} // namespace lockstep
