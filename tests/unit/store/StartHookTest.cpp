// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/StartGuard.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

namespace {

constexpr QLatin1StringView webUuid{"642a14a9-9a71-4d14-a639-a9dbd902783e"};
constexpr QLatin1StringView otherUuid{"0b0b8ac1-8b07-4f4e-9f7c-6e1f8a4c9d21"};

/// A domain as libvirt shows it to a hook, with `extra` at its end.
QByteArray domainXml(const QByteArray& uuid, const QByteArray& extra = {})
{
    return "<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
           "  <name>web</name>\n  <uuid>"
        + uuid
        + "</uuid>\n  <description>don't &lt;uuid&gt;</description>\n"
          "  <os>\n    <type arch='x86_64'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n"
        + extra + "</domain>\n";
}

QByteArray arguments(const QList<QByteArray>& values)
{
    QByteArray result{"  <qemu:commandline>\n"};
    for (const auto& value : values)
        result += "    <qemu:arg value='" + value + "'/>\n";
    return result + "  </qemu:commandline>\n";
}

struct Answer
{
    int status{-1};
    QByteArray out;
    QByteArray said;
};

} // namespace

/// The hook that the package installs, called as libvirt does, with answers in a folder of its own.
class StartHookTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void looksWhereTheDaemonWrites();
    void letsDomainsPassThatAreNotPaired();
    void letsTheOwnerStart();
    void refusesAndTellsWhy_data();
    void refusesAndTellsWhy();
    void neverStandsInTheWayOfAnythingElse_data();
    void neverStandsInTheWayOfAnythingElse();
    void takesTheDomainsOwnUuid_data();
    void takesTheDomainsOwnUuid();
    void refusesWhatItCannotRead_data();
    void refusesWhatItCannotRead();
    void refusesADamagedAnswer_data();
    void refusesADamagedAnswer();
    void letsOnlyAShadowWait_data();
    void letsOnlyAShadowWait();
    void takesAnyName_data();
    void takesAnyName();
    void readsLongDescriptions();

private:
    [[nodiscard]] QString folder() const { return m_directory->filePath(u"starts"_s); }
    [[nodiscard]] Answer call(const QString& operation, const QByteArray& xml,
                              const QString& name = u"web"_s) const;
    void write(const QByteArray& content) const
    {
        QFile file{folder() + u'/' + webUuid};
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(content);
    }

    const DomainUuid m_web{QUuid{webUuid}};
    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<StartGuard> m_guard;
    QByteArray m_script;
};

void StartHookTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    m_guard = std::make_unique<StartGuard>(folder());
    QFile shipped{QStringLiteral(LOCKSTEP_HOOK)};
    QVERIFY(shipped.open(QIODevice::ReadOnly));
    QVERIFY(shipped.permissions().testFlag(QFile::ExeOther));
    m_script = shipped.readAll();
    QFile hook{m_directory->filePath(u"lockstep"_s)};
    QVERIFY(hook.open(QIODevice::WriteOnly));
    hook.write(QByteArray{m_script}.replace("\nstarts=/var/lib/lockstep/starts\n",
                                            "\nstarts=" + QFile::encodeName(folder()) + '\n'));
    QVERIFY(hook.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
}

Answer StartHookTest::call(const QString& operation, const QByteArray& xml,
                           const QString& name) const
{
    QProcess hook;
    // libvirt passes no more than this on.
    hook.setProcessEnvironment({});
    hook.start(m_directory->filePath(u"lockstep"_s), {name, operation, u"begin"_s, u"-"_s});
    hook.write(xml);
    hook.closeWriteChannel();
    if (!hook.waitForFinished() || hook.exitStatus() != QProcess::NormalExit)
        return {};
    return {hook.exitCode(), hook.readAllStandardOutput(), hook.readAllStandardError()};
}

void StartHookTest::looksWhereTheDaemonWrites()
{
    const auto line = "\nstarts=" + QByteArray{StartGuard::usualFolder.data()} + '\n';
    QCOMPARE(m_script.count(line), 1);
}

void StartHookTest::letsDomainsPassThatAreNotPaired()
{
    const auto xml = domainXml(webUuid.data());
    QCOMPARE(call(u"prepare"_s, xml).status, 0); // no folder
    QVERIFY(m_guard->refuse(DomainUuid{QUuid{otherUuid}}, u"It runs on beta."_s));
    for (const auto& operation : {u"prepare"_s, u"restore"_s, u"migrate"_s}) {
        const auto answer = call(operation, xml);
        QCOMPARE(answer.status, 0);
        // libvirt would take what is printed for the domain's new XML.
        QCOMPARE(answer.out + answer.said, QByteArray{});
    }
    QVERIFY(m_guard->forget(DomainUuid{QUuid{otherUuid}}));
    QCOMPARE(call(u"prepare"_s, "no XML"_ba).status, 0); // no pairs
}

void StartHookTest::letsTheOwnerStart()
{
    QVERIFY(m_guard->allow(m_web));
    for (const auto& operation : {u"prepare"_s, u"restore"_s, u"migrate"_s}) {
        const auto answer = call(operation, domainXml(webUuid.data()));
        QCOMPARE(answer.status, 0);
        QCOMPARE(answer.out + answer.said, QByteArray{});
    }
}

void StartHookTest::refusesAndTellsWhy_data()
{
    QTest::addColumn<QString>("operation");
    for (const char* operation : {"prepare", "migrate"})
        QTest::newRow(operation) << QString::fromLatin1(operation);
}

void StartHookTest::refusesAndTellsWhy()
{
    QFETCH(QString, operation);
    QVERIFY(m_guard->refuse(m_web, u"it runs on β (epoch 7) %s \\n $(x)."_s));
    const auto answer = call(operation, domainXml(webUuid.data()));
    QCOMPARE(answer.status, 1);
    QCOMPARE(answer.out, QByteArray{});
    QCOMPARE(
        answer.said,
        "lockstep: web is not started on this host: it runs on β (epoch 7) %s \\n $(x). (kept in "
            + QFile::encodeName(folder()) + '/' + webUuid.data() + ")\n");
}

void StartHookTest::neverStandsInTheWayOfAnythingElse_data()
{
    QTest::addColumn<QString>("operation");
    for (const char* operation : {"start", "started", "stopped", "release", "reconnect", "attach",
                                  "of a later libvirt", ""})
        QTest::newRow(operation) << QString::fromLatin1(operation);
}

void StartHookTest::neverStandsInTheWayOfAnythingElse()
{
    QFETCH(QString, operation);
    QVERIFY(m_guard->refuse(m_web, u"It runs on beta."_s));
    QCOMPARE(call(operation, domainXml(webUuid.data())).status, 0);
    QCOMPARE(call(operation, {}).status, 0);
}

void StartHookTest::takesTheDomainsOwnUuid_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::addColumn<int>("status");
    const QByteArray web{webUuid.data()};
    const QByteArray other{otherUuid.data()};
    QTest::newRow("in metadata, after")
        << domainXml(other, "<metadata><uuid>" + web + "</uuid></metadata>") << 0;
    QTest::newRow("in metadata, before") << "<domain><metadata><x><uuid>" + web
            + "</uuid></x></metadata><uuid>" + other
            + "</uuid></domain>" << 0;
    QTest::newRow("another's in metadata") << "<domain><metadata><x><uuid>" + other
            + "</uuid></x></metadata><uuid>" + web
            + "</uuid></domain>" << 1;
    QTest::newRow("in a comment") << "<domain><!-- <uuid>" + web + "</uuid> --><uuid>" + other
            + "</uuid></domain>" << 0;
    QTest::newRow("after a comment")
        << "<domain><!-- <a> don't --><uuid>" + web + "</uuid></domain>" << 1;
    QTest::newRow("in CDATA") << "<domain><name><![CDATA[<uuid>" + web + "</uuid>]]></name><uuid>"
            + other + "</uuid></domain>"
                              << 0;
    QTest::newRow("after CDATA") << "<domain><name><![CDATA[<uuid><a>]]></name><uuid>" + web
            + "</uuid></domain>" << 1;
    QTest::newRow("after a declaration")
        << "<?xml version='1.0'?>\n<!DOCTYPE domain>\n<domain><uuid>" + web + "</uuid></domain>"
        << 1;
    QTest::newRow("after '>' and '/' in attributes")
        << "<domain a='x>/' b=\"it's/>\"><c d='/>'/><e f='/'></e><uuid>" + web + "</uuid></domain>"
        << 1;
    QTest::newRow("in an attribute")
        << "<domain><name uuid='" + web + "'>x</name><uuid>" + other + "</uuid></domain>" << 0;
    QTest::newRow("without a prefix only")
        << "<domain><x:uuid>" + other + "</x:uuid><uuids>x</uuids><uuid>" + web + "</uuid></domain>"
        << 1;
    QTest::newRow("upper case and spaces")
        << "<domain\n>\n<uuid\n>\n " + web.toUpper() + "\n</uuid></domain>" << 1;
    QTest::newRow("without dashes")
        << "<domain><uuid>" + QByteArray{web}.replace("-", "") + "</uuid></domain>" << 1;
    QTest::newRow("the first of two")
        << "<domain><uuid>" + web + "</uuid><uuid>" + other + "</uuid></domain>" << 1;
    QTest::newRow("one line") << domainXml(web).replace("\n", "") << 1;
}

void StartHookTest::takesTheDomainsOwnUuid()
{
    QFETCH(QByteArray, xml);
    QVERIFY(m_guard->refuse(m_web, u"It runs on beta."_s));
    const auto answer = call(u"prepare"_s, xml);
    QTEST(answer.status, "status");
    QCOMPARE(answer.said.contains("It runs on beta."), answer.status == 1);
}

void StartHookTest::refusesWhatItCannotRead_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("nothing") << QByteArray{};
    QTest::newRow("no XML") << "domain"_ba;
    QTest::newRow("no UUID") << "<domain><name>web</name></domain>"_ba;
    QTest::newRow("no domain") << "<network><uuid>" + QByteArray{webUuid.data()}
            + "</uuid></network>";
    QTest::newRow("a short UUID") << "<domain><uuid>642a14a9-9a71</uuid></domain>"_ba;
    QTest::newRow("a path") << "<domain><uuid>../../../../etc/passwd</uuid></domain>"_ba;
    QTest::newRow("a tag without an end") << "<domain a='>"_ba;
}

void StartHookTest::refusesWhatItCannotRead()
{
    QFETCH(QByteArray, xml);
    QVERIFY(m_guard->allow(m_web));
    const auto answer = call(u"prepare"_s, xml);
    QCOMPARE(answer.status, 1);
    QVERIFY2(answer.said.contains("cannot be read"), answer.said.constData());
}

void StartHookTest::refusesADamagedAnswer_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("torn") << "allow"_ba;
    QTest::newRow("torn early") << "al"_ba;
    QTest::newRow("zeros") << QByteArray(64, '\0');
    QTest::newRow("longer") << "allow\nrefuse\n"_ba;
    QTest::newRow("an empty line first") << "\nallow\n"_ba;
    QTest::newRow("a space") << " allow\n"_ba;
    QTest::newRow("another word") << "allowed\n"_ba;
    QTest::newRow("no reason") << "refuse\n"_ba;
    QTest::newRow("binary") << QByteArray::fromHex("00ff0a5c2a0a27220a");
    QTest::newRow("long") << QByteArray(300'000, 'x');
}

void StartHookTest::refusesADamagedAnswer()
{
    QFETCH(QByteArray, content);
    QVERIFY(m_guard->allow(m_web));
    write(content);
    for (const auto& operation : {u"prepare"_s, u"migrate"_s}) {
        const auto answer = call(operation, domainXml(webUuid.data()));
        QCOMPARE(answer.status, 1);
        QVERIFY2(answer.said.contains(webUuid.data()), answer.said.constData());
        QVERIFY2(answer.said.contains("is damaged. Restart lockstepd"), answer.said.constData());
    }
    QVERIFY(QFile::remove(folder() + u'/' + webUuid));
    QVERIFY(QDir{folder()}.mkdir(webUuid));
    QCOMPARE(call(u"prepare"_s, domainXml(webUuid.data())).status, 1);
}

void StartHookTest::letsOnlyAShadowWait_data()
{
    QTest::addColumn<QByteArray>("extra");
    QTest::addColumn<int>("status");
    QTest::newRow("as lockstepd writes it") << arguments({"-incoming", "defer"}) << 0;
    QTest::newRow("after arguments of the user's")
        << arguments({"-device", "x", "-incoming", "defer"}) << 0;
    QTest::newRow("double quotes") << arguments({"-incoming", "defer"}).replace('\'', '"') << 0;
    QTest::newRow("another source") << arguments({"-incoming", "exec:cat /x"}) << 1;
    QTest::newRow("another source, later")
        << arguments({"-incoming", "defer", "-incoming", "exec:cat /x"}) << 1;
    QTest::newRow("half of it") << arguments({"-incoming"}) << 1;
    QTest::newRow("the other half") << arguments({"defer"}) << 1;
    QTest::newRow("not together") << arguments({"-incoming", "-device", "defer"}) << 1;
    QTest::newRow("in metadata") << "<metadata>" + arguments({"-incoming", "defer"}) + "</metadata>"
                                 << 1;
    QTest::newRow("elsewhere") << arguments({"-incoming", "defer"}).replace("qemu:commandline", "x")
                               << 1;
    QTest::newRow("in a comment") << "<!--" + arguments({"-incoming", "defer"}) + "-->" << 1;
}

void StartHookTest::letsOnlyAShadowWait()
{
    QFETCH(QByteArray, extra);
    QVERIFY(m_guard->refuse(m_web, u"It runs on beta."_s));
    const auto xml = domainXml(webUuid.data(), extra);
    QTEST(call(u"prepare"_s, xml).status, "status");
    QCOMPARE(call(u"migrate"_s, xml).status, 1);
    // What was saved of a domain after a takeover has the argument, and would run. Anything else
    // is for "prepare" to refuse.
    QFETCH(int, status);
    QCOMPARE(call(u"restore"_s, xml).status, 1 - status);
    write("garbage"_ba);
    QTEST(call(u"prepare"_s, xml).status, "status");
    QCOMPARE(call(u"restore"_s, xml).status, 1 - status);
}

void StartHookTest::takesAnyName_data()
{
    QTest::addColumn<QString>("name");
    for (const auto& name : {u"-n"_s, u"--help"_s, u"a b"_s, u"$(touch x)"_s, u"%s%n"_s,
                             u"it's \"x\""_s, u"*"_s, u"<uuid>"_s, u"\\n"_s, u"größe"_s})
        QTest::newRow(qPrintable(name)) << name;
}

void StartHookTest::takesAnyName()
{
    QFETCH(QString, name);
    QVERIFY(m_guard->refuse(m_web, u"It runs on beta."_s));
    const auto xml = domainXml(webUuid.data()).replace("web", name.toHtmlEscaped().toUtf8());
    const auto answer = call(u"prepare"_s, xml, name);
    QCOMPARE(answer.status, 1);
    QVERIFY2(
        answer.said.startsWith("lockstep: " + name.toUtf8() + " is not started on this host: "),
        answer.said.constData());
}

void StartHookTest::readsLongDescriptions()
{
    const auto item = "<x:item name='n'>some text</x:item>\n"_ba;
    const auto metadata = "<metadata>" + item.repeated(50'000) + "</metadata>";
    const auto shadow = domainXml(webUuid.data(), metadata + arguments({"-incoming", "defer"}));
    QVERIFY(m_guard->refuse(m_web, u"It runs on beta."_s));
    QCOMPARE(call(u"prepare"_s, shadow).status, 0);
    QCOMPARE(call(u"prepare"_s, domainXml(webUuid.data(), metadata)).status, 1);
    QCOMPARE(call(u"prepare"_s, domainXml(otherUuid.data(), metadata)).status, 0);
}

QTEST_GUILESS_MAIN(StartHookTest)
#include "StartHookTest.moc"
