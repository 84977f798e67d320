// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Reconcile.h"

namespace lockstep {

using namespace Qt::StringLiterals;

QJsonObject TheirView::toJson() const
{
    return {{u"known"_s, known},
            {u"role"_s, toString(role)},
            {u"state"_s, toString(state)},
            {u"epoch"_s, qint64(epoch.value)},
            {u"domain-runs"_s, domainRuns}};
}

Result<TheirView> TheirView::fromJson(const QJsonObject& json)
{
    TheirView view;
    const auto role = roleFromString(json[u"role"].toString());
    const auto state = pairStateFromString(json[u"state"].toString());
    const auto epoch = json[u"epoch"].toInteger(-1);
    if (!json[u"known"].isBool() || !role || !state || epoch < 0 || !json[u"domain-runs"].isBool())
        return failure(Errc::ProtocolError,
                       u"a view of a pair without known, role, state, epoch or domain-runs"_s);
    return TheirView{
        json[u"known"].toBool(), *role, *state, {quint64(epoch)}, json[u"domain-runs"].toBool()};
}

namespace {

Consequence asSecondary(const PairRecord& own, const TheirView& theirs)
{
    // Somebody said "take over" here: the shadow is the domain now, whatever the other side thinks.
    if (own.state == PairState::TakingOver)
        return Consequence::None;
    // There is no shadow; what may run here, somebody started by hand.
    if (own.state == PairState::Stale)
        return Consequence::None;
    const bool neverInStep = own.state == PairState::Preparing || own.state == PairState::Copying;
    if (!theirs.known)
        return theirs.domainRuns || neverInStep ? Consequence::DiscardShadow : Consequence::None;
    // A primary that is stale has given way to this shadow: it is the newest copy there is, even if
    // its takeover has not been saved here yet.
    if (theirs.role != Role::Primary || theirs.state == PairState::Stale)
        return Consequence::None;
    const bool wentOn = theirs.epoch.value > own.epoch.value;
    const bool ended = theirs.epoch.value >= own.epoch.value
        && (theirs.state == PairState::Alone || theirs.state == PairState::Off
            || theirs.state == PairState::Undoing);
    return wentOn || ended ? Consequence::DiscardShadow : Consequence::None;
}

Consequence asPrimary(const PairRecord& own, const TheirView& theirs)
{
    const bool countsOnShadow =
        own.state == PairState::Protected || own.state == PairState::Interrupted;
    const bool noShadow =
        !theirs.known || (theirs.role == Role::Secondary && theirs.state == PairState::Stale);
    if (noShadow || theirs.role == Role::Secondary)
        return countsOnShadow && noShadow ? Consequence::ShadowLost : Consequence::None;
    // Both say primary.
    if (theirs.state == PairState::Stale || own.state == PairState::Stale)
        return Consequence::None;
    if (theirs.epoch.value < own.epoch.value)
        return Consequence::None; // they will give way
    if (theirs.epoch.value == own.epoch.value)
        return Consequence::Conflict;
    // They took over from us. Under COLO this side has been held ever since and may go; a side that
    // went on alone has served clients and may not.
    if (countsOnShadow || own.state == PairState::Off)
        return Consequence::BecomeStale;
    return theirs.domainRuns ? Consequence::Conflict : Consequence::None;
}

} // namespace

Consequence reconcile(const PairRecord& own, const TheirView& theirs)
{
    return own.role == Role::Secondary ? asSecondary(own, theirs) : asPrimary(own, theirs);
}

} // namespace lockstep
