// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Record.h"

namespace lockstep {

using namespace Qt::StringLiterals;

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
            {u"since"_s, since.toString(Qt::ISODateWithMs)},
            {u"spec"_s, spec.toJson()},
            {u"image-directory"_s, imageDirectory},
            {u"definition"_s, definition},
            {u"defined-here"_s, definedHere}};
}

Result<PairRecord> PairRecord::fromJson(const QJsonObject& json)
{
    const auto role = roleFromString(json[u"role"].toString());
    const auto state = pairStateFromString(json[u"state"].toString());
    if (!role || !state)
        return failure(Errc::Malformed, u"pair record without a known role and state"_s);
    const auto epoch = json[u"epoch"].toInteger(-1);
    if (epoch < 0)
        return failure(Errc::Malformed, u"pair record without an epoch"_s);
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
    record.epoch = {quint64(epoch)};
    record.since = QDateTime::fromString(json[u"since"].toString(), Qt::ISODateWithMs);
    record.spec = std::move(*spec);
    record.imageDirectory = json[u"image-directory"].toString();
    record.definition = json[u"definition"].toString();
    record.definedHere = json[u"defined-here"].toBool();
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
    view.since = since;
    for (const auto& disk : spec.disks)
        view.disks.append({disk.target, disk.source, disk.replica, disk.size});
    for (const auto& nic : spec.nics)
        view.nics.append({nic.mac, nic.bridge, nic.alias});
    return view;
}

} // namespace lockstep
