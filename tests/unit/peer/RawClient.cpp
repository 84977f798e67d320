// SPDX-License-Identifier: LGPL-2.1-or-later
#include "RawClient.h"

#include <QJsonDocument>
#include <QTest>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr int patienceMs = 10'000;

} // namespace

RawClient::RawClient(const TestHost& host, const QSslConfiguration& tls)
{
    m_socket.setSslConfiguration(tls);
    m_socket.connectToHostEncrypted(host.address(), host.port());
    (void)QTest::qWaitFor(
        [this] {
            return m_socket.isEncrypted()
                || m_socket.error() != QAbstractSocket::UnknownSocketError;
        },
        patienceMs);
}

bool RawClient::isClosed(std::chrono::milliseconds deadline)
{
    return QTest::qWaitFor([this] { return m_socket.state() == QAbstractSocket::UnconnectedState; },
                           QDeadlineTimer{deadline});
}

void RawClient::write(const QByteArray& bytes) { m_socket.write(bytes); }

void RawClient::send(const QJsonObject& message)
{
    send(QJsonDocument{message}.toJson(QJsonDocument::Compact));
}

QJsonObject RawClient::ask(const QString& method, const QJsonObject& params)
{
    send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s},
                     {u"id"_s, ++m_lastId},
                     {u"method"_s, method},
                     {u"params"_s, params}});
    return next();
}

QJsonObject RawClient::next()
{
    QJsonObject message;
    const auto arrived = [this, &message] {
        m_frames.append(m_socket.readAll());
        while (const auto frame = m_frames.next()) {
            if (!*frame)
                return false;
            message = QJsonDocument::fromJson(**frame).object();
            if (message[u"method"_s] != u"ping"_s && message[u"method"_s] != u"heartbeat.agree"_s)
                return true;
        }
        return false;
    };
    return QTest::qWaitFor(arrived, patienceMs) ? message : QJsonObject{};
}

QJsonObject RawClient::hello(const PeerId& id, bool accepts)
{
    return toJson(
        Hello{.version = u"9.9"_s, .name = u"raw"_s, .id = id, .port = 1, .accepts = accepts});
}

QString errorName(const QJsonObject& response)
{
    return response[u"error"_s][u"data"_s][u"name"_s].toString();
}

} // namespace lockstep
