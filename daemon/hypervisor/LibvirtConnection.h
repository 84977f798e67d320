// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <libvirt/libvirt.h>

#include <memory>
#include <mutex>
#include <vector>

namespace lockstep {

// Private to hypervisor/: the only header, besides LibvirtEvents.h, that shows libvirt's types.

struct DomainCloser
{
    void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using DomainHandle = std::unique_ptr<virDomain, DomainCloser>;

/// One connection to libvirtd, closed at the end; closing may block. Every call blocks.
class LibvirtConnection final
{
public:
    /// With keepalive, so that a frozen libvirtd ends all waits after 15 to 20 s; needs
    /// LibvirtLoop.
    [[nodiscard]] static Result<LibvirtConnection> open(const QString& uri);

    [[nodiscard]] virConnectPtr get() const { return m_connection.get(); }
    [[nodiscard]] bool isAlive() const;
    [[nodiscard]] Result<DomainHandle> domain(const DomainUuid& uuid) const;
    /// libvirt's last error of this thread: UnknownDomain, HypervisorUnavailable if the connection
    /// broke, Timeout if libvirt gave up waiting for the domain, HypervisorError for all else.
    [[nodiscard]] std::unexpected<Error> failed(const QString& what) const;

private:
    struct Closer
    {
        void operator()(virConnectPtr connection) const { virConnectClose(connection); }
    };
    explicit LibvirtConnection(virConnectPtr connection) : m_connection{connection} { }

    std::unique_ptr<virConnect, Closer> m_connection;
};

/// A string that libvirt has allocated.
[[nodiscard]] QByteArray takeText(char* text);

/// Idle connections for worker threads: each blocking call has one for itself, because libvirtd
/// serves only five calls of a connection at a time, and calls to hung domains would fill them.
/// Thread-safe; taking may block.
class ConnectionPool final
{
public:
    explicit ConnectionPool(QString uri) : m_uri{std::move(uri)} { }

    [[nodiscard]] Result<LibvirtConnection> take();
    void giveBack(LibvirtConnection connection);
    /// Closes what is idle, e.g. after libvirtd has gone.
    void clear();

private:
    static constexpr size_t maxIdle = 8;

    const QString m_uri;
    std::mutex m_mutex;
    std::vector<LibvirtConnection> m_idle;
};

} // namespace lockstep
