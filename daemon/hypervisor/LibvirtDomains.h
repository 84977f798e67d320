// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "hypervisor/LibvirtConnection.h"

#include <QJsonValue>

/// The blocking calls on domains; each needs a connection for itself and any thread. What they
/// promise is what Hypervisor says of the function of the same name.
namespace lockstep::libvirtDomains {

[[nodiscard]] Result<DomainInfo> find(LibvirtConnection& connection, const QString& nameUuidOrId);
[[nodiscard]] Result<QList<DomainInfo>> all(LibvirtConnection& connection);
[[nodiscard]] Result<QString> xml(LibvirtConnection& connection, const DomainUuid& uuid,
                                  XmlKind kind);
[[nodiscard]] Result<DomainInfo> createPaused(LibvirtConnection& connection,
                                              const QString& domainXml);
[[nodiscard]] Result<void> define(LibvirtConnection& connection, const QString& domainXml);
[[nodiscard]] Result<void> undefine(LibvirtConnection& connection, const DomainUuid& uuid);
[[nodiscard]] Result<void> destroy(LibvirtConnection& connection, const DomainUuid& uuid);
[[nodiscard]] Result<void> resume(LibvirtConnection& connection, const DomainUuid& uuid);
[[nodiscard]] Result<void> suspend(LibvirtConnection& connection, const DomainUuid& uuid);
[[nodiscard]] Result<QString> addIoThread(LibvirtConnection& connection, const DomainUuid& uuid,
                                          unsigned id);
[[nodiscard]] Result<void> removeIoThread(LibvirtConnection& connection, const DomainUuid& uuid,
                                          unsigned id);
/// For how long libvirt has been waiting for the monitor; 0 if it does not.
[[nodiscard]] Result<std::chrono::milliseconds> waitsForMonitor(LibvirtConnection& connection,
                                                                const DomainUuid& uuid);
/// Sends one QMP command; the "return" of its reply.
[[nodiscard]] Result<QJsonValue> monitorCommand(LibvirtConnection& connection,
                                                const DomainUuid& uuid, const QByteArray& command);

} // namespace lockstep::libvirtDomains
