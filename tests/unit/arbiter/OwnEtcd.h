// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/EtcdClient.h"

#include <QProcess>
#include <QTemporaryDir>

/// A real etcd of one node for one test, on a loopback port, with its data in a folder of its own.
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
    /// At once, without a last word.
    void stop();
    /// As if it had been set up anew in the same place.
    void loseData();

    [[nodiscard]] quint16 port() const { return m_port; }
    [[nodiscard]] QUrl url() const;
    /// What its own client prints; it must not fail.
    [[nodiscard]] QByteArray ctl(const QStringList& arguments) const;

private:
    [[nodiscard]] QString peerUrl() const;

    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port{0};
    quint16 m_peerPort{0};
    bool m_tls{false};
};
