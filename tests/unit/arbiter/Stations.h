// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QTcpServer>
#include <QTcpSocket>

/// Answers every HTTP request with the same bytes; without any it stays silent.
class Stub final : public QTcpServer
{
    Q_OBJECT
public:
    explicit Stub(const QByteArray& answer = {});
    /// The answer becomes an HTTP one with this status.
    void say(const QByteArray& body, int status = 200);
    [[nodiscard]] QUrl url() const;

    QByteArray answer;
    int requests{0};
    /// Sends the answer byte by byte, for ever as good as.
    bool drips{false};
};

/// Passes bytes on to a port, both ways; can lose what comes back.
class Forwarder final : public QTcpServer
{
    Q_OBJECT
public:
    explicit Forwarder(quint16 port);
    [[nodiscard]] QUrl url() const;
    /// Bytes that go to the server from now on are kept until release().
    void hold() { m_holds = true; }
    void release();

    /// The next so many answers are lost, each with its connection.
    int answersToLose{0};

private:
    void serve(QTcpSocket* client);

    quint16 m_port;
    bool m_holds{false};
    QList<std::pair<QTcpSocket*, QByteArray>> m_held;
};
