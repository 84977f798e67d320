// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/EtcdClient.h"

#include "base/Text.h"

#include <spdlog/spdlog.h>

#include <QJsonDocument>
#include <QNetworkProxy>
#include <QNetworkReply>

#include <memory>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

enum class End { Finished, TooLong, Late };

constexpr int httpOk = 200;
constexpr int httpUnauthorized = 401;
constexpr int httpForbidden = 403;
constexpr int httpTooMany = 429;
constexpr int httpServerErrors = 500;

struct EndReply
{
    void operator()(QNetworkReply* reply) const
    {
        reply->disconnect();
        reply->abort(); // closes the connection of a late one; no effect on one that has finished
        reply->deleteLater();
    }
};

/// What etcd says in words. Its gateway names the text "message", older ones "error".
QString complaint(const QByteArray& answer)
{
    const QJsonObject object = QJsonDocument::fromJson(answer).object();
    const QString text = object[u"message"_s].toString(object[u"error"_s].toString());
    return text.isEmpty() ? u"no reason given"_s : printable(text);
}

/// The token is unknown, from before the users changed, or missing although users are needed.
bool isAboutUsers(const QString& text)
{
    return text.contains("auth"_L1) || text.contains("user name"_L1)
        || text.contains("permission"_L1);
}

std::unexpected<Error> refusal(const QString& place, int status, const QByteArray& answer)
{
    const QString text = complaint(answer);
    const QString message = u"%1: HTTP status %2: %3"_s.arg(place).arg(status).arg(text);
    if (status == httpUnauthorized || status == httpForbidden || isAboutUsers(text))
        return failure(Errc::ArbiterRefused, message);
    if (status == httpTooMany || status >= httpServerErrors)
        return failure(Errc::ArbiterUnreachable, message,
                       u"See etcd's log there; it may have lost its majority."_s);
    return failure(Errc::ArbiterMalformed, message);
}

} // namespace

std::optional<qint64> int64Of(const QJsonValue& value)
{
    bool isNumber = false;
    const qint64 number = value.toString().toLongLong(&isNumber);
    return isNumber ? std::optional{number} : std::nullopt;
}

EtcdClient::EtcdClient(EtcdSettings settings) : m_settings{std::move(settings)}
{
    m_network.setProxy(QNetworkProxy::NoProxy);
    m_network.setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
}

Task<Result<QJsonObject>> EtcdClient::post(QString call, QJsonObject body)
{
    const QByteArray text = QJsonDocument{body}.toJson(QJsonDocument::Compact);
    const qsizetype first = m_current;
    const qsizetype count = m_settings.endpoints.size();
    std::optional<Error> worst;
    QStringList messages;
    for (qsizetype i = 0; i < count; ++i) {
        const qsizetype index = (first + i) % count;
        auto answer = co_await askSignedIn(m_settings.endpoints[index], call, text);
        if (answer) {
            m_current = index;
            co_return answer;
        }
        const Error& error = answer.error();
        messages << error.message();
        // One that is merely out of reach says less than one that answers wrongly.
        if (!worst || worst->code() == Errc::ArbiterUnreachable)
            worst = error;
    }
    if (!worst)
        co_return failure(Errc::ArbiterNotConfigured, u"no etcd endpoint is configured"_s);
    co_return failure(worst->code(), u"etcd: "_s + messages.join(u"; "_s), worst->remedy());
}

Task<Result<QJsonObject>> EtcdClient::askSignedIn(QUrl endpoint, QString call, QByteArray body)
{
    if (m_settings.user.isEmpty())
        co_return co_await ask(endpoint, call, body);
    const bool fresh = m_token.isEmpty();
    if (fresh)
        LOCKSTEP_CO_CHECK(co_await signIn(endpoint));
    auto answer = co_await ask(endpoint, call, body);
    if (answer || answer.error().code() != Errc::ArbiterRefused || fresh)
        co_return answer;
    // etcd forgets tokens after some minutes and when it restarts.
    LOCKSTEP_CO_CHECK(co_await signIn(endpoint));
    co_return co_await ask(endpoint, call, body);
}

Task<Result<void>> EtcdClient::signIn(QUrl endpoint)
{
    m_token.clear();
    const QJsonObject body{{u"name"_s, m_settings.user}, {u"password"_s, m_settings.password}};
    LOCKSTEP_CO_TRY(answer,
                    co_await ask(endpoint, u"auth/authenticate"_s,
                                 QJsonDocument{body}.toJson(QJsonDocument::Compact)));
    const QByteArray token = answer[u"token"_s].toString().toLatin1();
    if (token.isEmpty() || token.contains('\n') || token.contains('\r')) {
        const Error error{Errc::ArbiterMalformed,
                          u"%1: an answer without a token"_s.arg(endpoint.toString())};
        reject(error);
        co_return std::unexpected{error};
    }
    m_token = token;
    co_return {};
}

Task<Result<QJsonObject>> EtcdClient::ask(QUrl endpoint, QString call, QByteArray body)
{
    const qint64 leastRevision = m_revision;
    const auto text = co_await exchange(endpoint, call, body);
    auto answer = text.transform([](const QByteArray& bytes) {
        return QJsonDocument::fromJson(bytes).object(); // empty if it is none
    });
    if (answer) {
        const auto sound = checkHeader(answer->value(u"header"_s).toObject(), leastRevision);
        if (!sound)
            answer = std::unexpected{sound.error().during(endpoint.toString())};
    }
    if (!answer && answer.error().code() != Errc::ArbiterUnreachable)
        reject(answer.error());
    co_return answer;
}

QNetworkRequest EtcdClient::request(const QUrl& endpoint, const QString& call) const
{
    QUrl url{endpoint};
    url.setPath(u"/v3/"_s + call);
    QNetworkRequest request{url};
    request.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
    request.setRawHeader("Accept-Encoding", "identity"); // what is unpacked could be of any size
    if (!m_token.isEmpty())
        request.setRawHeader("Authorization", m_token);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setSslConfiguration(m_settings.tls);
    return request;
}

Task<Result<QByteArray>> EtcdClient::exchange(QUrl endpoint, QString call, QByteArray body)
{
    const QString place = endpoint.toString();
    const std::unique_ptr<QNetworkReply, EndReply> reply{
        m_network.post(request(endpoint, call), body)};
    QNetworkReply* const raw = reply.get();
    const OneShot<End> end;
    raw->setReadBufferSize(largestAnswer + 1);
    QObject::connect(raw, &QNetworkReply::finished, raw, [end] { end.complete(End::Finished); });
    QObject::connect(raw, &QNetworkReply::readyRead, raw, [end, raw] {
        if (raw->bytesAvailable() > largestAnswer)
            end.complete(End::TooLong);
    });
    end.expire(m_settings.timeout, End::Late);
    const End how = co_await end;
    if (how == End::Late)
        co_return failure(
            Errc::ArbiterUnreachable,
            u"%1: no answer within %2 ms"_s.arg(place).arg(m_settings.timeout.count()));
    if (how == End::TooLong || raw->bytesAvailable() > largestAnswer)
        co_return failure(Errc::ArbiterMalformed,
                          u"%1: an answer of more than %2 bytes"_s.arg(place).arg(largestAnswer));
    const int status = raw->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const QByteArray answer = raw->readAll();
    if (status == 0)
        co_return failure(Errc::ArbiterUnreachable, u"%1: %2"_s.arg(place, raw->errorString()));
    if (status != httpOk)
        co_return refusal(place, status, answer);
    if (raw->error() != QNetworkReply::NoError) // it broke off
        co_return failure(Errc::ArbiterUnreachable, u"%1: %2"_s.arg(place, raw->errorString()));
    co_return answer;
}

Result<void> EtcdClient::checkHeader(const QJsonObject& header, qint64 leastRevision)
{
    bool isNumber = false;
    const quint64 cluster = header[u"cluster_id"_s].toString().toULongLong(&isNumber);
    const auto revision = int64Of(header[u"revision"_s]);
    if (!isNumber || !revision || *revision < 1)
        return failure(Errc::ArbiterMalformed, u"an answer that is none of etcd's"_s);
    if (m_settings.clusterId && *m_settings.clusterId != cluster) {
        return failure(
            Errc::ArbiterForeign,
            u"an answer of etcd cluster %1, not of %2"_s.arg(cluster).arg(*m_settings.clusterId),
            u"Correct [etcd] endpoints; if etcd was set up anew, see 'lockstepd --forget-etcd'."_s);
    }
    if (*revision < leastRevision) {
        return failure(
            Errc::ArbiterForeign,
            u"the etcd cluster fell back from revision %1 to %2: it lost data"_s.arg(leastRevision)
                .arg(*revision));
    }
    if (!m_settings.clusterId)
        spdlog::info("the etcd cluster is {} from now on", cluster);
    m_settings.clusterId = cluster;
    m_revision = std::max(m_revision, *revision);
    return {};
}

void EtcdClient::reject(const Error& error)
{
    ++m_rejected;
    if (m_logging.take())
        spdlog::warn("etcd: rejected an answer: {}", error.message().toStdString());
}

} // namespace lockstep
