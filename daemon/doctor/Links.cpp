// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Links.h"

#include <QDir>
#include <QFile>
#include <QNetworkInterface>

#include <algorithm>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr int slowest = 1'000; // Mbit/s that a checkpoint's memory can reasonably go over

QByteArray read(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed() : QByteArray{};
}

} // namespace

QString deviceOf(const QHostAddress& address)
{
    const auto interfaces = QNetworkInterface::allInterfaces();
    for (const QNetworkInterface& interface : interfaces) {
        const auto entries = interface.addressEntries();
        for (const QNetworkAddressEntry& entry : entries) {
            if (entry.ip().isEqual(address, QHostAddress::TolerantConversion))
                return interface.name();
        }
    }
    return {};
}

std::optional<LinkState> readLink(const QString& root, const QString& device)
{
    const QString folder = u"%1/sys/class/net/%2"_s.arg(root, device);
    if (device.isEmpty() || !QFileInfo::exists(folder))
        return std::nullopt;
    LinkState state;
    state.device = device;
    const QByteArray operation = read(folder + u"/operstate"_s);
    state.up = operation == "up" || (operation == "unknown" && read(folder + u"/carrier"_s) != "0");
    state.mtu = read(folder + u"/mtu"_s).toInt();
    bool isNumber = false;
    const int speed = read(folder + u"/speed"_s).toInt(&isNumber); // EINVAL on many virtual devices
    state.speed = isNumber && speed > 0 ? speed : -1;
    state.halfDuplex = read(folder + u"/duplex"_s) == "half";
    return state;
}

QStringList defaultDevices(const QByteArray& routes)
{
    constexpr qsizetype destination = 1;
    constexpr qsizetype mask = 7;
    QStringList devices;
    for (const QByteArray& line : routes.split('\n')) {
        const auto columns = line.simplified().split(' ');
        if (columns.size() > mask && columns[destination] == "00000000"
            && columns[mask] == "00000000")
            devices << QString::fromLatin1(columns.first());
    }
    return devices;
}

QList<Finding> judgeLink(const LinkUse& use, const std::optional<LinkState>& state,
                         const QStringList& defaultRoutes)
{
    const QString address = use.address.toString();
    if (!state)
        return {wrong(
            Id::Link,
            u"no interface has the address %1, at which %2 knew this host"_s.arg(address, use.peer),
            u"ip address add %1/PREFIX dev DEVICE; if it is another one now, on %2: "
            "lockstep peer remove %3, then lockstep peer add NEW-ADDRESS"_s.arg(address, use.peer,
                                                                                use.ownName))};
    const QString device = state->device;
    if (!state->up)
        return {wrong(Id::Link,
                      u"the link %1 towards %2 is down: no carrier"_s.arg(device, use.peer),
                      u"ip link set %1 up; then see to cable and switch"_s.arg(device))};
    QList<Finding> found;
    if (state->halfDuplex)
        found << warning(Id::Link, u"%1 towards %2 is half duplex"_s.arg(device, use.peer),
                         u"ethtool -s %1 autoneg on; then see to cable and switch"_s.arg(device));
    if (state->speed > 0 && state->speed < slowest)
        found << warning(
            Id::Link,
            u"%1 towards %2 runs at %3 Mbit/s: checkpoints will be slow"_s.arg(device, use.peer)
                .arg(state->speed),
            u"ethtool %1 tells what both ends offer; use a link of 10 Gbit/s or more"_s.arg(
                device));
    if (found.isEmpty())
        found << fine(Id::Link,
                      u"%1 towards %2 is up%3, MTU %4"_s.arg(
                          device, use.peer,
                          state->speed > 0 ? u" at %1 Mbit/s"_s.arg(state->speed) : QString{},
                          QString::number(state->mtu)));
    if (defaultRoutes.contains(device))
        found << warning(
            Id::LinkRoute,
            u"%1 towards %2 also has the default route: other traffic delays checkpoints"_s.arg(
                device, use.peer),
            u"give the hosts a network of their own between them, then 'lockstep peer remove' and "
            "'lockstep peer add' with the address there"_s);
    else
        found << fine(Id::LinkRoute, u"%1 has no default route"_s.arg(device));
    return found;
}

QList<Finding> examineLinks(const QString& root, const QList<LinkUse>& uses)
{
    const auto routes = defaultDevices(read(root + u"/proc/net/route"_s));
    QList<Finding> found;
    for (const LinkUse& use : uses)
        found << judgeLink(use, readLink(root, use.device), routes);
    return found;
}

QList<Finding> compareMtu(const LinkState& own, const HostReport& theirs, const QString& peer)
{
    if (own.mtu == 0 || theirs.linkMtu == 0)
        return {}; // told as a finding of that link
    if (own.mtu == theirs.linkMtu)
        return {fine(Id::LinkMtu, u"MTU %1 at both ends"_s.arg(own.mtu))};
    const int larger = std::max(own.mtu, theirs.linkMtu);
    return {wrong(
        Id::LinkMtu,
        u"the dedicated link has MTU %1 at %2's %3, but %4 at this host's %5: large frames "
        "are lost"_s.arg(theirs.linkMtu)
            .arg(peer, theirs.linkDevice)
            .arg(own.mtu)
            .arg(own.device),
        own.mtu < larger ? u"ip link set %1 mtu %2, and in the network configuration"_s.arg(
                               own.device, QString::number(larger))
                         : u"on %1: ip link set %2 mtu %3, and in the network configuration"_s.arg(
                               peer, theirs.linkDevice, QString::number(larger)))};
}

} // namespace lockstep::doctor
