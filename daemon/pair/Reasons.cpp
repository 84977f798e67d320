// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Reasons.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace failover;

namespace {

QString joined(const QString& first, const QString& second)
{
    if (first.isEmpty() || second.isEmpty())
        return first + second;
    return first + u"; "_s + second;
}

/// A QEMU that hangs in a checkpoint does so until its connections to a peer that is gone are cut.
bool mayRecover(const Mind& mind)
{
    return mind.qemu == QemuSense::Hung && mind.peer != PeerSense::Alive;
}

/// Who is to decide, and what holds that up.
QString waitsFor(const Mind& mind, const ReasonParts& parts)
{
    if (mind.isHandingOver())
        return u"%1 takes it over"_s.arg(parts.peer);
    if (mind.arbitration == Arbitration::Manual) {
        return mind.isPrimary()
            ? u"the guest's output is held; if %1 is off, 'lockstep continue-alone %2' lets it go on here, else 'lockstep takeover %2' there"_s
                  .arg(parts.peer, parts.domain)
            : u"if %1 is off, 'lockstep takeover %2' makes the shadow on this host live"_s.arg(
                  parts.peer, parts.domain);
    }
    if (mind.arbiterLost)
        return u"waiting for arbiter %1%2"_s.arg(
            parts.arbiter, parts.error.isEmpty() ? QString{} : u": "_s + parts.error);
    return u"arbiter %1 decides who goes on"_s.arg(parts.arbiter);
}

QString howToProtect(const Mind& mind, const ReasonParts& parts)
{
    if (!mind.autoProtect)
        return u"'lockstep protect %1' gives it a shadow"_s.arg(parts.domain);
    const bool isSaid = parts.error.isEmpty() || parts.error == parts.why;
    const QString last = isSaid ? QString{} : u"the last attempt failed: %1"_s.arg(parts.error);
    return joined(last, u"it is protected again as soon as %1 can"_s.arg(parts.peer));
}

} // namespace

QString reasonFor(const Mind& mind, const ReasonParts& parts)
{
    switch (mind.state) {
    case PairState::Preparing:
    case PairState::Copying:
    case PairState::Protected:
        return {};
    case PairState::Confirming:
        return mind.arbiterLost ? waitsFor(mind, parts) : QString{};
    case PairState::Interrupted:
        if (mind.isPrimary() && isUseless(mind.qemu) && !mayRecover(mind))
            return joined(parts.why,
                          mind.arbitration == Arbitration::Manual
                              ? u"'lockstep takeover %1' on %2 goes on with the shadow"_s.arg(
                                    parts.domain, parts.peer)
                              : u"%1 goes on with the shadow"_s.arg(parts.peer));
        if (!mind.isPrimary() && (mind.qemu == QemuSense::Died || mind.qemu == QemuSense::Hung))
            return joined(parts.why, u"the primary on %1 goes on alone"_s.arg(parts.peer));
        return joined(parts.why, waitsFor(mind, parts));
    case PairState::TakingOver:
        return joined(parts.why, u"the shadow goes live"_s);
    case PairState::Merging:
        return parts.error.isEmpty() ? u"live here; the disks' overlays are being merged"_s
                                     : u"live here, but not plain yet: %1"_s.arg(parts.error);
    case PairState::Alone:
        return joined(parts.why, howToProtect(mind, parts));
    case PairState::Stale:
        return u"%1 has taken the domain over; what is here is out of date"_s.arg(parts.peer);
    case PairState::Undoing:
        return joined(parts.why,
                      mind.isPrimary() ? u"going on without the shadow"_s
                                       : u"the shadow is discarded"_s);
    case PairState::Off:
        return mind.sole ? u"the guest is off; 'virsh start %1' starts it here"_s.arg(parts.domain)
                         : joined(u"the guest is off"_s, waitsFor(mind, parts));
    }
    return {};
}

Error refusal(const QString& kind, const PairRecord& record, const Mind& mind)
{
    const QString state = toString(mind.state);
    if (mind.state == PairState::Stale || (!mind.isPrimary() && kind != u"takeover"))
        return {Errc::WrongRole,
                u"%1 has taken domain %2 over"_s.arg(record.peerName, record.domain)};
    if (kind == u"protect" && mind.peer != PeerSense::Alive)
        return {Errc::PeerUnreachable,
                u"domain %1 cannot be protected: there are no heartbeats from %2"_s.arg(
                    record.domain, record.peerName)};
    if (kind == u"protect")
        return {
            Errc::Busy,
            u"domain %1 cannot be protected now: %2 still has something of an earlier protection"_s
                .arg(record.domain, record.peerName)};
    if (kind == u"takeover" || kind == u"switchover")
        return {Errc::NotInStep,
                u"the shadow of domain %1 cannot take over: the pair is %2"_s.arg(record.domain,
                                                                                  state)};
    if (mind.state == PairState::Interrupted && isUseless(mind.qemu)) {
        return {Errc::WrongRole,
                u"QEMU of domain %1 %2 on this host; there is nothing here to go on with"_s.arg(
                    record.domain,
                    mind.qemu == QemuSense::Hung ? u"does not answer"_s : u"has ended"_s),
                u"Go on with the shadow: 'lockstep takeover %1' on %2."_s.arg(record.domain,
                                                                              record.peerName)};
    }
    return {Errc::NotProtected,
            u"domain %1 is %2; there is no shadow to leave"_s.arg(record.domain, state)};
}

QString startRefusal(const Mind& mind, const PairRecord& record)
{
    const QString look = u"'lockstep show %1' on either host tells more"_s.arg(record.domain);
    if (!mind.known || mind.state == PairState::Stale)
        return u"it is %1's since epoch %2, and what is here is out of date; start it there; %3"_s
            .arg(record.peerName, QString::number(mind.epoch), look);
    if (!mind.isPrimary())
        return u"this host keeps its shadow; it runs on %1 under epoch %2; %3"_s.arg(
            record.peerName, QString::number(mind.epoch), look);
    return u"it was protected by %1 under epoch %2, and %1 may have taken it over; it is not decided yet which host has its newest state; %3"_s
        .arg(record.peerName, QString::number(mind.epoch), look);
}

} // namespace lockstep
