// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/SockDiag.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

using namespace Qt::StringLiterals;

namespace lockstep {

namespace {

/// The kernel answers at once; this only keeps a defect from hanging the caller.
constexpr timeval answerDeadline{.tv_sec = 1, .tv_usec = 0};
/// Neither listening sockets, which have no peer, nor TIME_WAIT, in which nothing waits any more.
constexpr unsigned statesWithPeer = 0xfffU & ~(1U << TCP_LISTEN) & ~(1U << TCP_TIME_WAIT);

std::unexpected<Error> systemFailure(const QString& what)
{
    return failure(Errc::NetworkError, what + u": "_s + qt_error_string(errno));
}

/// The address alone: a listener for both families sees IPv4 as ::ffff:a.b.c.d, and a link-local
/// address may be given with its interface.
QHostAddress plain(QHostAddress address)
{
    bool isMapped = false;
    const quint32 ipv4 = address.toIPv4Address(&isMapped);
    if (isMapped)
        return QHostAddress{ipv4};
    address.setScopeId({});
    return address;
}

QHostAddress addressOf(int family, const __be32* raw)
{
    return family == AF_INET ? QHostAddress{ntohl(raw[0])}
                             : plain(QHostAddress{reinterpret_cast<const quint8*>(raw)});
}

/// tcp_info among the attributes that follow the message.
std::optional<TcpInfo> infoIn(const nlmsghdr* message)
{
    const auto* const socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
    auto left = message->nlmsg_len - NLMSG_LENGTH(sizeof *socket);
    for (auto* attribute = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == INET_DIAG_INFO)
            return tcpInfo(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
    }
    return {};
}

} // namespace

struct SockDiag::Request
{
    nlmsghdr header;
    inet_diag_req_v2 body;
};

bool TcpSocket::isBetween(const QHostAddress& local, const QHostAddress& remote, quint16 first,
                          quint16 last) const
{
    const auto inRange = [=](__be16 port) { return ntohs(port) >= first && ntohs(port) <= last; };
    return (inRange(kernel.id.idiag_sport) || inRange(kernel.id.idiag_dport))
        && addressOf(kernel.idiag_family, kernel.id.idiag_src) == plain(local)
        && addressOf(kernel.idiag_family, kernel.id.idiag_dst) == plain(remote);
}

SockDiag::SockDiag() : m_socket{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)}
{
    setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &answerDeadline, sizeof answerDeadline);
}

SockDiag::~SockDiag()
{
    if (m_socket >= 0)
        close(m_socket);
}

Result<std::vector<TcpSocket>> SockDiag::list(Which which)
{
    std::vector<TcpSocket> sockets;
    for (const int family : {AF_INET, AF_INET6}) { // IPv6 also for mapped IPv4 addresses
        Request request = prepare(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, family);
        request.body.idiag_states = statesWithPeer;
        if (which == Which::Established) {
            request.body.idiag_states = 1U << TCP_ESTABLISHED;
            request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
        }
        const auto status = exchange(request, &sockets);
        if (!status)
            return std::unexpected{status.error()};
        // A kernel without IPv6 knows no such family.
        if (*status != 0 && *status != ENOENT)
            return failure(Errc::NetworkError,
                           u"listing TCP sockets: "_s + qt_error_string(*status));
    }
    return sockets;
}

Result<std::optional<TcpSocket>> SockDiag::look(const TcpSocket& target)
{
    Request request =
        prepare(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_ACK, target.kernel.idiag_family);
    request.body.id = target.kernel.id;
    request.body.idiag_states = 1U << TCP_ESTABLISHED;
    request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    std::vector<TcpSocket> found;
    const auto status = exchange(request, &found);
    if (!status)
        return std::unexpected{status.error()};
    if (*status != 0 && *status != ENOENT && *status != ESTALE)
        return failure(Errc::NetworkError,
                       u"looking at a TCP socket: "_s + qt_error_string(*status));
    if (found.empty() || found.front().kernel.idiag_state != TCP_ESTABLISHED)
        return std::nullopt;
    return found.front();
}

Result<bool> SockDiag::destroy(const TcpSocket& target)
{
    Request request = prepare(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, target.kernel.idiag_family);
    request.body.id = target.kernel.id;
    const auto status = exchange(request, nullptr);
    if (!status)
        return std::unexpected{status.error()};
    if (*status == EOPNOTSUPP || *status == EINVAL)
        return failure(Errc::NotSupported, u"this kernel cannot destroy sockets"_s,
                       u"use a kernel with CONFIG_INET_DIAG_DESTROY"_s);
    if (*status == EPERM || *status == EACCES)
        return failure(Errc::NetworkError, u"destroying a socket needs CAP_NET_ADMIN"_s);
    if (*status != 0 && *status != ENOENT)
        return failure(Errc::NetworkError, u"destroying a socket: "_s + qt_error_string(*status));
    return *status == 0;
}

SockDiag::Request SockDiag::prepare(int type, int flags, int family)
{
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = quint16(type);
    request.header.nlmsg_flags = quint16(flags);
    request.header.nlmsg_seq = ++m_sequence;
    request.body.sdiag_family = quint8(family);
    request.body.sdiag_protocol = IPPROTO_TCP;
    return request;
}

Result<int> SockDiag::exchange(const Request& request, std::vector<TcpSocket>* sockets) const
{
    if (m_socket < 0 || send(m_socket, &request, sizeof request, 0) < 0)
        return systemFailure(u"talking to the kernel about sockets"_s);
    alignas(nlmsghdr) std::array<char, 32768> buffer{};
    while (true) {
        const ssize_t size = recv(m_socket, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return systemFailure(u"the kernel does not answer about sockets"_s);
        auto left = unsigned(size);
        for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
             NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_seq != request.header.nlmsg_seq)
                continue;
            if (message->nlmsg_type == NLMSG_DONE)
                return 0;
            if (message->nlmsg_type == NLMSG_ERROR)
                return -static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
            if (sockets)
                sockets->push_back(
                    {*static_cast<const inet_diag_msg*>(NLMSG_DATA(message)), infoIn(message)});
        }
    }
}

} // namespace lockstep
