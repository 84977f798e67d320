// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/SshTunnel.h"

#include <QThreadPool>
#include <QUrl>
#include <QtConcurrentRun>

#include <unistd.h>

#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr QByteArrayView lineEnd{"\r\n"};
constexpr qsizetype longestLine = 16'384; // libdbus allows no longer one

/// D-Bus Specification, "Authentication Protocol": a null byte, then who we are. The other end is
/// a systemd-stdio-bridge, which takes whoever ssh has let in.
QByteArray firstLine()
{
    const QByteArray user = QByteArray::number(::getuid()).toHex();
    return QByteArray(1, '\0') + "AUTH EXTERNAL " + user + QByteArray{lineEnd};
}

} // namespace

SshTunnel::SshTunnel(cli::Target target, QObject* parent)
    : QObject{parent}, m_target{std::move(target)}
{
    connect(&m_far, &QLocalSocket::readyRead, this, &SshTunnel::readFar);
    connect(&m_far, &QLocalSocket::disconnected, this, &SshTunnel::end);
    connect(&m_server, &QLocalServer::newConnection, this, &SshTunnel::takeNear);
}

SshTunnel::~SshTunnel()
{
    m_hasEnded = true;
    m_far.abort();
    // ssh ends at once as a rule; but nobody waits for it here.
    if (auto bridge = std::shared_ptr<cli::SshBridge>{std::move(m_bridge)})
        QThreadPool::globalInstance()->start([bridge]() mutable { bridge.reset(); });
}

void SshTunnel::start()
{
    if (!m_directory.isValid())
        return fail({Errc::Internal, u"no directory for a socket: "_s + m_directory.errorString()});
    auto bridge = cli::SshBridge::start(m_target);
    if (!bridge)
        return fail(bridge.error());
    m_bridge = std::move(*bridge);
    if (!m_far.setSocketDescriptor(m_bridge->takeSocket()))
        return fail({Errc::Internal, u"no socket for ssh: "_s + m_far.errorString()});
    m_far.write(firstLine());
}

void SshTunnel::readFar()
{
    if (m_isThrough) {
        m_near->write(m_far.readAll());
        return;
    }
    if (m_isWelcome)
        return; // stays where it is until there is somebody to read it
    m_welcome += m_far.readAll();
    if (m_welcome.endsWith(lineEnd) && m_welcome.startsWith("OK "))
        listen();
    else if (m_welcome.endsWith(lineEnd) || m_welcome.size() > longestLine)
        m_far.disconnectFromServer(); // e.g. what a login script prints
}

void SshTunnel::listen()
{
    m_isWelcome = true;
    const QString path = m_directory.filePath(u"bus"_s);
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    if (!m_server.listen(path))
        return fail({Errc::Internal, u"no socket for D-Bus: "_s + m_server.errorString()});
    // D-Bus Specification, "Server Addresses": what may stand there as it is.
    Q_EMIT ready(u"unix:path="_s + QString::fromLatin1(QUrl::toPercentEncoding(path, "/", "~")));
}

void SshTunnel::takeNear()
{
    m_near = m_server.nextPendingConnection();
    m_server.close();
    connect(m_near, &QLocalSocket::readyRead, this, &SshTunnel::readNear);
    connect(m_near, &QLocalSocket::disconnected, &m_far, &QLocalSocket::disconnectFromServer);
    readNear();
}

void SshTunnel::readNear()
{
    if (!m_isThrough) {
        // Its first line has been said on its behalf.
        const QByteArray begun = m_near->peek(longestLine);
        const qsizetype end = begun.indexOf(lineEnd);
        if (end < 0)
            return;
        m_near->skip(end + lineEnd.size());
        m_near->write(m_welcome);
        m_isThrough = true;
        readFar();
    }
    m_far.write(m_near->readAll());
}

void SshTunnel::end()
{
    if (m_hasEnded || !m_bridge)
        return;
    m_hasEnded = true;
    auto bridge = std::shared_ptr<cli::SshBridge>{std::move(m_bridge)};
    // It may have to wait for ssh.
    QtConcurrent::run([bridge] {
        return bridge->whyItEnded();
    }).then(this, [this](const Error& why) { Q_EMIT ended(why); });
}

void SshTunnel::fail(const Error& why)
{
    m_hasEnded = true;
    Q_EMIT ended(why);
}

} // namespace lockstep::gui
