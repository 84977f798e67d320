// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/demo/DemoWorld.h"

#include "base/PairSettingTable.h"

#include <QUuid>

#include <algorithm>
#include <array>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array names{"web"_L1,  "mail"_L1, "shop-db"_L1, "wiki"_L1,  "ci"_L1,
                           "ldap"_L1, "dns"_L1,  "files"_L1,   "phone"_L1, "erp"_L1};
constexpr auto rootPath = "/org/lockstep/Lockstep1"_L1;
constexpr quint64 gibibyte = 1'024ULL * 1'024 * 1'024;

QString uuidOf(const QString& domain)
{
    return QUuid::createUuidV5(QUuid{}, domain).toString(QUuid::WithoutBraces);
}

QString peerPath(const QString& fingerprint)
{
    constexpr qsizetype digits = 16;
    return rootPath + u"/peer/"_s + fingerprint.first(digits);
}

HeartbeatPath path(const QString& name, const QString& network, quint64 roundTripUSec)
{
    return {.name = name,
            .localAddress = network + u".1"_s,
            .remoteAddress = network + u".2"_s,
            .up = true,
            .roundTripUSec = roundTripUSec,
            .leastRoundTripUSec = roundTripUSec / 2,
            .mostRoundTripUSec = roundTripUSec * 9,
            .lossPercent = 0};
}

Peer peer(const QString& name, const QString& network, quint64 roundTripUSec)
{
    Peer one;
    one.name = name;
    one.fingerprint = QString::fromLatin1(name.toLatin1().toHex()).leftJustified(64, u'7');
    one.id = peerPath(one.fingerprint);
    one.address = network + u".2"_s;
    one.port = 49'500;
    one.trust = u"trusted"_s;
    one.connected = true;
    one.localAddress = network + u".1"_s;
    one.remoteAddress = one.address;
    one.version = QStringLiteral(LOCKSTEP_VERSION);
    one.health = u"alive"_s;
    one.healthReason = u"heartbeats come as they should"_s;
    one.roundTripUSec = roundTripUSec;
    one.paths = {path(u"dedicated"_s, network, roundTripUSec),
                 path(u"second"_s, u"192.0.2"_s, roundTripUSec * 2)};
    one.secondPath = u"192.0.2.2"_s;
    one.heartbeatIntervalMs = 100;
    one.heartbeatTimeoutMs = 300;
    return one;
}

/// State, role and reason of the few that are not protected.
struct Odd
{
    QLatin1StringView role;
    QLatin1StringView state;
    QLatin1StringView reason;
};
constexpr std::array odds{
    Odd{"primary"_L1, "copying"_L1, "disks and memory are being copied to beta"_L1},
    Odd{"primary"_L1, "alone"_L1, "gamma was lost, and the arbiter etcd granted epoch 7"_L1},
    Odd{"secondary"_L1, "stale"_L1, "it runs on gamma since a takeover"_L1},
    Odd{"primary"_L1, "off"_L1, "the guest powered itself off"_L1},
};

} // namespace

Host DemoWorld::host()
{
    return {.name = u"alpha"_s,
            .fingerprint = u"616c706861"_s.leftJustified(64, u'3'),
            .version = QStringLiteral(LOCKSTEP_VERSION)};
}

QList<Peer> DemoWorld::peers() const
{
    Peer stranger = peer(u"delta"_s, u"10.9.3"_s, 0);
    stranger.trust = u"asked"_s;
    stranger.connected = false;
    stranger.health = u"unknown"_s;
    stranger.healthReason.clear();
    stranger.paths.clear();
    return {peer(u"beta"_s, u"10.9.1"_s, 180), peer(u"gamma"_s, u"10.9.2"_s, 420), stranger};
}

QString DemoWorld::pairId(const QString& uuid)
{
    return rootPath + u"/pair/"_s + QString{uuid}.replace(u'-', u'_');
}

QString DemoWorld::jobId(quint64 number) { return rootPath + u"/job/%1"_s.arg(number); }

Pair DemoWorld::pair(int number)
{
    const auto kinds = static_cast<int>(names.size());
    const QString name = names.at(static_cast<std::size_t>(number % kinds));
    const QList<Peer> hosts = peers();
    const Peer& other = hosts[number % 3 == 1 ? 1 : 0];
    Pair one;
    one.domain = number < kinds ? name : u"%1%2"_s.arg(name).arg(number / kinds + 1);
    one.uuid = uuidOf(one.domain);
    one.id = pairId(one.uuid);
    one.role = number % 4 == 3 ? u"secondary"_s : u"primary"_s;
    one.state = u"protected"_s;
    one.reason = u"the shadow on %1 is in step"_s.arg(one.isPrimary() ? other.name : u"alpha"_s);
    constexpr int day = 86'400;
    one.since = m_now.addSecs(-m_dice.bounded(day));
    one.peerName = other.name;
    one.peerFingerprint = other.fingerprint;
    one.peerId = other.id;
    one.peerConnected = true;
    one.epoch = 1 + m_dice.bounded(quint32{9});
    for (const PairSetting& setting : pairSettings())
        one.settings.insert(setting.name, defaultOf(setting));
    one.settings.insert(pair_setting::arbiter, u"etcd"_s);
    one.disks = {{.target = u"vda"_s,
                  .source = u"/var/lib/libvirt/images/%1.qcow2"_s.arg(one.domain),
                  .replica = u"/var/lib/lockstep/images/%1/vda.qcow2"_s.arg(one.domain),
                  .sizeBytes = 20 * gibibyte}};
    one.nics = {{.mac = u"52:54:00:00:%1:01"_s.arg(number % 256, 2, 16, QChar{u'0'}),
                 .bridge = u"br0"_s,
                 .alias = u"net0"_s}};
    one.checkpoints = m_dice.bounded(quint32{100'000});
    return one;
}

QList<Pair> DemoWorld::pairs(int count)
{
    // Among the first eight there is each odd one, later one in ten.
    constexpr std::array<int, odds.size()> early{2, 4, 6, 7};
    constexpr int often = 10;
    QList<Pair> all;
    for (int number = 0; number < count; ++number) {
        Pair one = pair(number);
        const auto* const found = std::ranges::find(early, number);
        const bool isOdd = found != early.end() || (number >= often && number % often == 0);
        if (isOdd) {
            const auto which = found != early.end()
                ? static_cast<std::size_t>(found - early.begin())
                : 1 + static_cast<std::size_t>(number / often) % (odds.size() - 1);
            const Odd& odd = odds.at(which);
            one.role = odd.role;
            one.state = odd.state;
            one.reason = odd.reason;
        }
        if (one.state == "protected"_L1)
            one.lastMinute = lastMinute(one, m_now);
        all << one;
    }
    return all;
}

Event DemoWorld::event(quint64 id, const QDateTime& time, const Pair& pair, const QString& severity,
                       const QString& text)
{
    return {.id = id,
            .time = time,
            .kind = u"state"_s,
            .severity = severity,
            .domain = pair.domain,
            .uuid = pair.uuid,
            .text = text,
            .role = pair.role,
            .state = pair.state,
            .peerName = pair.peerName,
            .epoch = pair.epoch,
            .fields = {}};
}

QList<Event> DemoWorld::history(const QList<Pair>& pairs)
{
    struct Said
    {
        QLatin1StringView severity;
        QLatin1StringView text;
    };
    constexpr std::array sayings{
        Said{"info"_L1, "protecting has begun"_L1},
        Said{"info"_L1, "from copying to confirming: the shadow runs"_L1},
        Said{"info"_L1, "from confirming to protected: the shadow is in step"_L1},
        Said{"warning"_L1, "from protected to interrupted: the other host does not answer"_L1},
        Said{"warning"_L1, "from interrupted to alone: the arbiter etcd granted the next epoch"_L1},
    };
    constexpr int day = 86'400;
    const auto steps = static_cast<int>(sayings.size() * static_cast<std::size_t>(pairs.size()));
    QList<Event> all;
    for (int step = 0; step < steps && !pairs.isEmpty(); ++step) {
        const Pair& one = pairs[m_dice.bounded(static_cast<int>(pairs.size()))];
        const Said& said = sayings.at(static_cast<std::size_t>(step) % sayings.size());
        all << event(static_cast<quint64>(step) + 1,
                     m_now.addSecs(-day + qint64{day} * step / steps), one, said.severity,
                     said.text);
    }
    return all;
}

QList<Domain> DemoWorld::domains(const QList<Pair>& pairs)
{
    QList<Domain> all;
    for (const Pair& pair : pairs) {
        Domain one;
        one.name = pair.domain;
        one.uuid = pair.uuid;
        one.state =
            pair.state == "off"_L1 || pair.state == "stale"_L1 ? u"shut off"_s : u"running"_s;
        one.persistent = true;
        one.protectable = pair.isPrimary() && pair.state == "alone"_L1;
        one.pairId = pair.id;
        one.role = pair.role;
        one.pairState = pair.state;
        one.peerName = pair.peerName;
        all << one;
    }
    for (const auto& [name, state, problem] :
         {std::tuple{u"backup"_s, u"running"_s, QString{}},
          std::tuple{u"monitoring"_s, u"running"_s, QString{}},
          std::tuple{u"workstation"_s, u"running"_s, u"it has a PCI device of the host"_s},
          std::tuple{u"template"_s, u"shut off"_s, u"it does not run"_s}}) {
        Domain one;
        one.name = name;
        one.uuid = uuidOf(name);
        one.state = state;
        one.persistent = true;
        one.protectable = problem.isEmpty();
        if (!problem.isEmpty()) {
            one.findings = {{.id = u"demo"_s,
                             .severity = u"error"_s,
                             .host = host().name,
                             .message = problem,
                             .remedy = {}}};
        }
        all << one;
    }
    return all;
}

} // namespace lockstep::gui
