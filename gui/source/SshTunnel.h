// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "cli/SshBridge.h"

#include <QLocalServer>
#include <QLocalSocket>
#include <QObject>
#include <QTemporaryDir>

#include <memory>

namespace lockstep::gui {

/// Another host's system bus at an address of this one, for Qt, which connects to addresses only:
/// the way that `lockstep --connect` takes (cli/SshBridge.h), and a socket in a directory that
/// nobody else can enter, for one connection. Qt gives up after 25 s, but somebody may be asked for
/// a password: so the tunnel speaks D-Bus's first line itself, and there is an address only once
/// the other end has answered it.
class SshTunnel final : public QObject
{
    Q_OBJECT
public:
    explicit SshTunnel(cli::Target target, QObject* parent = nullptr);
    ~SshTunnel() override;

    void start();

Q_SIGNALS:
    void ready(const QString& address);
    /// After it nothing comes any more. Errors: DaemonUnavailable, with what ssh said last.
    void ended(const lockstep::Error& why);

private:
    void readFar();
    void readNear();
    void listen();
    void takeNear();
    void end();
    void fail(const Error& why);

    cli::Target m_target;
    std::unique_ptr<cli::SshBridge> m_bridge;
    QTemporaryDir m_directory;
    QLocalServer m_server;
    QLocalSocket m_far; ///< ssh.
    QLocalSocket* m_near{nullptr}; ///< QtDBus; the server's.
    QByteArray m_welcome; ///< What the other end answers to the first line: "OK <guid>".
    bool m_isWelcome{false}; ///< It is complete.
    bool m_isThrough{false}; ///< What comes from either side goes to the other as it is.
    bool m_hasEnded{false};
};

} // namespace lockstep::gui
