// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/RateLimit.h"
#include "base/Task.h"

#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QSslConfiguration>
#include <QStringList>
#include <QUrl>

#include <chrono>
#include <optional>

namespace lockstep {

/// Where an etcd is and how to get in.
struct EtcdSettings
{
    QList<QUrl> endpoints; ///< http or https, each a member of the same cluster; at least one.
    QSslConfiguration tls{QSslConfiguration::defaultConfiguration()};
    QString user; ///< Empty: without etcd's own authentication.
    QString password;
    QString prefix{QStringLiteral("/lockstep/")}; ///< Every key begins with it.
    std::chrono::milliseconds timeout{1'000};     ///< For one request to one endpoint.
    std::optional<quint64> clusterId; ///< Nothing: that of the first answer counts from then on.
};

/// Asks an etcd cluster through its JSON gateway. Endpoints are tried one after the other,
/// beginning with the one that answered last; a request may so be carried out more than once.
/// Answers that are too long, no JSON, of another cluster or of one that fell back in time are
/// rejected. Source: etcd 3.5, Documentation/dev-guide/api_grpc_gateway; its rpc.proto for the
/// fields.
class EtcdClient final
{
public:
    static constexpr qint64 largestAnswer = 65'536;

    explicit EtcdClient(EtcdSettings settings);

    /// `call` is what follows "/v3/" in the address. The answer's header has been checked. Errors:
    /// ArbiterUnreachable, ArbiterRefused, ArbiterMalformed, ArbiterForeign; they name every
    /// endpoint. After an error the request may have been carried out, or still be.
    [[nodiscard]] Task<Result<QJsonObject>> post(QString call, QJsonObject body);

    [[nodiscard]] std::optional<quint64> clusterId() const { return m_settings.clusterId; }
    [[nodiscard]] const EtcdSettings& settings() const { return m_settings; }
    /// Answers that were rejected.
    [[nodiscard]] quint64 rejected() const { return m_rejected; }
    /// Counts and logs an answer that proved unusable further up.
    void reject(const Error& error);

private:
    [[nodiscard]] Task<Result<QJsonObject>> askSignedIn(QUrl endpoint, QString call,
                                                        QByteArray body);
    [[nodiscard]] Task<Result<void>> signIn(QUrl endpoint);
    [[nodiscard]] Task<Result<QJsonObject>> ask(QUrl endpoint, QString call, QByteArray body);
    [[nodiscard]] Task<Result<QByteArray>> exchange(QUrl endpoint, QString call, QByteArray body);
    [[nodiscard]] QNetworkRequest request(const QUrl& endpoint, const QString& call) const;
    [[nodiscard]] Result<void> checkHeader(const QJsonObject& header, qint64 leastRevision);

    EtcdSettings m_settings;
    QNetworkAccessManager m_network;
    QByteArray m_token; ///< etcd's, once signed in.
    qsizetype m_current{0};
    qint64 m_revision{0}; ///< The newest that was seen of the cluster.
    quint64 m_rejected{0};
    RateLimit m_logging{20, 0.2};
};

/// A number that the gateway writes as a string, as it does with 64 bits; nothing if it is none.
[[nodiscard]] std::optional<qint64> int64Of(const QJsonValue& value);

} // namespace lockstep
