// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/Grant.h"

#include "base/Text.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <limits>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 recordFormat = 1;
constexpr qsizetype longestRecord = 1024;
constexpr quint64 largestEpoch = std::numeric_limits<qint64>::max();

bool isHost(const PeerId& id)
{
    constexpr qsizetype digits = 64;
    return id.value.size() == digits && std::ranges::all_of(id.value, [](QChar c) {
               return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f');
           });
}

/// What is wrong with a grant; nothing if it is sound.
QString flaw(const Grant& grant)
{
    if (grant.epoch.value > largestEpoch)
        return u"its epoch is too large"_s;
    if (!isHost(grant.owner))
        return u"its owner is no fingerprint"_s;
    if (!grant.shadow.value.isEmpty() && !isHost(grant.shadow))
        return u"its shadow is no fingerprint"_s;
    if (grant.shadow == grant.owner)
        return u"its owner is its own shadow"_s;
    if (grant.inStep && grant.shadow.value.isEmpty())
        return u"it has nobody in step"_s;
    return {};
}

std::unexpected<Error> refused(const Claim& claim, const QString& why)
{
    return failure(Errc::InvalidArgument, u"%1: the claim is wrong: %2"_s.arg(claim.domain, why),
                   u"Report it with lockstepd's journal."_s);
}

std::unexpected<Error> malformed(const DomainUuid& uuid, const QString& why)
{
    return failure(Errc::ArbiterMalformed,
                   u"the arbiter's record of domain %1 is unusable: %2"_s.arg(toString(uuid), why));
}

} // namespace

QString wordFor(ClaimKind kind)
{
    switch (kind) {
    case ClaimKind::Begin:
        return u"begin"_s;
    case ClaimKind::InStep:
        return u"in-step"_s;
    case ClaimKind::GoAlone:
        return u"go-alone"_s;
    case ClaimKind::Takeover:
        return u"takeover"_s;
    case ClaimKind::Cede:
        return u"cede"_s;
    }
    return {};
}

Result<void> checkClaim(const Claim& claim)
{
    if (claim.uuid.value.isNull())
        return refused(claim, u"it is for no domain"_s);
    if (const QString wrong = flaw(claim.wanted); !wrong.isEmpty())
        return refused(claim, wrong);
    const bool alone = decides(claim.kind) || claim.kind == ClaimKind::Cede;
    if (alone && claim.wanted.inStep)
        return refused(claim, u"a host that decides alone has no shadow in step"_s);
    if (claim.kind == ClaimKind::Cede && claim.wanted.owner != claim.other)
        return refused(claim, u"only the other host can be ceded to"_s);
    if (!claim.expected)
        return {};
    const Grant& before = *claim.expected;
    const bool larger = claim.wanted.epoch.value > before.epoch.value;
    if (claim.kind == ClaimKind::InStep ? claim.wanted.epoch != before.epoch : !larger)
        return refused(
            claim, u"epoch %1 after %2"_s.arg(claim.wanted.epoch.value).arg(before.epoch.value));
    const bool ownerStays = claim.wanted.owner == before.owner;
    if (decides(claim.kind) || claim.kind == ClaimKind::InStep) {
        if (ownerStays == (claim.kind == ClaimKind::Takeover))
            return refused(claim, u"it has the wrong owner"_s);
    }
    if (claim.kind == ClaimKind::Takeover
        && (!before.inStep || claim.wanted.owner != before.shadow))
        return refused(claim, u"that shadow is not in step"_s);
    return {};
}

QByteArray toRecord(const Grant& grant, const DomainUuid& uuid, const QString& domain)
{
    constexpr qsizetype longestName = 100;
    const QJsonObject record{
        {u"format"_s, recordFormat},
        {u"uuid"_s, toString(uuid)},
        {u"domain"_s, printable(domain.first(std::min(domain.size(), longestName)))},
        {u"epoch"_s, static_cast<qint64>(grant.epoch.value)},
        {u"owner"_s, grant.owner.value},
        {u"shadow"_s, grant.shadow.value},
        {u"inStep"_s, grant.inStep}};
    return QJsonDocument{record}.toJson(QJsonDocument::Compact);
}

Result<Grant> grantFromRecord(const QByteArray& text, const DomainUuid& uuid)
{
    if (text.size() > longestRecord)
        return malformed(uuid, u"it has %1 bytes"_s.arg(text.size()));
    const auto document = QJsonDocument::fromJson(text);
    if (!document.isObject())
        return malformed(uuid, u"it is no JSON object"_s);
    const QJsonObject record = document.object();
    const qint64 format = record[u"format"_s].toInteger(-1);
    if (format != recordFormat)
        return malformed(uuid, u"its format is %1, not %2"_s.arg(format).arg(recordFormat));
    if (record.keys()
        != QStringList{u"domain"_s, u"epoch"_s, u"format"_s, u"inStep"_s, u"owner"_s, u"shadow"_s,
                       u"uuid"_s})
        return malformed(uuid, u"it has other fields than a record"_s);
    if (record[u"uuid"_s] != toString(uuid))
        return malformed(uuid,
                         u"it is of domain %1"_s.arg(printable(record[u"uuid"_s].toString())));
    const qint64 epoch = record[u"epoch"_s].toInteger(-1);
    if (epoch < 0)
        return malformed(uuid, u"its epoch is no whole number from 0"_s);
    if (!record[u"owner"_s].isString() || !record[u"shadow"_s].isString()
        || !record[u"domain"_s].isString() || !record[u"inStep"_s].isBool())
        return malformed(uuid, u"a field is of the wrong type"_s);
    Grant grant{.epoch = Epoch{static_cast<quint64>(epoch)},
                .owner = PeerId{record[u"owner"_s].toString()},
                .shadow = PeerId{record[u"shadow"_s].toString()},
                .inStep = record[u"inStep"_s].toBool()};
    if (const QString wrong = flaw(grant); !wrong.isEmpty())
        return malformed(uuid, wrong);
    return grant;
}

} // namespace lockstep
