// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <spdlog/common.h>

#include <QByteArray>
#include <QMap>
#include <QSet>
#include <QString>
#include <QStringList>

#include <chrono>

namespace lockstep {

/// The settings of lockstepd, from a file in TOML syntax; packaging/lockstepd.conf lists every key.
/// A key that is unknown, of the wrong type or out of range is an error, never ignored: a setting
/// that silently does not count is worse than a daemon that does not start.
struct Config
{
    struct Control
    {
        QString listen{QStringLiteral("any")}; ///< "any" or one IPv4 or IPv6 address of this host.
        quint16 port{49500};
        QString
            name; ///< What other hosts call this one; empty in the file: the system's host name.
    };
    struct Libvirt
    {
        QString uri{QStringLiteral("qemu:///system")};
    };
    struct Replication
    {
        quint16 portMin{49510}; ///< QEMU's own channels listen on portMin..portMax, both included.
        quint16 portMax{49699};
        QString imageDirectory{QStringLiteral("/var/lib/lockstep/images")};
        /// MiB a second that the disks of one domain are copied with at most, 1 to 1000000; 0, in
        /// the file "auto": so that its guest keeps at least 80 % of its own disk speed.
        int copySpeed{0};
        /// How long an out of date replica is kept for a later protection, 0 to 8760; 0: it is not.
        std::chrono::hours keepReplica{168};
    };
    /// What shadows of other hosts' domains may use of this host.
    struct Shadows
    {
        QStringList bridges{QStringLiteral("*")}; ///< Names; "*": every bridge that there is.
        /// Folders whose files they may read: kernels, firmware, media.
        QStringList files{QStringLiteral("/usr/share")};
        /// Folders that the other host may choose for replicas, besides `imageDirectory`.
        QStringList imageDirectories;
        QStringList consoleAddresses; ///< Where VNC and SPICE may listen, besides loopback.
    };
    struct Log
    {
        spdlog::level::level_enum level{spdlog::level::info};
    };
    struct Store
    {
        QString directory{QStringLiteral("/var/lib/lockstep")};
    };

    /// Figures for Prometheus and the like, over HTTP without a password.
    struct Metrics
    {
        QString listen; ///< Empty: nowhere; "local": 127.0.0.1; "any"; or one address of this host.
        quint16 port{49501};
    };

    /// The etcd that arbitrates; none if there are no endpoints.
    struct Etcd
    {
        QStringList endpoints; ///< "http://HOST:PORT" or "https://HOST:PORT".
        QString ca; ///< Files in PEM; empty: the system's authorities, no certificate.
        QString cert;
        QString key;
        QString user; ///< Of etcd's own authentication; empty: without.
        QString passwordFile;
        QString prefix{QStringLiteral("/lockstep/")};
        std::chrono::milliseconds timeout{1'000}; ///< Of one request, 100 to 30000.
    };
    /// How to turn one other host off.
    struct Fence
    {
        QString agent; ///< Absolute path of the fence agent.
        std::chrono::milliseconds timeout{30'000}; ///< Of one call, 1000 to 300000.
        std::chrono::milliseconds takeoverDelay{500}; ///< 0 to 60000.
        QMap<QString, QString> options;
    };

    Control control;
    Libvirt libvirt;
    Replication replication;
    Shadows shadows;
    Log log;
    Store store;
    Metrics metrics;
    Etcd etcd;
    QMap<QString, Fence> fence; ///< By the other host's name here.

    QString file; ///< Where it was read from, or would have been if there were one.
    QSet<QString> given; ///< Keys that the file has: "control.port", "fence.beta.agent".

    static constexpr QLatin1StringView usualPath{"/etc/lockstep/lockstepd.conf"};

    /// Reads `path`; a missing file means the defaults. Errors: ConfigInvalid, whose message names
    /// file, line and key and says what is allowed.
    [[nodiscard]] static Result<Config> load(const QString& path);
    /// The same for a text; `path` only serves the messages.
    [[nodiscard]] static Result<Config> parse(const QByteArray& text, const QString& path);
};

/// Whether `name` may name a host: 1 to 50 letters, digits, '-', '_' and '.', beginning with a
/// letter or digit. It goes into certificates, D-Bus and the command line, also when others choose
/// it.
[[nodiscard]] bool isHostName(QStringView name);

} // namespace lockstep
