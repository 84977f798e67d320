// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/ConfigEdit.h"
#include "base/Config.h"

#include <QFile>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

namespace {

const QString path = u"/etc/lockstep/lockstepd.conf"_s;

QByteArray shipped()
{
    QFile file{QStringLiteral(SHIPPED_CONFIG)};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

} // namespace

class ConfigEditTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void changesWhatIsShippedBesideItsDefault();
    void changesWhatIsThere_data();
    void changesWhatIsThere();
    void takesSettingsOut();
    void changesAllOrNone();
    void refuses_data();
    void refuses();
    void refusesToChangeAFileThatIsWrong();
};

void ConfigEditTest::changesWhatIsShippedBesideItsDefault()
{
    const QByteArray before = shipped();
    const auto after = changedConfig(before, path, {{u"control.port"_s, u"7000"_s}});
    QVERIFY2(after, after ? "" : qPrintable(after.error().message()));
    QByteArray expected = before;
    expected.replace("#port = 49500\n", "#port = 49500\nport = 7000\n");
    QCOMPARE(*after, expected);
}

void ConfigEditTest::changesWhatIsThere_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("after");
    QTest::newRow("a file without it") << QByteArray{"# mine\n"} << u"log.level"_s << u"debug"_s
                                       << QByteArray{"# mine\n\n[log]\nlevel = \"debug\"\n"};
    QTest::newRow("an empty file")
        << QByteArray{} << u"control.port"_s << u"7000"_s << QByteArray{"[control]\nport = 7000\n"};
    QTest::newRow("another value")
        << QByteArray{"[log]\n# why\nlevel = \"info\"\n[control]\nport = 7000\n"} << u"log.level"_s
        << u"error"_s << QByteArray{"[log]\n# why\nlevel = \"error\"\n[control]\nport = 7000\n"};
    QTest::newRow("a key of the same name elsewhere")
        << QByteArray{"[fence.b]\nagent = \"fence_ipmilan\"\ntimeout-ms = 9000\n[etcd]\n"}
        << u"etcd.timeout-ms"_s << u"900"_s
        << QByteArray{"[fence.b]\nagent = \"fence_ipmilan\"\ntimeout-ms = 9000\n[etcd]\n"
                      "timeout-ms = 900\n"};
    QTest::newRow("a list of several lines")
        << QByteArray{"[etcd]\nendpoints = [\n  \"http://a:1\", # one\n  \"http://b:1\"\n]\n# "
                      "end\n"}
        << u"etcd.endpoints"_s << u"http://c:1, http://d:1"_s
        << QByteArray{"[etcd]\nendpoints = [ \"http://c:1\", \"http://d:1\" ]\n# end\n"};
    QTest::newRow("a comment behind it")
        << QByteArray{"[control]\n  port = 7000  # see ticket #4711\nname = \"a\"\n"}
        << u"control.port"_s << u"7001"_s
        << QByteArray{"[control]\n  port = 7001 # see ticket #4711\nname = \"a\"\n"};
    QTest::newRow("a comment behind what is taken out")
        << QByteArray{"[store]\ndirectory = \"/a#b\" # big disk\n"} << u"store.directory"_s
        << u"default"_s << QByteArray{"[store]\n# big disk\n"};
    QTest::newRow("lines as on Windows")
        << QByteArray{"[control]\r\nport = 7000\r\n# mine\r\n[log]\r\n# yours\r\n"}
        << u"control.port"_s << u"7001"_s
        << QByteArray{"[control]\r\nport = 7001\r\n# mine\r\n[log]\r\n# yours\r\n"};
    QTest::newRow("text that looks like a number")
        << QByteArray{"[control]\n"} << u"control.name"_s << u"17"_s
        << QByteArray{"[control]\nname = \"17\"\n"};
}

void ConfigEditTest::changesWhatIsThere()
{
    QFETCH(const QByteArray, before);
    QFETCH(const QString, key);
    QFETCH(const QString, value);
    QFETCH(const QByteArray, after);
    const auto changed = changedConfig(before, path, {{key, value}});
    QVERIFY2(changed, changed ? "" : qPrintable(changed.error().message()));
    QCOMPARE(*changed, after);
}

void ConfigEditTest::takesSettingsOut()
{
    const QByteArray before{"[control]\nport = 7000\nname = \"a\"\n"};
    const auto after = changedConfig(before, path, {{u"control.port"_s, u"default"_s}});
    QVERIFY(after);
    QCOMPARE(*after, QByteArray{"[control]\nname = \"a\"\n"});
    const auto again = changedConfig(*after, path, {{u"control.port"_s, u"default"_s}});
    QVERIFY(again);
    QCOMPARE(*again, *after);
}

void ConfigEditTest::changesAllOrNone()
{
    // Each alone would leave too few ports.
    const QByteArray before{"[replication]\nport-min = 50000\nport-max = 50010\n"};
    const auto both = changedConfig(
        before, path,
        {{u"replication.port-min"_s, u"60000"_s}, {u"replication.port-max"_s, u"60010"_s}});
    QVERIFY2(both, both ? "" : qPrintable(both.error().message()));
    QCOMPARE(*both, QByteArray{"[replication]\nport-min = 60000\nport-max = 60010\n"});
    const auto one = changedConfig(before, path, {{u"replication.port-min"_s, u"60000"_s}});
    QVERIFY(!one);
    QCOMPARE(one.error().code(), Errc::ConfigInvalid);
}

void ConfigEditTest::refuses_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QString>("message");
    const QByteArray none;
    QTest::newRow("no such key") << none << u"control.prot"_s << u"1"_s << Errc::InvalidArgument
                                 << u"lockstepd has no setting \"control.prot\""_s;
    QTest::newRow("too large") << none << u"control.port"_s << u"70000"_s << Errc::InvalidArgument
                               << u"control.port \"70000\": it must be a number from 1 to 65535"_s;
    QTest::newRow("no word of it")
        << none << u"log.level"_s << u"loud"_s << Errc::InvalidArgument
        << u"log.level \"loud\": it must be \"trace\", \"debug\", \"info\", \"warning\" or \"error\""_s;
    QTest::newRow("a second line")
        << none << u"control.name"_s << u"a\n[log]"_s << Errc::InvalidArgument << u"control.name"_s;
    QTest::newRow("a fence device")
        << none << u"fence.beta.agent"_s << u"fence_ipmilan"_s << Errc::NotSupported
        << u"fence devices are not changed by a command"_s;
    QTest::newRow("set in another form")
        << QByteArray{"control.port = 7000\n"} << u"control.port"_s << u"7001"_s
        << Errc::NotSupported << u"in a way that no command can change"_s;
    QTest::newRow("in an inline table")
        << QByteArray{"control = { port = 7000 }\n"} << u"control.port"_s << u"default"_s
        << Errc::NotSupported << u"in a way that no command can change"_s;
}

void ConfigEditTest::refuses()
{
    QFETCH(const QByteArray, before);
    QFETCH(const QString, key);
    QFETCH(const QString, value);
    QFETCH(const Errc, code);
    QFETCH(const QString, message);
    const auto changed = changedConfig(before, path, {{key, value}});
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), code);
    QVERIFY2(changed.error().message().contains(message), qPrintable(changed.error().message()));
}

void ConfigEditTest::refusesToChangeAFileThatIsWrong()
{
    const auto changed =
        changedConfig("[control]\nprot = 1\n", path, {{u"control.port"_s, u"7000"_s}});
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::ConfigInvalid);
    QVERIFY(changed.error().message().contains(u"line 2"_s));
}

QTEST_GUILESS_MAIN(ConfigEditTest)

#include "ConfigEditTest.moc"
