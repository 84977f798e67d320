// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Firewall.h"

#include "replication/Program.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

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

bool isPlainDrop(const QJsonObject& rule)
{
    const auto parts = rule[u"expr"].toArray();
    const auto last = parts.isEmpty() ? QJsonObject{} : parts.last().toObject();
    const bool isConditional = std::any_of(parts.begin(), parts.end(), [](const QJsonValue& part) {
        return part.toObject().contains(u"match"_s);
    });
    return !isConditional && (last.contains(u"drop"_s) || last.contains(u"reject"_s));
}

/// Whether a value of a rule is, or holds, this port, device or address.
bool names(const QJsonValue& value, const Traffic& traffic)
{
    if (value.isDouble())
        return value.toInt() == traffic.controlPort;
    if (value.isString()) {
        return traffic.devices.contains(value.toString())
            || traffic.peers.contains(QHostAddress{value.toString()});
    }
    if (value.isArray()) {
        const QJsonArray array = value.toArray();
        return std::any_of(array.begin(), array.end(),
                           [&](const QJsonValue& part) { return names(part, traffic); });
    }
    const QJsonObject object = value.toObject();
    if (const auto range = object[u"range"].toArray(); range.size() == 2)
        return range[0].toInt() <= traffic.controlPort && traffic.controlPort <= range[1].toInt();
    if (const auto prefix = object[u"prefix"].toObject(); !prefix.isEmpty()) {
        const QHostAddress net{prefix[u"addr"].toString()};
        return std::ranges::any_of(traffic.peers, [&](const QHostAddress& peer) {
            return peer.isInSubnet(net, prefix[u"len"].toInt());
        });
    }
    return std::any_of(object.begin(), object.end(),
                       [&](const QJsonValue& part) { return names(part, traffic); });
}

bool goesToTrusted(const QJsonObject& rule)
{
    const auto parts = rule[u"expr"].toArray();
    return std::any_of(parts.begin(), parts.end(), [](const QJsonValue& part) {
        return part[u"goto"][u"target"].toString().contains("trusted"_L1)
            || part[u"jump"][u"target"].toString().contains("trusted"_L1);
    });
}

/// Whether a rule lets something of ours in, or may: what iptables put there nft does not show.
bool mayAccept(const QJsonObject& rule, Traffic traffic)
{
    // Each zone of firewalld names its links; only the trusted one lets all in.
    if (rule[u"table"] == "firewalld"_L1 && !goesToTrusted(rule))
        traffic.devices.clear();
    bool isOurs = false;
    bool goesOn = false;
    const auto parts = rule[u"expr"].toArray();
    for (const auto& part : parts) {
        const QJsonObject expression = part.toObject();
        if (expression.contains(u"xt"_s))
            return true;
        isOurs = isOurs || names(expression[u"match"][u"right"], traffic);
        goesOn = goesOn || expression.contains(u"accept"_s) || expression.contains(u"jump"_s)
            || expression.contains(u"goto"_s) || expression.contains(u"vmap"_s);
    }
    return isOurs && goesOn;
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

} // namespace

QList<Finding> judgeRuleset(const QByteArray& json, const Traffic& traffic)
{
    const QJsonArray entries = QJsonDocument::fromJson(json)[u"nftables"].toArray();
    QList<Chain> chains;
    QList<QJsonObject> rules;
    for (const auto& entry : entries) {
        if (const auto rule = entry[u"rule"].toObject(); !rule.isEmpty())
            rules << rule;
        if (const auto chain = entry[u"chain"].toObject(); chain[u"hook"] == "input"_L1)
            chains.append({.family = chain[u"family"].toString(),
                           .table = chain[u"table"].toString(),
                           .name = chain[u"name"].toString(),
                           .drops = chain[u"policy"] == "drop"_L1});
    }
    QList<Finding> found;
    for (Chain& chain : chains) {
        for (const QJsonObject& rule : rules)
            chain.drops = chain.drops || (isOf(rule, chain) && isPlainDrop(rule));
        const bool accepts = std::ranges::any_of(rules, [&](const QJsonObject& rule) {
            return rule[u"family"] == chain.family && rule[u"table"] == chain.table
                && mayAccept(rule, traffic);
        });
        if (chain.drops && !accepts)
            found << warning(
                Id::Firewall,
                u"the firewall's chain %1 %2 %3 drops what no rule accepts, and no rule "
                "names TCP and UDP port %4, the dedicated link or the peer"_s
                    .arg(chain.family, chain.table, chain.name)
                    .arg(traffic.controlPort),
                remedyFor(chain, traffic));
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
        co_return QList<Finding>{};
    if (!listed || listed->exitStatus != 0)
        co_return QList{note(Id::Firewall,
                             u"the firewall's rules cannot be read: %1"_s.arg(
                                 listed ? listed->errors : listed.error().message()))};
    co_return judgeRuleset(listed->output, traffic);
}

} // namespace lockstep::doctor
