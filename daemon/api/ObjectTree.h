// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/JobObject.h"
#include "api/ManagerObject.h"
#include "api/PairObject.h"
#include "api/PeerObject.h"
#include "pair/PairService.h"

#include <QObject>

#include <map>
#include <memory>

namespace lockstep {

/// The objects on the bus, kept in step with the pairs, jobs and peers that there are.
/// Everything it is given must outlive it.
class ObjectTree final : public QObject
{
    Q_OBJECT
public:
    ObjectTree(sdbus::IConnection& connection, PairService& pairs, Peers& peers,
               Requests& requests);
    ~ObjectTree() override;

    /// Announces the events that still wait.
    void flush() { m_manager.flush(); }

private:
    template <typename Id, typename Object>
    using Objects = std::map<Id, std::unique_ptr<Object>>;

    /// Shows the newest state, with a new object if there is none yet, or takes the object away.
    template <typename Id, typename Object, typename View>
    void show(Objects<Id, Object>& objects, const Id& id, const Result<View>& view);
    template <typename Id, typename Object>
    void remove(Objects<Id, Object>& objects, const Id& id);
    void showPair(const DomainUuid& uuid);
    void showPeer(const PeerId& id);
    void showJob(const JobId& id);
    void showAllPairs();

    sdbus::IConnection& m_connection;
    PairService& m_pairService;
    Peers& m_peerService;
    Requests& m_requests;
    ManagerObject m_manager;
    Objects<PeerId, PeerObject> m_peers;
    Objects<DomainUuid, PairObject> m_pairs;
    Objects<JobId, JobObject> m_jobs;
};

} // namespace lockstep
