// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/TapTraffic.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace lockstep {

namespace {

/// The kernel answers at once; this only keeps a defect from hanging the caller.
constexpr timeval answerDeadline{.tv_sec = 1, .tv_usec = 0};

struct Request
{
    nlmsghdr header;
    if_stats_msg body;
};

std::optional<quint64> receivedIn(const nlmsghdr* message)
{
    const auto* const body = static_cast<const if_stats_msg*>(NLMSG_DATA(message));
    auto left = message->nlmsg_len - NLMSG_LENGTH(sizeof *body);
    for (auto* attribute = reinterpret_cast<const rtattr*>(body + 1); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type != IFLA_STATS_LINK_64)
            continue;
        rtnl_link_stats64 found{}; // not aligned in the message
        std::memcpy(&found, RTA_DATA(attribute),
                    std::min<std::size_t>(RTA_PAYLOAD(attribute), sizeof found));
        return found.rx_packets;
    }
    return {};
}

} // namespace

TapTraffic::TapTraffic(const QStringList& devices)
    : m_socket{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)}
{
    setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &answerDeadline, sizeof answerDeadline);
    for (const QString& name : devices) {
        if (const unsigned number = if_nametoindex(name.toUtf8().constData()); number != 0)
            m_devices.push_back(number);
    }
}

TapTraffic::~TapTraffic()
{
    if (m_socket >= 0)
        close(m_socket);
}

std::optional<quint64> TapTraffic::packets()
{
    std::optional<quint64> sum;
    for (const unsigned device : m_devices) {
        const auto one = packetsOf(device);
        if (!one)
            return {};
        sum = sum.value_or(0) + *one;
    }
    return sum;
}

std::optional<quint64> TapTraffic::packetsOf(unsigned device)
{
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETSTATS;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.header.nlmsg_seq = ++m_sequence;
    request.body.ifindex = device;
    request.body.filter_mask = 1U << (IFLA_STATS_LINK_64 - 1);
    if (m_socket < 0 || send(m_socket, &request, sizeof request, 0) < 0)
        return {};
    alignas(nlmsghdr) std::array<char, 4096> buffer{};
    while (true) {
        const ssize_t size = recv(m_socket, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return {};
        auto left = unsigned(size);
        for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
             NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_seq != m_sequence) // late, of a question that was given up
                continue;
            if (message->nlmsg_type == NLMSG_ERROR)
                return {};
            return receivedIn(message);
        }
    }
}

} // namespace lockstep
