// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryDisks.h"

#include "replication/Names.h"

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<void>> PrimaryDisks::connect(DiskSpec disk, QString name) const
{
    // no-flush: an fsync there would be waited for with the guest stopped, at the switchover, and
    // by every flush of the guest later. It would gain nothing: what a takeover needs of the
    // shadow's host to be on disk includes the overlays, and is flushed when they are merged. What
    // a copy of changes needs there is flushed from the shadow's side.
    const QJsonObject server{{u"type"_s, u"inet"_s},
                             {u"host"_s, m_spec.secondaryAddress.toString()},
                             {u"port"_s, QString::number(m_spec.nbdPort)}};
    const QJsonObject node{{u"driver"_s, u"nbd"_s},
                           {u"node-name"_s, name},
                           {u"server"_s, server},
                           {u"export"_s, names::diskExport(disk.target)},
                           {u"tls-creds"_s, names::clientTls},
                           {u"tls-hostname"_s, m_spec.secondaryAddress.toString()},
                           // Blocks of zeros go over as a request of a few bytes.
                           {u"detect-zeroes"_s, u"on"_s},
                           {u"cache"_s, QJsonObject{{u"no-flush"_s, true}}}};
    co_return co_await m_qmp.addNode(node);
}

Task<Result<void>> PrimaryDisks::forward(QString name, QString connection) const
{
    co_return co_await m_qmp.addNode({{u"driver"_s, u"replication"_s},
                                      {u"node-name"_s, name},
                                      {u"mode"_s, u"primary"_s},
                                      {u"file"_s, connection}});
}

Task<Result<void>> PrimaryDisks::connectReplicas() const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await connect(disk, names::nbdClient(disk.target)));
    co_return {};
}

Task<Result<void>> PrimaryDisks::disconnectReplicas() const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::nbdClient(disk.target)));
    co_return {};
}

Task<Result<void>> PrimaryDisks::startReplication() const
{
    for (const auto& disk : m_spec.disks) {
        // The mirror's connection serves on: opening another would cost a TLS handshake while the
        // guest is stopped.
        LOCKSTEP_CO_CHECK(
            co_await forward(names::replication(disk.target), names::nbdClient(disk.target)));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addChild(names::quorum(disk.target), names::replication(disk.target)));
    }
    co_return {};
}

Task<Result<void>> PrimaryDisks::stopReplication() const
{
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_TRY(children, co_await m_qmp.children(names::quorum(disk.target)));
        const QString child = children.key(names::replication(disk.target));
        if (!child.isEmpty())
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeChild(names::quorum(disk.target), child));
    }
    co_return {};
}

} // namespace lockstep
