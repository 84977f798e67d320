// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/MakeArbiter.h"

#include "arbiter/EtcdArbiter.h"
#include "arbiter/FenceArbiter.h"
#include "arbiter/ManualArbiter.h"
#include "base/Config.h"

#include <QFile>
#include <QSslCertificate>
#include <QSslKey>

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array kinds{std::pair{ArbiterKind::Manual, "manual"_L1},
                           std::pair{ArbiterKind::Etcd, "etcd"_L1},
                           std::pair{ArbiterKind::Fence, "fence"_L1}};

std::unexpected<Error> notConfigured(const QString& why)
{
    return failure(Errc::ArbiterNotConfigured, why);
}

std::unexpected<Error> unusable(QLatin1StringView key, const QString& path, const QString& why)
{
    return notConfigured(u"[etcd] %1: %2: %3"_s.arg(key, path, why));
}

Result<QByteArray> contentOf(QLatin1StringView key, const QString& path)
{
    constexpr qint64 largest = 1'000'000;
    QFile file{path};
    if (!file.open(QIODevice::ReadOnly))
        return unusable(key, path, file.errorString());
    return file.read(largest);
}

Result<QList<QSslCertificate>> certificatesIn(QLatin1StringView key, const QString& path)
{
    return contentOf(key, path).and_then(
        [&](const QByteArray& pem) -> Result<QList<QSslCertificate>> {
            auto certificates = QSslCertificate::fromData(pem, QSsl::Pem);
            if (certificates.isEmpty())
                return unusable(key, path, u"it has no certificate in PEM"_s);
            return certificates;
        });
}

Result<QSslKey> privateKeyIn(QLatin1StringView key, const QString& path)
{
    return contentOf(key, path).and_then([&](const QByteArray& pem) -> Result<QSslKey> {
        for (const auto algorithm : {QSsl::Ec, QSsl::Rsa}) {
            QSslKey found{pem, algorithm};
            if (!found.isNull())
                return found;
        }
        return unusable(key, path, u"it has no private EC or RSA key in PEM without passphrase"_s);
    });
}

Result<QSslConfiguration> tlsOf(const Config::Etcd& etcd)
{
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    if (!etcd.ca.isEmpty()) {
        const auto authorities = certificatesIn("ca"_L1, etcd.ca);
        if (!authorities)
            return std::unexpected{authorities.error()};
        tls.setCaCertificates(*authorities);
    }
    if (!etcd.cert.isEmpty()) {
        const auto chain = certificatesIn("cert"_L1, etcd.cert);
        if (!chain)
            return std::unexpected{chain.error()};
        const auto key = privateKeyIn("key"_L1, etcd.key);
        if (!key)
            return std::unexpected{key.error()};
        tls.setLocalCertificateChain(*chain);
        tls.setPrivateKey(*key);
    }
    return tls;
}

Result<std::unique_ptr<Arbiter>> makeEtcd(const Config::Etcd& etcd, const QString& identity)
{
    auto settings = etcdSettings(etcd, identity);
    if (!settings)
        return std::unexpected{settings.error()};
    return std::make_unique<EtcdArbiter>(*std::move(settings));
}

Result<std::unique_ptr<Arbiter>> makeFence(const QMap<QString, Config::Fence>& hosts)
{
    if (hosts.isEmpty())
        return notConfigured(u"[fence.HOST]: no fence agent is configured"_s);
    QMap<QString, FenceSettings> settings;
    for (const auto& [host, fence] : hosts.asKeyValueRange()) {
        settings.insert(host,
                        {.agent = fence.agent,
                         .options = fence.options,
                         .timeout = fence.timeout,
                         .takeoverDelay = fence.takeoverDelay});
    }
    return std::make_unique<FenceArbiter>(std::move(settings));
}

} // namespace

Result<EtcdSettings> etcdSettings(const Config::Etcd& etcd, const QString& identity)
{
    if (etcd.endpoints.isEmpty())
        return notConfigured(u"[etcd] endpoints: none is configured"_s);
    EtcdSettings settings;
    for (const QString& endpoint : etcd.endpoints)
        settings.endpoints << QUrl{endpoint};
    const auto tls = tlsOf(etcd);
    if (!tls)
        return std::unexpected{tls.error()};
    settings.tls = *tls;
    settings.user = etcd.user;
    if (!etcd.user.isEmpty()) {
        const auto password = contentOf("password-file"_L1, etcd.passwordFile);
        if (!password)
            return std::unexpected{password.error()};
        settings.password = QString::fromUtf8(*password).section(u'\n', 0, 0);
    }
    settings.prefix = etcd.prefix;
    settings.timeout = etcd.timeout;
    if (!identity.isEmpty()) {
        bool isNumber = false;
        settings.clusterId = identity.toULongLong(&isNumber);
        if (!isNumber)
            return failure(Errc::InvalidArgument,
                           u"\"%1\" is not the number of an etcd cluster"_s.arg(identity));
    }
    return settings;
}

QString nameOf(ArbiterKind kind)
{
    return std::ranges::find(kinds, kind, &decltype(kinds)::value_type::first)->second;
}

std::optional<ArbiterKind> arbiterKindFromName(QStringView name)
{
    for (const auto& [kind, text] : kinds)
        if (name == text)
            return kind;
    return std::nullopt;
}

Result<std::unique_ptr<Arbiter>> makeArbiter(ArbiterKind kind, const Config& config,
                                             const QString& identity)
{
    switch (kind) {
    case ArbiterKind::Etcd:
        return makeEtcd(config.etcd, identity);
    case ArbiterKind::Fence:
        return makeFence(config.fence);
    case ArbiterKind::Manual:
        break;
    }
    return std::make_unique<ManualArbiter>();
}

} // namespace lockstep
