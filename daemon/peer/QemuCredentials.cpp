// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/QemuCredentials.h"

#include <QFile>
#include <QSslCertificate>

#include <sys/stat.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QByteArray read(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

QByteArray trusted(const QemuCredentials& wanted)
{
    // QEMU checks its own certificate against this file, too.
    return wanted.peerAuthority + wanted.authority.certificate;
}

bool fits(const QString& folder, const QString& role, LeafUse use, const QemuCredentials& wanted)
{
    const KeyedCertificate leaf{read(folder + u"/%1-key.pem"_s.arg(role)),
                                read(folder + u"/%1-cert.pem"_s.arg(role))};
    const QSslCertificate certificate{leaf.certificate, QSsl::Pem};
    const auto names = certificate.subjectAlternativeNames();
    return belongTogether(leaf)
        && signer(certificate.toDer(),
                  QSslCertificate{wanted.authority.certificate, QSsl::Pem}.toDer(), use)
               .has_value()
        && names.values(QSsl::IpAddressEntry).contains(wanted.address.toString())
        && names.values(QSsl::DnsEntry).contains(wanted.hostName);
}

bool fits(const QString& folder, const QemuCredentials& wanted)
{
    struct stat status{};
    return ::stat(QFile::encodeName(folder + u"/server-key.pem"_s).constData(), &status) == 0
        && status.st_uid == wanted.owner.uid && status.st_gid == wanted.owner.gid
        && read(folder + u"/ca-cert.pem"_s) == trusted(wanted)
        && fits(folder, u"server"_s, LeafUse::QemuServer, wanted)
        && fits(folder, u"client"_s, LeafUse::QemuClient, wanted);
}

} // namespace

Result<void> provideQemuCredentials(const QString& folder, const QemuCredentials& wanted)
{
    if (fits(folder, wanted))
        return {};
    const auto server =
        makeLeaf(wanted.authority, {wanted.hostName, LeafUse::QemuServer, wanted.address});
    if (!server)
        return std::unexpected{server.error()};
    const auto client =
        makeLeaf(wanted.authority, {wanted.hostName, LeafUse::QemuClient, wanted.address});
    if (!client)
        return std::unexpected{client.error()};
    return replaceFolder(folder,
                         {{u"ca-cert.pem"_s, trusted(wanted)},
                          {u"server-cert.pem"_s, server->certificate},
                          {u"server-key.pem"_s, server->key},
                          {u"client-cert.pem"_s, client->certificate},
                          {u"client-key.pem"_s, client->key}},
                         0500, 0400, wanted.owner);
}

} // namespace lockstep
