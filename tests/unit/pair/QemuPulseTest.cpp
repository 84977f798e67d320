// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/QemuPulse.h"
#include "fakes/FakeHost.h"
#include "fakes/FakeHypervisor.h"

#include <QTest>

#include <atomic>
#include <memory>
#include <thread>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr auto patience = 200ms;

/// A process whose main thread sleeps or works, and whose second one, the guest's CPU, works.
class Child
{
public:
    enum class Main { Sleeps, Works };

    explicit Child(Main main)
        : m_cpu{static_cast<std::atomic<pid_t>*>(mmap(nullptr, sizeof(std::atomic<pid_t>),
                                                      PROT_READ | PROT_WRITE,
                                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0))}
    {
        new (m_cpu) std::atomic<pid_t>{0};
        m_pid = fork();
        if (m_pid == 0)
            run(main);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child()
    {
        kill(m_pid, SIGKILL);
        waitpid(m_pid, nullptr, 0);
        munmap(m_cpu, sizeof(std::atomic<pid_t>));
    }

    /// 0 until it runs.
    [[nodiscard]] pid_t cpuThread() const { return *m_cpu; }
    void stop() const { kill(m_pid, SIGSTOP); }

private:
    [[noreturn]] void run(Main main) const
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::thread cpu{[this] {
            *m_cpu = gettid();
            work();
        }};
        if (main == Main::Works)
            work();
        for (;;)
            pause();
    }
    static void work()
    {
        for (std::atomic<unsigned> turns{0};; ++turns) { }
    }

    std::atomic<pid_t>* m_cpu;
    pid_t m_pid;
};

} // namespace

/// With the threads of real processes. None of them answers.
class QemuPulseTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void oneThatDoesNothingIsStuck();
    void oneThatIsStoppedIsStuck();
    void oneAtWorkIsNot();
    void oneAtWorkForTooLongIsStuck();
    void oneOfWhichNothingIsKnownIsStuck();
    void nothingIsKnownWhileLibvirtHangs();

private:
    /// Its QEMU has answered once, as this process, and does so no more.
    void learn(const Child& child);
    [[nodiscard]] QString whyStuck();

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
    m_pulse = std::make_unique<QemuPulse>(*m_hypervisor, webUuid());
}

void QemuPulseTest::learn(const Child& child)
{
    QTRY_VERIFY(child.cpuThread() != 0);
    m_hypervisor->qemu(webUuid()).cpuThread = child.cpuThread();
    m_pulse->asked(10s);
    QCoro::waitFor(m_pulse->answered());
}

QString QemuPulseTest::whyStuck()
{
    m_pulse->asked(patience);
    (void)QCoro::waitFor(lockstep::pause(patience));
    return QCoro::waitFor(m_pulse->whyStuck());
}

void QemuPulseTest::oneThatDoesNothingIsStuck()
{
    const Child child{Child::Main::Sleeps};
    learn(child);
    QVERIFY(whyStuck().endsWith(u", and does nothing"_s));
}

void QemuPulseTest::oneThatIsStoppedIsStuck()
{
    const Child child{Child::Main::Works};
    learn(child);
    child.stop();
    QTRY_VERIFY(whyStuck().endsWith(u": its process is stopped"_s));
}

void QemuPulseTest::oneAtWorkIsNot()
{
    const Child child{Child::Main::Works};
    learn(child);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(whyStuck(), QString{});
}

void QemuPulseTest::oneAtWorkForTooLongIsStuck()
{
    const Child child{Child::Main::Works};
    learn(child);
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY_WITH_TIMEOUT(!whyStuck().isEmpty(), 60'000);
    QVERIFY(clock.durationElapsed() >= QemuPulse::longest);
}

void QemuPulseTest::oneOfWhichNothingIsKnownIsStuck()
{
    m_pulse->asked(10s);
    QCoro::waitFor(m_pulse->answered());
    QVERIFY(whyStuck().startsWith(u"QEMU has not answered for "_s));
}

void QemuPulseTest::nothingIsKnownWhileLibvirtHangs()
{
    const Child child{Child::Main::Sleeps};
    learn(child);
    m_hypervisor->findDelay = 2 * patience;
    QCOMPARE(whyStuck(), QString{});
    m_hypervisor->findDelay = 0ms;
    QVERIFY(!whyStuck().isEmpty());
}

QTEST_GUILESS_MAIN(QemuPulseTest)

#include "QemuPulseTest.moc"
