// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtLoop.h"

#include <libvirt/libvirt.h>

#include <QTest>

#include <unistd.h>
#include <array>
#include <atomic>
#include <memory>
#include <thread>

using namespace lockstep;

namespace {

/// What libvirt would pass as opaque data.
struct Seen
{
    std::atomic<int> calls{0};
    std::atomic<int> events{0};
    std::atomic<bool> released{false};
    std::atomic<std::thread::id> thread;
};

void onHandle(int /*watch*/, int descriptor, int events, void* opaque)
{
    auto* seen = static_cast<Seen*>(opaque);
    if ((events & VIR_EVENT_HANDLE_READABLE) != 0) {
        char byte = 0;
        [[maybe_unused]] const ssize_t got = read(descriptor, &byte, 1);
    }
    seen->events = events;
    seen->thread = std::this_thread::get_id();
    ++seen->calls;
}

void onTimer(int /*timer*/, void* opaque) { ++static_cast<Seen*>(opaque)->calls; }

void release(void* opaque) { static_cast<Seen*>(opaque)->released = true; }

struct Pipe
{
    std::array<int, 2> ends{-1, -1};
    Pipe()
    {
        if (pipe(ends.data()) != 0)
            qFatal("no pipe");
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe()
    {
        close(ends[0]);
        closeWriter();
    }
    [[nodiscard]] bool write() const { return ::write(ends[1], "x", 1) == 1; }
    void closeWriter()
    {
        if (ends[1] >= 0)
            close(ends[1]);
        ends[1] = -1;
    }
};

} // namespace

class LibvirtLoopTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void reportsReadableDescriptorsOnItsOwnThread();
    void reportsHangup();
    void ignoresDescriptorsWithoutWantedEvents();
    void firesTimersWhileTheyAreOn();
    void releasesWhatIsRemovedAndCallsItNoMore();
    void reportsRemovalOfTheUnknown();
    void canBeMadeAgain();
};

void LibvirtLoopTest::reportsReadableDescriptorsOnItsOwnThread()
{
    const LibvirtLoop loop;
    const Pipe pipe;
    Seen seen;
    const int watch =
        virEventAddHandle(pipe.ends[0], VIR_EVENT_HANDLE_READABLE, onHandle, &seen, release);
    QVERIFY(watch >= 0);
    QVERIFY(pipe.write());
    QTRY_COMPARE(seen.calls.load(), 1);
    QCOMPARE(seen.events.load(), int(VIR_EVENT_HANDLE_READABLE));
    QVERIFY(seen.thread.load() != std::this_thread::get_id());
    QVERIFY(pipe.write());
    QTRY_COMPARE(seen.calls.load(), 2);
    virEventRemoveHandle(watch);
    QTRY_VERIFY(seen.released);
}

void LibvirtLoopTest::reportsHangup()
{
    const LibvirtLoop loop;
    Pipe pipe;
    Seen seen;
    const int watch =
        virEventAddHandle(pipe.ends[0], VIR_EVENT_HANDLE_HANGUP, onHandle, &seen, release);
    pipe.closeWriter();
    QTRY_VERIFY(seen.calls > 0);
    QVERIFY((seen.events & VIR_EVENT_HANDLE_HANGUP) != 0);
    virEventRemoveHandle(watch);
    QTRY_VERIFY(seen.released);
}

void LibvirtLoopTest::ignoresDescriptorsWithoutWantedEvents()
{
    const LibvirtLoop loop;
    const Pipe pipe;
    const Pipe other;
    Seen ignored;
    Seen seen;
    const int off = virEventAddHandle(pipe.ends[0], 0, onHandle, &ignored, release);
    const int on =
        virEventAddHandle(other.ends[0], VIR_EVENT_HANDLE_READABLE, onHandle, &seen, release);
    QVERIFY(pipe.write());
    QVERIFY(other.write());
    QTRY_COMPARE(seen.calls.load(), 1); // a whole round in which the first one was readable, too
    QCOMPARE(ignored.calls.load(), 0);
    virEventUpdateHandle(off, VIR_EVENT_HANDLE_READABLE);
    QTRY_COMPARE(ignored.calls.load(), 1);
    virEventRemoveHandle(off);
    virEventRemoveHandle(on);
    QTRY_VERIFY(ignored.released && seen.released);
}

void LibvirtLoopTest::firesTimersWhileTheyAreOn()
{
    const LibvirtLoop loop;
    Seen seen;
    Seen other;
    const int timer = virEventAddTimeout(-1, onTimer, &seen, release);
    const int clock = virEventAddTimeout(1, onTimer, &other, release);
    QTRY_VERIFY(other.calls > 2);
    QCOMPARE(seen.calls.load(), 0);
    virEventUpdateTimeout(timer, 0);
    QTRY_VERIFY(seen.calls > 2);
    virEventRemoveTimeout(timer);
    virEventRemoveTimeout(clock);
    QTRY_VERIFY(seen.released && other.released);
}

void LibvirtLoopTest::releasesWhatIsRemovedAndCallsItNoMore()
{
    const LibvirtLoop loop;
    Seen seen;
    Seen other;
    const int timer = virEventAddTimeout(1, onTimer, &seen, release);
    const int clock = virEventAddTimeout(1, onTimer, &other, release);
    QTRY_VERIFY(seen.calls > 0);
    QCOMPARE(virEventRemoveTimeout(timer), 0);
    QTRY_VERIFY(seen.released);
    const int calls = seen.calls;
    const int later = other.calls + 3;
    QTRY_VERIFY(other.calls > later);
    QCOMPARE(seen.calls.load(), calls);
    virEventRemoveTimeout(clock);
    QTRY_VERIFY(other.released);
}

void LibvirtLoopTest::reportsRemovalOfTheUnknown()
{
    const LibvirtLoop loop;
    QCOMPARE(virEventRemoveHandle(4711), -1);
    QCOMPARE(virEventRemoveTimeout(4711), -1);
}

void LibvirtLoopTest::canBeMadeAgain()
{
    Seen seen;
    for (int round = 1; round < 20; ++round) {
        const LibvirtLoop loop;
        if (round % 2 == 0)
            continue; // ends before its thread may have begun
        const int timer = virEventAddTimeout(0, onTimer, &seen, nullptr);
        const int before = seen.calls;
        QTRY_VERIFY(seen.calls > before);
        virEventRemoveTimeout(timer);
    }
}

QTEST_GUILESS_MAIN(LibvirtLoopTest)
#include "LibvirtLoopTest.moc"
