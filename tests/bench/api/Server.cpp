// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Server.h"

#include "Figures.h"
#include "Stage.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QProcess>

namespace lockstep::bench {

using namespace Qt::StringLiterals;

namespace {

PairView pairNumber(int number)
{
    PairView pair = test::samplePair();
    pair.uuid = DomainUuid{
        QUuid{0x6ad1c0f4, 0, 0, 0, 0, 0, 0, 0, 0, uchar(number >> 8), uchar(number & 0xff)}};
    pair.domain = u"vm%1"_s.arg(number);
    return pair;
}

} // namespace

struct Server::Parts
{
    test::Stage stage;
};

Server::Server(int pairs) : m_parts{std::make_unique<Parts>()}
{
    auto& fake = m_parts->stage.pairs;
    fake.drop(test::samplePair().uuid);
    for (int number = 0; number < pairs; ++number)
        fake.put(pairNumber(number));
    // Nobody listens but the other process.
    m_parts->stage.client.reset();
}

Server::~Server() = default;

QString Server::address() const { return m_parts->stage.bus.address(); }

std::optional<Answered> Server::run(const QString& program, const QStringList& arguments) const
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"DBUS_SYSTEM_BUS_ADDRESS"_s, address());
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    QEventLoop loop;
    QObject::connect(&process, &QProcess::finished, &loop, &QEventLoop::quit);
    QObject::connect(&process, &QProcess::errorOccurred, &loop, &QEventLoop::quit);
    QElapsedTimer time;
    time.start();
    const double before = cpuTime();
    process.start(program, arguments);
    loop.exec();
    const double wall = double(time.nsecsElapsed()) / 1e6;
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return std::nullopt;
    return Answered{process.readAllStandardOutput(), wall, cpuTime() - before};
}

} // namespace lockstep::bench
