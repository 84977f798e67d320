// SPDX-License-Identifier: LGPL-2.1-or-later
#include "OwnEtcd.h"

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

QString program(const QString& name)
{
    const QString own = qEnvironmentVariable("LOCKSTEP_ETCD");
    if (!own.isEmpty())
        return own + name.sliced(4);
    return QStandardPaths::findExecutable(name);
}

quint16 freePort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost) ? server.serverPort() : quint16{0};
}

bool answers(quint16 port)
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port);
    return socket.waitForConnected(200);
}

} // namespace

QString OwnEtcd::obstacle() { return program(u"etcd"_s).isEmpty() ? u"needs etcd"_s : QString{}; }

void OwnEtcd::useTls(const QByteArray& ca, const QByteArray& certificate, const QByteArray& key)
{
    m_tls = true;
    for (const auto& [name, content] :
         {std::pair{u"ca"_s, ca}, {u"cert"_s, certificate}, {u"key"_s, key}}) {
        QFile file{m_folder.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
}

QUrl OwnEtcd::url() const
{
    return QUrl{u"%1://127.0.0.1:%2"_s.arg(m_tls ? u"https"_s : u"http"_s).arg(m_port)};
}

QString OwnEtcd::peerUrl() const { return u"http://127.0.0.1:%1"_s.arg(m_peerPort); }

QString OwnEtcd::memberName() const { return u"node%1"_s.arg(m_peerPort); }

void OwnEtcd::choosePorts()
{
    if (m_port != 0)
        return;
    m_port = freePort();
    m_peerPort = freePort();
}

void OwnEtcd::launch(const QStringList& cluster)
{
    QStringList arguments{u"--name"_s,
                          memberName(),
                          u"--data-dir"_s,
                          m_folder.filePath(u"data"_s),
                          u"--listen-client-urls"_s,
                          url().toString(),
                          u"--advertise-client-urls"_s,
                          url().toString(),
                          u"--listen-peer-urls"_s,
                          peerUrl(),
                          u"--initial-advertise-peer-urls"_s,
                          peerUrl(),
                          u"--initial-cluster"_s,
                          cluster.join(u','),
                          u"--unsafe-no-fsync"_s,
                          u"--bcrypt-cost=4"_s,
                          u"--logger=zap"_s,
                          u"--log-level=error"_s};
    if (m_tls) {
        arguments << u"--client-cert-auth"_s << u"--trusted-ca-file"_s << m_folder.filePath(u"ca"_s)
                  << u"--cert-file"_s << m_folder.filePath(u"cert"_s) << u"--key-file"_s
                  << m_folder.filePath(u"key"_s);
    }
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardOutputFile(m_folder.filePath(u"log"_s));
    m_process.start(program(u"etcd"_s), arguments);
}

bool OwnEtcd::start() { return startCluster({this}); }

bool OwnEtcd::startCluster(const QList<OwnEtcd*>& members)
{
    QStringList cluster;
    for (OwnEtcd* member : members) {
        member->choosePorts();
        cluster << member->memberName() + u'=' + member->peerUrl();
    }
    for (OwnEtcd* member : members)
        member->launch(cluster);
    return std::ranges::all_of(members, [](OwnEtcd* member) {
        return member->m_process.waitForStarted()
            && QTest::qWaitFor([member] { return answers(member->m_port); }, 20'000);
    });
}

void OwnEtcd::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

void OwnEtcd::loseData() { QDir{m_folder.filePath(u"data"_s)}.removeRecursively(); }

QByteArray OwnEtcd::ctl(const QStringList& arguments) const
{
    QProcess process;
    process.start(program(u"etcdctl"_s),
                  QStringList{u"--endpoints"_s, url().toString()} + arguments);
    if (!process.waitForFinished() || process.exitCode() != 0)
        qWarning() << arguments << process.readAllStandardError();
    return process.readAllStandardOutput();
}
