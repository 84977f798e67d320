// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Journal.h"

#include <QTest>

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

PairEvent sample()
{
    PairEvent event;
    event.id = 7;
    event.kind = EventKind::State;
    event.severity = Severity::Warning;
    event.uuid = {QUuid{u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01"_s}};
    event.domain = u"web"_s;
    event.text = u"from protected to interrupted: beta is gone"_s;
    event.role = Role::Primary;
    event.state = PairState::Interrupted;
    event.epoch = Epoch{3};
    event.peer = u"beta"_s;
    return event;
}

} // namespace

/// Events as lines of systemd's journal.
class JournalTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsTheJournalsStream();
    void namesTheFields();
    void leavesOutWhatIsNotKnown();
    void reachesJournald();
};

void JournalTest::knowsTheJournalsStream()
{
    std::array<int, 2> ends{};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    struct stat own{};
    QCOMPARE(::fstat(ends[0], &own), 0);
    const QByteArray name =
        QByteArray::number(quint64{own.st_dev}) + ':' + QByteArray::number(quint64{own.st_ino});
    QVERIFY(journal::isStream(ends[0], name));
    QVERIFY(!journal::isStream(ends[1], name)); // redirected since
    QVERIFY(!journal::isStream(ends[0], {}));
    QVERIFY(!journal::isStream(ends[0], name + '1'));
    ::close(ends[0]);
    ::close(ends[1]);
    QVERIFY(!journal::isStream(ends[0], name));
}

void JournalTest::namesTheFields()
{
    const QList<QByteArray> expected{
        "MESSAGE=web: from protected to interrupted: beta is gone (primary, interrupted, epoch 3, "
        "peer beta)",
        "MESSAGE_ID=f4e207233f4b4b83b05907e92c92ba4c",
        "PRIORITY=4",
        "SYSLOG_IDENTIFIER=lockstepd",
        "LOCKSTEP_EVENT=state",
        "LOCKSTEP_EVENT_ID=7",
        "LOCKSTEP_DOMAIN=web",
        "LOCKSTEP_UUID=6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01",
        "LOCKSTEP_ROLE=primary",
        "LOCKSTEP_STATE=interrupted",
        "LOCKSTEP_EPOCH=3",
        "LOCKSTEP_PEER=beta"};
    QCOMPARE(journal::fields(sample()), expected);
}

void JournalTest::leavesOutWhatIsNotKnown()
{
    PairEvent event;
    event.id = 1;
    event.text = u"hello"_s;
    event.severity = Severity::Error;
    const QList<QByteArray> expected{
        "MESSAGE=hello",       "MESSAGE_ID=f4e207233f4b4b83b05907e92c92ba4c",
        "PRIORITY=3",          "SYSLOG_IDENTIFIER=lockstepd",
        "LOCKSTEP_EVENT=note", "LOCKSTEP_EVENT_ID=1"};
    QCOMPARE(journal::fields(event), expected);
}

void JournalTest::reachesJournald()
{
    // A journald of our own where libsystemd looks for it, in a mount namespace of this thread.
    if (::unshare(CLONE_NEWNS) != 0
        || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
        || ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0)
        QSKIP("mounts are not allowed here");
    QCOMPARE(::mkdir("/run/systemd", 0755), 0);
    QCOMPARE(::mkdir("/run/systemd/journal", 0755), 0);
    const int journald = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    QCOMPARE(::bind(journald, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    QCOMPARE(journal::send(journal::fields(sample())), 0);
    QByteArray heard(4096, '\0');
    heard.resize(std::max<ssize_t>(
        ::recv(journald, heard.data(), static_cast<std::size_t>(heard.size()), 0), 0));
    ::close(journald);
    for (const QByteArray& field : journal::fields(sample()))
        QVERIFY2(heard.contains(field + '\n'), heard.constData());
}

QTEST_GUILESS_MAIN(JournalTest)
#include "JournalTest.moc"
