// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stations.h"

#include <QTimer>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace {

QUrl urlOf(const QTcpServer& server)
{
    return QUrl{u"http://127.0.0.1:%1"_s.arg(server.serverPort())};
}

} // namespace

Stub::Stub(const QByteArray& answer_) : answer{answer_}
{
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] {
        QTcpSocket* const socket = nextPendingConnection();
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
            if (!socket->readAll().contains('{')) // the body comes last, and in one piece
                return;
            ++requests;
            if (!drips) {
                socket->write(answer);
                return;
            }
            socket->write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
            auto* const timer = new QTimer{socket};
            connect(timer, &QTimer::timeout, socket, [socket] { socket->write("x"); });
            timer->start(20);
        });
    });
}

void Stub::say(const QByteArray& body, int status)
{
    answer = "HTTP/1.1 " + QByteArray::number(status)
        + " Word\r\nContent-Type: application/json\r\nContent-Length: "
        + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

QUrl Stub::url() const { return urlOf(*this); }

Forwarder::Forwarder(quint16 port) : m_port{port}
{
    listen(QHostAddress::LocalHost);
    connect(this, &QTcpServer::newConnection, this, [this] { serve(nextPendingConnection()); });
}

QUrl Forwarder::url() const { return urlOf(*this); }

void Forwarder::serve(QTcpSocket* client)
{
    auto* const server = new QTcpSocket{this}; // may outlive the client: what it holds is delivered
    server->connectToHost(QHostAddress::LocalHost, m_port);
    connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    connect(server, &QTcpSocket::disconnected, client, [client] { client->abort(); });
    connect(client, &QTcpSocket::readyRead, server, [this, client, server] {
        if (m_holds)
            m_held.append({server, client->readAll()});
        else
            server->write(client->readAll());
    });
    connect(server, &QTcpSocket::readyRead, client, [this, client, server] {
        const QByteArray bytes = server->readAll();
        if (answersToLose > 0) {
            --answersToLose;
            client->abort();
        } else {
            client->write(bytes);
        }
    });
}

void Forwarder::release()
{
    m_holds = false;
    for (const auto& [server, bytes] : std::exchange(m_held, {}))
        server->write(bytes);
}
