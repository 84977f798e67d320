// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Secret.h"
#include "doctor/Certificates.h"
#include "doctor/Links.h"
#include "doctor/Ports.h"
#include "doctor/Secrets.h"
#include "doctor/SecurityModules.h"
#include "doctor/Storage.h"
#include "peer/Identity.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>

#include <sys/stat.h>
#include <unistd.h>

using namespace lockstep;
using namespace lockstep::doctor;
using namespace Qt::StringLiterals;

namespace {

/// A host's files, all in order.
struct Files
{
    Files()
    {
        config.store.directory = folder.filePath(u"state"_s);
        config.replication.imageDirectory = folder.filePath(u"images"_s);
        config.file = folder.filePath(u"lockstepd.conf"_s);
        QDir{}.mkpath(config.store.directory);
        QDir{}.mkpath(config.replication.imageDirectory);
        // A folder of QTemporaryDir's is its owner's alone.
        (void)Identity::loadOrCreate(config.store.directory, u"alpha"_s);
        write(config.store.directory + u"/state.db"_s, {}, 0600);
        write(config.file, "[control]\n", 0644);
    }

    static void write(const QString& path, const QByteArray& content, int mode = 0644)
    {
        QDir{}.mkpath(QFileInfo{path}.path());
        QFile file{path};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.close();
        setMode(path, mode);
    }
    static void setMode(const QString& path, int mode)
    {
        QCOMPARE(::chmod(QFile::encodeName(path).constData(), static_cast<mode_t>(mode)), 0);
    }
    /// Below the root of /proc, /sys and /etc.
    void put(const QString& path, const QByteArray& content) const
    {
        write(folder.path() + path, content);
    }

    QTemporaryDir folder;
    Config config;
};

/// What is not in order: "error secret-files".
QStringList told(const QList<Finding>& findings)
{
    QStringList words;
    for (const Finding& finding : findings) {
        if (finding.severity != Severity::Ok)
            words << u"%1 %2"_s.arg(toString(finding.severity), finding.id);
    }
    return words;
}

bool remedyHas(const QList<Finding>& findings, const QString& text)
{
    return std::ranges::any_of(
        findings, [&text](const Finding& finding) { return finding.remedy.contains(text); });
}

const QByteArray listening = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
                             "retrnsmt   uid  timeout inode\n"
                             "   0: 00000000:C15C 00000000:0000 0A 00000000:00000000 00:00000000 "
                             "00000000     0        0 1 1 0 100 0 0 10 0\n"; // port 49500
QByteArray listener(quint16 port, int user, const char* state = "0A")
{
    return "   1: 0100007F:" + QByteArray::number(port, 16).toUpper() + " 00000000:0000 " + state
        + " 00000000:00000000 00:00000000 00000000 " + QByteArray::number(user)
        + " 0 2 1 0 100 0 0 10 0\n";
}

} // namespace

/// What the checks find in a host's files.
class FilesTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aSoundHostIsSound();
    void certificatesThatEnd_data();
    void certificatesThatEnd();
    void certificatesThatAreBroken();
    void keysThatOthersRead_data();
    void keysThatOthersRead();
    void settingsThatOthersRead();
    void filesOfSomebodyElse();
    void namesOfSecrets();
    void foreignPorts();
    void portsThatTheKernelGivesAway_data();
    void portsThatTheKernelGivesAway();
    void aControlPortThatDoesNotListen();
    void imageDirectories();
    void stateDirectories();
    void appArmor();
    void selinux();
    void readsALink();
};

void FilesTest::aSoundHostIsSound()
{
    const Files files;
    const auto now = QDateTime::currentDateTimeUtc();
    QCOMPARE(told(examineCertificates(files.config, now)), QStringList{});
    QCOMPARE(told(examineSecrets(files.config)), QStringList{});
    QCOMPARE(told(examineState(files.config)), QStringList{});
    QCOMPARE(told({examineSecurityModules(files.folder.path(), files.config)}), QStringList{});
}

void FilesTest::certificatesThatEnd_data()
{
    QTest::addColumn<QDate>("day");
    QTest::addColumn<QString>("found");
    QTest::newRow("before") << QDate{1999, 12, 30} << u"error certificates"_s;
    QTest::newRow("long before the end") << QDate{2049, 11, 20} << QString{};
    QTest::newRow("30 days before") << QDate{2049, 12, 5} << u"warning certificates"_s;
    QTest::newRow("after") << QDate{2050, 1, 2} << u"error certificates"_s;
}

void FilesTest::certificatesThatEnd()
{
    QFETCH(const QDate, day);
    QFETCH(const QString, found);
    const Files files;
    const auto findings =
        examineCertificates(files.config, QDateTime{day, QTime{12, 0}, QTimeZone::UTC});
    // CA and leaf.
    QCOMPARE(told(findings), found.isEmpty() ? QStringList{} : (QStringList{found, found}));
}

void FilesTest::certificatesThatAreBroken()
{
    Files files;
    const auto now = QDateTime::currentDateTimeUtc();
    const QString state = files.config.store.directory;
    Files::write(state + u"/identity/ca-cert.pem"_s, "no certificate");
    QCOMPARE(told(examineCertificates(files.config, now)), QStringList{u"error certificates"_s});
    files.config.etcd.ca = state + u"/there-is-none.pem"_s;
    QCOMPARE(told(examineCertificates(files.config, now)).size(), 2);
    // What QEMU was given can be made anew.
    Files::write(state + u"/qemu-tls/b1-64055/server-cert.pem"_s, "");
    const auto findings = examineCertificates(files.config, now);
    QCOMPARE(told(findings).size(), 3);
    QVERIFY(remedyHas(findings, u"rm -r %1/qemu-tls/b1-64055"_s.arg(state)));
}

void FilesTest::keysThatOthersRead_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("mode");
    QTest::addColumn<bool>("good");
    QTest::newRow("CA") << u"identity/ca-key.pem"_s << 0644 << false;
    QTest::newRow("group") << u"identity/daemon-key.pem"_s << 0640 << false;
    QTest::newRow("database") << u"state.db"_s << 0604 << false;
    QTest::newRow("its log") << u"state.db-wal"_s << 0644 << false;
    QTest::newRow("QEMU's") << u"qemu-tls/b1-64055/server-key.pem"_s << 0444 << false;
    QTest::newRow("QEMU's own") << u"qemu-tls/b1-64055/server-key.pem"_s << 0400 << true;
    QTest::newRow("a certificate") << u"identity/ca-cert.pem"_s << 0644 << true;
}

void FilesTest::keysThatOthersRead()
{
    QFETCH(const QString, file);
    QFETCH(const int, mode);
    QFETCH(const bool, good);
    const Files files;
    const QString path = files.config.store.directory + u'/' + file;
    if (QFile::exists(path))
        Files::setMode(path, mode);
    else
        Files::write(path, {}, mode);
    const auto findings = examineSecrets(files.config);
    QCOMPARE(told(findings), good ? QStringList{} : QStringList{u"error secret-files"_s});
    QVERIFY(good || remedyHas(findings, u"chmod go= "_s + path));
}

void FilesTest::settingsThatOthersRead()
{
    Files files;
    files.config.etcd.passwordFile = files.folder.filePath(u"password"_s);
    QCOMPARE(told(examineSecrets(files.config)),
             QStringList{u"error secret-files"_s}); // no such file
    Files::write(files.config.etcd.passwordFile, "x", 0644);
    QCOMPARE(told(examineSecrets(files.config)), QStringList{u"error secret-files"_s});
    Files::setMode(files.config.etcd.passwordFile, 0600);
    QCOMPARE(told(examineSecrets(files.config)), QStringList{});

    files.config.fence[u"beta"_s].options = {{u"plug"_s, u"3"_s},
                                             {u"password_script"_s, u"/etc/x"_s}};
    QCOMPARE(told(examineSecrets(files.config)), QStringList{});
    files.config.fence[u"beta"_s].options.insert(u"password"_s, u"geheim"_s);
    QVERIFY(remedyHas(examineSecrets(files.config), u"chmod 0600 "_s + files.config.file));
    // root's group is nobody else.
    Files::setMode(files.config.file, 0640);
    QCOMPARE(remedyHas(examineSecrets(files.config), u"chmod 0600 "_s + files.config.file),
             QFileInfo{files.config.file}.groupId() != 0);
    Files::setMode(files.config.file, 0600);
    QCOMPARE(told(examineSecrets(files.config)), QStringList{});
    Files::setMode(files.config.file, 0602);
    QVERIFY(remedyHas(examineSecrets(files.config), u"chmod go-w "_s + files.config.file));
}

void FilesTest::filesOfSomebodyElse()
{
    if (::geteuid() != 0)
        QSKIP("only root can give files away");
    constexpr uid_t nobody = 65'534;
    const Files files;
    const auto giveAway = [](const QString& path) {
        return ::chown(QFile::encodeName(path).constData(), nobody, 0) == 0;
    };
    const QString keyOfQemu = files.config.store.directory + u"/qemu-tls/b1-64055/server-key.pem"_s;
    Files::write(keyOfQemu, {}, 0400);
    QVERIFY(giveAway(keyOfQemu));
    QCOMPARE(told(examineSecrets(files.config)), QStringList{});
    const QString database = files.config.store.directory + u"/state.db"_s;
    QVERIFY(giveAway(database) && giveAway(files.config.file));
    const auto findings = examineSecrets(files.config);
    QCOMPARE(told(findings), (QStringList{u"error secret-files"_s, u"error config-file"_s}));
    QVERIFY(remedyHas(findings, u"chown root: "_s + database));
    QVERIFY(remedyHas(findings, u"chown root: "_s + files.config.file));
}

void FilesTest::namesOfSecrets()
{
    for (const auto& name : {u"password"_s, u"passwd"_s, u"API-Token"_s, u"snmp_community"_s,
                             u"privkey"_s, u"secret"_s, u"psk"_s})
        QVERIFY2(isSecretName(name), qPrintable(name));
    for (const auto& name :
         {u"plug"_s, u"ip"_s, u"password_script"_s, u"password-file"_s, u"state"_s})
        QVERIFY2(!isSecretName(name), qPrintable(name));
}

void FilesTest::foreignPorts()
{
    const Files files;
    const QString root = files.folder.path();
    files.put(u"/proc/net/tcp"_s, listening + listener(49520, 1000) + listener(49521, 0));
    // Connections and what is outside of the range do not count; nor what a pair has taken.
    files.put(u"/proc/net/tcp6"_s, listening + listener(49530, 0, "01") + listener(49700, 0));
    const auto findings = examinePorts(root, files.config, {49521});
    QCOMPARE(told(findings), QStringList{u"warning qemu-ports"_s});
    const auto found = std::ranges::find(findings, u"qemu-ports"_s, &Finding::id);
    QVERIFY(found->message.contains(u"49520 (user 1000)"_s));
    QVERIFY(!found->message.contains(u"49521"_s));
    // None is left.
    Config narrow = files.config;
    narrow.replication.portMin = 49520;
    narrow.replication.portMax = 49523;
    QCOMPARE(told(examinePorts(root, narrow, {49521})), QStringList{u"error qemu-ports"_s});
}

void FilesTest::portsThatTheKernelGivesAway_data()
{
    QTest::addColumn<QByteArray>("range");
    QTest::addColumn<QByteArray>("reserved");
    QTest::addColumn<QString>("wanted");
    QTest::newRow("elsewhere") << QByteArray{"10000\t20000\n"} << QByteArray{"\n"} << QString{};
    QTest::newRow("usual") << QByteArray{"32768\t60999\n"} << QByteArray{"\n"}
                           << u"= 49500,49510-49699'"_s;
    QTest::newRow("others are kept") << QByteArray{"32768\t60999\n"} << QByteArray{"50000-50002\n"}
                                     << u"= 50000-50002,49500,49510-49699'"_s;
    QTest::newRow("reserved") << QByteArray{"32768\t60999\n"} << QByteArray{"49500,49510-49699\n"}
                              << QString{};
    QTest::newRow("half") << QByteArray{"32768\t60999\n"} << QByteArray{"49510-49699\n"}
                          << u"49500"_s;
}

void FilesTest::portsThatTheKernelGivesAway()
{
    QFETCH(const QByteArray, range);
    QFETCH(const QByteArray, reserved);
    QFETCH(const QString, wanted);
    const Files files;
    files.put(u"/proc/net/tcp"_s, listening);
    files.put(u"/proc/sys/net/ipv4/ip_local_port_range"_s, range);
    files.put(u"/proc/sys/net/ipv4/ip_local_reserved_ports"_s, reserved);
    const auto findings = examinePorts(files.folder.path(), files.config, {});
    QCOMPARE(told(findings),
             wanted.isEmpty() ? QStringList{} : QStringList{u"warning ephemeral-ports"_s});
    QVERIFY(wanted.isEmpty() || remedyHas(findings, wanted));
}

void FilesTest::aControlPortThatDoesNotListen()
{
    const Files files;
    files.put(u"/proc/net/tcp"_s, listener(22, 0));
    QCOMPARE(told(examinePorts(files.folder.path(), files.config, {})),
             QStringList{u"error control-port"_s});
}

void FilesTest::imageDirectories()
{
    const Files files;
    const QString folder = files.config.replication.imageDirectory;
    Files::setMode(folder, 0711);
    QVERIFY(!told(examineImages(files.config)).contains(u"error image-directory"_s));
    Files::setMode(folder, 0700);
    QVERIFY(remedyHas(examineImages(files.config), u"chmod o+x "_s + folder));
    QVERIFY(QDir{folder}.removeRecursively());
    QVERIFY(remedyHas(examineImages(files.config), u"mkdir -p -m 0711 "_s + folder));
    Files::write(folder, "a file");
    QCOMPARE(told(examineImages(files.config)), QStringList{u"error image-directory"_s});
}

void FilesTest::stateDirectories()
{
    const Files files;
    Files::setMode(files.config.store.directory, 0777);
    QVERIFY(remedyHas(examineState(files.config), u"chmod 0711 "_s + files.config.store.directory));
    QVERIFY(QDir{files.config.store.directory}.removeRecursively());
    QCOMPARE(told(examineState(files.config)), QStringList{u"error state-directory"_s});
}

void FilesTest::appArmor()
{
    const Files files;
    const QString root = files.folder.path();
    const QString images = files.config.replication.imageDirectory;
    files.put(u"/sys/module/apparmor/parameters/enabled"_s, "Y\n");
    const auto found = [&] { return told({examineSecurityModules(root, files.config)}); };
    QCOMPARE(found(), QStringList{u"warning security-module"_s});
    QVERIFY(examineSecurityModules(root, files.config).remedy.contains(images + u"/**\" rwk,"_s));
    files.put(u"/etc/apparmor.d/local/abstractions/libvirt-qemu"_s,
              u"\"%1/**\" rwk,"_s.arg(images).toUtf8());
    QCOMPARE(found(), QStringList{});
    files.put(u"/etc/apparmor.d/local/abstractions/libvirt-qemu"_s, "");
    files.put(u"/etc/libvirt/qemu.conf"_s, "#security_driver = \"apparmor\"\n");
    QCOMPARE(found(), QStringList{u"warning security-module"_s});
    files.put(u"/etc/libvirt/qemu.conf"_s, "security_driver = \"none\"\n");
    QCOMPARE(found(), QStringList{});
}

void FilesTest::selinux()
{
    const Files files;
    files.put(u"/sys/fs/selinux/enforce"_s, "1");
    const auto found = examineSecurityModules(files.folder.path(), files.config);
    QCOMPARE(toString(found.severity), u"warning"_s);
    QVERIFY(found.remedy.contains(u"semanage fcontext"_s));
    files.put(u"/sys/fs/selinux/enforce"_s, "0");
    QCOMPARE(toString(examineSecurityModules(files.folder.path(), files.config).severity), u"ok"_s);
}

void FilesTest::readsALink()
{
    const Files files;
    const QString root = files.folder.path();
    QVERIFY(!readLink(root, u"eth1"_s));
    files.put(u"/sys/class/net/eth1/operstate"_s, "up\n");
    files.put(u"/sys/class/net/eth1/mtu"_s, "9000\n");
    files.put(u"/sys/class/net/eth1/speed"_s, "100\n");
    files.put(u"/sys/class/net/eth1/duplex"_s, "half\n");
    const auto link = readLink(root, u"eth1"_s);
    QVERIFY(link && link->up && link->halfDuplex);
    QCOMPARE(link->mtu, 9000);
    QCOMPARE(link->speed, 100);
    files.put(u"/sys/class/net/eth1/operstate"_s, "lowerlayerdown\n");
    files.put(u"/sys/class/net/eth1/speed"_s, "-1\n");
    QVERIFY(!readLink(root, u"eth1"_s)->up);
    QCOMPARE(readLink(root, u"eth1"_s)->speed, -1);
}

QTEST_GUILESS_MAIN(FilesTest)
#include "FilesTest.moc"
