// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Identity.h"

#include "peer/PrivateFile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSslCertificate>
#include <QSslKey>
#include <QSslSocket>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto caKeyName = "ca-key.pem"_L1;
constexpr auto caCertificateName = "ca-cert.pem"_L1;
constexpr auto leafKeyName = "daemon-key.pem"_L1;
constexpr auto leafCertificateName = "daemon-cert.pem"_L1;

Result<QByteArray> read(const QString& folder, QLatin1StringView name)
{
    QFile file{folder + u'/' + name};
    if (!file.open(QIODevice::ReadOnly))
        return failure(Errc::StoreError, u"%1: %2"_s.arg(file.fileName(), file.errorString()));
    return file.readAll();
}

Result<void> create(const QString& folder, const QString& hostName)
{
    const auto authority = makeAuthority(hostName);
    if (!authority)
        return std::unexpected{authority.error()};
    const auto leaf =
        makeLeaf(*authority, {.hostName = hostName, .use = LeafUse::Daemon, .address = {}});
    if (!leaf)
        return std::unexpected{leaf.error()};
    return replaceFolder(folder,
                         {{caKeyName, authority->key},
                          {caCertificateName, authority->certificate},
                          {leafKeyName, leaf->key},
                          {leafCertificateName, leaf->certificate}},
                         0700, 0600);
}

/// Makes a new key and certificate of the daemon where an administrator has taken both away: who
/// this host is does not change with them.
Result<void> renewLeaf(const QString& folder, const QString& hostName)
{
    if (QFileInfo::exists(folder + u'/' + leafKeyName)
        || QFileInfo::exists(folder + u'/' + leafCertificateName)
        || !QFileInfo::exists(folder + u'/' + caKeyName))
        return {};
    const auto key = read(folder, caKeyName);
    const auto certificate = read(folder, caCertificateName);
    if (!key || !certificate)
        return std::unexpected{key ? certificate.error() : key.error()};
    const KeyedCertificate authority{*key, *certificate};
    if (!belongTogether(authority))
        return {}; // which is told as such
    const auto leaf =
        makeLeaf(authority, {.hostName = hostName, .use = LeafUse::Daemon, .address = {}});
    if (!leaf)
        return std::unexpected{leaf.error()};
    return replaceFolder(folder,
                         {{caKeyName, authority.key},
                          {caCertificateName, authority.certificate},
                          {leafKeyName, leaf->key},
                          {leafCertificateName, leaf->certificate}},
                         0700, 0600);
}

QByteArray toDer(const QByteArray& pem) { return QSslCertificate{pem, QSsl::Pem}.toDer(); }

} // namespace

Result<Identity> Identity::loadOrCreate(const QString& stateDirectory, const QString& hostName)
{
    const QString folder = stateDirectory + u"/identity"_s;
    if (!QFileInfo::exists(folder)) {
        if (auto made = create(folder, hostName); !made)
            return std::unexpected{made.error().during(u"making this host's identity"_s)};
    }
    if (auto renewed = renewLeaf(folder, hostName); !renewed)
        return std::unexpected{renewed.error().during(u"renewing this host's key"_s)};
    if (auto kept = ensureFolder(folder, 0700); !kept)
        return std::unexpected{kept.error()};
    QList<QByteArray> contents;
    for (const auto name : {caKeyName, caCertificateName, leafKeyName, leafCertificateName}) {
        auto content = read(folder, name);
        if (!content)
            return std::unexpected{content.error().during(u"reading this host's identity"_s)};
        contents << *content;
    }
    KeyedCertificate authority{contents[0], contents[1]};
    KeyedCertificate leaf{contents[2], contents[3]};
    auto id = signer(toDer(leaf.certificate), toDer(authority.certificate), LeafUse::Daemon);
    if (!id || !belongTogether(authority) || !belongTogether(leaf)) {
        return failure(
            Errc::StoreError,
            u"the keys and certificates in %1 do not belong together"_s.arg(folder),
            u"Restore the folder from a backup, or remove it to become a new host that every "
            "other one has to accept again."_s);
    }
    return Identity{std::move(authority), std::move(leaf), *std::move(id)};
}

QSslConfiguration Identity::tls() const
{
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_3OrLater);
    tls.setPeerVerifyMode(QSslSocket::QueryPeer);
    tls.setCaCertificates({}); // the system's CAs have no say here
    tls.setLocalCertificateChain({QSslCertificate{m_leaf.certificate, QSsl::Pem},
                                  QSslCertificate{m_authority.certificate, QSsl::Pem}});
    tls.setPrivateKey(QSslKey{m_leaf.key, QSsl::Ec, QSsl::Pem});
    return tls;
}

std::optional<PeerId> provenId(const QList<QSslCertificate>& chain)
{
    // Lockstep's own are valid for as long as clocks are anywhere near; whoever makes others by
    // hand means what they say.
    if (chain.size() != 2 || !isValidNow(chain[0].toDer()) || !isValidNow(chain[1].toDer()))
        return std::nullopt;
    return signer(chain[0].toDer(), chain[1].toDer(), LeafUse::Daemon);
}

} // namespace lockstep
