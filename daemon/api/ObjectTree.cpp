// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/ObjectTree.h"

#include <spdlog/spdlog.h>

#include <type_traits>

namespace lockstep {

ObjectTree::ObjectTree(sdbus::IConnection& connection, PairService& pairs, Peers& peers,
                       Requests& requests)
    : m_connection{connection}, m_pairService{pairs}, m_peerService{peers}, m_requests{requests},
      m_manager{connection, requests}
{
    m_requests.setExport({.job = [this](const JobId& id) { showJob(id); },
                          .peer = [this](const PeerId& id) { showPeer(id); }});
    connect(&pairs, &PairService::pairChanged, this, &ObjectTree::showPair);
    connect(&pairs, &PairService::pairRemoved, this,
            [this](const DomainUuid& uuid) { remove(m_pairs, uuid); });
    connect(&pairs, &PairService::jobChanged, this, &ObjectTree::showJob);
    connect(&pairs, &PairService::jobRemoved, this,
            [this](const JobId& id) { remove(m_jobs, id); });
    connect(&pairs, &PairService::recorded, this,
            [this](const PairEvent& event) { m_manager.announce(event); });
    connect(&peers, &Peers::peerChanged, this, &ObjectTree::showPeer);
    connect(&peers, &Peers::connected, this, &ObjectTree::showPeer);
    connect(&peers, &Peers::disconnected, this, &ObjectTree::showPeer);
    connect(&peers, &Peers::peerRemoved, this, [this](const PeerId& id) {
        remove(m_peers, id);
        showAllPairs();
    });
    for (const PeerInfo& peer : peers.peers())
        showPeer(peer.id);
    showAllPairs();
    for (const JobView& job : pairs.jobs())
        showJob(job.id);
}

ObjectTree::~ObjectTree()
{
    m_requests.setExport({.job = [](const JobId&) { }, .peer = [](const PeerId&) { }});
}

template <typename Id, typename Object, typename View>
void ObjectTree::show(Objects<Id, Object>& objects, const Id& id, const Result<View>& view)
{
    if (!view) {
        remove(objects, id);
        return;
    }
    if (const auto known = objects.find(id); known != objects.end()) {
        known->second->update(*view);
        return;
    }
    try {
        auto object = std::make_unique<Object>(m_connection, m_requests, *view);
        object->getObject().emitInterfacesAddedSignal(
            {sdbus::InterfaceName{Object::INTERFACE_NAME}});
        objects.emplace(id, std::move(object));
    } catch (const sdbus::Error& error) {
        spdlog::error("a D-Bus object could not be shown: {}", error.getMessage());
    }
}

template <typename Id, typename Object>
void ObjectTree::remove(Objects<Id, Object>& objects, const Id& id)
{
    const auto known = objects.find(id);
    if (known == objects.end())
        return;
    // The last properties first: for late readers of a job they are how it ended.
    known->second->announcer().flush();
    try {
        known->second->getObject().emitInterfacesRemovedSignal(
            {sdbus::InterfaceName{Object::INTERFACE_NAME}});
    } catch (const sdbus::Error& error) {
        spdlog::debug("a D-Bus signal could not be sent: {}", error.getMessage());
    }
    objects.erase(known);
}

void ObjectTree::showPair(const DomainUuid& uuid) { show(m_pairs, uuid, m_pairService.pair(uuid)); }

void ObjectTree::showPeer(const PeerId& id)
{
    const bool isNew = !m_peers.contains(id);
    show(m_peers, id, m_peerService.peer(id));
    // Pairs name their peer's object. What else they tell of it they announce themselves; a peer's
    // figures change all the time.
    if (isNew)
        showAllPairs();
}

void ObjectTree::showJob(const JobId& id) { show(m_jobs, id, m_pairService.job(id)); }

void ObjectTree::showAllPairs()
{
    for (const PairView& pair : m_pairService.pairs())
        show(m_pairs, pair.uuid, Result<PairView>{pair});
}

} // namespace lockstep
