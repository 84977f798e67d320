// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Record.h"

#include "base/PairSettingTable.h"

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QString lossWord(bool primaryContinues)
{
    return primaryContinues ? pair_setting::primaryContinues : pair_setting::wait;
}

/// A number that may not be negative.
Result<quint64> number(const QJsonObject& json, const QString& name)
{
    const auto value = json[name].toInteger(-1);
    if (value < 0)
        return failure(Errc::Malformed, u"pair record without %1"_s.arg(name));
    return quint64(value);
}

} // namespace

QJsonObject PairSettings::toJson() const
{
    return {{u"arbiter"_s, nameOf(arbiter)},
            {u"on-arbiter-loss"_s, lossWord(primaryContinues)},
            {u"auto-protect"_s, autoProtect},
            {u"reuse-disks"_s, reuseDisks}};
}

Result<PairSettings> PairSettings::fromJson(const QJsonObject& json)
{
    PairSettings settings;
    const auto kind = arbiterKindFromName(json[u"arbiter"].toString());
    if (!kind)
        return failure(Errc::Malformed, u"settings of a pair without a known arbiter"_s);
    const QString loss = json[u"on-arbiter-loss"].toString();
    if (!checkPairSetting(pair_setting::onArbiterLoss, loss))
        return failure(Errc::Malformed, u"settings of a pair without a known on-arbiter-loss"_s);
    if (!json[u"auto-protect"].isBool())
        return failure(Errc::Malformed, u"settings of a pair without auto-protect"_s);
    // Earlier versions did not write it.
    const auto reuse = json[u"reuse-disks"];
    if (!reuse.isBool() && !reuse.isUndefined())
        return failure(Errc::Malformed, u"settings of a pair without a proper reuse-disks"_s);
    return PairSettings{*kind, loss == pair_setting::primaryContinues,
                        json[u"auto-protect"].toBool(), reuse.toBool()};
}

bool PairRecord::isEngaged() const
{
    switch (state) {
    case PairState::Preparing:
    case PairState::Copying:
    case PairState::Confirming:
    case PairState::Protected:
    case PairState::Interrupted:
    case PairState::TakingOver:
    case PairState::Merging:
    case PairState::Undoing:
        return true;
    case PairState::Alone:
    case PairState::Stale:
    case PairState::Off:
        return false;
    }
    return true;
}

QJsonObject PairRecord::toJson() const
{
    return {{u"uuid"_s, toString(uuid)},
            {u"domain"_s, domain},
            {u"role"_s, toString(role)},
            {u"peer"_s, peer.value},
            {u"peer-name"_s, peerName},
            {u"state"_s, toString(state)},
            {u"reason"_s, reason},
            {u"epoch"_s, qint64(epoch.value)},
            {u"sole"_s, sole},
            {u"claimed"_s, claimed},
            {u"promised"_s, promised},
            {u"promise"_s, qint64(promise)},
            {u"settings"_s, settings.toJson()},
            {u"since"_s, since.toString(Qt::ISODateWithMs)},
            {u"spec"_s, spec.toJson()},
            {u"image-directory"_s, imageDirectory},
            {u"definition"_s, definition},
            {u"defined-here"_s, definedHere},
            {u"merged"_s, merged},
            {u"suspended"_s, suspended},
            {u"resumes"_s, resumes}};
}

Result<PairRecord> PairRecord::fromJson(const QJsonObject& json)
{
    const auto role = roleFromString(json[u"role"].toString());
    const auto state = pairStateFromString(json[u"state"].toString());
    if (!role || !state)
        return failure(Errc::Malformed, u"pair record without a known role and state"_s);
    const auto epoch = number(json, u"epoch"_s);
    if (!epoch)
        return std::unexpected{epoch.error()};
    const auto promise = number(json, u"promise"_s);
    if (!promise)
        return std::unexpected{promise.error()};
    const auto settings = PairSettings::fromJson(json[u"settings"].toObject());
    if (!settings)
        return std::unexpected{settings.error().during(u"pair record"_s)};
    for (const auto& flag : {u"sole"_s, u"claimed"_s, u"promised"_s}) {
        if (!json[flag].isBool())
            return failure(Errc::Malformed, u"pair record without %1"_s.arg(flag));
    }
    auto spec = ReplicationSpec::fromJson(json[u"spec"].toObject());
    if (!spec)
        return std::unexpected{spec.error().during(u"pair record"_s)};
    PairRecord record;
    record.uuid = spec->uuid;
    record.domain = json[u"domain"].toString();
    record.role = *role;
    record.peer = {json[u"peer"].toString()};
    record.peerName = json[u"peer-name"].toString();
    record.state = *state;
    record.reason = json[u"reason"].toString();
    record.epoch = {*epoch};
    record.sole = json[u"sole"].toBool();
    record.claimed = json[u"claimed"].toBool();
    record.promised = json[u"promised"].toBool();
    record.promise = *promise;
    record.settings = *settings;
    record.since = QDateTime::fromString(json[u"since"].toString(), Qt::ISODateWithMs);
    record.spec = std::move(*spec);
    record.imageDirectory = json[u"image-directory"].toString();
    record.definition = json[u"definition"].toString();
    record.definedHere = json[u"defined-here"].toBool();
    record.merged = json[u"merged"].toBool();
    record.suspended = json[u"suspended"].toBool();
    record.resumes = quint16(json[u"resumes"].toInteger());
    return record;
}

PairView PairRecord::toView() const
{
    PairView view;
    view.uuid = uuid;
    view.domain = domain;
    view.role = role;
    view.state = state;
    view.reason = reason;
    view.peerName = peerName;
    view.peer = peer;
    view.epoch = epoch;
    view.arbiter = nameOf(settings.arbiter);
    view.onArbiterLoss = lossWord(settings.primaryContinues);
    view.autoProtect = settings.autoProtect;
    view.reuseDisks = settings.reuseDisks;
    view.suspended = suspended && state == PairState::Protected;
    view.since = since;
    for (const auto& disk : spec.disks)
        view.disks.append({disk.target, disk.source, disk.replica, disk.size});
    for (const auto& nic : spec.nics)
        view.nics.append({nic.mac, nic.bridge, nic.alias});
    return view;
}

} // namespace lockstep
