// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

Finding finding(Severity severity, const QString& id, const QString& host = u"alpha"_s)
{
    const bool isWrong = severity == Severity::Error || severity == Severity::Warning;
    return {.id = id,
            .severity = severity,
            .host = host,
            .message = u"what %1 has found"_s.arg(id),
            .remedy = isWrong ? u"mend %1"_s.arg(id) : QString{}};
}

QByteArray run(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    process.waitForFinished();
    return process.readAllStandardOutput();
}

} // namespace

/// `lockstep doctor`, with and without --bundle.
class DoctorCommandTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void printsFindingsByHost();
    void errorsAreStatusOne();
    void printsJson();
    void asksOnlyForTheHostsNamed();
    void anUnknownHostIsAnError();
    void probeTriesQemuAndNothingElse();
    void bundleIsForItsOwnerAndHoldsNoSecret();
    void bundleNeedsNoDaemon();
    void bundleReplacesNothing();
    void anInterruptLeavesNoHalfBundle();
};

void DoctorCommandTest::printsFindingsByHost()
{
    Stage stage;
    stage.doctor.findings = {finding(Severity::Ok, u"libvirt"_s),
                             finding(Severity::Warning, u"clock"_s),
                             finding(Severity::Info, u"kvm"_s, u"beta"_s)};
    const Outcome outcome = runCli(stage, {u"doctor"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out,
             u"alpha\n"
             "  ok       libvirt: what libvirt has found\n"
             "  warning  clock: what clock has found\n"
             "           what to do: mend clock\n"
             "beta\n"
             "  info     kvm: what kvm has found\n"
             "0 errors, 1 warning\n"_s);
    QCOMPARE(outcome.err, QString{});
}

void DoctorCommandTest::errorsAreStatusOne()
{
    Stage stage;
    stage.doctor.findings = {finding(Severity::Error, u"etcd"_s)};
    const Outcome outcome = runCli(stage, {u"doctor"_s});
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.out.endsWith(u"1 error, 0 warnings\n"_s));
}

void DoctorCommandTest::printsJson()
{
    Stage stage;
    stage.doctor.findings = {finding(Severity::Error, u"etcd"_s),
                             finding(Severity::Ok, u"clock"_s)};
    const Outcome outcome = runCli(stage, {u"doctor"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    const QJsonObject json = outcome.json();
    QCOMPARE(json[u"errors"].toInt(), 1);
    QCOMPARE(json[u"warnings"].toInt(), 0);
    QCOMPARE(json[u"findings"].toArray()[0].toObject(),
             (QJsonObject{{u"id"_s, u"etcd"_s},
                          {u"severity"_s, u"error"_s},
                          {u"host"_s, u"alpha"_s},
                          {u"message"_s, u"what etcd has found"_s},
                          {u"remedy"_s, u"mend etcd"_s}}));
}

void DoctorCommandTest::asksOnlyForTheHostsNamed()
{
    Stage stage;
    QCOMPARE(runCli(stage, {u"doctor"_s}).status, 0);
    QCOMPARE(stage.doctor.asked, QStringList{});
    QCOMPARE(runCli(stage, {u"doctor"_s, u"--host"_s, u"beta"_s, u"--host"_s, u"alpha"_s}).status,
             0);
    QCOMPARE(stage.doctor.asked, (QStringList{u"beta"_s, u"alpha"_s}));
}

void DoctorCommandTest::anUnknownHostIsAnError()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"doctor"_s, u"--host"_s, u"nobody"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"UnknownPeer"_s);
}

void DoctorCommandTest::probeTriesQemuAndNothingElse()
{
    Stage stage;
    stage.doctor.findings = {finding(Severity::Error, u"qemu-probe"_s)};
    const Outcome outcome = runCli(stage, {u"doctor"_s, u"--probe"_s});
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.out.contains(u"qemu-probe: what qemu-probe has found"_s));
    QCOMPARE(stage.doctor.trials, 1);
    QVERIFY(!stage.doctor.isAsked());
    // It is about this host alone.
    QCOMPARE(runCli(stage, {u"doctor"_s, u"--probe"_s, u"--host"_s, u"beta"_s}).status, 2);
    QCOMPARE(stage.doctor.trials, 1);
}

void DoctorCommandTest::bundleIsForItsOwnerAndHoldsNoSecret()
{
    Stage stage;
    Finding leak = finding(Severity::Error, u"fence"_s);
    leak.message = u"the agent said password=geheim-42"_s;
    stage.doctor.findings = {leak};
    PairEvent event = sampleEvent();
    event.text = u"Authorization: Bearer geheim-42"_s;
    stage.pairs.record(event);
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"bundle.tar.gz"_s);
    const Outcome outcome = runCli(stage, {u"doctor"_s, u"--bundle="_s + path});
    QCOMPARE(outcome.status, 0); // a bundle is made because something is wrong
    QVERIFY(outcome.out.contains(path));
    QVERIFY(outcome.out.contains(u"  doctor.json ("_s));
    QCOMPARE(QFile::permissions(path)
                 & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
             QFile::Permissions{});
    const QByteArray content = run(u"tar"_s, {u"-xzOf"_s, path});
    for (const auto* part : {"web1", "\"fence\"", "beta"})
        QVERIFY2(content.contains(part), part);
    QVERIFY(!content.contains("geheim-42"));
    const QByteArray names = run(u"tar"_s, {u"-tvzf"_s, path});
    for (const auto* name : {"/README.txt", "/missing.txt", "/doctor.json", "/pairs.json",
                             "/peers.json", "/jobs.json", "/events.json", "/system/uname.txt"})
        QVERIFY2(names.contains(name), name);
    for (const QByteArray& line : names.trimmed().split('\n'))
        QVERIFY2(line.mid(4, 6) == "------", line.constData());
    QCOMPARE(QDir{folder.path()}.entryList(QDir::Files).size(), 1);
}

void DoctorCommandTest::bundleNeedsNoDaemon()
{
    Stage stage;
    QCoro::waitFor(stage.service.stop());
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"bundle.tar.gz"_s);
    const Outcome outcome = runCli(stage, {u"doctor"_s, u"--bundle"_s, path, u"--json"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.json()[u"bundle"].toString(), path);
    const QString missing =
        QString::fromUtf8(QJsonDocument{outcome.json()[u"missing"].toArray()}.toJson());
    QVERIFY2(missing.contains(u"doctor.json: "_s), qPrintable(missing));
    QVERIFY(QFile::exists(path));
}

void DoctorCommandTest::bundleReplacesNothing()
{
    Stage stage;
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"bundle.tar.gz"_s);
    QFile file{path};
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("somebody's");
    file.close();
    QCOMPARE(runCli(stage, {u"doctor"_s, u"--bundle="_s + path}).status, 2);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray{"somebody's"});
    QCOMPARE(runCli(stage, {u"doctor"_s, u"--bundle=/no/such/folder/x"_s}).status, 2);
    // Nor does it follow a link that somebody has put there.
    const QString link = folder.filePath(u"link.tar.gz"_s);
    const QString elsewhere = folder.filePath(u"elsewhere"_s);
    QVERIFY(QFile::link(elsewhere, link));
    QCOMPARE(runCli(stage, {u"doctor"_s, u"--bundle="_s + link}).status, 2);
    QVERIFY(!QFile::exists(elsewhere));
}

void DoctorCommandTest::anInterruptLeavesNoHalfBundle()
{
    Stage stage;
    stage.doctor.waits = true;
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"bundle.tar.gz"_s);
    CliRun cli{stage};
    cli.start({u"doctor"_s, u"--bundle="_s + path});
    QTRY_VERIFY(stage.doctor.isAsked());
    cli.interrupt();
    stage.doctor.goOn();
    const Outcome outcome = cli.finish();
    QCOMPARE(outcome.status, 5);
    QCOMPARE(QDir{folder.path()}.entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
             QStringList{});
}

QTEST_GUILESS_MAIN(DoctorCommandTest)
#include "DoctorCommandTest.moc"
