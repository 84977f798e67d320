// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Redaction.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace lockstep::cli;
using namespace Qt::StringLiterals;

/// Secrets do not go into a bundle; what a reader needs does.
class RedactionTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void hidesSecretsInTexts_data();
    void hidesSecretsInTexts();
    void leavesOtherTextsAlone_data();
    void leavesOtherTextsAlone();
    void hidesKnownValuesEverywhere();
    void aQuoteWithoutItsOtherHalf();
    void hidesPrivateKeys();
    void hidesSecretsInDocuments();
    void hidesSecretsInDomains();
    void leavesOutWhatCannotBeRead();
    void showsSettingsWithoutSecrets();
    void leavesOutSettingsThatItDoesNotKnow();
};

void RedactionTest::hidesSecretsInTexts_data()
{
    QTest::addColumn<QString>("text");
    for (const auto& text : {u"password=geheim-42"_s,
                             u"passwd: geheim-42"_s,
                             u"PASSWORD = \"geheim-42\""_s,
                             u"password='geheim-42 and more'"_s,
                             u"\"password\": \"geheim-42\\\" and\""_s,
                             u"login_pass=geheim-42,plug=3"_s,
                             u"--password geheim-42"_s,
                             u"-passwd geheim-42"_s,
                             u"api_key=geheim-42"_s,
                             u"token=geheim-42;x"_s,
                             u"Authorization: Bearer geheim-42"_s,
                             u"authorization: Basic geheim-42 more"_s,
                             u"http://root:geheim-42@bmc/x"_s,
                             u"https://geheim-42@bmc/x"_s,
                             u"community=geheim-42"_s,
                             u"psk = geheim-42"_s,
                             u"{\\\"password\\\": \\\"geheim-42\\\"}"_s,
                             u"{\\\"password\\\": \\\"x\\\\\\\"geheim-42\\\"}"_s,
                             u"password=\\'geheim-42\\'"_s,
                             u"--password \"my geheim-42 word\""_s,
                             u"--password -geheim-42"_s,
                             u"['--password', 'geheim-42']"_s,
                             u"\"passwords\": [\"geheim-42\"]"_s,
                             u"password=abc,geheim-42;geheim-42"_s,
                             u"\"password\": \"geheim-42 and no end"_s,
                             u"https://u:geheim-42/w@h"_s,
                             u"https://u:p@geheim-42@h"_s,
                             u"key=geheim-42"_s,
                             u"?a=b&sig=geheim-42"_s,
                             u"X-Signature: geheim-42"_s,
                             u"private_key: geheim-42"_s,
                             u"Cookie: a=b; c=geheim-42"_s})
        QTest::newRow(qPrintable(text)) << text;
}

void RedactionTest::hidesSecretsInTexts()
{
    QFETCH(const QString, text);
    const QString left = Redaction{}.text(u"before "_s + text + u"\nafter"_s);
    QVERIFY2(!left.contains(u"geheim-42"_s), qPrintable(left));
    QVERIFY2(left.startsWith(u"before "_s) && left.endsWith(u"\nafter"_s), qPrintable(left));
    QVERIFY(left.contains(Redaction::mark));
}

void RedactionTest::leavesOtherTextsAlone_data()
{
    QTest::addColumn<QString>("text");
    for (const auto& text :
         {u"2026-11-20 18:40:12.000 info: peer beta at 10.0.0.2:49500 is connected"_s,
          u"this host is alpha with fingerprint b1b1b1b1, control port 49500"_s,
          u"inet 10.0.0.1/24 brd 10.0.0.255 scope global eth1"_s,
          u"https://10.79.0.10:2379/v3/kv/txn: no answer within 1000 ms"_s,
          u"identity/ca-key.pem: Permission denied"_s, u"monkey: 3, keys: 4, sign: 5"_s})
        QTest::newRow(qPrintable(text)) << text;
}

void RedactionTest::leavesOtherTextsAlone()
{
    QFETCH(const QString, text);
    QCOMPARE(Redaction{}.text(text), text);
}

void RedactionTest::hidesKnownValuesEverywhere()
{
    Redaction redaction;
    redaction.addSecret(u"hunter2"_s);
    redaction.addSecret(u"hunter2-longer"_s);
    redaction.addSecret(u"abc"_s); // in too many words
    const QString left = redaction.text(u"said hunter2-longer and hunter2, abc"_s);
    QCOMPARE(left, u"said (left out) and (left out), abc"_s);
    QVERIFY(!redaction.xml(u"<domain><title>hunter2</title></domain>"_s).contains(u"hunter2"_s));
}

void RedactionTest::aQuoteWithoutItsOtherHalf()
{
    // PCRE2 gave up at that, and all that follows stayed.
    const QString text = u"password=\""_s + QString{2'000'000, u'x'} + u"\npassword=geheim-42"_s;
    QVERIFY(!Redaction{}.text(text).contains(u"geheim-42"_s));
}

void RedactionTest::hidesPrivateKeys()
{
    const QString text =
        u"a\n-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE\n-----END EC PRIVATE KEY-----\n"
        "b\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        "c\n-----BEGIN PRIVATE KEY-----\ncut off in the mid"_s;
    QCOMPARE(Redaction{}.text(text),
             u"a\n(left out)\nb\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
             "c\n(left out)"_s);
}

void RedactionTest::hidesSecretsInDocuments()
{
    const QJsonObject document{
        {u"name"_s, u"beta"_s},
        {u"password"_s, u"geheim-42"_s},
        {u"deep"_s,
         QJsonArray{QJsonObject{{u"secret-key"_s, QJsonObject{{u"x"_s, u"geheim-42"_s}}}},
                    u"token=geheim-42"_s, 7}}};
    const QJsonObject left = Redaction{}.json(document).toObject();
    QCOMPARE(left[u"name"].toString(), u"beta"_s);
    QCOMPARE(left[u"deep"].toArray()[2].toInt(), 7);
    QVERIFY(!QString::fromUtf8(QJsonDocument{left}.toJson()).contains(u"geheim-42"_s));
}

void RedactionTest::hidesSecretsInDomains()
{
    const QString domain =
        u"<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<name>web</name>"
        "<metadata><cockpit:vm "
        "xmlns:cockpit='x'><cockpit:root>geheim-42</cockpit:root></cockpit:vm></metadata>"
        "<os><cmdline>root=/dev/vda password=geheim-42 quiet</cmdline></os>"
        "<sysinfo type='fwcfg'><entry name='opt/x'>geheim-42</entry></sysinfo>"
        "<devices>"
        "<disk type='network'><source protocol='http' name='x'>"
        "<cookies><cookie name='session'>geheim-42</cookie></cookies></source></disk>"
        "<disk type='network'><source protocol='https' name='x' query='t=geheim-42'/></disk>"
        "<graphics type='vnc' port='-1' passwd='geheim-42' passwdValidTo='2030-01-01T00:00:00'/>"
        "<graphics type='spice' passwd=\"geheim-42\"/>"
        "<interface type='bridge'><source bridge='br0'/></interface>"
        "</devices>"
        "<qemu:commandline>"
        "<qemu:arg value='-object'/><qemu:arg value='secret,id=s,data=geheim-42'/>"
        "<qemu:arg value='luks,Key=geheim-42'/><qemu:arg value='x,password-y=geheim-42'/>"
        "<qemu:arg value='name=opt/x,string=geheim-42'/>"
        "<qemu:arg value='-incoming'/>"
        "<qemu:env name='X' value='geheim-42'/>"
        "</qemu:commandline></domain>"_s;
    const QString left = Redaction{}.xml(domain);
    QVERIFY2(!left.contains(u"geheim-42"_s), qPrintable(left));
    for (const auto& kept : {u"<name>web</name>"_s, u"bridge=\"br0\""_s, u"value=\"-incoming\""_s,
                             u"root=/dev/vda"_s, u"<qemu:commandline>"_s})
        QVERIFY2(left.contains(kept), qPrintable(left));
}

void RedactionTest::leavesOutWhatCannotBeRead()
{
    QCOMPARE(Redaction{}.xml(u"<domain><x passwd='geheim-42'>"_s), QString{Redaction::mark});
    QCOMPARE(Redaction{}.xml(u""_s), QString{Redaction::mark});
    Redaction redaction;
    const QByteArray settings = "[etcd]\nkey = \"/etc/key.pem\"\npassword-file = \"/etc/p\"\n"
                                "[fence.beta]\n"
                                "options = { password = \"geheim-42\", pin_key = 4242\n"
                                "passwd = \"geheim-43\n";
    const QString left = redaction.settings(settings);
    QVERIFY(left.startsWith(Redaction::mark));
    QVERIFY2(!left.contains(u"geheim"_s), qPrintable(left));
    // What looks like a password is known all the same.
    QCOMPARE(redaction.text(u"geheim-42 4242 geheim-43 /etc/key.pem"_s),
             u"(left out) (left out) (left out) /etc/key.pem"_s);
    QCOMPARE(settingIn(settings, u"etcd"_s, u"password-file"_s), u"/etc/p"_s);
}

void RedactionTest::showsSettingsWithoutSecrets()
{
    Redaction redaction;
    const QString left = redaction.settings(R"(
# the old password was geheim-41
[control]
port = 49600
name = "alpha"
[etcd]
endpoints = ["https://root:geheim-42@10.0.0.9:2379", "https://10.0.0.8:2379"]
key = "/etc/lockstep/etcd-key.pem"
password-file = "/etc/lockstep/etcd-password"
timeout-ms = 500
[fence.beta]
agent = "fence_ipmilan"
key = "geheim-46"
options = { ip = "geheim-43", password = "geheim-44", plug = "geheim-45", key = "geheim-47", pwd = 474747 }
)");
    QVERIFY2(!left.contains(u"geheim"_s), qPrintable(left));
    for (const auto& kept :
         {u"[control]"_s, u"port = 49600"_s, u"10.0.0.9:2379"_s, u"10.0.0.8:2379"_s,
          u"/etc/lockstep/etcd-key.pem"_s, u"timeout-ms = 500"_s, u"[fence.beta]"_s,
          u"fence_ipmilan"_s, u"options.plug = (left out)"_s})
        QVERIFY2(left.contains(kept), qPrintable(left));
    // The password is known from now on, whoever says it; the address of a device is no password.
    QCOMPARE(redaction.text(u"the agent said geheim-44"_s), u"the agent said (left out)"_s);
    QCOMPARE(redaction.text(u"geheim-46 geheim-47 474747"_s),
             u"(left out) (left out) (left out)"_s);
    QCOMPARE(redaction.text(u"/etc/lockstep/etcd-key.pem"_s), u"/etc/lockstep/etcd-key.pem"_s);
}

void RedactionTest::leavesOutSettingsThatItDoesNotKnow()
{
    const QString left = Redaction{}.settings(
        "bare = \"geheim-42\"\n[etcd]\npassword = \"geheim-43\"\nport = { x = \"geheim-44\" }\n"
        "[other]\nthing = \"geheim-45\"\n[fence.beta]\n[fence.beta.options]\nx = \"geheim-46\"\n");
    QVERIFY2(!left.contains(u"geheim"_s), qPrintable(left));
}

QTEST_GUILESS_MAIN(RedactionTest)
#include "RedactionTest.moc"
