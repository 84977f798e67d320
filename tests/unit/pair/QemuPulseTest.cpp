// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/QemuPulse.h"
#include "fakes/FakeHost.h"
#include "fakes/FakeHypervisor.h"

#include <QProcess>
#include <QTest>

#include <atomic>
#include <iostream>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>
#include <csignal>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr auto patience = 400ms;
const QString works = u"works"_s;
const QString sleeps = u"sleeps"_s;

void work()
{
    for (std::atomic<unsigned> turns{0};; ++turns) { }
}

/// What stands for QEMU: its main thread works or sleeps, and a second one, the guest's CPU, works.
[[noreturn]] void beQemu(std::string_view main)
{
    const std::thread cpu{[] {
        std::cout << gettid() << std::endl;
        work();
    }};
    if (main == "works")
        work();
    for (;;)
        ::pause();
}

class Qemu
{
public:
    explicit Qemu(const QString& main)
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(QCoreApplication::applicationFilePath(), {u"--qemu"_s, main});
        if (m_process.waitForReadyRead(60'000))
            m_cpu = m_process.readLine().trimmed().toLongLong();
    }
    Qemu(const Qemu&) = delete;
    Qemu& operator=(const Qemu&) = delete;
    ~Qemu()
    {
        m_process.kill();
        m_process.waitForFinished(-1);
    }

    [[nodiscard]] qint64 cpuThread() const { return m_cpu; }
    void stop() const { ::kill(pid_t(m_process.processId()), SIGSTOP); }

private:
    QProcess m_process;
    qint64 m_cpu{0};
};

} // namespace

/// With the threads of real processes. None of them answers.
class QemuPulseTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void aPrimaryThatDoesNothingIsStuck();
    void aShadowThatDoesNothingMayWaitForItsPrimary();
    void oneThatIsStoppedIsStuck_data();
    void oneThatIsStoppedIsStuck();
    void oneAtWorkIsNot();
    void oneAtWorkForTooLongIsStuck();
    void oneOfWhichNothingIsKnownIsStuck();
    void nothingIsKnownWhileLibvirtIsHeldUp();
    void nothingIsKnownOfAnotherQemu();

private:
    /// Its QEMU has answered as this process, and does so no more.
    void learn(const Qemu& qemu);
    [[nodiscard]] QString whyStuck(Role role);

    std::unique_ptr<FakeHypervisor> m_hypervisor;
    std::unique_ptr<QemuPulse> m_pulse;
};

void QemuPulseTest::init()
{
    m_hypervisor = std::make_unique<FakeHypervisor>();
    DomainInfo info;
    info.uuid = webUuid();
    info.name = u"web"_s;
    m_hypervisor->put(info);
    m_hypervisor->waiting = patience;
    m_pulse = std::make_unique<QemuPulse>(*m_hypervisor, webUuid());
}

void QemuPulseTest::learn(const Qemu& qemu)
{
    QVERIFY(qemu.cpuThread() != 0);
    m_hypervisor->qemu(webUuid()).cpuThread = qemu.cpuThread();
    m_pulse->asked(patience);
    m_pulse->answered();
    QVERIFY(!m_pulse->isLearned());
    QCoro::waitFor(m_pulse->learn());
    QVERIFY(m_pulse->isLearned());
}

QString QemuPulseTest::whyStuck(Role role)
{
    m_pulse->asked(patience);
    (void)QCoro::waitFor(lockstep::pause(patience));
    return QCoro::waitFor(m_pulse->whyStuck(role));
}

void QemuPulseTest::aPrimaryThatDoesNothingIsStuck()
{
    const Qemu qemu{sleeps};
    learn(qemu);
    // Not at once if this process was held up.
    QTRY_VERIFY(whyStuck(Role::Primary).endsWith(u", and does nothing"_s));
}

void QemuPulseTest::aShadowThatDoesNothingMayWaitForItsPrimary()
{
    const Qemu qemu{sleeps};
    learn(qemu);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(whyStuck(Role::Secondary), QString{});
}

void QemuPulseTest::oneThatIsStoppedIsStuck_data()
{
    QTest::addColumn<Role>("role");
    QTest::newRow("primary") << Role::Primary;
    QTest::newRow("shadow") << Role::Secondary;
}

void QemuPulseTest::oneThatIsStoppedIsStuck()
{
    QFETCH(const Role, role);
    const Qemu qemu{works};
    learn(qemu);
    qemu.stop();
    m_hypervisor->waiting = 0ms; // whatever libvirt says
    QTRY_VERIFY(whyStuck(role).endsWith(u": its process is stopped"_s));
}

void QemuPulseTest::oneAtWorkIsNot()
{
    const Qemu qemu{works};
    learn(qemu);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(whyStuck(Role::Primary), QString{});
}

void QemuPulseTest::oneAtWorkForTooLongIsStuck()
{
    const Qemu qemu{works};
    learn(qemu);
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY_WITH_TIMEOUT(!whyStuck(Role::Primary).isEmpty(), 60'000);
    QVERIFY(clock.durationElapsed() >= QemuPulse::longestOfPrimary);
}

void QemuPulseTest::oneOfWhichNothingIsKnownIsStuck()
{
    m_pulse->asked(patience);
    m_pulse->answered();
    QCoro::waitFor(m_pulse->learn());
    QVERIFY(whyStuck(Role::Secondary).startsWith(u"QEMU has not answered for "_s));
}

void QemuPulseTest::nothingIsKnownWhileLibvirtIsHeldUp()
{
    const Qemu qemu{sleeps};
    learn(qemu);
    m_hypervisor->waiting = 0ms; // it has not asked yet
    for (int i = 0; i < 3; ++i)
        QCOMPARE(whyStuck(Role::Primary), QString{});
    m_hypervisor->waiting = patience;
    QTRY_VERIFY(!whyStuck(Role::Primary).isEmpty());
}

void QemuPulseTest::nothingIsKnownOfAnotherQemu()
{
    const Qemu qemu{sleeps};
    learn(qemu);
    m_pulse->asked(patience);
    m_pulse->forget();
    QCOMPARE(QCoro::waitFor(m_pulse->whyStuck(Role::Primary)), QString{});
    QVERIFY(!m_pulse->isLearned());
}

int main(int argc, char** argv)
{
    const std::vector<std::string_view> arguments{argv + 1, argv + argc};
    if (arguments.size() == 2 && arguments.front() == "--qemu")
        beQemu(arguments.back());
    QCoreApplication app{argc, argv};
    QemuPulseTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "QemuPulseTest.moc"
