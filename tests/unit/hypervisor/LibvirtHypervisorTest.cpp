// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtHypervisor.h"

#include "OwnLibvirtd.h"

#include <QCoroTask>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTest>

#include <csignal>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;

namespace {

const DomainUuid tiny{QUuid{u"6a5de8ae-4a3f-4c0f-9d9c-0d5d4c8d6b01"_s}};

/// A guest without disks: its BIOS finds nothing to boot, which is enough to be alive.
QString tinyXml(const QString& name = u"tiny"_s, const DomainUuid& uuid = tiny)
{
    return uR"(<domain type='qemu'>
  <name>%1</name><uuid>%2</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>
  <devices/>
</domain>)"_s.arg(name, toString(uuid));
}

qint64 qemuPid(const QString& name)
{
    QFile file{u"/run/libvirt/qemu/%1.pid"_s.arg(name)};
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toLongLong() : 0;
}

} // namespace

/// Against a real libvirtd and QEMU: what they report in trouble is what matters here.
class LibvirtHypervisorTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void tellsHostFacts();
    void findsDomainsByIdUuidAndName();
    void startsPausedAndReportsLifecycle();
    void answersQmp();
    void keepsClassAndTextOfARefusal();
    void reportsQmpEvents();
    void losesTheMonitorWhenQemuIsKilledInACommand();
    void aHungQemuTimesOutAndHoldsNobodyElse();
    void destroyOfAGoneDomainIsGood();
    void comparesCpus();
    void addsAnIoThread();
    void definesAndUndefines();
    void reconnectsAfterARestartOfLibvirtd();
    void leavesNothingBlockedBehindAtShutdown();

private:
    DomainInfo startTiny(bool running = true);

    OwnLibvirtd m_libvirtd;
    std::unique_ptr<LibvirtHypervisor> m_hypervisor;
};

void LibvirtHypervisorTest::initTestCase()
{
    if (const QString obstacle = OwnLibvirtd::obstacle(); !obstacle.isEmpty())
        QSKIP(qPrintable(obstacle));
    QVERIFY(m_libvirtd.start());
}

void LibvirtHypervisorTest::init()
{
    m_hypervisor = std::make_unique<LibvirtHypervisor>();
    QVERIFY(!m_hypervisor->isConnected());
    QTRY_VERIFY_WITH_TIMEOUT(m_hypervisor->isConnected(), 20'000);
}

void LibvirtHypervisorTest::cleanup()
{
    if (m_hypervisor && m_hypervisor->isConnected())
        QVERIFY(QCoro::waitFor(m_hypervisor->destroy(tiny)));
    m_hypervisor.reset();
}

DomainInfo LibvirtHypervisorTest::startTiny(bool running)
{
    const auto created = QCoro::waitFor(m_hypervisor->createPaused(tinyXml()));
    if (!created)
        qWarning() << created.error().message();
    if (created && running && !QCoro::waitFor(m_hypervisor->resume(tiny)))
        qWarning("the domain does not resume");
    return created.value_or(DomainInfo{});
}

void LibvirtHypervisorTest::tellsHostFacts()
{
    const auto facts = QCoro::waitFor(m_hypervisor->hostFacts());
    QVERIFY2(facts, facts ? "" : qPrintable(facts.error().message()));
    QVERIFY(facts->qemuVersion.contains(u'.'));
    QVERIFY(!facts->hostUuid.isNull());
    QVERIFY(facts->machineTypes.contains(u"q35"_s));
    QVERIFY(facts->memoryFree < facts->memoryTotal);
}

void LibvirtHypervisorTest::findsDomainsByIdUuidAndName()
{
    const DomainInfo started = startTiny();
    QCOMPARE(started.name, u"tiny"_s);
    QVERIFY(started.id > 0);
    for (const QString& text : {u"tiny"_s, QString::number(started.id), toString(tiny)}) {
        const auto found = QCoro::waitFor(m_hypervisor->find(text));
        QVERIFY(found);
        QCOMPARE(found->uuid.value, tiny.value);
        QCOMPARE(found->state, DomainState::Running);
        QVERIFY(!found->persistent);
    }
    const auto missing = QCoro::waitFor(m_hypervisor->find(u"nothere"_s));
    QVERIFY(!missing);
    QCOMPARE(missing.error().code(), Errc::UnknownDomain);
    const auto all = QCoro::waitFor(m_hypervisor->domains());
    QVERIFY(all);
    QCOMPARE(all->size(), 1);
}

void LibvirtHypervisorTest::startsPausedAndReportsLifecycle()
{
    QList<Lifecycle> seen;
    connect(m_hypervisor.get(), &Hypervisor::lifecycle, this,
            [&seen](const DomainUuid& domain, Lifecycle event, int) {
                if (domain == tiny)
                    seen.append(event);
            });
    QCOMPARE(startTiny(false).state, DomainState::Paused);
    QVERIFY(QCoro::waitFor(m_hypervisor->resume(tiny)));
    QVERIFY(QCoro::waitFor(m_hypervisor->suspend(tiny)));
    QVERIFY(QCoro::waitFor(m_hypervisor->destroy(tiny)));
    QTRY_VERIFY(seen.contains(Lifecycle::Stopped));
    QVERIFY(seen.contains(Lifecycle::Started));
    QVERIFY(seen.contains(Lifecycle::Resumed));
    QVERIFY(seen.contains(Lifecycle::Suspended));
}

void LibvirtHypervisorTest::answersQmp()
{
    startTiny();
    const auto monitor = m_hypervisor->monitor(tiny);
    const auto status = QCoro::waitFor(monitor->execute(u"query-status"_s));
    QVERIFY(status);
    QVERIFY(status->toObject().value("running"_L1).toBool());
    const auto types =
        QCoro::waitFor(monitor->execute(u"qom-list"_s, {{u"path"_s, u"/machine"_s}}));
    QVERIFY(types);
    QVERIFY(!types->toArray().isEmpty());
}

void LibvirtHypervisorTest::keepsClassAndTextOfARefusal()
{
    startTiny();
    const auto monitor = m_hypervisor->monitor(tiny);
    const auto refused =
        QCoro::waitFor(monitor->execute(u"blockdev-del"_s, {{u"node-name"_s, u"nothere"_s}}));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code(), Errc::Refused);
    QVERIFY(refused.error().message().contains("GenericError: "_L1));
    const auto unknown = QCoro::waitFor(monitor->execute(u"no-such-command"_s));
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code(), Errc::Refused);
    QVERIFY(unknown.error().message().contains("CommandNotFound: "_L1));
}

void LibvirtHypervisorTest::reportsQmpEvents()
{
    startTiny();
    QSignalSpy events{m_hypervisor.get(), &Hypervisor::qmpEvent};
    const qint64 before = QDateTime::currentMSecsSinceEpoch() * 1000;
    QVERIFY(QCoro::waitFor(m_hypervisor->monitor(tiny)->execute(u"stop"_s)));
    // The RESUME of the start may come first.
    QTRY_VERIFY(!events.isEmpty() && events.last().at(1).toString() == u"STOP"_s);
    QCOMPARE(events.last().at(0).value<DomainUuid>().value, tiny.value);
    const qint64 when = events.last().at(2).toLongLong();
    QVERIFY(qAbs(when - before) < 5'000'000);
}

void LibvirtHypervisorTest::losesTheMonitorWhenQemuIsKilledInACommand()
{
    startTiny();
    const auto monitor = m_hypervisor->monitor(tiny);
    const qint64 pid = qemuPid(u"tiny"_s);
    QVERIFY(pid > 0);
    kill(pid_t(pid), SIGSTOP);
    auto pending = monitor->execute(u"query-status"_s);
    QTimer::singleShot(500, this, [pid] { kill(pid_t(pid), SIGKILL); });
    const auto lost = QCoro::waitFor(pending);
    QVERIFY(!lost);
    QCOMPARE(lost.error().code(), Errc::MonitorLost);

    const auto later = QCoro::waitFor(monitor->execute(u"query-status"_s));
    QVERIFY(!later);
    QCOMPARE(later.error().code(), Errc::MonitorLost);
}

void LibvirtHypervisorTest::aHungQemuTimesOutAndHoldsNobodyElse()
{
    startTiny();
    QCOMPARE(QCoro::waitFor(m_hypervisor->waitsForMonitor(tiny)),
             Result<std::chrono::milliseconds>{0ms});
    const auto monitor = m_hypervisor->monitor(tiny);
    const qint64 pid = qemuPid(u"tiny"_s);
    kill(pid_t(pid), SIGSTOP);
    std::vector<Task<Result<QJsonValue>>> pending;
    for (int i = 0; i < 30; ++i)
        pending.push_back(monitor->execute(u"query-status"_s, {}, 300ms));
    for (auto& task : pending) {
        const auto late = QCoro::waitFor(task);
        QVERIFY(!late);
        QCOMPARE(late.error().code(), Errc::Timeout);
    }
    QVERIFY(QCoro::waitFor(m_hypervisor->find(u"tiny"_s)));
    QVERIFY(QCoro::waitFor(m_hypervisor->domains()));
    QVERIFY(QCoro::waitFor(m_hypervisor->waitsForMonitor(tiny)).value_or(0ms) >= 300ms);
    QVERIFY(QCoro::waitFor(m_hypervisor->destroy(tiny))); // kills even a stopped QEMU
}

void LibvirtHypervisorTest::destroyOfAGoneDomainIsGood()
{
    QVERIFY(QCoro::waitFor(m_hypervisor->destroy(tiny)));
}

void LibvirtHypervisorTest::comparesCpus()
{
    startTiny();
    const auto xml = QCoro::waitFor(m_hypervisor->xml(tiny, XmlKind::Migratable));
    QVERIFY(xml);
    const auto same = QCoro::waitFor(m_hypervisor->cpuProblem(*xml));
    QVERIFY2(same, same ? "" : qPrintable(same.error().message()));
    QCOMPARE(*same, QString{});
    QString other = *xml;
    other.replace(
        "<model fallback='forbid'>qemu64</model>"_L1,
        "<model fallback='forbid'>qemu64</model><feature policy='require' name='avx512f'/>"_L1);
    QVERIFY(other != *xml);
    const auto problem = QCoro::waitFor(m_hypervisor->cpuProblem(other));
    QVERIFY2(problem, problem ? "" : qPrintable(problem.error().message()));
    QVERIFY(!problem->isEmpty());
}

void LibvirtHypervisorTest::addsAnIoThread()
{
    startTiny();
    const auto added = QCoro::waitFor(m_hypervisor->addIoThread(tiny, 7));
    QVERIFY2(added, added ? "" : qPrintable(added.error().message()));
    QCOMPARE(*added, u"iothread7"_s);
    const auto threads = QCoro::waitFor(m_hypervisor->monitor(tiny)->execute(u"query-iothreads"_s));
    QVERIFY(threads);
    QCOMPARE(threads->toArray().first().toObject().value("id"_L1).toString(), *added);
    QVERIFY(QCoro::waitFor(m_hypervisor->removeIoThread(tiny, 7)));
}

void LibvirtHypervisorTest::definesAndUndefines()
{
    QVERIFY(QCoro::waitFor(m_hypervisor->define(tinyXml())));
    const DomainInfo started = startTiny();
    QVERIFY(started.persistent); // the running instance of the defined domain
    QVERIFY(QCoro::waitFor(m_hypervisor->destroy(tiny)));
    const auto off = QCoro::waitFor(m_hypervisor->find(u"tiny"_s));
    QVERIFY(off);
    QCOMPARE(off->state, DomainState::Off);
    QCOMPARE(off->id, -1);
    const auto command = QCoro::waitFor(m_hypervisor->monitor(tiny)->execute(u"query-status"_s));
    QVERIFY(!command);
    QCOMPARE(command.error().code(), Errc::MonitorLost);
    QVERIFY(QCoro::waitFor(m_hypervisor->xml(tiny, XmlKind::Inactive)));
    QVERIFY(QCoro::waitFor(m_hypervisor->undefine(tiny)));
    QCOMPARE(QCoro::waitFor(m_hypervisor->find(u"tiny"_s)).error().code(), Errc::UnknownDomain);
}

void LibvirtHypervisorTest::reconnectsAfterARestartOfLibvirtd()
{
    startTiny();
    QSignalSpy connected{m_hypervisor.get(), &Hypervisor::connected};
    QSignalSpy disconnected{m_hypervisor.get(), &Hypervisor::disconnected};
    const auto monitor = m_hypervisor->monitor(tiny);
    m_libvirtd.stop();
    QTRY_COMPARE_WITH_TIMEOUT(disconnected.size(), 1, 10'000);
    const auto refused = QCoro::waitFor(monitor->execute(u"query-status"_s));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code(), Errc::HypervisorUnavailable);

    QCoro::waitFor(m_hypervisor->connectedWithin(50ms)); // waits no longer than it is told
    QVERIFY(!m_hypervisor->isConnected());
    QVERIFY(m_libvirtd.start());
    QCoro::waitFor(m_hypervisor->connectedWithin(30s));
    QVERIFY(m_hypervisor->isConnected());
    QCOMPARE(connected.size(), 1);
    const auto answer = QCoro::waitFor(monitor->execute(u"query-status"_s));
    QVERIFY2(answer, answer ? "" : qPrintable(answer.error().message()));
    QSignalSpy events{m_hypervisor.get(), &Hypervisor::qmpEvent};
    QVERIFY(QCoro::waitFor(monitor->execute(u"stop"_s)));
    QTRY_VERIFY(!events.isEmpty());
}

void LibvirtHypervisorTest::leavesNothingBlockedBehindAtShutdown()
{
    startTiny();
    const qint64 pid = qemuPid(u"tiny"_s);
    kill(pid_t(pid), SIGSTOP);
    const auto late =
        QCoro::waitFor(m_hypervisor->monitor(tiny)->execute(u"query-status"_s, {}, 200ms));
    QCOMPARE(late.error().code(), Errc::Timeout);
    QElapsedTimer timer;
    timer.start();
    m_hypervisor.reset();
    QVERIFY(timer.elapsed() < 5'000);
    kill(pid_t(pid), SIGKILL);
}

static int runTests(int argc, char** argv)
{
    QCoreApplication application{argc, argv};
    LibvirtHypervisorTest test;
    return QTest::qExec(&test, argc, argv);
}

int main(int argc, char** argv) { return OwnLibvirtd::runIsolated(runTests, argc, argv); }

#include "LibvirtHypervisorTest.moc"
