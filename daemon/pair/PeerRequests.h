// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Turns.h"
#include "pair/PairDrivers.h"

namespace lockstep {

/// Answers what the other hosts' daemons ask of pairs.
class PeerRequests final
{
public:
    PeerRequests(PairParts parts, PairDrivers& drivers, TaskSet& tasks)
        : m_parts{parts}, m_drivers{drivers}, m_tasks{tasks}
    { }
    void answer();

private:
    /// Makes a shadow. Errors: ShadowRefused, NameTaken, Busy, NoSpace and all that making it can
    /// fail with.
    [[nodiscard]] Task<Result<QJsonObject>> prepare(PeerId peer, QJsonObject request);
    /// `xml` is what libvirt gets: it has been admitted.
    [[nodiscard]] Task<Result<QJsonObject>> build(PairDriver* driver, QString xml);
    /// Names the replicas of a new shadow: those that were kept if the asker knows what they lack.
    /// The word that tells why not (pair/FullCopy.h) if it asked for that; empty otherwise.
    [[nodiscard]] Task<QString> chooseReplicas(PairRecord* record);
    /// What the replicas have got is on disk when this is answered: the asker may forget that it
    /// was written. Errors: NotInStep.
    [[nodiscard]] Task<Result<QJsonObject>> flush(PeerId peer, QJsonObject request);
    /// The asker's pair is over: a replica that was kept for it is not needed. Good if there is
    /// none.
    [[nodiscard]] Task<Result<QJsonObject>> drop(PeerId peer, QJsonObject request);
    /// From now on the shadow may take over. Errors: NotInStep.
    [[nodiscard]] Task<Result<QJsonObject>> confirm(PeerId peer, QJsonObject request);
    /// Takes the shadow away. Good if there is none. Errors: WrongRole if it goes live.
    [[nodiscard]] Task<Result<QJsonObject>> discard(PeerId peer, QJsonObject request);
    /// The asker may go on without this side; "agreed" tells.
    [[nodiscard]] Task<Result<QJsonObject>> letGo(PeerId peer, QJsonObject request);
    /// This side will not take over in this epoch, or may again; "agreed" tells.
    [[nodiscard]] Task<Result<QJsonObject>> promise(PeerId peer, QJsonObject request);
    /// The pair fails over in another way from now on, as the primary's host says. Errors:
    /// WrongRole, NotSupported.
    [[nodiscard]] Task<Result<QJsonObject>> settings(PeerId peer, QJsonObject request);
    /// The primary here is to hand the domain over.
    [[nodiscard]] Task<Result<QJsonObject>> switchOver(PeerId peer, QJsonObject request);

    struct Subject
    {
        PairDriver* driver;
        Epoch epoch;
    };
    /// The pair that a request of `peer` is about. Errors: ProtocolError, UnknownPair.
    [[nodiscard]] Result<Subject> subject(const PeerId& peer, const QJsonObject& request) const;

    PairParts m_parts;
    PairDrivers& m_drivers;
    TaskSet& m_tasks;
    Turns<DomainUuid> m_adopting;
};

} // namespace lockstep
