// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Config.h"
#include "base/ConfigView.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

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
    void showsWhatIsInEffect();
    void showsNoSecrets();
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
    QCOMPARE(config.shadows.bridges, QStringList{u"*"_s});
    QCOMPARE(config.shadows.files, QStringList{u"/usr/share"_s});
    QVERIFY(config.shadows.imageDirectories.isEmpty());
    QVERIFY(config.shadows.consoleAddresses.isEmpty());
    QCOMPARE(config.log.level, spdlog::level::info);
    QCOMPARE(config.store.directory, u"/var/lib/lockstep"_s);
    QVERIFY(config.metrics.listen.isEmpty());
    QCOMPARE(config.metrics.port, 49501);
    QVERIFY(config.etcd.endpoints.isEmpty());
    QVERIFY(config.etcd.ca.isEmpty() && config.etcd.cert.isEmpty() && config.etcd.key.isEmpty());
    QVERIFY(config.etcd.user.isEmpty() && config.etcd.passwordFile.isEmpty());
    QCOMPARE(config.etcd.prefix, u"/lockstep/"_s);
    QCOMPARE(config.etcd.timeout, 1s);
    QVERIFY(config.fence.isEmpty());
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
copy-speed = 250
keep-replica-hours = 0
[shadows]
bridges = ["br0", "lan.7"]
files = ["/srv//iso/", "/usr/share"]
image-directories = ["/srv/images"]
console-addresses = ["0.0.0.0", "fd00::1"]
[log]
level = "warning"
[store]
directory = "/srv/state"
[metrics]
listen = "::1"
port = 9100
[etcd]
endpoints = ["https://10.0.0.1:2379", "https://[fd00::1]:2379/", "https://witness.example:2379"]
ca = "/etc/lockstep//ca.pem"
cert = "/etc/lockstep/cert.pem"
key = "/etc/lockstep/key.pem"
user = "lockstep"
password-file = "/etc/lockstep/password"
prefix = "/site/pairs/"
timeout-ms = 30000
[fence.beta]
agent = "fence_ipmilan"
timeout-ms = 300000
takeover-delay-ms = 0
options = { ip = "beta-bmc", ipport = 623, lanplus = true, verbose = false }
[fence."gamma.example"]
agent = "/opt//fence_own"
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
    QCOMPARE(config->replication.copySpeed, 250);
    QCOMPARE(config->replication.keepReplica, 0h);
    QCOMPARE(config->shadows.bridges, (QStringList{u"br0"_s, u"lan.7"_s}));
    QCOMPARE(config->shadows.files, (QStringList{u"/srv/iso"_s, u"/usr/share"_s}));
    QCOMPARE(config->shadows.imageDirectories, QStringList{u"/srv/images"_s});
    QCOMPARE(config->shadows.consoleAddresses, (QStringList{u"0.0.0.0"_s, u"fd00::1"_s}));
    QCOMPARE(config->log.level, spdlog::level::warn);
    QCOMPARE(config->store.directory, u"/srv/state"_s);
    QCOMPARE(config->metrics.listen, u"::1"_s);
    QCOMPARE(config->metrics.port, 9100);
    QCOMPARE(config->etcd.endpoints.size(), 3);
    QCOMPARE(config->etcd.endpoints.first(), u"https://10.0.0.1:2379"_s);
    QCOMPARE(config->etcd.ca, u"/etc/lockstep/ca.pem"_s);
    QCOMPARE(config->etcd.cert, u"/etc/lockstep/cert.pem"_s);
    QCOMPARE(config->etcd.key, u"/etc/lockstep/key.pem"_s);
    QCOMPARE(config->etcd.user, u"lockstep"_s);
    QCOMPARE(config->etcd.passwordFile, u"/etc/lockstep/password"_s);
    QCOMPARE(config->etcd.prefix, u"/site/pairs/"_s);
    QCOMPARE(config->etcd.timeout, 30s);
    QCOMPARE(config->fence.keys(), (QStringList{u"beta"_s, u"gamma.example"_s}));
    const Config::Fence& beta = config->fence[u"beta"_s];
    QCOMPARE(beta.agent, u"/usr/sbin/fence_ipmilan"_s);
    QCOMPARE(beta.timeout, 300s);
    QCOMPARE(beta.takeoverDelay, 0s);
    QCOMPARE(beta.options,
             (QMap<QString, QString>{{u"ip"_s, u"beta-bmc"_s},
                                     {u"ipport"_s, u"623"_s},
                                     {u"lanplus"_s, u"1"_s},
                                     {u"verbose"_s, u"0"_s}}));
    QCOMPARE(config->fence[u"gamma.example"_s].agent, u"/opt/fence_own"_s);
    QCOMPARE(config->fence[u"gamma.example"_s].timeout, 30s);
    QCOMPARE(config->fence[u"gamma.example"_s].takeoverDelay, 500ms);
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
    QCOMPARE(text.count(key), 25);
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
    row("no copy at all", "[replication]\ncopy-speed = 0\n", 2, u"copy-speed"_s);
    row("copy too fast", "[replication]\ncopy-speed = 1000001\n", 2, u"copy-speed"_s);
    row("copy speed unknown", "[replication]\ncopy-speed = \"fast\"\n", 2, u"copy-speed"_s);
    row("bridges as text", "[shadows]\nbridges = \"*\"\n", 2, u"[shadows] bridges"_s);
    row("no name of a bridge", "[shadows]\nbridges = [\"a b\"]\n", 2, u"bridges"_s);
    row("all files", "[shadows]\nfiles = [\"/\"]\n", 2, u"files"_s);
    row("all files, by a detour", "[shadows]\nfiles = [\"/usr/..\"]\n", 2, u"files"_s);
    row("relative files", "[shadows]\nfiles = [\"share\"]\n", 2, u"files"_s);
    row("images twice", "[shadows]\nimage-directories = [\"/a\", \"/a\"]\n", 2,
        u"image-directories"_s);
    row("console on a name", "[shadows]\nconsole-addresses = [\"any\"]\n", 2,
        u"console-addresses"_s);
    row("kept for ever", "[replication]\nkeep-replica-hours = 8761\n", 2, u"keep-replica-hours"_s);
    row("level unknown", "[log]\nlevel = \"loud\"\n", 2, u"[log] level"_s);
    row("level is a number", "[log]\nlevel = 3\n", 2, u"[log] level"_s);
    row("relative store", "[store]\ndirectory = \"state\"\n", 2, u"[store] directory"_s);
    row("metrics on a name", "[metrics]\nlisten = \"host\"\n", 2, u"[metrics] listen"_s);
    row("metrics on the control port", "[metrics]\nlisten = \"local\"\nport = 49500\n", 3,
        u"[metrics] port"_s);
    row("metrics on QEMU's ports", "[metrics]\nlisten = \"any\"\nport = 49600\n", 3,
        u"[metrics] port"_s);
    const auto etcd = [&row](const char* tag, const QByteArray& lines, const QString& key,
                             int line = 2) {
        row(tag, "[etcd]\n" + lines, line, u"[etcd] "_s + key);
    };
    etcd("endpoint is text", "endpoints = \"http://h:1\"\n", u"endpoints"_s);
    etcd("endpoint is a number", "endpoints = [1]\n", u"endpoints"_s);
    etcd("endpoint without scheme", "endpoints = [\"h:2379\"]\n", u"endpoints"_s);
    etcd("endpoint without port", "endpoints = [\"http://h\"]\n", u"endpoints"_s);
    etcd("endpoint with a path", "endpoints = [\"http://h:1/v3\"]\n", u"endpoints"_s);
    etcd("endpoint with a password", "endpoints = [\"http://u:p@h:1\"]\n", u"endpoints"_s);
    etcd("endpoint of another scheme", "endpoints = [\"ftp://h:1\"]\n", u"endpoints"_s);
    etcd("endpoint twice", "endpoints = [\"http://h:1\", \"http://h:1\"]\n", u"endpoints"_s);
    etcd("relative CA", "ca = \"ca.pem\"\n", u"ca"_s);
    etcd("CA is a list", "ca = []\n", u"ca"_s);
    etcd("certificate without key", "endpoints = [\"https://h:1\"]\ncert = \"/c\"\n", u"cert"_s, 3);
    etcd("key without certificate", "endpoints = [\"https://h:1\"]\nkey = \"/c\"\n", u"key"_s, 3);
    etcd("user without password", "user = \"u\"\n", u"user"_s);
    etcd("password without user", "password-file = \"/p\"\n", u"password-file"_s);
    etcd("password in the clear",
         "endpoints = [\"https://h:1\", \"http://i:1\"]\nuser = \"u\"\npassword-file = \"/p\"\n",
         u"user"_s, 3);
    etcd("CA without TLS", "endpoints = [\"http://h:1\"]\nca = \"/c\"\n", u"ca"_s, 3);
    etcd("user with a line break", "user = \"a\\nb\"\n", u"user"_s);
    etcd("prefix without end", "prefix = \"/lockstep\"\n", u"prefix"_s);
    etcd("prefix with a blank", "prefix = \"/lock step/\"\n", u"prefix"_s);
    etcd("etcd too hasty", "timeout-ms = 99\n", u"timeout-ms"_s);
    etcd("etcd too slow", "timeout-ms = 30001\n", u"timeout-ms"_s);
    etcd("time is text", "timeout-ms = \"1s\"\n", u"timeout-ms"_s);
    const auto fence = [&row](const char* tag, const QByteArray& entry, const QString& key) {
        row(tag, "[fence.beta]\nagent = \"fence_x\"\n" + entry, 3, u"[fence.beta] "_s + key);
    };
    row("fence without a host", "[fence]\nagent = \"fence_x\"\n", 2, u"[fence.HOST]"_s);
    row("fence is a value", "fence = 1\n", 1, u"[fence.HOST]"_s);
    row("fence without an agent", "[fence.beta]\ntimeout-ms = 5000\n", 1, u"[fence.beta]"_s);
    row("fence of no host", "[fence.\"a b\"]\nagent = \"fence_x\"\n", 1, u"fence.a b"_s);
    row("relative agent", "[fence.beta]\nagent = \"bin/x\"\n", 2, u"[fence.beta] agent"_s);
    row("empty agent", "[fence.beta]\nagent = \"\"\n", 2, u"[fence.beta] agent"_s);
    fence("unknown fence key", "agnet = 1\n", u"agnet"_s);
    fence("fence too hasty", "timeout-ms = 999\n", u"timeout-ms"_s);
    fence("fence too slow", "timeout-ms = 300001\n", u"timeout-ms"_s);
    fence("negative delay", "takeover-delay-ms = -1\n", u"takeover-delay-ms"_s);
    fence("delay too long", "takeover-delay-ms = 60001\n", u"takeover-delay-ms"_s);
    fence("options are text", "options = \"ip=1\"\n", u"options"_s);
    fence("options with an action", "options = { action = \"on\" }\n", u"options"_s);
    fence("option with a line break", "options = { ip = \"a\\naction=on\" }\n", u"options"_s);
    fence("option with an odd name", "options = { \"a=b\" = \"c\" }\n", u"options"_s);
    fence("option is a list", "options = { ip = [] }\n", u"options"_s);
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

void ConfigTest::showsWhatIsInEffect()
{
    const auto config = Config::parse(
        "[control]\nport = 7000\n[etcd]\nendpoints = [\"http://a:1\", \"http://b:2\"]\n"
        "timeout-ms = 1000\n[fence.beta]\nagent = \"fence_dummy\"\n"_ba,
        u"/etc/x.conf"_s);
    QVERIFY(config);
    const auto view = viewOf(*config);
    QCOMPARE(view.file, u"/etc/x.conf"_s);
    QMap<QString, ConfigSetting> all;
    for (const auto& setting : view.settings)
        all.insert(setting.key, setting);
    QCOMPARE(all[u"control.port"_s].value, u"7000"_s);
    QCOMPARE(all[u"control.port"_s].usual, u"49500"_s);
    QCOMPARE(all[u"control.port"_s].allowed, u"a number from 1 to 65535"_s);
    QVERIFY(all[u"control.port"_s].isFromFile);
    QCOMPARE(all[u"control.listen"_s].value, u"any"_s);
    QVERIFY(!all[u"control.listen"_s].isFromFile);
    QVERIFY(!all[u"control.name"_s].value.isEmpty());
    QCOMPARE(all[u"control.name"_s].value, all[u"control.name"_s].usual);
    QCOMPARE(all[u"log.level"_s].value, u"info"_s);
    QCOMPARE(all[u"replication.copy-speed"_s].value, u"auto"_s);
    QCOMPARE(all[u"replication.keep-replica-hours"_s].value, u"168"_s);
    QCOMPARE(all[u"etcd.endpoints"_s].value, u"http://a:1, http://b:2"_s);
    QVERIFY(all[u"etcd.timeout-ms"_s].isFromFile); // though it says what it would be anyway
    QCOMPARE(all[u"etcd.timeout-ms"_s].unit, u"ms"_s);
    QCOMPARE(all[u"fence.beta.agent"_s].value, u"/usr/sbin/fence_dummy"_s);
    QVERIFY(all[u"fence.beta.agent"_s].isFromFile);
    QCOMPARE(all[u"fence.beta.timeout-ms"_s].value, u"30000"_s);
    QVERIFY(!all[u"fence.beta.timeout-ms"_s].isFromFile);
    // Every key that the shipped file names is shown.
    QFile shipped{QStringLiteral(SHIPPED_CONFIG)};
    QVERIFY(shipped.open(QIODevice::ReadOnly));
    QString section;
    static const QRegularExpression header{u"^\\[([a-z]+)\\]$"_s};
    static const QRegularExpression key{u"^#([a-z-]+) = "_s};
    int found = 0;
    for (const auto& line : QString::fromUtf8(shipped.readAll()).split(u'\n')) {
        if (const auto match = header.match(line); match.hasMatch())
            section = match.captured(1);
        if (const auto match = key.match(line); match.hasMatch()) {
            ++found;
            QVERIFY2(all.contains(section + u'.' + match.captured(1)), qPrintable(line));
        }
    }
    QVERIFY(found > 10);
}

void ConfigTest::showsNoSecrets()
{
    const auto config = Config::parse(
        "[fence.beta]\nagent = \"fence_ipmilan\"\noptions = { ip = \"bmc\", username = \"admin\", "
        "passwd = \"hunter2\", snmp_community = \"hunter2\", password_script = \"/etc/x\" }\n"_ba,
        u"x"_s);
    QVERIFY(config);
    QStringList secrets;
    for (const auto& setting : viewOf(*config).settings) {
        QVERIFY2(!setting.value.contains(u"hunter2"), qPrintable(setting.key));
        if (!setting.isSecret)
            continue;
        secrets << setting.key;
        QCOMPARE(setting.value, u"(set)"_s);
    }
    QCOMPARE(secrets,
             (QStringList{u"fence.beta.options.passwd"_s, u"fence.beta.options.snmp_community"_s}));
}

QTEST_GUILESS_MAIN(ConfigTest)
#include "ConfigTest.moc"
