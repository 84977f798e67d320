// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtConnection.h"

#include <libvirt/virterror.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <utility>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

constexpr int keepaliveSeconds = 5;
constexpr unsigned keepaliveCount = 3;

QString lastMessage()
{
    const virError* const error = virGetLastError();
    return error && error->message ? QString::fromUtf8(error->message).trimmed()
                                   : u"unknown libvirt error"_s;
}

Errc codeOf(const virError& error)
{
    switch (error.code) {
    case VIR_ERR_NO_DOMAIN:
        return Errc::UnknownDomain;
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_INVALID_CONN:
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_AUTH_CANCELLED:
        return Errc::HypervisorUnavailable;
    case VIR_ERR_OPERATION_TIMEOUT:
        return Errc::Timeout;
    default:
        return Errc::HypervisorError;
    }
}

} // namespace

Result<LibvirtConnection> LibvirtConnection::open(const QString& uri)
{
    virConnectPtr raw = virConnectOpen(uri.toUtf8().constData());
    if (!raw)
        return failure(Errc::HypervisorUnavailable,
                       u"cannot connect to libvirt at %1: %2"_s.arg(uri, lastMessage()));
    LibvirtConnection connection{raw};
    if (virConnectSetKeepAlive(raw, keepaliveSeconds, keepaliveCount) < 0)
        spdlog::warn("libvirt connection without keepalive: {}", lastMessage().toStdString());
    return connection;
}

bool LibvirtConnection::isAlive() const { return virConnectIsAlive(m_connection.get()) == 1; }

Result<DomainHandle> LibvirtConnection::domain(const DomainUuid& uuid) const
{
    const QByteArray text = toString(uuid).toLatin1();
    if (virDomainPtr domain = virDomainLookupByUUIDString(m_connection.get(), text.constData()))
        return DomainHandle{domain};
    return failed(u"looking up domain "_s + toString(uuid));
}

std::unexpected<Error> LibvirtConnection::failed(const QString& what) const
{
    const virError* const error = virGetLastError();
    // Copied before isAlive(), which resets libvirt's error.
    Errc code = error ? codeOf(*error) : Errc::HypervisorError;
    const QString message = lastMessage();
    if (code == Errc::HypervisorError && !isAlive())
        code = Errc::HypervisorUnavailable;
    return failure(code, what + u": "_s + message);
}

QByteArray takeText(char* text)
{
    QByteArray copy{text};
    std::free(text); // as libvirt says
    return copy;
}

Result<LibvirtConnection> ConnectionPool::take()
{
    while (true) {
        std::unique_lock lock{m_mutex};
        if (m_idle.empty())
            break;
        LibvirtConnection connection = std::move(m_idle.back());
        m_idle.pop_back();
        lock.unlock();
        if (connection.isAlive())
            return connection;
    }
    return LibvirtConnection::open(m_uri);
}

void ConnectionPool::giveBack(LibvirtConnection connection)
{
    if (!connection.isAlive())
        return;
    const std::lock_guard lock{m_mutex};
    if (m_idle.size() < maxIdle)
        m_idle.push_back(std::move(connection));
    // else it is closed when the parameter ends, after the lock
}

void ConnectionPool::clear()
{
    std::vector<LibvirtConnection> closing;
    const std::lock_guard lock{m_mutex};
    closing.swap(m_idle);
}

} // namespace lockstep
