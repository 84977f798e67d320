// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/BusSource.h"
#include "CliRun.h"
#include "gui/actions/CommandText.h"

#include <QCoroTask>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>

#include <unistd.h>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// What an answer comes to, with the event loop running; nothing if none comes.
template <typename T>
std::optional<Result<T>> result(const gui::Answer<T>& answer)
{
    if (!QTest::qWaitFor([&answer] { return answer.isFinished(); }, 30'000)
        || answer.resultCount() == 0)
        return {};
    return answer.result();
}

QString pairId() { return QString::fromStdString(pairPath); }

/// As a shell reads them.
QStringList wordsOf(const QString& command)
{
    QProcess shell;
    shell.start(u"sh"_s, {u"-c"_s, u"printf '%s\\n' "_s + command});
    shell.waitForFinished();
    return QString::fromUtf8(shell.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

/// A source on a stage's bus that has connected.
struct Watched
{
    explicit Watched(const Stage& stage) : source{std::nullopt, stage.bus.address()}
    {
        source.start();
    }
    [[nodiscard]] bool isConnected()
    {
        return QTest::qWaitFor([this] { return source.isConnected(); }, 30'000);
    }
    gui::BusSource source;
};

/// "ssh" as the real one with another host's bus at its end; ended by its destructor.
class SshOnPath final
{
public:
    explicit SshOnPath(const QByteArray& script) : m_before{qgetenv("PATH")}
    {
        QFile file{m_folder.filePath(u"ssh"_s)};
        if (!file.open(QFile::WriteOnly))
            qFatal("no ssh can be written");
        file.write("#!/bin/sh\n" + script);
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        qputenv("PATH", m_folder.path().toUtf8() + ':' + m_before);
    }
    ~SshOnPath() { qputenv("PATH", m_before); }
    SshOnPath(const SshOnPath&) = delete;
    SshOnPath& operator=(const SshOnPath&) = delete;

private:
    QTemporaryDir m_folder;
    QByteArray m_before;
};

} // namespace

/// The source over the real service, on a bus of the test's own.
class BusSourceTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsWhatThereIs();
    void hearsWhatChanges();
    void errorsKeepNameMessageAndRemedy();
    void readsStatisticsAndEvents();
    void theCommandDoesWhatTheCallDoes();
    void aDaemonThatGoesComesBack();
    void aBusThatIsNotThereIsSaid();
    void reachesAnotherHostOverSsh();
    void sshThatFailsSaysWhyAndIsNotRepeated();
};

void BusSourceTest::readsWhatThereIs()
{
    Stage stage;
    QVERIFY(stage.started);
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    QCOMPARE(watched.source.host().name, u"alpha"_s);
    const gui::Pair* const pair = watched.source.pair(pairId());
    QVERIFY(pair);
    QCOMPARE(pair->domain, u"web1"_s);
    QCOMPARE(pair->state, u"protected"_s);
    QCOMPARE(pair->epoch, 3U);
    QCOMPARE(pair->arbiter(), u"etcd"_s);
    QCOMPARE(pair->settings[u"auto-protect"].toBool(), true);
    QCOMPARE(pair->settings[u"idle-period"].toInteger(), 20'000'000);
    QCOMPARE(pair->since.toUTC(), (QDateTime{QDate{2026, 11, 20}, QTime{18, 40}, QTimeZone::UTC}));
    QCOMPARE(pair->disks.size(), qsizetype{1});
    QCOMPARE(pair->disks.first().target, u"vda"_s);
    QCOMPARE(pair->disks.first().sizeBytes, 4'096ULL * 1'024 * 1'024);
    QCOMPARE(pair->nics.first().mac, u"52:54:00:00:00:01"_s);
    QCOMPARE(pair->lastMinute.checkpoints, 2U);
    QCOMPARE(watched.source.peers().size(), qsizetype{1});
    const gui::Peer peer = watched.source.peers().first();
    QCOMPARE(peer.health, u"alive"_s);
    QCOMPARE(peer.paths.first().roundTripUSec, 210U);
    QCOMPARE(peer.rejectedDatagrams.value(u"forged"_s), 2U);
    const gui::Job* const job = watched.source.runningJob(pair->uuid);
    QVERIFY(job);
    QCOMPARE(job->phase, u"copy disk vda"_s);
    QVERIFY(!job->error);
}

void BusSourceTest::hearsWhatChanges()
{
    Stage stage;
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    PairView lost = samplePair();
    lost.state = PairState::Interrupted;
    lost.reason = u"beta does not answer"_s;
    stage.pairs.put(lost);
    QTRY_COMPARE(watched.source.pair(pairId())->state, u"interrupted"_s);
    QCOMPARE(watched.source.pair(pairId())->reason, u"beta does not answer"_s);
    QCOMPARE(watched.source.pair(pairId())->domain, u"web1"_s); // the rest is as it was
    JobView failed = sampleJob();
    failed.state = JobState::Failed;
    failed.error = Error{Errc::NoSpace, u"3 GiB are missing"_s, u"Free space."_s};
    stage.pairs.put(failed);
    QTRY_VERIFY(watched.source.jobs().first().error.has_value());
    QCOMPARE(watched.source.jobs().first().error, failed.error);
    QSignalSpy events{&watched.source, &gui::Source::eventsCame};
    stage.pairs.record(sampleEvent());
    QTRY_COMPARE(events.size(), 1);
    stage.pairs.drop(samplePair().uuid);
    QTRY_VERIFY(!watched.source.pair(pairId()));
}

void BusSourceTest::errorsKeepNameMessageAndRemedy()
{
    Stage stage;
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    stage.pairs.refusal = Error{Errc::NotInStep, u"the shadow is not in step"_s, u"Wait."_s};
    const auto found = result(watched.source.switchOver(pairId()));
    QVERIFY(found && !*found);
    QCOMPARE(found->error(), *stage.pairs.refusal);
    const auto unknown = result(watched.source.cancelJob(u"/org/lockstep/Lockstep1/job/99"_s));
    QVERIFY(unknown && !*unknown);
    QCOMPARE(unknown->error().code(), Errc::UnknownJob);
}

void BusSourceTest::readsStatisticsAndEvents()
{
    Stage stage;
    stage.pairs.record(sampleEvent());
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    const auto events = result(watched.source.events({.domain = {}, .since = {}, .limit = 10}));
    QVERIFY(events && *events);
    QCOMPARE((*events)->size(), qsizetype{1});
    QCOMPARE((*events)->first().kind, u"state"_s);
    QCOMPARE((*events)->first().uuid, watched.source.pair(pairId())->uuid);
    const auto statistics = result(watched.source.statistics(pairId(), {.since = {}, .until = {}}));
    QVERIFY(statistics && *statistics);
    QVERIFY((*statistics)->until.isValid());
}

void BusSourceTest::theCommandDoesWhatTheCallDoes()
{
    Stage stage;
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    const gui::CommandText commands{QString{}};
    const gui::ProtectRequest request{.domain = u"my 'web'"_s,
                                      .peer = u"beta"_s,
                                      .imageDirectory = u"/srv/more images"_s,
                                      .settings = {{u"arbiter"_s, u"etcd"_s},
                                                   {u"auto-protect"_s, false},
                                                   {u"mode"_s, u"remus"_s},
                                                   {u"period"_s, 25'000},
                                                   {u"queue-limit"_s, 2'048}}};
    stage.pairs.nextJob.state = JobState::Done;
    stage.pairs.calls.clear();
    QVERIFY(result(watched.source.protect(request)));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
    const QStringList words = wordsOf(commands.protect(request));
    const Outcome outcome = runCli(stage, words.sliced(1) + QStringList{u"--no-wait"_s});
    QCOMPARE(outcome.err, QString{});
    QCOMPARE(stage.pairs.calls.size(), qsizetype{2});
    QCOMPARE(stage.pairs.calls[1], stage.pairs.calls[0]);
}

void BusSourceTest::aDaemonThatGoesComesBack()
{
    Stage stage;
    Watched watched{stage};
    QVERIFY(watched.isConnected());
    QCoro::waitFor(stage.service.stop());
    QTRY_COMPARE(watched.source.link(), gui::Source::Link::Gone);
    QCOMPARE(watched.source.whyGone().value_or(Error{Errc::Internal, {}}).code(),
             Errc::DaemonUnavailable);
    QVERIFY(watched.source.pair(pairId())); // what was known last
    const auto refused = result(watched.source.switchOver(pairId()));
    QVERIFY(refused && !*refused);
    QCOMPARE(refused->error().code(), Errc::DaemonUnavailable);
    // It comes back in another state, and knows nothing of the job any more.
    stage.pairs.drop(sampleJob().id);
    PairView alone = samplePair();
    alone.state = PairState::Alone;
    stage.pairs.put(alone);
    QVERIFY(stage.service.start());
    QTRY_VERIFY(watched.source.isConnected());
    QVERIFY(watched.source.jobs().isEmpty());
    QCOMPARE(watched.source.pair(pairId())->state, u"alone"_s);
}

void BusSourceTest::aBusThatIsNotThereIsSaid()
{
    gui::BusSource source{std::nullopt, u"unix:path=/nonexistent/socket"_s};
    source.start();
    QTRY_COMPARE(source.link(), gui::Source::Link::Gone);
    QVERIFY(!source.needsRetry());
    QVERIFY(!source.whyGone().value_or(Error{Errc::Internal, {}}).remedy().isEmpty());
}

void BusSourceTest::reachesAnotherHostOverSsh()
{
    Stage stage;
    const SshOnPath ssh{"exec systemd-stdio-bridge --bus-path='" + stage.bus.address().toUtf8()
                        + "'\n"};
    gui::BusSource source{cli::Target{.host = u"beta"_s, .user = {}, .port = {}}};
    source.start();
    QTRY_VERIFY_WITH_TIMEOUT(source.isConnected(), 30'000);
    QVERIFY(source.pair(pairId()));
    QCOMPARE(source.target(), u"beta"_s);
    QVERIFY(result(source.switchOver(pairId())));
    QVERIFY(stage.pairs.calls.last().startsWith(u"switch"_s));
}

void BusSourceTest::sshThatFailsSaysWhyAndIsNotRepeated()
{
    QTemporaryDir folder;
    const QString called = folder.filePath(u"called"_s);
    const SshOnPath ssh{"echo >>'" + called.toUtf8()
                        + "'; echo 'Permission denied (publickey).' >&2; exit 255\n"};
    gui::BusSource source{cli::Target{.host = u"beta"_s, .user = {}, .port = {}}};
    source.start();
    QTRY_COMPARE_WITH_TIMEOUT(source.link(), gui::Source::Link::Gone, 30'000);
    const Error why = source.whyGone().value_or(Error{Errc::Internal, {}});
    QVERIFY2(why.message().contains(u"Permission denied (publickey)."_s),
             qPrintable(why.message()));
    QVERIFY(source.needsRetry());
    const auto calls = [&called] {
        QFile file{called};
        return file.open(QFile::ReadOnly) ? file.readAll().size() : 0;
    };
    QCOMPARE(calls(), 1);
    source.retry();
    QTRY_COMPARE(calls(), 2);
}

QTEST_GUILESS_MAIN(BusSourceTest)
#include "BusSourceTest.moc"
