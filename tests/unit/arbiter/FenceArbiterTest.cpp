// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Samples.h"

#include "arbiter/FenceArbiter.h"
#include "arbiter/ManualArbiter.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sstream>

#include <csignal>

using namespace lockstep;
using namespace lockstep::samples;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Agents here are shell scripts. Each reads its options from standard input, and appends the
/// action to the file `calls`; what it does then is the test's.
class FenceArbiterTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void confirmedOffIsGranted();
    void nothingElseIsGranted_data();
    void nothingElseIsGranted();
    void hangingAgentIsKilledWithItsChildren();
    void missingAgentIsAnError_data();
    void missingAgentIsAnError();
    void unknownHostIsAnError();
    void onlyDecisionsFence();
    void staleShadowIsNotAskedFor();
    void agentGetsItsOptionsAndNoArguments();
    void secretsStayOutOfTheLog();
    void shadowWaitsOwnerDoesNot();
    void claimsShareOneCall();
    void talkativeAgentIsCutShort();
    void agentThatReadsNothingIsFine();
    void checkAsksForTheStatus();
    void manualLeavesItToAPerson();

private:
    /// Makes the agent; in it $action is set, $calls is the file.
    void agent(const QByteArray& script);
    [[nodiscard]] FenceArbiter arbiter() const;
    [[nodiscard]] QByteArray calls() const;

    std::unique_ptr<QTemporaryDir> m_folder;
    FenceSettings m_settings;
    std::ostringstream m_log;
    std::shared_ptr<spdlog::logger> m_usualLogger;
};

namespace {

const Claim takeover = claimOf(ClaimKind::Takeover, inStep(1), takenOver(2));
const Claim goingAlone = claimOf(ClaimKind::GoAlone, inStep(1), alone(2));

} // namespace

void FenceArbiterTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_settings = {.agent = m_folder->filePath(u"fence_test"_s),
                  .options = {{u"ip"_s, u"10.0.0.1"_s}, {u"password"_s, u"s3cret=\\ $x"_s}},
                  .timeout = 10s,
                  .takeoverDelay = 0ms};
    m_usualLogger = spdlog::default_logger();
    m_log.str({});
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(m_log)));
}

void FenceArbiterTest::cleanup() { spdlog::set_default_logger(m_usualLogger); }

void FenceArbiterTest::agent(const QByteArray& script)
{
    QFile file{m_settings.agent};
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#!/bin/sh\ncd " + m_folder->path().toUtf8()
               + "\ncat >input\naction=$(sed -n 's/^action=//p' input)\necho \"$action\" >>calls\n"
               + script + "\n");
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
}

FenceArbiter FenceArbiterTest::arbiter() const
{
    return FenceArbiter{{{u"alpha"_s, m_settings}, {u"beta"_s, m_settings}}};
}

QByteArray FenceArbiterTest::calls() const
{
    QFile file{m_folder->filePath(u"calls"_s)};
    return file.open(QIODevice::ReadOnly) ? file.readAll().simplified() : QByteArray{};
}

void FenceArbiterTest::confirmedOffIsGranted()
{
    agent("[ $action = off ] || exit 2");
    auto fence = arbiter();
    for (const Claim& claim : {takeover, goingAlone}) {
        const auto verdict = QCoro::waitFor(fence.claim(claim));
        QVERIFY2(verdict, verdict ? "" : qPrintable(verdict.error().message()));
        QCOMPARE(*verdict, (Verdict{true, claim.wanted}));
    }
    QCOMPARE(calls(), "off status off status");
}

void FenceArbiterTest::nothingElseIsGranted_data()
{
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QByteArray>("called");
    QTest::addColumn<quint64>("lies");
    const auto row = [](const char* tag, const QByteArray& script, const QByteArray& called,
                        quint64 lies = 0) { QTest::newRow(tag) << script << called << lies; };
    row("says done, but is on", "exit 0", "off status", 1);
    row("says done, cannot tell", "[ $action = off ]", "off status");
    row("fails", "[ $action = off ] && exit 1; exit 2", "off");
    row("fails as if off", "exit 2", "off");
    row("status of a missing program", "[ $action = off ] || exit 127", "off status");
    row("kills itself", "kill -9 $$", "off");
    row("kills itself when asked", "[ $action = off ] || kill -15 $$", "off status");
}

void FenceArbiterTest::nothingElseIsGranted()
{
    QFETCH(const QByteArray, script);
    QFETCH(const QByteArray, called);
    QFETCH(const quint64, lies);
    agent(script);
    auto fence = arbiter();
    const auto verdict = QCoro::waitFor(fence.claim(takeover));
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), Errc::FenceFailed);
    QVERIFY2(verdict.error().message().contains(u"alpha"_s), qPrintable(verdict.error().message()));
    QCOMPARE(calls(), called);
    QCOMPARE(fence.rejected(), lies);
}

void FenceArbiterTest::hangingAgentIsKilledWithItsChildren()
{
    for (const char* when : {"off", "status"}) {
        QFile::remove(m_folder->filePath(u"pids"_s));
        agent("[ $action = " + QByteArray{when}
              + " ] || exit 0\ntrap '' TERM\nsleep 60 & echo $! $$ >pids\nwhile :; do wait; sleep "
                "1; done");
        m_settings.timeout = 1s;
        auto fence = arbiter();
        QElapsedTimer timer;
        timer.start();
        const auto verdict = QCoro::waitFor(fence.claim(goingAlone));
        QVERIFY(!verdict);
        QCOMPARE(verdict.error().code(), Errc::FenceFailed);
        QVERIFY(timer.elapsed() < 9'000);
        QFile pids{m_folder->filePath(u"pids"_s)};
        QVERIFY(pids.open(QIODevice::ReadOnly));
        for (const QByteArray& pid : pids.readAll().simplified().split(' ')) {
            const auto hasEnded = [&pid] {
                QFile stat{u"/proc/%1/stat"_s.arg(QString::fromLatin1(pid))};
                return !stat.open(QIODevice::ReadOnly) || stat.readAll().contains(") Z ");
            };
            QTRY_VERIFY(hasEnded());
        }
    }
}

void FenceArbiterTest::missingAgentIsAnError_data()
{
    QTest::addColumn<bool>("exists");
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("missing") << false << QByteArray{};
    QTest::newRow("not executable") << true << QByteArray{"#!/bin/sh\nexit 0\n"};
}

void FenceArbiterTest::missingAgentIsAnError()
{
    QFETCH(const bool, exists);
    QFETCH(const QByteArray, content);
    if (exists) {
        QFile file{m_settings.agent};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    auto fence = arbiter();
    const auto verdict = QCoro::waitFor(fence.claim(takeover));
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), Errc::FenceFailed);
    QVERIFY(verdict.error().message().contains(m_settings.agent));
    QCOMPARE(QCoro::waitFor(fence.check(u"alpha"_s)).error().code(), Errc::FenceFailed);
}

void FenceArbiterTest::unknownHostIsAnError()
{
    agent("[ $action = off ] || exit 2");
    auto fence = arbiter();
    Claim claim = takeover;
    claim.otherName = u"gamma"_s;
    const auto verdict = QCoro::waitFor(fence.claim(claim));
    QCOMPARE(verdict.error().code(), Errc::ArbiterNotConfigured);
    QVERIFY(verdict.error().remedy().contains(u"[fence.gamma]"_s));
    QCOMPARE(QCoro::waitFor(fence.check(u"gamma"_s)).error().code(), Errc::ArbiterNotConfigured);
    QVERIFY(calls().isEmpty());
}

void FenceArbiterTest::onlyDecisionsFence()
{
    agent("exit 1");
    auto fence = arbiter();
    for (const Claim& claim : {claimOf(ClaimKind::Begin, {}, outOfStep(1)),
                               claimOf(ClaimKind::InStep, outOfStep(1), inStep(1))})
        QCOMPARE(*QCoro::waitFor(fence.claim(claim)), (Verdict{true, claim.wanted}));
    QVERIFY(!*QCoro::waitFor(fence.read(web)));
    QVERIFY(QCoro::waitFor(fence.forget(web, inStep(1))));
    QVERIFY(calls().isEmpty());
}

void FenceArbiterTest::staleShadowIsNotAskedFor()
{
    agent("[ $action = off ] || exit 2");
    auto fence = arbiter();
    const auto verdict =
        QCoro::waitFor(fence.claim(claimOf(ClaimKind::Takeover, outOfStep(1), takenOver(2))));
    QCOMPARE(verdict.error().code(), Errc::InvalidArgument);
    QVERIFY(calls().isEmpty());
}

void FenceArbiterTest::agentGetsItsOptionsAndNoArguments()
{
    agent("echo $# >arguments; tr '\\0' ' ' </proc/$$/cmdline >>arguments; exit 2");
    auto fence = arbiter();
    QVERIFY(QCoro::waitFor(fence.check(u"alpha"_s)));
    QFile input{m_folder->filePath(u"input"_s)};
    QVERIFY(input.open(QIODevice::ReadOnly));
    QCOMPARE(input.readAll(), "ip=10.0.0.1\npassword=s3cret=\\ $x\naction=status\n");
    QFile arguments{m_folder->filePath(u"arguments"_s)};
    QVERIFY(arguments.open(QIODevice::ReadOnly));
    QCOMPARE(arguments.readLine(), "0\n");
    QVERIFY(!arguments.readAll().contains("s3cret"));
}

void FenceArbiterTest::secretsStayOutOfTheLog()
{
    agent("cat input; cat input >&2; printf '\\033[31mred\\n'; exit 1");
    auto fence = arbiter();
    const auto verdict = QCoro::waitFor(fence.claim(takeover));
    QVERIFY(!verdict);
    const QByteArray log = QByteArray::fromStdString(m_log.str());
    QVERIFY2(log.contains("ip=10.0.0.1"), log.constData());
    QVERIFY2(log.contains("password=***"), log.constData());
    QVERIFY2(!log.contains("s3cret") && !log.contains('\033'), log.constData());
    QVERIFY(!verdict.error().message().contains(u"s3cret"_s));
}

void FenceArbiterTest::shadowWaitsOwnerDoesNot()
{
    agent("[ $action = off ] || exit 2");
    m_settings.takeoverDelay = 3s;
    auto fence = arbiter();
    QElapsedTimer timer;
    timer.start();
    auto takingOver = fence.claim(takeover);
    QVERIFY(QCoro::waitFor(fence.claim(goingAlone)));
    QVERIFY(timer.elapsed() < 2'900);
    QVERIFY(!takingOver.isReady());
    QCOMPARE(calls(), "off status");
    QVERIFY(QCoro::waitFor(std::move(takingOver)));
    QVERIFY(timer.elapsed() >= 2'900);
    QCOMPARE(calls(), "off status off status");
}

void FenceArbiterTest::claimsShareOneCall()
{
    agent("sleep 0.5; [ $action = off ] || exit 2");
    auto fence = arbiter();
    auto first = fence.claim(goingAlone);
    auto second = fence.claim(goingAlone);
    Claim ofDb = goingAlone;
    ofDb.uuid = db;
    auto third = fence.claim(ofDb);
    for (auto* claim : {&first, &second, &third}) {
        const auto verdict = QCoro::waitFor(std::move(*claim));
        QVERIFY(verdict && verdict->granted);
    }
    QCOMPARE(calls(), "off status");

    agent("sleep 0.5; exit 1");
    auto fourth = fence.claim(goingAlone);
    auto fifth = fence.claim(ofDb);
    QCOMPARE(QCoro::waitFor(std::move(fourth)).error().code(), Errc::FenceFailed);
    QCOMPARE(QCoro::waitFor(std::move(fifth)).error().code(), Errc::FenceFailed);
    QCOMPARE(calls(), "off status off");
}

void FenceArbiterTest::talkativeAgentIsCutShort()
{
    agent("head -c 3000000 /dev/zero | tr '\\0' x; [ $action = off ] || exit 2");
    auto fence = arbiter();
    QVERIFY(QCoro::waitFor(fence.claim(takeover)));
    QVERIFY(m_log.str().size() < 10'000);
}

void FenceArbiterTest::agentThatReadsNothingIsFine()
{
    for (int i = 0; i < 100; ++i)
        m_settings.options.insert(u"option%1"_s.arg(i), QString(1'000, u'x'));
    QFile file{m_settings.agent};
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#!/bin/sh\nexit 2\n");
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
    auto fence = arbiter();
    QVERIFY(QCoro::waitFor(fence.check(u"alpha"_s)));
}

void FenceArbiterTest::checkAsksForTheStatus()
{
    for (const auto& [status, good] : {std::pair{0, true}, {2, true}, {1, false}, {3, false}}) {
        agent("exit " + QByteArray::number(status));
        auto fence = arbiter();
        const auto checked = QCoro::waitFor(fence.check(u"beta"_s));
        QCOMPARE(checked.has_value(), good);
    }
    QCOMPARE(calls(), "status status status status");
}

void FenceArbiterTest::manualLeavesItToAPerson()
{
    ManualArbiter manual;
    QCOMPARE(manual.name(), u"manual"_s);
    const Claim begin = claimOf(ClaimKind::Begin, {}, outOfStep(1));
    QCOMPARE(*QCoro::waitFor(manual.claim(begin)), (Verdict{true, begin.wanted}));
    const auto takingOver = QCoro::waitFor(manual.claim(takeover)).error();
    QCOMPARE(takingOver.code(), Errc::NeedsAdministrator);
    QVERIFY(takingOver.remedy().contains(u"lockstep takeover web"_s));
    QVERIFY(takingOver.remedy().contains(u"alpha"_s));
    const auto alone = QCoro::waitFor(manual.claim(goingAlone)).error();
    QCOMPARE(alone.code(), Errc::NeedsAdministrator);
    QVERIFY(alone.remedy().contains(u"lockstep continue-alone web"_s));
    QVERIFY(!*QCoro::waitFor(manual.read(web)));
    QVERIFY(QCoro::waitFor(manual.check(u"beta"_s)));
}

QTEST_GUILESS_MAIN(FenceArbiterTest)
#include "FenceArbiterTest.moc"
