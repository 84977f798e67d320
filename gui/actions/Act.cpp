// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/actions/Act.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

struct Row
{
    Act act;
    const char* text;
    const char* help;
    QLatin1StringView icon;
    QKeyCombination shortcut;
};

constexpr std::array rows{
    Row{Act::Protect, QT_TRANSLATE_NOOP("Act", "&Protect a Domain..."),
        QT_TRANSLATE_NOOP("Act", "Give a running domain a live shadow on another host."),
        "shield"_L1, Qt::CTRL | Qt::Key_P},
    Row{Act::Unprotect, QT_TRANSLATE_NOOP("Act", "&Unprotect..."),
        QT_TRANSLATE_NOOP("Act", "End protection; the domain is a plain one again."),
        "unprotect"_L1, Qt::CTRL | Qt::SHIFT | Qt::Key_U},
    Row{Act::SwitchOver, QT_TRANSLATE_NOOP("Act", "&Switch Over..."),
        QT_TRANSLATE_NOOP("Act",
                          "A planned change of roles: the domain moves to the other host, "
                          "nothing is lost."),
        "switchover"_L1, Qt::CTRL | Qt::SHIFT | Qt::Key_S},
    Row{Act::TakeOver, QT_TRANSLATE_NOOP("Act", "&Take Over..."),
        QT_TRANSLATE_NOOP("Act", "Let the shadow on this host go live."), "moving"_L1,
        Qt::CTRL | Qt::SHIFT | Qt::Key_T},
    Row{Act::ContinueAlone, QT_TRANSLATE_NOOP("Act", "Go on &Alone..."),
        QT_TRANSLATE_NOOP("Act", "The domain on this host goes on without its shadow."), "alone"_L1,
        Qt::CTRL | Qt::SHIFT | Qt::Key_A},
    Row{Act::PairSettings, QT_TRANSLATE_NOOP("Act", "S&ettings of the Pair..."),
        QT_TRANSLATE_NOOP("Act", "How the pair is kept in step and fails over."), "settings"_L1,
        Qt::CTRL | Qt::Key_E},
    Row{Act::CancelJob, QT_TRANSLATE_NOOP("Act", "&Cancel the Job"),
        QT_TRANSLATE_NOOP("Act", "Stop what is being done to the domain, and undo it."), "cross"_L1,
        Qt::CTRL | Qt::Key_Period},
    Row{Act::DrainHost, QT_TRANSLATE_NOOP("Act", "&Drain This Host..."),
        QT_TRANSLATE_NOOP("Act",
                          "Switch every protected domain of this host over, one after the "
                          "other."),
        "drain"_L1, Qt::CTRL | Qt::SHIFT | Qt::Key_D},
    Row{Act::AddPeer, QT_TRANSLATE_NOOP("Act", "Add a &Host..."),
        QT_TRANSLATE_NOOP("Act", "Make another host known, by its address."), "add"_L1,
        Qt::CTRL | Qt::Key_N},
    Row{Act::AcceptPeer,
        QT_TRANSLATE_NOOP("Act", "A&ccept the Host..."),
        QT_TRANSLATE_NOOP("Act", "Trust a host that has asked, after comparing fingerprints."),
        "check"_L1,
        {}},
    Row{Act::LinkSettings,
        QT_TRANSLATE_NOOP("Act", "&Link Settings..."),
        QT_TRANSLATE_NOOP("Act", "Heartbeats to the host, and a second path."),
        "link"_L1,
        {}},
    Row{Act::RemovePeer,
        QT_TRANSLATE_NOOP("Act", "&Remove the Host..."),
        QT_TRANSLATE_NOOP("Act", "Forget a host that no pair needs."),
        "cross"_L1,
        {}},
};

constexpr auto order = [] {
    std::array<Act, rows.size()> all{};
    std::ranges::transform(rows, all.begin(), &Row::act);
    return all;
}();

QString translated(const char* text) { return QCoreApplication::translate("Act", text); }

Permission yes() { return {.allowed = true, .why = {}}; }

Permission no(const QString& why) { return {.allowed = false, .why = why}; }

Permission onlyIf(bool allowed, const char* why) { return allowed ? yes() : no(translated(why)); }

bool isOneOf(const QString& word, std::initializer_list<QLatin1StringView> words)
{
    return std::ranges::any_of(words, [&word](QLatin1StringView one) { return word == one; });
}

Permission switchOverOf(const Pair& pair)
{
    return onlyIf(pair.state == "protected"_L1,
                  QT_TRANSLATE_NOOP("Act", "Only a pair that is protected can be switched over."));
}

Permission takeOverOf(const Pair& pair)
{
    if (pair.isPrimary()) {
        return onlyIf(pair.state == "merging"_L1,
                      QT_TRANSLATE_NOOP("Act",
                                        "The domain runs here. Take over on the host of "
                                        "the shadow."));
    }
    return onlyIf(isOneOf(pair.state, {"protected"_L1, "interrupted"_L1}),
                  QT_TRANSLATE_NOOP("Act", "The shadow here is not in step."));
}

Permission aloneOf(const Pair& pair)
{
    if (!pair.isPrimary())
        return no(translated(QT_TRANSLATE_NOOP("Act",
                                               "Only the host that the domain runs on can go on "
                                               "alone.")));
    return onlyIf(isOneOf(pair.state, {"protected"_L1, "interrupted"_L1, "undoing"_L1, "off"_L1}),
                  QT_TRANSLATE_NOOP("Act", "The domain has no shadow."));
}

Permission protectOf(const Pair& pair)
{
    if (!pair.isPrimary())
        return no(translated(QT_TRANSLATE_NOOP("Act",
                                               "A domain is protected on the host that it runs "
                                               "on.")));
    return onlyIf(pair.state == "alone"_L1,
                  QT_TRANSLATE_NOOP("Act", "The domain has a shadow, or is about to have one."));
}

Permission unprotectOf(const Pair& pair)
{
    return onlyIf(pair.isPrimary() || isOneOf(pair.state, {"stale"_L1, "off"_L1}),
                  QT_TRANSLATE_NOOP("Act", "Unprotect it on the host that it runs on."));
}

Permission settingsOf(const Pair& pair)
{
    if (!pair.isPrimary())
        return no(translated(QT_TRANSLATE_NOOP("Act",
                                               "Settings are changed on the host that the domain "
                                               "runs on.")));
    return onlyIf(isOneOf(pair.state, {"protected"_L1, "alone"_L1, "off"_L1, "copying"_L1}),
                  QT_TRANSLATE_NOOP("Act",
                                    "The pair is busy. Wait until it is protected or "
                                    "alone."));
}

Permission pairPermission(Act act, const Source& source, const Pair& pair)
{
    const Job* const job = source.runningJob(pair.uuid);
    if (act == Act::CancelJob) {
        return onlyIf(job && job->cancellable,
                      job ? QT_TRANSLATE_NOOP("Act",
                                              "This job cannot be cancelled, or not any "
                                              "more.")
                          : QT_TRANSLATE_NOOP("Act", "No job works on this domain."));
    }
    if (act == Act::PairSettings)
        return settingsOf(pair);
    if (job)
        return no(translated(QT_TRANSLATE_NOOP("Act",
                                               "A job works on this domain. Wait for it, or cancel "
                                               "it.")));
    switch (act) {
    case Act::SwitchOver:
        return switchOverOf(pair);
    case Act::TakeOver:
        return takeOverOf(pair);
    case Act::ContinueAlone:
        return aloneOf(pair);
    case Act::Protect:
        return protectOf(pair);
    case Act::Unprotect:
        return unprotectOf(pair);
    default:
        return {};
    }
}

Permission peerPermission(Act act, const Source& source, const Peer& peer)
{
    if (act == Act::AcceptPeer)
        return onlyIf(peer.trust == "asked"_L1,
                      QT_TRANSLATE_NOOP("Act", "This host is accepted already."));
    if (act == Act::LinkSettings)
        return onlyIf(peer.trust == "trusted"_L1,
                      QT_TRANSLATE_NOOP("Act",
                                        "There is no link before both hosts trust each "
                                        "other."));
    const auto pairs = source.pairs();
    const bool isNeeded = std::ranges::any_of(
        pairs, [&peer](const Pair& pair) { return pair.peerFingerprint == peer.fingerprint; });
    return onlyIf(!isNeeded,
                  QT_TRANSLATE_NOOP("Act", "Pairs need this host. Unprotect them first."));
}

Permission drainPermission(const Source& source)
{
    const auto pairs = source.pairs();
    const auto isHere = [](const Pair& pair) { return pair.isPrimary() && pair.state != "off"_L1; };
    if (std::ranges::none_of(pairs, isHere))
        return no(translated(QT_TRANSLATE_NOOP("Act", "No protected domain runs on this host.")));
    const auto hinders = std::ranges::find_if(pairs, [&isHere](const Pair& pair) {
        return isHere(pair) && pair.state != "protected"_L1;
    });
    if (hinders != pairs.end())
        return no(translated(QT_TRANSLATE_NOOP("Act", "%1 has no shadow that is in step."))
                      .arg(hinders->domain));
    return yes();
}

} // namespace

std::span<const Act> allActs() { return order; }

ActInfo actInfo(Act act)
{
    const auto& row = *std::ranges::find(rows, act, &Row::act);
    return {.act = act,
            .text = translated(row.text),
            .help = translated(row.help),
            .icon = row.icon,
            .shortcut =
                row.shortcut == QKeyCombination{} ? QKeySequence{} : QKeySequence{row.shortcut}};
}

Permission permission(Act act, const Source& source, const Chosen& chosen)
{
    if (!source.isConnected())
        return no(translated(QT_TRANSLATE_NOOP("Act", "lockstepd does not answer.")));
    const Pair* const pair = source.pair(chosen.pair);
    const Peer* const peer = source.peer(chosen.peer);
    switch (act) {
    case Act::AddPeer:
        return yes();
    case Act::DrainHost:
        return drainPermission(source);
    case Act::Protect:
        if (!pair) {
            const auto peers = source.peers();
            return onlyIf(std::ranges::any_of(
                              peers, [](const Peer& one) { return one.trust == "trusted"_L1; }),
                          QT_TRANSLATE_NOOP("Act",
                                            "No other host is trusted yet. Add one "
                                            "first."));
        }
        return pairPermission(act, source, *pair);
    case Act::AcceptPeer:
    case Act::LinkSettings:
    case Act::RemovePeer:
        return peer ? peerPermission(act, source, *peer)
                    : no(translated(QT_TRANSLATE_NOOP("Act", "Choose another host first.")));
    case Act::Unprotect:
    case Act::SwitchOver:
    case Act::TakeOver:
    case Act::ContinueAlone:
    case Act::PairSettings:
    case Act::CancelJob:
        return pair ? pairPermission(act, source, *pair)
                    : no(translated(QT_TRANSLATE_NOOP("Act", "Choose a pair first.")));
    }
    return {};
}

} // namespace lockstep::gui
