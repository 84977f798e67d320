// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include "base/PairSettingTable.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString uuidOfWeb1() { return toString(samplePair().uuid); }

DomainInfo domain(const QString& name, int id, DomainState state)
{
    DomainInfo info;
    info.uuid = DomainUuid{QUuid::createUuidV5(QUuid{}, name)};
    info.name = name;
    info.id = id;
    info.state = state;
    info.persistent = true;
    return info;
}

QByteArray contentsOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

} // namespace

/// `set`, `config` and `list --all`.
class SettingsCommandsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void setChangesWhatIsGiven();
    void setTellsWhatTheNextShadowHas();
    void setRefusesWithWhatIsAllowed_data();
    void setRefusesWithWhatIsAllowed();
    void setTellsWhatTheDaemonSays();
    void setHelpHasEverySetting();
    void showTellsWhatAutoHasPicked();
    void configShowsEverything();
    void configPrintsOneValue();
    void configKnowsItsKeys();
    void configChangesTheFile();
    void configChangesNothingElsewhere();
    void listAllShowsEveryDomain();
    void listAllTellsThatLibvirtIsGone();
};

void SettingsCommandsTest::setChangesWhatIsGiven()
{
    Stage stage;
    const Outcome outcome =
        runCli(stage, {u"set"_s, u"web1"_s, u"auto-protect=no"_s, u"on-arbiter-loss=wait"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
    QCOMPARE(stage.pairs.calls,
             QStringList{u"set %1 on-arbiter-loss=wait no auto-protect"_s.arg(uuidOfWeb1())});
    QCOMPARE(
        outcome.out,
        u"web1: arbiter=etcd on-arbiter-loss=wait auto-protect=no reuse-disks=yes mode=colo "
        "period=default max-exposure=default max-stopped=100 idle-period=20s compare-timeout=300ms "
        "scan-cycle=50ms queue-limit=1024 bandwidth=default copy-speed=default channels=1 "
        "compression=none\n"_s);
    const Outcome json = runCli(stage, {u"set"_s, u"web1"_s, u"reuse-disks=no"_s, u"--json"_s});
    QCOMPARE(json.status, 0);
    QCOMPARE(json.json()[u"reuse-disks"].toBool(true), false);
    QCOMPARE(json.json()[u"auto-protect"].toBool(true), false);
}

void SettingsCommandsTest::setTellsWhatTheNextShadowHas()
{
    Stage stage;
    const Outcome limited = runCli(stage,
                                   {u"set"_s, u"web1"_s, u"copy-speed=200MiB/s"_s,
                                    u"bandwidth=1.5GiB/s"_s, u"reuse-disks=yes"_s});
    QCOMPARE(limited.status, 0);
    QVERIFY2(limited.err.isEmpty(), qPrintable(limited.err)); // all that counts at once
    QCOMPARE(stage.pairs.calls.last(),
             u"set %1 reuse-disks bandwidth=1610612736 copy-speed=209715200"_s.arg(uuidOfWeb1()));
    const Outcome outcome =
        runCli(stage, {u"set"_s, u"web1"_s, u"channels=4"_s, u"compression=zstd"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(stage.pairs.calls.last(), u"set %1 channels=4 compression=zstd"_s.arg(uuidOfWeb1()));
    QCOMPARE(outcome.err,
             u"web1: counts when the next shadow is made: channels and compression\n"_s);
}

void SettingsCommandsTest::setRefusesWithWhatIsAllowed_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("error");
    QTest::newRow("value") << QStringList{u"arbiter=x"_s}
                           << u"arbiter \"x\": it can be manual, etcd or fence"_s;
    QTest::newRow("flag") << QStringList{u"auto-protect=true"_s}
                          << u"auto-protect \"true\": it can be no or yes"_s;
    QTest::newRow("empty") << QStringList{u"reuse-disks="_s}
                           << u"reuse-disks \"\": it can be no or yes"_s;
    QTest::newRow("key")
        << QStringList{u"colour=red"_s}
        << u"There are arbiter, on-arbiter-loss, auto-protect, reuse-disks, mode, period"_s;
    QTest::newRow("rate without a unit")
        << QStringList{u"bandwidth=10"_s} << u"it can be 1MiB/s to 100GiB/s or default"_s;
    QTest::newRow("rate below its least")
        << QStringList{u"bandwidth=0.5MiB/s"_s} << u"it can be 1MiB/s to 100GiB/s or default"_s;
    QTest::newRow("copy in the words of lockstepd.conf")
        << QStringList{u"copy-speed=auto"_s}
        << u"copy-speed \"auto\": it can be 1MiB/s to 100GiB/s or default"_s;
    QTest::newRow("no value") << QStringList{u"auto-protect"_s} << u"is not KEY=VALUE"_s;
    QTest::newRow("no key") << QStringList{u"=yes"_s} << u"is not KEY=VALUE"_s;
    QTest::newRow("twice") << QStringList{u"auto-protect=no"_s, u"auto-protect=yes"_s}
                           << u"auto-protect is given twice"_s;
    QTest::newRow("nothing") << QStringList{} << u"SETTING"_s;
    // Nothing of it is done if one is wrong.
    QTest::newRow("one of two") << QStringList{u"auto-protect=no"_s, u"reuse-disks=maybe"_s}
                                << u"reuse-disks \"maybe\": it can be no or yes"_s;
}

void SettingsCommandsTest::setRefusesWithWhatIsAllowed()
{
    QFETCH(const QStringList, words);
    QFETCH(const QString, error);
    Stage stage;
    const Outcome outcome = runCli(stage, QStringList{u"set"_s, u"web1"_s} + words);
    QCOMPARE(outcome.status, 2);
    QVERIFY2(outcome.err.contains(error), qPrintable(outcome.err));
    QCOMPARE(outcome.err.count(u'\n'), 2); // what happened, and what to do
    QVERIFY(outcome.out.isEmpty());
    QVERIFY(stage.pairs.calls.isEmpty());
}

void SettingsCommandsTest::setTellsWhatTheDaemonSays()
{
    Stage stage;
    QCOMPARE(runCli(stage, {u"set"_s, u"nothing"_s, u"auto-protect=no"_s, u"--json"_s}).errorName(),
             u"UnknownDomain"_s);
    stage.pairs.refusal = Error{Errc::WrongRole, u"domain web1 runs on beta"_s,
                                u"Run 'lockstep set web1' on beta."_s};
    const Outcome outcome = runCli(stage, {u"set"_s, u"web1"_s, u"auto-protect=no"_s});
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.err.contains(u"what to do: Run 'lockstep set web1' on beta."_s));
}

void SettingsCommandsTest::setHelpHasEverySetting()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"set"_s, u"--help"_s});
    QCOMPARE(outcome.status, 0);
    for (const PairSetting& setting : pairSettings()) {
        QVERIFY(outcome.out.contains(setting.name));
        QVERIFY2(outcome.out.contains(allowedFor(setting)), qPrintable(allowedFor(setting)));
    }
}

void SettingsCommandsTest::showTellsWhatAutoHasPicked()
{
    Stage stage;
    PairView pair = samplePair();
    pair.mode = u"auto"_s;
    pair.modeInForce = u"remus"_s;
    pair.periodInForce = 40ms;
    pair.maxExposure = 1s;
    stage.pairs.put(pair);
    const auto shown = [&stage] { return runCli(stage, {u"show"_s, u"web1"_s}).out; };
    QVERIFY2(shown().contains(u"auto (now remus with 40ms), max-exposure=1s\n"),
             qPrintable(shown()));
    const QJsonObject json = runCli(stage, {u"show"_s, u"web1"_s, u"--json"_s}).json();
    QCOMPARE(json[u"mode"].toString(), u"auto"_s);
    QCOMPARE(json[u"mode-in-force"].toString(), u"remus"_s);
    QCOMPARE(json[u"period-in-force-usec"].toInteger(), 40'000);
    QCOMPARE(json[u"max-exposure-usec"].toInteger(), 1'000'000);
    QCOMPARE(json[u"max-stopped"].toInteger(), 100);
    pair.modeInForce = u"colo"_s;
    pair.periodInForce = 0ms;
    stage.pairs.put(pair);
    QVERIFY2(shown().contains(u"auto (now colo), max-exposure=1s\n"), qPrintable(shown()));
}

void SettingsCommandsTest::configShowsEverything()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"config"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY2(outcome.out.contains(u"control.port"_s) && outcome.out.contains(u"7000"_s)
                 && outcome.out.contains(u"49500"_s) && outcome.out.contains(u"(set)"_s),
             qPrintable(outcome.out));
    QVERIFY(outcome.err.contains(u"/etc/lockstep/lockstepd.conf"_s));
    QVERIFY(outcome.err.contains(u"systemctl restart lockstepd"_s));
    const QJsonObject json = runCli(stage, {u"config"_s, u"--json"_s}).json();
    QCOMPARE(json[u"file"].toString(), u"/etc/lockstep/lockstepd.conf"_s);
    const QJsonObject first = json[u"settings"].toArray().at(0).toObject();
    QCOMPARE(first[u"value"].toString(), u"7000"_s);
    QCOMPARE(first[u"from-file"].toBool(), true);
}

void SettingsCommandsTest::configPrintsOneValue()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"config"_s, u"control.port"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"7000\n"_s);
    QVERIFY(outcome.err.isEmpty());
    const QJsonArray json =
        runCli(stage, {u"config"_s, u"control.port"_s, u"--json"_s}).json()[u"settings"].toArray();
    QCOMPARE(json.size(), 1);
    QCOMPARE(json.at(0).toObject()[u"default"].toString(), u"49500"_s);
}

void SettingsCommandsTest::configKnowsItsKeys()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"config"_s, u"control.prot"_s});
    QCOMPARE(outcome.status, 2);
    QVERIFY(outcome.err.contains(u"lockstepd has no setting \"control.prot\""_s));
}

void SettingsCommandsTest::configChangesTheFile()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"lockstepd.conf"_s);
    {
        QFile file{path};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("# ours\n[log]\nlevel = \"info\"\n");
    }
    QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner));
    Stage stage{BusClient::User::Own, false, path};
    const Outcome outcome =
        runCli(stage, {u"config"_s, u"log.level=debug"_s, u"control.port=7000"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
    QVERIFY2(outcome.out.contains(path) && outcome.out.contains(u"systemctl restart lockstepd"_s),
             qPrintable(outcome.out));
    const QByteArray expected{"# ours\n[log]\nlevel = \"debug\"\n\n[control]\nport = 7000\n"};
    QCOMPARE(contentsOf(path), expected);
    QCOMPARE(QFile::permissions(path) & (QFile::ReadGroup | QFile::ReadOther),
             QFile::Permissions{});

    const Outcome wrong =
        runCli(stage, {u"config"_s, u"log.level=info"_s, u"control.port=99999"_s});
    QCOMPARE(wrong.status, 2);
    QVERIFY2(wrong.err.contains(u"it must be a number from 1 to 65535"_s), qPrintable(wrong.err));
    QCOMPARE(contentsOf(path), expected);

    const QJsonArray json = runCli(stage, {u"config"_s, u"log.level=default"_s, u"--json"_s})
                                .json()[u"settings"]
                                .toArray();
    QCOMPARE(json.size(), 1);
    QCOMPARE(json.at(0).toObject()[u"value"].toString(), u"info"_s);
    QCOMPARE(json.at(0).toObject()[u"from-file"].toBool(true), false);
}

void SettingsCommandsTest::configChangesNothingElsewhere()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"-c"_s, u"beta"_s, u"config"_s, u"log.level=debug"_s});
    QVERIFY(outcome.status != 0);
    QVERIFY2(outcome.err.contains(u"changed on that host"_s), qPrintable(outcome.err));
}

void SettingsCommandsTest::listAllShowsEveryDomain()
{
    Stage stage;
    DomainInfo web = domain(u"web1"_s, 4, DomainState::Running);
    web.uuid = samplePair().uuid;
    stage.hypervisor.known = {web, domain(u"mail"_s, 5, DomainState::Running),
                              domain(u"db"_s, -1, DomainState::Off)};
    const Outcome outcome = runCli(stage, {u"list"_s, u"--all"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
    QCOMPARE(outcome.out,
             u"ID  DOMAIN  STATE     ROLE     PAIR       PEER  PROTECTABLE\n"
             "-   db      shut off  -        -          -     no: the domain db is off\n"
             "5   mail    running   -        -          -     yes\n"
             "4   web1    running   primary  protected  beta  no: it is paired already\n"_s);
    const auto all =
        runCli(stage, {u"list"_s, u"--all"_s, u"--json"_s}).json()[u"domains"].toArray();
    QCOMPARE(all.size(), 3);
    QCOMPARE(all[0].toObject()[u"findings"].toArray().at(0).toObject()[u"id"].toString(),
             u"domain-off"_s);
    QCOMPARE(all[2].toObject()[u"pair-state"].toString(), u"protected"_s);
    QCOMPARE(all[2].toObject()[u"id"].toInt(), 4);
}

void SettingsCommandsTest::listAllTellsThatLibvirtIsGone()
{
    Stage stage;
    stage.hypervisor.refusal = Error{Errc::HypervisorUnavailable, u"libvirtd does not run"_s};
    const Outcome outcome = runCli(stage, {u"list"_s, u"--all"_s});
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.err.contains(u"libvirtd does not run"_s));
    stage.hypervisor.refusal.reset();
    const Outcome nothing = runCli(stage, {u"list"_s, u"--all"_s});
    QCOMPARE(nothing.status, 0);
    QVERIFY(nothing.out.contains(u"missing"_s)); // the pair whose domain libvirt has lost
}

QTEST_GUILESS_MAIN(SettingsCommandsTest)
#include "SettingsCommandsTest.moc"
