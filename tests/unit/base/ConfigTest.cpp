// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Config.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class ConfigTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesDefaultsWithoutAFile();
    void readsEveryKey();
    void shippedFileIsAllDefaults();
    void shippedFileNamesEveryKeyWithAValidDefault();
    void refusesWithFileLineAndKey_data();
    void refusesWithFileLineAndKey();
    void refusesAnUnreadableFile();
    void knowsHostNames_data();
    void knowsHostNames();
};

namespace {

void compareWithDefaults(const Config& config)
{
    const Config defaults;
    QCOMPARE(config.control.listen, u"any"_s);
    QCOMPARE(config.control.port, 49500);
    QVERIFY(isHostName(config.control.name));
    QCOMPARE(config.libvirt.uri, defaults.libvirt.uri);
    QCOMPARE(config.replication.portMin, 49510);
    QCOMPARE(config.replication.portMax, 49699);
    QCOMPARE(config.replication.imageDirectory, u"/var/lib/lockstep/images"_s);
    QCOMPARE(config.log.level, spdlog::level::info);
    QCOMPARE(config.store.directory, u"/var/lib/lockstep"_s);
}

} // namespace

void ConfigTest::takesDefaultsWithoutAFile()
{
    const auto config = Config::load(u"/nonexistent/lockstepd.conf"_s);
    QVERIFY(config);
    compareWithDefaults(*config);
}

void ConfigTest::readsEveryKey()
{
    const auto config = Config::parse(R"(
[control]
listen = "fd00::1"
port = 1
name = "alpha.example"
[libvirt]
uri = "qemu+unix:///system"
[replication]
port-min = 65532
port-max = 65535
image-directory = "/srv//images/"
[log]
level = "warning"
[store]
directory = "/srv/state"
)",
                                      u"x"_s);
    QVERIFY2(config, config ? "" : qPrintable(config.error().message()));
    QCOMPARE(config->control.listen, u"fd00::1"_s);
    QCOMPARE(config->control.port, 1);
    QCOMPARE(config->control.name, u"alpha.example"_s);
    QCOMPARE(config->libvirt.uri, u"qemu+unix:///system"_s);
    QCOMPARE(config->replication.portMin, 65532);
    QCOMPARE(config->replication.portMax, 65535);
    QCOMPARE(config->replication.imageDirectory, u"/srv/images"_s);
    QCOMPARE(config->log.level, spdlog::level::warn);
    QCOMPARE(config->store.directory, u"/srv/state"_s);
}

void ConfigTest::shippedFileIsAllDefaults()
{
    const auto config = Config::load(QStringLiteral(SHIPPED_CONFIG));
    QVERIFY2(config, config ? "" : qPrintable(config.error().message()));
    compareWithDefaults(*config);
}

void ConfigTest::shippedFileNamesEveryKeyWithAValidDefault()
{
    QFile file{QStringLiteral(SHIPPED_CONFIG)};
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto text = QString::fromUtf8(file.readAll());
    static const QRegularExpression key{u"^#([a-z-]+ = )"_s, QRegularExpression::MultilineOption};
    QCOMPARE(text.count(key), 9);
    text.replace(key, u"\\1"_s);
    const auto config = Config::parse(text.toUtf8(), u"x"_s);
    QVERIFY2(config, config ? "" : qPrintable(config.error().message()));
    compareWithDefaults(*config);
}

void ConfigTest::refusesWithFileLineAndKey_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("names");
    const auto row = [](const char* tag, const QByteArray& text, int line, const QString& names) {
        QTest::newRow(tag) << text << line << names;
    };
    row("syntax error", "[control]\nport = \n", 2, {});
    row("not UTF-8", "[control]\nname = \"\xff\"\n", 2, {});
    row("duplicate key", "[log]\nlevel = \"info\"\nlevel = \"info\"\n", 3, u"level"_s);
    row("unknown section", "\n[contorl]\n", 2, u"contorl"_s);
    row("unknown key", "[control]\nprot = 1\n", 2, u"[control] prot"_s);
    row("key without section", "port = 1\n", 1, u"port"_s);
    row("section is a value", "control = 5\n", 1, u"control"_s);
    row("section is a list", "[[control]]\nport = 5\n", 1, u"control"_s);
    row("port is text", "[control]\nport = \"49500\"\n", 2, u"[control] port"_s);
    row("port is a fraction", "[control]\nport = 1.5\n", 2, u"[control] port"_s);
    row("port zero", "[control]\nport = 0\n", 2, u"[control] port"_s);
    row("port too large", "[control]\nport = 65536\n", 2, u"[control] port"_s);
    row("port negative", "[control]\nport = -1\n", 2, u"[control] port"_s);
    row("listen is a name", "[control]\nlisten = \"host\"\n", 2, u"[control] listen"_s);
    row("listen empty", "[control]\nlisten = \"\"\n", 2, u"[control] listen"_s);
    row("name with a blank", "[control]\nname = \"a b\"\n", 2, u"[control] name"_s);
    row("name empty", "[control]\nname = \"\"\n", 2, u"[control] name"_s);
    row("remote libvirt", "[libvirt]\nuri = \"qemu+ssh://host/system\"\n", 2, u"[libvirt] uri"_s);
    row("other driver", "[libvirt]\nuri = \"xen:///system\"\n", 2, u"[libvirt] uri"_s);
    row("privileged range", "[replication]\nport-min = 1023\n", 2, u"[replication] port-min"_s);
    row("range too small", "[replication]\nport-min = 50000\nport-max = 50002\n", 3, u"port-max"_s);
    row("range reversed", "[replication]\nport-min = 60000\n", 2, u"port-min"_s);
    row("control port in range", "[control]\nport = 49510\n", 2, u"[control] port"_s);
    row("relative images", "[replication]\nimage-directory = \"images\"\n", 2,
        u"image-directory"_s);
    row("level unknown", "[log]\nlevel = \"loud\"\n", 2, u"[log] level"_s);
    row("level is a number", "[log]\nlevel = 3\n", 2, u"[log] level"_s);
    row("relative store", "[store]\ndirectory = \"state\"\n", 2, u"[store] directory"_s);
    row("nested section", "[control.deep]\nport = 1\n", 1, u"[control] deep"_s);
}

void ConfigTest::refusesWithFileLineAndKey()
{
    QFETCH(const QByteArray, text);
    QFETCH(const int, line);
    QFETCH(const QString, names);
    const auto config = Config::parse(text, u"/etc/x.conf"_s);
    QVERIFY(!config);
    QCOMPARE(config.error().code(), Errc::ConfigInvalid);
    const QString message = config.error().message();
    QVERIFY2(message.startsWith(u"/etc/x.conf, line %1: "_s.arg(line)), qPrintable(message));
    QVERIFY2(message.contains(names), qPrintable(message));
}

void ConfigTest::refusesAnUnreadableFile()
{
    const QTemporaryDir folder;
    const auto config = Config::load(folder.path());
    QVERIFY(!config);
    QCOMPARE(config.error().code(), Errc::ConfigInvalid);
    QVERIFY(config.error().message().startsWith(folder.path()));
}

void ConfigTest::knowsHostNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("good");
    QTest::newRow("plain") << u"alpha"_s << true;
    QTest::newRow("full") << u"node-1.example_net.org"_s << true;
    QTest::newRow("longest") << QString(50, u'a') << true;
    QTest::newRow("too long") << QString(51, u'a') << false;
    QTest::newRow("empty") << QString{} << false;
    QTest::newRow("leading dash") << u"-x"_s << false;
    QTest::newRow("line break") << u"a\nb"_s << false;
    QTest::newRow("umlaut") << u"hütte"_s << false;
    QTest::newRow("slash") << u"../x"_s << false;
}

void ConfigTest::knowsHostNames()
{
    QFETCH(const QString, name);
    QFETCH(const bool, good);
    QCOMPARE(isHostName(name), good);
}

QTEST_GUILESS_MAIN(ConfigTest)
#include "ConfigTest.moc"
