// SPDX-License-Identifier: LGPL-2.1-or-later
#include "TestHost.h"

#include "peer/QemuCredentials.h"

#include <QDir>
#include <QProcess>
#include <QSslCertificate>
#include <QSslCertificateExtension>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class CertificatesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void authorityIsWhatTlsLibrariesWant();
    void leafNamesHostAndAddress_data();
    void leafNamesHostAndAddress();
    void everyKeyIsAnother();
    void opensslVerifiesTheLeaf();
    void signerTellsUsesApart();
    void identityIsMadeOnceAndPrivate();
    void keyOfTheDaemonCanBeRenewed();
    void provesOnlyWhatIsValidNow_data();
    void provesOnlyWhatIsValidNow();
    void brokenIdentityIsNotReplaced_data();
    void brokenIdentityIsNotReplaced();
    void credentialsAreForQemuOnly();
    void credentialsAreMadeAgainWhenTheAddressChanges();
    void credentialsNeedAnAcceptedPeer();
    void qemuTalksToQemuWithThem();

private:
    KeyedCertificate m_authority;
};

namespace {

QSslCertificate parsed(const KeyedCertificate& made)
{
    return QSslCertificate{made.certificate, QSsl::Pem};
}

QByteArray contentOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

mode_t modeOf(const QString& path)
{
    struct stat status{};
    ::stat(QFile::encodeName(path).constData(), &status);
    return status.st_mode & 07777U;
}

QemuCredentials credentials(const QString& address)
{
    return {makeAuthority(u"alpha"_s).value(),
            makeAuthority(u"beta"_s)->certificate,
            u"alpha"_s,
            QHostAddress{address},
            {::geteuid(), ::getegid()}};
}

int run(const QString& program, const QStringList& arguments, QByteArray* output = nullptr)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(30'000))
        return -1;
    if (output != nullptr)
        *output = process.readAll();
    return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
}

} // namespace

void CertificatesTest::initTestCase()
{
    const auto made = makeAuthority(u"alpha"_s);
    QVERIFY(made);
    m_authority = *made;
}

void CertificatesTest::authorityIsWhatTlsLibrariesWant()
{
    const auto certificate = parsed(m_authority);
    QVERIFY(!certificate.isNull());
    QCOMPARE(certificate.subjectInfo(QSslCertificate::CommonName),
             QStringList{u"Lockstep CA alpha"_s});
    QVERIFY(certificate.isSelfSigned());
    QCOMPARE(certificate.effectiveDate().date(), QDate(2000, 1, 1));
    QCOMPARE(certificate.expiryDate().date(), QDate(2049, 12, 31));
    QVERIFY(belongTogether(m_authority));
    QVERIFY(fingerprint(certificate.toDer()).value.size() == 64);
    QVERIFY(
        parsed(makeAuthority(QString(50, u'x')).value()).isSelfSigned()); // the longest name fits
}

void CertificatesTest::leafNamesHostAndAddress_data()
{
    QTest::addColumn<QString>("address");
    QTest::newRow("IPv4") << u"10.1.2.3"_s;
    QTest::newRow("IPv6") << u"fd00::2"_s;
    QTest::newRow("none") << QString{};
}

void CertificatesTest::leafNamesHostAndAddress()
{
    QFETCH(const QString, address);
    const auto leaf =
        makeLeaf(m_authority, {u"alpha"_s, LeafUse::QemuServer, QHostAddress{address}});
    QVERIFY(leaf);
    const auto names = parsed(*leaf).subjectAlternativeNames();
    QCOMPARE(names.values(QSsl::DnsEntry), QStringList{u"alpha"_s});
    QCOMPARE(names.values(QSsl::IpAddressEntry),
             address.isEmpty() ? QStringList{} : QStringList{address});
    QCOMPARE(parsed(*leaf).subjectInfo(QSslCertificate::OrganizationalUnitName),
             QStringList{u"qemu-server"_s});
}

void CertificatesTest::everyKeyIsAnother()
{
    const auto one = makeLeaf(m_authority, {u"alpha"_s, LeafUse::Daemon, {}});
    const auto other = makeLeaf(m_authority, {u"alpha"_s, LeafUse::Daemon, {}});
    QVERIFY(one->key != other->key);
    QVERIFY(parsed(*one).serialNumber() != parsed(*other).serialNumber());
    QVERIFY(!belongTogether({one->key, other->certificate}));
    QVERIFY(!belongTogether({{}, other->certificate}));
    QVERIFY(!belongTogether({"garbage", "garbage"}));
    QVERIFY(!makeLeaf({"garbage", "garbage"}, {u"alpha"_s, LeafUse::Daemon, {}}));
}

void CertificatesTest::opensslVerifiesTheLeaf()
{
    const QString openssl = QStandardPaths::findExecutable(u"openssl"_s);
    if (openssl.isEmpty())
        QSKIP("openssl is not installed");
    const auto leaf =
        makeLeaf(m_authority, {u"alpha"_s, LeafUse::QemuServer, QHostAddress{u"10.1.2.3"_s}});
    const QTemporaryDir folder;
    QVERIFY(replaceFolder(folder.path() + u"/x"_s,
                          {{u"ca"_s, m_authority.certificate}, {u"leaf"_s, leaf->certificate}},
                          0700, 0600));
    const QString ca = folder.path() + u"/x/ca"_s;
    const QString path = folder.path() + u"/x/leaf"_s;
    const QStringList common{u"verify"_s, u"-x509_strict"_s, u"-CAfile"_s,
                             ca,          u"-verify_ip"_s,   u"10.1.2.3"_s};
    QByteArray output;
    QVERIFY2(run(openssl, common + QStringList{u"-purpose"_s, u"sslserver"_s, path}, &output) == 0,
             output.constData());
    QVERIFY(run(openssl, common + QStringList{u"-purpose"_s, u"sslclient"_s, path}) != 0);
}

void CertificatesTest::signerTellsUsesApart()
{
    const QByteArray ca = parsed(m_authority).toDer();
    const QByteArray otherCa = parsed(makeAuthority(u"alpha"_s).value()).toDer();
    const QByteArray leaf =
        parsed(makeLeaf(m_authority, {u"alpha"_s, LeafUse::Daemon, {}}).value()).toDer();
    QCOMPARE(signer(leaf, ca, LeafUse::Daemon), fingerprint(ca));
    QVERIFY(!signer(leaf, ca, LeafUse::QemuServer));
    QVERIFY(!signer(leaf, otherCa, LeafUse::Daemon));
    QVERIFY(!signer(leaf, leaf, LeafUse::Daemon));
    QVERIFY(!signer(ca, ca, LeafUse::Daemon));
    QVERIFY(!signer({}, {}, LeafUse::Daemon));
    QVERIFY(!signer("garbage", ca, LeafUse::Daemon));
    QByteArray tampered = leaf;
    tampered.back() = static_cast<char>(tampered.back() ^ 1);
    QVERIFY(!signer(tampered, ca, LeafUse::Daemon));
}

void CertificatesTest::identityIsMadeOnceAndPrivate()
{
    const QTemporaryDir folder;
    const auto made = Identity::loadOrCreate(folder.path(), u"alpha"_s);
    QVERIFY(made);
    const auto loaded = Identity::loadOrCreate(folder.path(), u"renamed"_s);
    QVERIFY(loaded);
    QCOMPARE(loaded->id(), made->id());
    const QString path = folder.path() + u"/identity"_s;
    QCOMPARE(modeOf(path), mode_t{0700});
    const auto files = QDir{path}.entryList(QDir::Files);
    QCOMPARE(files.size(), 4);
    for (const auto& file : files)
        QCOMPARE(modeOf(path + u'/' + file), mode_t{0600});
    QCOMPARE(QDir{folder.path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{u"identity"_s});
}

void CertificatesTest::keyOfTheDaemonCanBeRenewed()
{
    const QTemporaryDir folder;
    const auto made = Identity::loadOrCreate(folder.path(), u"alpha"_s);
    QVERIFY(made);
    const QString path = folder.path() + u"/identity/"_s;
    const auto key = contentOf(path + u"daemon-key.pem"_s);
    QVERIFY(QFile::remove(path + u"daemon-key.pem"_s));
    QVERIFY(QFile::remove(path + u"daemon-cert.pem"_s));
    const auto renewed = Identity::loadOrCreate(folder.path(), u"alpha"_s);
    QVERIFY2(renewed, renewed ? "" : qPrintable(renewed.error().message()));
    QVERIFY2(renewed->id() == made->id(), "nobody has to accept it anew");
    QCOMPARE(provenId(renewed->tls().localCertificateChain()), std::optional{made->id()});
    QVERIFY(contentOf(path + u"daemon-key.pem"_s) != key);
    for (const auto& file : QDir{path}.entryList(QDir::Files))
        QCOMPARE(modeOf(path + file), mode_t{0600});
    // A CA that is not whole cannot sign.
    QVERIFY(QFile::remove(path + u"daemon-key.pem"_s));
    QVERIFY(QFile::remove(path + u"daemon-cert.pem"_s));
    QVERIFY(QFile::remove(path + u"ca-cert.pem"_s));
    QVERIFY(!Identity::loadOrCreate(folder.path(), u"alpha"_s));
    QVERIFY(!QFile::exists(path + u"daemon-key.pem"_s));
}

void CertificatesTest::provesOnlyWhatIsValidNow_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("good");
    QTest::newRow("now") << u"20000101000000Z"_s << u"20491231235959Z"_s << true;
    QTest::newRow("expired") << u"20000101000000Z"_s << u"20100101000000Z"_s << false;
    QTest::newRow("not yet") << u"20480101000000Z"_s << u"20491231235959Z"_s << false;
}

void CertificatesTest::provesOnlyWhatIsValidNow()
{
    QFETCH(const QString, from);
    QFETCH(const QString, to);
    QFETCH(const bool, good);
    const QTemporaryDir folder;
    QVERIFY(Identity::loadOrCreate(folder.path(), u"alpha"_s));
    const auto path = [&folder](const char* name) {
        return u"%1/identity/%2"_s.arg(folder.path(), QLatin1StringView{name});
    };
    // The same leaf, signed by the same CA, with other dates.
    QCOMPARE(run(u"openssl"_s,
                 {u"x509"_s, u"-x509toreq"_s, u"-in"_s, path("daemon-cert.pem"), u"-key"_s,
                  path("daemon-key.pem"), u"-copy_extensions"_s, u"copyall"_s, u"-out"_s,
                  path("request.pem")}),
             0);
    QCOMPARE(
        run(u"openssl"_s,
            {u"x509"_s, u"-req"_s, u"-in"_s, path("request.pem"), u"-CA"_s, path("ca-cert.pem"),
             u"-CAkey"_s, path("ca-key.pem"), u"-copy_extensions"_s, u"copyall"_s, u"-not_before"_s,
             from, u"-not_after"_s, to, u"-out"_s, path("dated.pem")}),
        0);
    const QSslCertificate leaf{contentOf(path("dated.pem")), QSsl::Pem};
    const QSslCertificate authority{contentOf(path("ca-cert.pem")), QSsl::Pem};
    QVERIFY(signer(leaf.toDer(), authority.toDer(), LeafUse::Daemon));
    QCOMPARE(provenId({leaf, authority}).has_value(), good);
}

void CertificatesTest::brokenIdentityIsNotReplaced_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("content"); // null: the file is missing
    for (const char* file : {"ca-key.pem", "ca-cert.pem", "daemon-key.pem", "daemon-cert.pem"}) {
        const QString name = QString::fromLatin1(file);
        QTest::addRow("%s missing", file) << name << QByteArray{};
        QTest::addRow("%s garbage", file) << name << "garbage"_ba;
    }
    QTest::newRow("another key") << u"ca-key.pem"_s << makeAuthority(u"x"_s)->key;
    QTest::newRow("another CA") << u"ca-cert.pem"_s << makeAuthority(u"x"_s)->certificate;
}

void CertificatesTest::brokenIdentityIsNotReplaced()
{
    QFETCH(const QString, file);
    QFETCH(const QByteArray, content);
    const QTemporaryDir folder;
    QVERIFY(Identity::loadOrCreate(folder.path(), u"alpha"_s));
    const QString path = folder.path() + u"/identity/"_s + file;
    QVERIFY(QFile::remove(path));
    if (!content.isNull()) {
        QFile broken{path};
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write(content);
    }
    const auto loaded = Identity::loadOrCreate(folder.path(), u"alpha"_s);
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code(), Errc::StoreError);
    QCOMPARE(contentOf(path), content);
}

void CertificatesTest::credentialsAreForQemuOnly()
{
    TestHost alpha{u"alpha"_s, u"127.0.0.1"_s};
    TestHost beta{u"beta"_s, u"127.0.0.2"_s};
    QVERIFY(pair(alpha, beta));
    const auto folder =
        QCoro::waitFor(alpha.peers().qemuCredentials(beta.id(), ::geteuid(), ::getegid()));
    QVERIFY2(folder, folder ? "" : qPrintable(folder.error().message()));
    QCOMPARE(
        *folder,
        u"%1/qemu-tls/%2-%3"_s.arg(alpha.folder(), beta.id().value.first(16)).arg(::geteuid()));
    QCOMPARE(modeOf(*folder), mode_t{0500});
    QCOMPARE(QDir{*folder}.entryList(QDir::Files),
             (QStringList{u"ca-cert.pem"_s, u"client-cert.pem"_s, u"client-key.pem"_s,
                          u"server-cert.pem"_s, u"server-key.pem"_s}));
    for (const auto& file : QDir{*folder}.entryList(QDir::Files))
        QCOMPARE(modeOf(*folder + u'/' + file), mode_t{0400});
    QCOMPARE(modeOf(alpha.folder() + u"/qemu-tls"_s), mode_t{0711});
    QCOMPARE(modeOf(alpha.folder()), mode_t{0711});
    const QSslCertificate leaf{contentOf(*folder + u"/server-cert.pem"_s), QSsl::Pem};
    QCOMPARE(leaf.subjectAlternativeNames().values(QSsl::IpAddressEntry),
             QStringList{u"127.0.0.1"_s});
    const auto trusted =
        QSslCertificate::fromData(contentOf(*folder + u"/ca-cert.pem"_s), QSsl::Pem);
    QCOMPARE(trusted.size(), 2);
    QCOMPARE(fingerprint(trusted[0].toDer()), beta.id());
    QCOMPARE(fingerprint(trusted[1].toDer()), alpha.id());
    const QByteArray key = contentOf(*folder + u"/server-key.pem"_s);
    QVERIFY(QCoro::waitFor(alpha.peers().qemuCredentials(beta.id(), ::geteuid(), ::getegid())));
    QCOMPARE(contentOf(*folder + u"/server-key.pem"_s), key); // QEMUs at work keep theirs
    QVERIFY(QCoro::waitFor(alpha.peers().remove(beta.id())));
    QVERIFY(!QFile::exists(*folder));
}

void CertificatesTest::credentialsAreMadeAgainWhenTheAddressChanges()
{
    const QTemporaryDir folder;
    const QString path = folder.path() + u"/x"_s;
    auto wanted = credentials(u"10.0.0.1"_s);
    const auto key = [&path] { return contentOf(path + u"/client-key.pem"_s); };
    QVERIFY(provideQemuCredentials(path, wanted));
    const QByteArray first = key();
    wanted.address = QHostAddress{u"10.0.0.2"_s};
    QVERIFY(provideQemuCredentials(path, wanted));
    const QByteArray second = key();
    QVERIFY(first != second);
    wanted.peerAuthority = makeAuthority(u"beta"_s)->certificate;
    QVERIFY(provideQemuCredentials(path, wanted));
    QVERIFY(second != key());
    QVERIFY(contentOf(path + u"/ca-cert.pem"_s).startsWith(wanted.peerAuthority));
    QCOMPARE(QDir{folder.path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{u"x"_s});
}

void CertificatesTest::credentialsNeedAnAcceptedPeer()
{
    TestHost alpha{u"alpha"_s, u"127.0.0.1"_s};
    TestHost beta{u"beta"_s, u"127.0.0.2"_s};
    QVERIFY(beta.add(alpha));
    QCOMPARE(QCoro::waitFor(alpha.peers().qemuCredentials(beta.id(), 0, 0)).error().code(),
             Errc::UnknownPeer);
    QCOMPARE(QCoro::waitFor(alpha.peers().qemuCredentials(alpha.id(), 0, 0)).error().code(),
             Errc::UnknownPeer);
    QVERIFY(!QFile::exists(u"%1/qemu-tls/%2-0"_s.arg(alpha.folder(), beta.id().value.first(16))));
}

void CertificatesTest::qemuTalksToQemuWithThem()
{
    const QString nbd = QStandardPaths::findExecutable(u"qemu-nbd"_s);
    const QString img = QStandardPaths::findExecutable(u"qemu-img"_s);
    if (nbd.isEmpty() || img.isEmpty())
        QSKIP("qemu-utils is not installed");
    TestHost alpha{u"alpha"_s, u"127.0.0.1"_s};
    TestHost beta{u"beta"_s, u"127.0.0.2"_s};
    TestHost gamma{u"gamma"_s, u"127.0.0.3"_s};
    QVERIFY(pair(alpha, beta));
    QVERIFY(pair(alpha, gamma));
    const auto serverFolder =
        QCoro::waitFor(beta.peers().qemuCredentials(alpha.id(), ::geteuid(), ::getegid()));
    const auto clientFolder =
        QCoro::waitFor(alpha.peers().qemuCredentials(beta.id(), ::geteuid(), ::getegid()));
    const auto othersFolder =
        QCoro::waitFor(gamma.peers().qemuCredentials(alpha.id(), ::geteuid(), ::getegid()));
    QVERIFY(serverFolder && clientFolder && othersFolder);

    QTcpServer free;
    QVERIFY(free.listen(QHostAddress{beta.address()}));
    const quint16 port = free.serverPort();
    free.close();
    const QString object = u"tls-creds-x509,id=t,endpoint=%1,verify-peer=on,dir=%2"_s;
    QProcess server;
    server.setProcessChannelMode(QProcess::MergedChannels);
    server.start(nbd,
                 {u"--object"_s, object.arg(u"server"_s, *serverFolder), u"--tls-creds"_s, u"t"_s,
                  u"--persistent"_s, u"--bind"_s, beta.address(), u"--port"_s,
                  QString::number(port), u"--image-opts"_s, u"driver=null-co,size=1048576"_s});
    QVERIFY(server.waitForStarted());
    QByteArray output;
    const auto connects = [&](const QString& folder, const QString& host) {
        return run(img,
                   {u"info"_s, u"--object"_s, object.arg(u"client"_s, folder), u"--image-opts"_s,
                    u"driver=nbd,host=%1,port=%2,tls-creds=t"_s.arg(host).arg(port)},
                   &output)
            == 0;
    };
    QTRY_VERIFY2_WITH_TIMEOUT(connects(*clientFolder, beta.address()), output.constData(), 15'000);
    QVERIFY2(output.contains("1 MiB"), output.constData());
    QVERIFY(!connects(*othersFolder, beta.address())); // gamma trusts alpha, beta does not know it
    QVERIFY(!connects(u"/nonexistent"_s, beta.address()));
    server.terminate();
    QVERIFY(server.waitForFinished());
}

QTEST_GUILESS_MAIN(CertificatesTest)
#include "CertificatesTest.moc"
