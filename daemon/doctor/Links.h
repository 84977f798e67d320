// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/Findings.h"
#include "doctor/HostReport.h"

#include <QHostAddress>

namespace lockstep::doctor {

/// What the kernel says of one network interface. Source: Linux
/// Documentation/ABI/testing/sysfs-class-net.
struct LinkState
{
    QString device;
    bool up{false}; ///< It has a carrier, or cannot tell.
    int mtu{0};     ///< Bytes; 0 if it is not known.
    int speed{-1};  ///< Mbit/s; -1 if the device has none, as virtual ones.
    bool halfDuplex{false};
};

/// The interface that has the address; empty if none does.
[[nodiscard]] QString deviceOf(const QHostAddress& address);
/// From /sys below `root`; nothing if there is no such device.
[[nodiscard]] std::optional<LinkState> readLink(const QString& root, const QString& device);
/// Devices that /proc/net/route names for the default route.
[[nodiscard]] QStringList defaultDevices(const QByteArray& routes);

/// The dedicated link towards one peer.
struct LinkUse
{
    QString peer;
    QString ownName; ///< This host, as the peer knows it.
    QHostAddress address; ///< This host's end.
    QString device; ///< That has the address; empty if none does.
};
[[nodiscard]] QList<Finding> judgeLink(const LinkUse& use, const std::optional<LinkState>& state,
                                       const QStringList& defaultRoutes);
/// All of that for several links. Blocks.
[[nodiscard]] QList<Finding> examineLinks(const QString& root, const QList<LinkUse>& uses);

/// Whether both ends of a link have the same MTU; nothing if one of them is not known.
[[nodiscard]] QList<Finding> compareMtu(const LinkState& own, const HostReport& theirs,
                                        const QString& peer);

} // namespace lockstep::doctor
