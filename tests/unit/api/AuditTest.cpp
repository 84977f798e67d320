// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"
#include "api/Told.h"
#include "api/Who.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <QRegularExpression>
#include <QTest>

#include <unistd.h>

#include <sstream>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

Result<std::tuple<sdbus::ObjectPath>> protect(BusClient& client, const std::string& domain,
                                              const wire::Dictionary& options = {})
{
    return client.call<sdbus::ObjectPath>(root, managerInterface, "Protect", domain,
                                          std::string{"beta"}, options);
}

} // namespace

/// What the journal says of who did what.
class AuditTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void tellsWhoWasAllowedWhat();
    void tellsWhoWasDeniedWhat();
    void leavesOneLineForEachChange();
    void says_data();
    void says();
    void logsNoMoreThanALineOfWhateverIsSent();
    void refusesNamesThatNothingHas();
    void shortensWhatPolkitIsTold();
    void tellsTheHistoryWhoStartedAJob();
    void namesUsers();

private:
    /// The lines that tell of calls.
    [[nodiscard]] QStringList lines() const;

    std::ostringstream m_text;
    std::shared_ptr<spdlog::logger> m_before;
};

void AuditTest::init()
{
    m_text.str({});
    m_before = spdlog::default_logger();
    auto logger = std::make_shared<spdlog::logger>(
        "audit", std::make_shared<spdlog::sinks::ostream_sink_st>(m_text));
    logger->set_pattern("%l: %v");
    spdlog::set_default_logger(logger);
}

void AuditTest::cleanup() { spdlog::set_default_logger(m_before); }

QStringList AuditTest::lines() const
{
    return QString::fromStdString(m_text.str())
        .split(u'\n', Qt::SkipEmptyParts)
        .filter(QRegularExpression{u": (allowed|denied) to "_s});
}

void AuditTest::tellsWhoWasAllowedWhat()
{
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    QVERIFY(protect(*stage.client, "web1",
                    {{"arbiter", sdbus::Variant{"etcd"}}, {"auto-protect", sdbus::Variant{true}}}));
    const QString sender = QString::fromStdString(stage.client->connection().getUniqueName());
    QCOMPARE(lines().size(), 1);
    const QString line = lines().first();
    QVERIFY2(
        line.startsWith(
            u"info: protect web1 towards beta (arbiter=etcd, auto-protect=true): allowed to "_s),
        qPrintable(line));
    if (::geteuid() == 0) {
        const QString who = u"nobody (uid 65534, pid %1, %2)"_s;
        QVERIFY2(line.endsWith(who.arg(QString::number(::getpid()), sender)), qPrintable(line));
    }
    QVERIFY2(line.endsWith(sender + u')'), qPrintable(line));
}

void AuditTest::tellsWhoWasDeniedWhat()
{
    if (::geteuid() != 0)
        QSKIP("only root can be somebody else");
    Stage stage{BusClient::User::Nobody};
    const FakePolkit polkit{stage.bus.address()};
    QVERIFY(!protect(*stage.client, "web1"));
    QCOMPARE(lines().size(), 1);
    const QString line = lines().first();
    QVERIFY2(
        line.startsWith(u"warning: protect web1 towards beta: denied to nobody (uid 65534, "_s),
        qPrintable(line));
    QVERIFY2(line.endsWith(u"polkit does not allow org.lockstep.Lockstep1.protect to this user"_s),
             qPrintable(line));
}

void AuditTest::leavesOneLineForEachChange()
{
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    const wire::Dictionary none;
    BusClient& client = *stage.client;
    QVERIFY(client.call<sdbus::ObjectPath>(pairPath, pairInterface, "TakeOver", none));
    QVERIFY(client.call<sdbus::ObjectPath>(pairPath, pairInterface, "ContinueAlone",
                                           wire::Dictionary{{"force", sdbus::Variant{true}}}));
    QVERIFY(client.call<sdbus::ObjectPath>(pairPath, pairInterface, "Unprotect", none));
    QVERIFY(client.call<sdbus::ObjectPath>(root, managerInterface, "DrainHost", none));
    QVERIFY(client.call<>(jobPath, jobInterface, "Cancel", none));
    QVERIFY(client.call<>(peerPath, peerInterface, "SetHeartbeat",
                          wire::Dictionary{{"timeout-ms", sdbus::Variant{uint64_t{500}}}}));
    QVERIFY(client.call<>(peerPath, peerInterface, "Accept", samplePeer().id.value.toStdString(),
                          none));
    QVERIFY(!client.call<>(peerPath, peerInterface, "Remove", none)); // a pair needs it
    const QStringList wanted{
        u"info: take over web1"_s,
        u"info: continue web1 alone (force=true)"_s,
        u"info: unprotect web1"_s,
        u"info: drain this host"_s,
        u"info: cancel job 1 (protect web1)"_s,
        u"info: set heartbeats of peer beta (timeout-ms=500)"_s,
        u"info: accept peer beta"_s,
        u"info: remove peer beta"_s,
    };
    const QStringList found = lines();
    QCOMPARE(found.size(), wanted.size());
    for (qsizetype index = 0; index < wanted.size(); ++index)
        QVERIFY2(found[index].startsWith(wanted[index] + u": allowed to "_s),
                 qPrintable(found[index]));
}

void AuditTest::says_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<uint>("process");
    QTest::addColumn<QString>("text");
    QTest::newRow("all") << u"alice"_s << 4711U << u"alice (uid 1000, pid 4711, :1.42)"_s;
    QTest::newRow("no process") << u"alice"_s << 0U << u"alice (uid 1000, :1.42)"_s;
    QTest::newRow("no name") << u""_s << 4711U << u"uid 1000 (pid 4711, :1.42)"_s;
}

void AuditTest::says()
{
    QFETCH(const QString, name);
    QFETCH(const uint, process);
    QFETCH(const QString, text);
    const Who who{.user = 1000, .name = name, .process = process, .busName = u":1.42"_s};
    QCOMPARE(who.text(), text);
}

void AuditTest::logsNoMoreThanALineOfWhateverIsSent()
{
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    const std::string huge(megabyte, 'x');
    for (const wire::Dictionary& options :
         {wire::Dictionary{{"image-directory", sdbus::Variant{huge}}},
          wire::Dictionary{{huge, sdbus::Variant{true}}},
          wire::Dictionary{{"line\n2026-01-01 info: forged", sdbus::Variant{true}}}}) {
        const auto job = protect(*stage.client, "web1", options);
        QVERIFY(!job);
        QCOMPARE(job.error().code(), Errc::InvalidArgument);
        QVERIFY2(job.error().message().size() < 300, qPrintable(job.error().message()));
    }
    wire::Dictionary many;
    for (int index = 0; index < 1000; ++index)
        many.emplace("option-" + std::to_string(index), sdbus::Variant{huge.substr(0, 500)});
    QVERIFY(!protect(*stage.client, huge, many));
    QCOMPARE(lines().size(), 4);
    QVERIFY2(m_text.str().size() < 6000, m_text.str().c_str());
    QVERIFY(!m_text.str().contains("\n2026"));
    for (const QString& line : lines())
        QVERIFY2(line.contains(u": allowed to "_s), qPrintable(line));
}

void AuditTest::refusesNamesThatNothingHas()
{
    Stage stage;
    const std::string huge(megabyte, 'x');
    const wire::Dictionary none;
    const auto refused = [](const auto& result) {
        return !result && result.error().code() == Errc::InvalidArgument
            && result.error().message().size() < 200;
    };
    BusClient& client = *stage.client;
    QVERIFY(refused(protect(client, huge)));
    QVERIFY(refused(protect(client, std::string(256, 'x'))));
    QVERIFY(protect(client, std::string(255, 'x')));
    QVERIFY(
        refused(client.call<sdbus::ObjectPath>(root, managerInterface, "FindPair", huge, none)));
    QVERIFY(
        refused(client.call<sdbus::ObjectPath>(root, managerInterface, "FindPeer", huge, none)));
    QVERIFY(refused(client.call<std::string, std::string, std::string>(root, managerInterface,
                                                                       "ProbePeer", huge, none)));
    QVERIFY(refused(client.call<sdbus::ObjectPath>(root, managerInterface, "AddPeer",
                                                   std::string{"10.0.0.2"}, huge, none)));
    QVERIFY(refused(client.call<sdbus::ObjectPath>(root, managerInterface, "AddPeer", huge,
                                                   samplePeer().id.value.toStdString(), none)));
    QVERIFY(refused(client.call<>(peerPath, peerInterface, "Accept", huge, none)));
    QCOMPARE(stage.pairs.calls.size(), 1);
    QVERIFY(stage.peers.calls.isEmpty());
}

void AuditTest::shortensWhatPolkitIsTold()
{
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    QVERIFY(!protect(*stage.client, std::string(megabyte, 'x')));
    QCOMPARE(polkit.questions.size(), std::size_t{1});
    QVERIFY(polkit.questions[0].details.at("domain").size() < 200);
}

void AuditTest::tellsTheHistoryWhoStartedAJob()
{
    if (::geteuid() != 0)
        QSKIP("only root can be somebody else");
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    QVERIFY(protect(*stage.client, "web1"));
    stage.pairs.refusal = Error{Errc::Busy, u"web1: job 2 is at work"_s};
    QVERIFY(!protect(*stage.client, "web1"));
    QCOMPARE(stage.pairs.askedBy, QStringList{u"2 nobody"_s});
}

void AuditTest::namesUsers()
{
    UserNames names;
    QCOMPARE(QCoro::waitFor(names.of(0)), u"root"_s);
    QCOMPARE(QCoro::waitFor(names.of(65534)), u"nobody"_s);
    QCOMPARE(QCoro::waitFor(names.of(4'000'000'000U)), QString{});
}

QTEST_GUILESS_MAIN(AuditTest)
#include "AuditTest.moc"
