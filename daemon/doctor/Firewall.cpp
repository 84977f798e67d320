// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Firewall.h"

#include "replication/Program.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <optional>
#include <utility>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

/// A chain that everything which comes in goes through.
struct Chain
{
    QString family;
    QString table;
    QString name;
    bool drops{false}; ///< By its policy, or by a last rule without a condition.
};

bool isOf(const QJsonObject& rule, const Chain& chain)
{
    return rule[u"family"] == chain.family && rule[u"table"] == chain.table
        && rule[u"chain"] == chain.name;
}

/// Whether it drops whatever comes to it.
bool isPlainDrop(const QJsonObject& rule)
{
    const auto parts = rule[u"expr"].toArray();
    const auto last = parts.isEmpty() ? QJsonObject{} : parts.last().toObject();
    const auto isNoCondition = [](const QJsonValue& part) {
        const QJsonObject expression = part.toObject();
        return expression.contains(u"counter"_s) || expression.contains(u"log"_s)
            || expression.contains(u"comment"_s);
    };
    return (last.contains(u"drop"_s) || last.contains(u"reject"_s))
        && std::all_of(parts.begin(), parts.end() - 1, isNoCondition);
}

/// What rules let in, as far as can be told.
struct Opening
{
    bool place{false}; ///< The link or the peer, or it may be.
    QList<std::pair<int, int>> ports; ///< From, to.

    [[nodiscard]] bool has(int from, int to) const
    {
        auto sorted = ports;
        std::ranges::sort(sorted);
        int next = from; // The first one that is not open.
        for (const auto& [first, last] : std::as_const(sorted)) {
            if (first <= next)
                next = std::max(next, last + 1);
        }
        return place || next > to;
    }
};

int portOf(const QJsonValue& value)
{
    constexpr int highest = 65'535;
    return std::clamp(value.toInt(), 0, highest);
}

bool isPlace(const QString& text, const Traffic& traffic)
{
    const bool isLink = std::ranges::any_of(traffic.devices, [&text](const QString& device) {
        return text.endsWith(u'*') ? device.startsWith(text.chopped(1)) : device == text;
    });
    return isLink || traffic.peers.contains(QHostAddress{text});
}

/// Adds the ports, devices and addresses that are, or are in, a value of a rule. What is in a set
/// with a name is not looked at, and may be ours.
void collect(const QJsonValue& value, const Traffic& traffic, Opening& to)
{
    if (value.isDouble()) {
        to.ports.append({portOf(value), portOf(value)});
    } else if (value.isString()) {
        const QString text = value.toString();
        to.place = to.place || text.startsWith(u'@') || isPlace(text, traffic);
    } else if (value.isArray()) {
        const auto parts = value.toArray();
        for (const auto& part : parts)
            collect(part, traffic, to);
    } else if (const auto range = value[u"range"].toArray(); range.size() == 2) {
        if (range[0].isDouble())
            to.ports.append({portOf(range[0]), portOf(range[1])});
    } else if (const auto prefix = value[u"prefix"].toObject(); !prefix.isEmpty()) {
        const QHostAddress net{prefix[u"addr"].toString()};
        to.place = to.place || std::ranges::any_of(traffic.peers, [&](const QHostAddress& peer) {
                       return peer.isInSubnet(net, prefix[u"len"].toInt());
                   });
    } else {
        const QJsonObject object = value.toObject();
        for (const auto& part : object)
            collect(part, traffic, to);
    }
}

bool goesToTrusted(const QJsonObject& rule)
{
    const auto parts = rule[u"expr"].toArray();
    return std::ranges::any_of(parts, [](const QJsonValue& part) {
        return part[u"goto"][u"target"].toString().contains("trusted"_L1)
            || part[u"jump"][u"target"].toString().contains("trusted"_L1);
    });
}

/// What a rule lets in of ours, or may: what iptables put there nft does not show.
Opening openingOf(const QJsonObject& rule, Traffic traffic)
{
    // Each zone of firewalld names its links; only the trusted one lets all in.
    if (rule[u"table"] == "firewalld"_L1 && !goesToTrusted(rule))
        traffic.devices.clear();
    Opening opening;
    QList<std::pair<int, int>> ports;
    bool isForPorts = false;
    bool goesOn = false;
    const auto parts = rule[u"expr"].toArray();
    for (const auto& part : parts) {
        const QJsonObject expression = part.toObject();
        if (expression.contains(u"xt"_s))
            return {.place = true, .ports = {}};
        goesOn = goesOn || expression.contains(u"accept"_s) || expression.contains(u"jump"_s)
            || expression.contains(u"goto"_s) || expression.contains(u"vmap"_s);
        const auto match = expression[u"match"];
        const auto map = expression[u"vmap"];
        Opening named;
        collect(match[u"right"], traffic, named);
        collect(map[u"data"], traffic, named);
        opening.place = opening.place || named.place;
        const bool isPort = match[u"left"][u"payload"][u"field"] == "dport"_L1
            || map[u"key"][u"payload"][u"field"] == "dport"_L1;
        if (isPort && !named.place) {
            isForPorts = true;
            ports = named.ports;
        }
    }
    if (!goesOn)
        return {};
    // Some ports of a peer, or over a link, are not all of them.
    if (isForPorts)
        return {.place = false, .ports = ports};
    return {.place = opening.place, .ports = {}};
}

/// What all rules of the chain's table let in, but for those on other ways than in.
Opening openingOf(const QList<QJsonObject>& rules, const Chain& chain,
                  const QList<Chain>& otherWays, const Traffic& traffic)
{
    Opening all;
    for (const QJsonObject& rule : rules) {
        const bool isElsewhere = std::ranges::any_of(
            otherWays, [&rule](const Chain& other) { return isOf(rule, other); });
        if (isElsewhere || rule[u"family"] != chain.family || rule[u"table"] != chain.table)
            continue;
        const Opening one = openingOf(rule, traffic);
        all.place = all.place || one.place;
        all.ports << one.ports;
    }
    return all;
}

QString remedyFor(const Chain& chain, const Traffic& traffic)
{
    const QString device = traffic.devices.value(0, u"DEVICE"_s);
    if (chain.table == u"firewalld")
        return u"firewall-cmd --permanent --zone=trusted --add-interface=%1 && firewall-cmd --reload"_s
            .arg(device);
    return u"nft insert rule %1 %2 %3 iifname %4 accept, and in /etc/nftables.conf"_s.arg(
        chain.family, chain.table, chain.name, device);
}

/// Nothing if all that is ours seems to get through the chain.
std::optional<Finding> judgeChain(const Chain& chain, const Opening& opening,
                                  const Traffic& traffic)
{
    const QString place = u"the firewall's chain %1 %2 %3 drops what no rule accepts, and "_s.arg(
        chain.family, chain.table, chain.name);
    if (!opening.has(traffic.controlPort, traffic.controlPort))
        return warning(
            Id::Firewall,
            place
                + u"no rule names TCP and UDP port %1, the dedicated link or the peer"_s.arg(
                    traffic.controlPort),
            remedyFor(chain, traffic));
    if (!opening.has(traffic.portMin, traffic.portMax))
        return warning(Id::Firewall,
                       place
                           + u"rules name port %1, but not all TCP ports from %2 to %3, over which "
                             "QEMU replicates"_s.arg(traffic.controlPort)
                                 .arg(traffic.portMin)
                                 .arg(traffic.portMax),
                       remedyFor(chain, traffic));
    return std::nullopt;
}

} // namespace

QList<Finding> judgeRuleset(const QByteArray& json, const Traffic& traffic)
{
    const QJsonArray entries = QJsonDocument::fromJson(json)[u"nftables"].toArray();
    QList<Chain> chains;
    QList<Chain> otherWays;
    QList<QJsonObject> rules;
    for (const auto& entry : entries) {
        if (const auto rule = entry[u"rule"].toObject(); !rule.isEmpty())
            rules << rule;
        const auto chain = entry[u"chain"].toObject();
        if (!chain.contains(u"hook"_s))
            continue;
        (chain[u"hook"] == "input"_L1 ? chains : otherWays)
            .append({.family = chain[u"family"].toString(),
                     .table = chain[u"table"].toString(),
                     .name = chain[u"name"].toString(),
                     .drops = chain[u"policy"] == "drop"_L1});
    }
    QList<Finding> found;
    for (const Chain& chain : std::as_const(chains)) {
        const bool drops = chain.drops || std::ranges::any_of(rules, [&](const QJsonObject& rule) {
                               return isOf(rule, chain) && isPlainDrop(rule);
                           });
        if (!drops)
            continue;
        if (const auto finding =
                judgeChain(chain, openingOf(rules, chain, otherWays, traffic), traffic))
            found << *finding;
    }
    if (found.isEmpty())
        found << fine(Id::Firewall, u"no rule of nftables seems to be in the way"_s);
    return found;
}

Task<QList<Finding>> examineFirewall(Traffic traffic)
{
    if (traffic.peers.isEmpty())
        co_return QList<Finding>{};
    const auto listed = co_await runProgram(u"nft"_s, {u"-j"_s, u"list"_s, u"ruleset"_s}, patience);
    if (!listed && listed.error().code() == Errc::NotSupported)
        co_return QList{
            note(Id::Firewall, u"nft is not installed; what rules there are is not known"_s)};
    if (!listed || listed->exitStatus != 0)
        co_return QList{note(Id::Firewall,
                             u"the firewall's rules cannot be read: %1"_s.arg(
                                 listed ? listed->errors : listed.error().message()))};
    co_return judgeRuleset(listed->output, traffic);
}

} // namespace lockstep::doctor
