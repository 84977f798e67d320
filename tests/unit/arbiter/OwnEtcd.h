// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/EtcdClient.h"

#include <QProcess>
#include <QTemporaryDir>

/// A real etcd for one test, of one node unless said otherwise, on a loopback port, with its data
/// in a folder of its own.
class OwnEtcd final
{
public:
    /// Why there can be no etcd here; empty if there can. LOCKSTEP_ETCD names another program.
    [[nodiscard]] static QString obstacle();

    OwnEtcd() = default;
    OwnEtcd(const OwnEtcd&) = delete;
    OwnEtcd& operator=(const OwnEtcd&) = delete;
    ~OwnEtcd() { stop(); }

    /// From the next start on clients must prove themselves. All in PEM.
    void useTls(const QByteArray& ca, const QByteArray& certificate, const QByteArray& key);
    /// Good when it answers.
    [[nodiscard]] bool start();
    /// Starts all as members of one cluster. Good when each listens.
    [[nodiscard]] static bool startCluster(const QList<OwnEtcd*>& members);
    /// At once, without a last word.
    void stop();
    /// As if it had been set up anew in the same place.
    void loseData();

    [[nodiscard]] quint16 port() const { return m_port; }
    [[nodiscard]] QUrl url() const;
    /// What its own client prints; it must not fail.
    [[nodiscard]] QByteArray ctl(const QStringList& arguments) const;

private:
    void choosePorts();
    [[nodiscard]] QString peerUrl() const;
    [[nodiscard]] QString memberName() const;
    void launch(const QStringList& cluster);

    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port{0};
    quint16 m_peerPort{0};
    bool m_tls{false};
};
