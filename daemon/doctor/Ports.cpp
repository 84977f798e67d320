// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Ports.h"

#include <QFile>

#include <algorithm>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr int fewestFreePorts = 4; // one domain with one NIC
constexpr qsizetype longestList = 10;

QByteArray read(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

Finding judgeControlPort(const QList<Listener>& listeners, quint16 port)
{
    if (std::ranges::contains(listeners, port, &Listener::port))
        return fine(Id::ControlPort, u"TCP port %1 listens"_s.arg(port));
    return wrong(Id::ControlPort, u"nothing listens on TCP port %1"_s.arg(port),
                 u"systemctl restart lockstepd"_s);
}

Finding judgeQemuPorts(const QList<Listener>& listeners, const Config::Replication& range,
                       const QSet<quint16>& ours)
{
    QStringList strangers;
    QSet<quint16> taken;
    for (const Listener& listener : listeners) {
        const bool isForeign = listener.port >= range.portMin && listener.port <= range.portMax
            && !ours.contains(listener.port) && !taken.contains(listener.port);
        if (!isForeign)
            continue;
        taken << listener.port;
        if (strangers.size() < longestList)
            strangers << u"%1 (user %2)"_s.arg(listener.port).arg(listener.user);
    }
    const auto free = range.portMax - range.portMin + 1 - taken.size()
        - std::ranges::count_if(ours, [&range](quint16 port) {
                          return port >= range.portMin && port <= range.portMax;
                      });
    if (strangers.isEmpty())
        return fine(
            Id::QemuPorts,
            u"TCP ports %1 to %2: %3 are free"_s.arg(range.portMin).arg(range.portMax).arg(free));
    const QString message =
        u"other programs listen on ports of QEMU's range: "_s + strangers.join(u", "_s);
    const QString remedy =
        u"ss -ltnp 'sport >= :%1 and sport <= :%2' tells who; move that program, or port-min and "
        "port-max in lockstepd.conf"_s.arg(range.portMin)
            .arg(range.portMax);
    return free < fewestFreePorts ? wrong(Id::QemuPorts, message, remedy)
                                  : warning(Id::QemuPorts, message, remedy);
}

struct PortRange
{
    int first{0};
    int last{0};
    [[nodiscard]] bool holds(int port) const { return port >= first && port <= last; }
};

/// "49500,49510-49699": what ip_local_reserved_ports has.
QList<PortRange> rangesIn(const QByteArray& text)
{
    QList<PortRange> ranges;
    for (const QByteArray& part : text.trimmed().split(',')) {
        const auto ends = part.split('-');
        bool isNumber = false;
        const int first = ends.first().toInt(&isNumber);
        if (isNumber)
            ranges.append({.first = first, .last = ends.size() > 1 ? ends[1].toInt() : first});
    }
    return ranges;
}

QList<Finding> judgeEphemeral(const QByteArray& range, const QByteArray& reserved,
                              const Config& config)
{
    const auto ends = range.simplified().split(' ');
    if (ends.size() != 2)
        return {}; // no such setting here
    const PortRange given{.first = ends[0].toInt(), .last = ends[1].toInt()};
    const auto kept = rangesIn(reserved);
    const auto mayBeGiven = [&](int port) {
        return given.holds(port)
            && std::ranges::none_of(kept, [port](const PortRange& r) { return r.holds(port); });
    };
    bool overlaps = mayBeGiven(config.control.port);
    for (int port = config.replication.portMin; port <= config.replication.portMax; ++port)
        overlaps = overlaps || mayBeGiven(port);
    if (!overlaps)
        return {fine(Id::EphemeralPorts, u"the kernel gives Lockstep's ports to nobody else"_s)};
    QString wanted = QString::fromLatin1(reserved.trimmed());
    wanted += u"%1%2,%3-%4"_s.arg(wanted.isEmpty() ? u""_s : u","_s)
                  .arg(config.control.port)
                  .arg(config.replication.portMin)
                  .arg(config.replication.portMax);
    return {warning(
        Id::EphemeralPorts,
        u"the kernel may give Lockstep's ports to any program that connects somewhere (ports %1 to "
        "%2)"_s.arg(given.first)
            .arg(given.last),
        u"echo 'net.ipv4.ip_local_reserved_ports = %1' > /etc/sysctl.d/60-lockstep.conf && sysctl "
        "--system"_s.arg(wanted))};
}

} // namespace

QList<Listener> listenersIn(const QByteArray& text)
{
    constexpr qsizetype addressColumn = 1;
    constexpr qsizetype stateColumn = 3;
    constexpr qsizetype userColumn = 7;
    constexpr int hex = 16;
    QList<Listener> found;
    for (const QByteArray& line : text.split('\n')) {
        const auto columns = line.simplified().split(' ');
        if (columns.size() <= userColumn || columns[stateColumn] != "0A") // TCP_LISTEN
            continue;
        bool isPort = false;
        bool isUser = false;
        const auto port = columns[addressColumn].split(':').last().toUShort(&isPort, hex);
        const auto user = columns[userColumn].toUInt(&isUser);
        if (isPort && isUser)
            found.append({.port = port, .user = user});
    }
    return found;
}

QList<Finding> examinePorts(const QString& root, const Config& config, const QSet<quint16>& ours)
{
    const auto listeners = listenersIn(read(root + u"/proc/net/tcp"_s))
        + listenersIn(read(root + u"/proc/net/tcp6"_s));
    const QString settings = root + u"/proc/sys/net/ipv4/"_s;
    return QList{judgeControlPort(listeners, config.control.port),
                 judgeQemuPorts(listeners, config.replication, ours)}
    + judgeEphemeral(read(settings + u"ip_local_port_range"_s),
                     read(settings + u"ip_local_reserved_ports"_s), config);
}

} // namespace lockstep::doctor
