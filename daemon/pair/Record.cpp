// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Record.h"

#include "base/PairSettingTable.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::array modeNames{std::pair{Mode::Colo, pair_setting::colo},
                               std::pair{Mode::Remus, pair_setting::remus},
                               std::pair{Mode::Kemari, pair_setting::kemari}};

/// Members that only settings of the mode auto have.
constexpr auto modeInForce = "mode-in-force"_L1;
constexpr auto periodInForce = "period-in-force"_L1;
constexpr auto longestPeriod = 600s; // as the longest max-exposure

std::optional<Mode> modeFrom(const QString& word)
{
    const auto* const found = std::ranges::find_if(
        modeNames, [&word](const auto& entry) { return entry.second == word; });
    return found == modeNames.end() ? std::nullopt : std::optional{found->first};
}

qint64 microseconds(std::chrono::milliseconds time)
{
    return std::chrono::microseconds{time}.count();
}

QString lossWord(bool primaryContinues)
{
    return primaryContinues ? pair_setting::primaryContinues : pair_setting::wait;
}

/// Whether every version has written it; what is missing else has its default.
bool isOld(const PairSetting& setting)
{
    return setting.name == pair_setting::arbiter || setting.name == pair_setting::onArbiterLoss
        || setting.name == pair_setting::autoProtect;
}

/// What lockstepd has picked; it begins with colo. Errors: Malformed.
Result<void> readChoice(const QJsonObject& json, PairSettings& settings)
{
    Protocol& protocol = settings.protocol;
    protocol.mode = Mode::Colo;
    protocol.period = settings.governing.maxExposure;
    if (!json.contains(modeInForce))
        return {};
    const auto mode = modeFrom(json[modeInForce].toString());
    const auto period = std::chrono::milliseconds{json[periodInForce].toInteger(-1) / 1'000};
    if (!mode || json[periodInForce].toInteger(-1) < 0 || period > longestPeriod)
        return failure(
            Errc::Malformed,
            u"settings of a pair without a proper %1 and %2"_s.arg(modeInForce, periodInForce));
    protocol.mode = *mode;
    protocol.period = period;
    return {};
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

QString nameOf(Mode mode)
{
    return std::ranges::find(modeNames, mode, &std::pair<Mode, QLatin1StringView>::first)->second;
}

std::chrono::milliseconds PairSettings::interval() const
{
    const auto longest = protocol.interval();
    if (!governing.automatic)
        return longest;
    const auto bounded = std::min(longest, protocol.idlePeriod);
    return governing.maxExposure > 0ms ? std::min(bounded, governing.maxExposure) : bounded;
}

void PairSettings::obeyLimits()
{
    if (!governing.automatic)
        return;
    switch (protocol.mode) {
    case Mode::Colo:
        protocol.period = governing.maxExposure;
        return;
    case Mode::Remus:
        protocol.period = protocol.hold();
        if (governing.maxExposure > 0ms)
            protocol.period = std::min(protocol.period, governing.maxExposure);
        return;
    case Mode::Kemari:
        protocol.period = 0ms;
        return;
    }
}

QJsonObject PairSettings::toJson() const
{
    using namespace pair_setting;
    QJsonObject json{{pair_setting::arbiter, nameOf(this->arbiter)},
                     {onArbiterLoss, lossWord(this->primaryContinues)},
                     {pair_setting::autoProtect, this->autoProtect},
                     {pair_setting::reuseDisks, this->reuseDisks},
                     {mode, governing.automatic ? QString{automatic} : nameOf(protocol.mode)},
                     {period, microseconds(governing.automatic ? 0ms : protocol.period)},
                     {pair_setting::maxExposure, microseconds(governing.maxExposure)},
                     {pair_setting::maxStopped, governing.maxStopped},
                     {idlePeriod, microseconds(protocol.idlePeriod)},
                     {compareTimeout, microseconds(protocol.compareTimeout)},
                     {scanCycle, microseconds(protocol.scanCycle)},
                     {queueLimit, protocol.queueLimit},
                     {bandwidth, transfer.bandwidth.value},
                     {pair_setting::copySpeed, this->copySpeed.value},
                     {channels, transfer.channels},
                     {compression, QString{nameOf(transfer.compression)}}};
    if (governing.automatic) {
        json.insert(modeInForce, nameOf(protocol.mode));
        json.insert(periodInForce, microseconds(protocol.period));
    }
    return json;
}

Result<PairSettings> PairSettings::fromJson(const QJsonObject& json)
{
    for (const PairSetting& setting : pairSettings()) {
        const auto value = json[setting.name];
        if (value.isUndefined() && !isOld(setting))
            continue;
        if (!checkPairSetting(setting, value))
            return failure(Errc::Malformed,
                           u"settings of a pair without a proper %1"_s.arg(setting.name));
    }
    const auto time = [&json](QLatin1StringView name, std::chrono::milliseconds usual) {
        return std::chrono::milliseconds{json[name].toInteger(microseconds(usual)) / 1'000};
    };
    using namespace pair_setting;
    const Protocol usual;
    const Governing usually;
    PairSettings settings{
        .arbiter = arbiterKindFromName(json[pair_setting::arbiter].toString())
                       .value_or(ArbiterKind::Manual),
        .primaryContinues = json[onArbiterLoss].toString() == pair_setting::primaryContinues,
        .autoProtect = json[pair_setting::autoProtect].toBool(),
        .reuseDisks = json[pair_setting::reuseDisks].toBool(),
        .protocol = {.mode = modeFrom(json[mode].toString()).value_or(Mode::Colo),
                     .period = time(period, usual.period),
                     .idlePeriod = time(idlePeriod, usual.idlePeriod),
                     .compareTimeout = time(compareTimeout, usual.compareTimeout),
                     .scanCycle = time(scanCycle, usual.scanCycle),
                     .queueLimit = json[queueLimit].toInt(usual.queueLimit)},
        .transfer = {.bandwidth = {json[bandwidth].toInteger()},
                     .channels = json[channels].toInt(1),
                     .compression = compressionFromName(json[compression].toString())},
        .copySpeed = {json[pair_setting::copySpeed].toInteger()},
        .governing = {.automatic = json[mode].toString() == automatic,
                      .maxExposure = time(pair_setting::maxExposure, usually.maxExposure),
                      .maxStopped = json[pair_setting::maxStopped].toInt(usually.maxStopped)}};
    if (settings.governing.automatic) {
        if (const auto read = readChoice(json, settings); !read)
            return std::unexpected{read.error()};
    }
    return settings;
}

QJsonObject LastCopy::toJson() const
{
    return {{u"identity"_s, identity},
            {u"peer"_s, peer.value},
            {u"epoch"_s, qint64(epoch.value)},
            {u"lost"_s, lost}};
}

LastCopy LastCopy::fromJson(const QJsonObject& json)
{
    return {json[u"identity"].toString(),
            {json[u"peer"].toString()},
            {quint64(json[u"epoch"].toInteger())},
            json[u"lost"].toString()};
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
            {u"resumes"_s, resumes},
            {u"last-copy"_s, lastCopy.toJson()}};
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
    record.lastCopy = LastCopy::fromJson(json[u"last-copy"].toObject());
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
    view.mode = settings.governing.automatic ? QString{pair_setting::automatic}
                                             : nameOf(settings.protocol.mode);
    view.period = settings.governing.automatic ? 0ms : settings.protocol.period;
    view.modeInForce = nameOf(settings.protocol.mode);
    view.periodInForce = settings.protocol.periodInForce();
    view.maxExposure = settings.governing.maxExposure;
    view.maxStopped = settings.governing.maxStopped;
    view.idlePeriod = settings.protocol.idlePeriod;
    view.compareTimeout = settings.protocol.compareTimeout;
    view.scanCycle = settings.protocol.scanCycle;
    view.queueLimit = settings.protocol.queueLimit;
    view.bandwidth = settings.transfer.bandwidth;
    view.copySpeed = settings.copySpeed;
    view.channels = settings.transfer.channels;
    view.compression = nameOf(settings.transfer.compression);
    view.suspended = suspended && state == PairState::Protected;
    view.since = since;
    for (const auto& disk : spec.disks)
        view.disks.append({disk.target, disk.source, disk.replica, disk.size});
    for (const auto& nic : spec.nics)
        view.nics.append({nic.mac, nic.bridge, nic.alias});
    return view;
}

} // namespace lockstep
