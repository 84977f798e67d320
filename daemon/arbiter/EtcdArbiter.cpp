// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/EtcdArbiter.h"

#include <QJsonArray>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QString base64(const QByteArray& bytes) { return QString::fromLatin1(bytes.toBase64()); }

/// `change` if the key has this revision, else what it has.
QJsonObject transaction(const QString& key, qint64 revision, const QJsonObject& change)
{
    const QJsonObject compare{{u"target"_s, u"MOD"_s},
                              {u"result"_s, u"EQUAL"_s},
                              {u"key"_s, key},
                              {u"mod_revision"_s, QString::number(revision)}};
    const QJsonObject range{{u"request_range"_s, QJsonObject{{u"key"_s, key}}}};
    return {{u"compare"_s, QJsonArray{compare}},
            {u"success"_s, QJsonArray{change}},
            {u"failure"_s, QJsonArray{range}}};
}

QJsonObject put(const QString& key, const QByteArray& record)
{
    return {{u"request_put"_s, QJsonObject{{u"key"_s, key}, {u"value"_s, base64(record)}}}};
}

} // namespace

QString EtcdArbiter::name() const { return u"etcd"_s; }

QString EtcdArbiter::identity() const
{
    const auto cluster = m_client.clusterId();
    return cluster ? QString::number(*cluster) : QString{};
}

std::unexpected<Error> EtcdArbiter::malformed(const QString& why)
{
    const Error error{Errc::ArbiterMalformed, u"etcd: %1"_s.arg(why)};
    m_client.reject(error);
    return std::unexpected{error};
}

QString EtcdArbiter::key(const DomainUuid& uuid) const
{
    return base64((m_client.settings().prefix + toString(uuid)).toUtf8());
}

Result<EtcdArbiter::Stored> EtcdArbiter::storedIn(const QJsonObject& range, const DomainUuid& uuid)
{
    // A field that is empty or 0 is left out by the gateway.
    const QJsonArray entries = range[u"kvs"_s].toArray();
    const auto count = int64Of(range[u"count"_s].toString(u"0"_s));
    if (!count || *count != entries.size() || *count > 1)
        return malformed(u"an answer with %1 keys instead of one"_s.arg(entries.size()));
    if (entries.isEmpty()) {
        m_seen.insert(uuid, {});
        return Stored{};
    }
    const QJsonObject entry = entries.first().toObject();
    const auto revision = int64Of(entry[u"mod_revision"_s]);
    const auto value = QByteArray::fromBase64Encoding(entry[u"value"_s].toString().toLatin1(),
                                                      QByteArray::AbortOnBase64DecodingErrors);
    if (entry[u"key"_s].toString() != key(uuid) || !revision || *revision < 1 || !value)
        return malformed(u"an answer about another key, or without a revision"_s);
    const auto grant = grantFromRecord(value.decoded, uuid);
    if (!grant) {
        m_client.reject(grant.error());
        return failure(
            grant.error().code(), u"etcd: "_s + grant.error().message(),
            u"Look at the key %1%2 with etcdctl, and who writes it. Without the key the "
            u"domain can be protected anew."_s.arg(m_client.settings().prefix, toString(uuid)));
    }
    Stored stored{.grant = *grant, .revision = *revision};
    m_seen.insert(uuid, stored);
    return stored;
}

Task<Result<EtcdArbiter::Stored>> EtcdArbiter::fetch(DomainUuid uuid)
{
    // Linearizable, as `serializable` is not set: never older than what anybody was told.
    LOCKSTEP_CO_TRY(range, co_await m_client.post(u"kv/range"_s, {{u"key"_s, key(uuid)}}));
    co_return storedIn(range, uuid);
}

Task<Result<EtcdArbiter::Outcome>> EtcdArbiter::commit(DomainUuid uuid, qint64 revision,
                                                       QJsonObject change)
{
    LOCKSTEP_CO_TRY(answer,
                    co_await m_client.post(u"kv/txn"_s, transaction(key(uuid), revision, change)));
    const QJsonArray responses = answer[u"responses"_s].toArray();
    if (responses.size() != 1)
        co_return malformed(u"an answer without a result"_s);
    const QJsonObject response = responses.first().toObject();
    const bool done = answer[u"succeeded"_s].toBool();
    const bool changed =
        response.contains(u"response_put"_s) || response.contains(u"response_delete_range"_s);
    if (done != changed || done == response.contains(u"response_range"_s))
        co_return malformed(u"an answer that contradicts itself"_s);
    if (done) {
        m_seen.remove(uuid);
        co_return Outcome{.done = true, .now = {}};
    }
    LOCKSTEP_CO_TRY(now, storedIn(response[u"response_range"_s].toObject(), uuid));
    co_return Outcome{.done = false, .now = now};
}

Task<Result<EtcdArbiter::Outcome>>
EtcdArbiter::replace(DomainUuid uuid, std::optional<Grant> expected, QJsonObject change)
{
    constexpr int tries = 4; // the same grant may have been written again meanwhile
    const auto seen = m_seen.constFind(uuid);
    Stored now;
    if (seen != m_seen.constEnd() && seen->grant == expected) {
        now = *seen;
    } else {
        LOCKSTEP_CO_TRY(fetched, co_await fetch(uuid));
        now = fetched;
    }
    for (int i = 0; i < tries && now.grant == expected; ++i) {
        LOCKSTEP_CO_TRY(outcome, co_await commit(uuid, now.revision, change));
        if (outcome.done)
            co_return outcome;
        now = outcome.now;
    }
    if (now.grant == expected)
        co_return failure(
            Errc::ArbiterUnreachable,
            u"etcd: the record of domain %1 does not stand still"_s.arg(toString(uuid)));
    co_return Outcome{.done = false, .now = now};
}

Task<Result<std::optional<Grant>>> EtcdArbiter::read(DomainUuid uuid)
{
    LOCKSTEP_CO_TRY(stored, co_await fetch(uuid));
    co_return std::optional<Grant>{stored.grant};
}

Task<Result<Verdict>> EtcdArbiter::claim(Claim claim)
{
    LOCKSTEP_CO_CHECK(checkClaim(claim));
    // Going on alone without one is asked for by an administrator who knows that it is lost.
    if (!claim.expected && claim.kind != ClaimKind::Begin && claim.kind != ClaimKind::GoAlone) {
        co_return failure(Errc::InvalidArgument,
                          u"%1: nothing to change is recorded of it"_s.arg(claim.domain));
    }
    const QByteArray record = toRecord(claim.wanted, claim.uuid, claim.domain);
    LOCKSTEP_CO_TRY(outcome,
                    co_await replace(claim.uuid, claim.expected, put(key(claim.uuid), record)));
    if (outcome.done || outcome.now.grant == claim.wanted)
        co_return Verdict{.granted = true, .now = claim.wanted};
    co_return Verdict{.granted = false, .now = outcome.now.grant};
}

Task<Result<void>> EtcdArbiter::forget(DomainUuid uuid, Grant expected)
{
    const QJsonObject remove{{u"request_delete_range"_s, QJsonObject{{u"key"_s, key(uuid)}}}};
    LOCKSTEP_CO_TRY(outcome, co_await replace(uuid, expected, remove));
    if (outcome.done || !outcome.now.grant)
        co_return {};
    co_return failure(Errc::NotGranted,
                      u"etcd: the record of domain %1 has epoch %2, not %3"_s.arg(toString(uuid))
                          .arg(outcome.now.grant->epoch.value)
                          .arg(expected.epoch.value));
}

Task<Result<void>> EtcdArbiter::check(QString /*otherName*/)
{
    // The condition never holds, so nothing is written; but etcd looks whether it could be.
    const QString probe = base64((m_client.settings().prefix + u"check"_s).toUtf8());
    constexpr qint64 never = -1;
    LOCKSTEP_CO_TRY(
        answer, co_await m_client.post(u"kv/txn"_s, transaction(probe, never, put(probe, "-"))));
    if (answer[u"succeeded"_s].toBool())
        co_return malformed(u"it says yes to what cannot be"_s);
    co_return {};
}

} // namespace lockstep
