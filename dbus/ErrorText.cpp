// SPDX-License-Identifier: LGPL-2.1-or-later
#include "dbus/ErrorText.h"

#include "base/Text.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace lockstep::dbus {

using namespace Qt::StringLiterals;

namespace {

constexpr QLatin1StringView busPrefix{"org.freedesktop.DBus.Error."};

// What the bus or the client library says when the daemon itself did not answer.
constexpr std::array libraryErrors{
    std::pair{"System.Error.ECONNRESET"_L1, Errc::DaemonUnavailable},
    std::pair{"System.Error.ENOTCONN"_L1, Errc::DaemonUnavailable},
    std::pair{"System.Error.EPIPE"_L1, Errc::DaemonUnavailable},
    std::pair{"System.Error.ETIMEDOUT"_L1, Errc::Timeout},
};
constexpr std::array busErrors{
    std::pair{"ServiceUnknown"_L1, Errc::DaemonUnavailable},
    std::pair{"NameHasNoOwner"_L1, Errc::DaemonUnavailable},
    std::pair{"NoServer"_L1, Errc::DaemonUnavailable},
    std::pair{"FileNotFound"_L1, Errc::DaemonUnavailable},
    std::pair{"Disconnected"_L1, Errc::DaemonUnavailable},
    std::pair{"NoReply"_L1, Errc::DaemonUnavailable},
    std::pair{"Timeout"_L1, Errc::Timeout},
    std::pair{"TimedOut"_L1, Errc::Timeout},
    std::pair{"AccessDenied"_L1, Errc::NotAuthorized},
    std::pair{"AuthFailed"_L1, Errc::NotAuthorized},
    std::pair{"InteractiveAuthorizationRequired"_L1, Errc::NotAuthorized},
    std::pair{"InvalidArgs"_L1, Errc::InvalidArgument},
    std::pair{"UnknownMethod"_L1, Errc::VersionMismatch},
    std::pair{"UnknownInterface"_L1, Errc::VersionMismatch},
    std::pair{"UnknownProperty"_L1, Errc::VersionMismatch},
};

template <typename Table>
Errc codeIn(const Table& table, QStringView name)
{
    const auto* const found =
        std::ranges::find_if(table, [name](const auto& entry) { return name == entry.first; });
    return found == table.end() ? Errc::Internal : found->second;
}

/// The object was there when the client looked, or the client has made its path up.
Error goneError(const QString& text)
{
    for (const auto& [part, code, what] : {std::tuple{"/pair/"_L1, Errc::UnknownPair, "pair"_L1},
                                           std::tuple{"/peer/"_L1, Errc::UnknownPeer, "peer"_L1},
                                           std::tuple{"/job/"_L1, Errc::UnknownJob, "job"_L1}}) {
        if (text.contains(part))
            return {code, u"there is no such %1, or not any more"_s.arg(what)};
    }
    return {Errc::VersionMismatch, u"lockstepd is of another version: "_s + text};
}

/// An error that no lockstepd has written.
Error foreignError(QStringView name, const QString& text)
{
    const Errc code = name.startsWith(busPrefix) ? codeIn(busErrors, name.sliced(busPrefix.size()))
                                                 : codeIn(libraryErrors, name);
    if (name == "org.freedesktop.DBus.Error.UnknownObject"_L1)
        return goneError(text.simplified());
    const QString detail = text.isEmpty() ? name.toString() : text.simplified();
    switch (code) {
    case Errc::DaemonUnavailable:
        return {code, u"lockstepd does not answer on this host: "_s + detail};
    case Errc::Timeout:
        return {code, u"lockstepd did not answer in time: "_s + detail,
                u"'lockstep list' and 'lockstep job list' show whether it does it all the same."_s};
    case Errc::NotAuthorized:
        return {code, u"the system bus refuses: "_s + detail};
    case Errc::VersionMismatch:
        return {code, u"lockstepd is of another version: "_s + detail,
                u"Restart lockstepd after an update: 'systemctl restart lockstepd'."_s};
    default:
        return {code, detail};
    }
}

} // namespace

QString errorName(Errc code) { return QString{dbusErrorPrefix} + info(code).name; }

QString encodeErrorText(const Error& error)
{
    // A line break inside the message, e.g. in QEMU's text, would be taken for its end; and what a
    // caller, a peer or QEMU chose of it shall not get at anybody's terminal.
    constexpr qsizetype longest = 1000;
    return shortened(error.message().simplified(), longest) + u'\n' + error.remedy();
}

Error decodeError(QStringView name, const QString& text)
{
    const auto code = errcFromName(name);
    if (!code)
        return foreignError(name, text);
    const qsizetype end = text.indexOf(u'\n');
    if (end < 0)
        return {*code, text};
    return {*code, text.first(end), text.sliced(end + 1)};
}

} // namespace lockstep::dbus
