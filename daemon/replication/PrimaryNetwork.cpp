// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryNetwork.h"

#include "replication/Names.h"

#include <chrono>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// Filters.
constexpr QStringView hold{
    u"hold"};       // requests that come while the guest is stopped for the switchover
constexpr QStringView mirror{u"mirror"};   // requests, copied to the secondary
constexpr QStringView divert{u"divert"};   // answers, to compare
constexpr QStringView release{u"release"}; // answers that compare let go, back to the netdev
constexpr QStringView keep{u"keep"};       // answers, while the shadow is out of reach
constexpr QStringView compare{u"compare"};
// Chardevs.
constexpr QStringView requests{u"requests"};
constexpr QStringView shadowAnswers{u"answers2"};
constexpr QStringView ownAnswers{u"answers1"};
constexpr QStringView released{u"released"};

// How long a request may wait while `hold` is on and the guest runs.
constexpr auto holdInterval = std::chrono::microseconds{500};

// Should nobody turn `keep` off, as lockstepd has ended, and the shadow is back.
constexpr auto keepInterval = std::chrono::microseconds{std::chrono::minutes{1}};

/// What a compare object has that may change.
QJsonObject timing(const Protocol& protocol)
{
    return {{u"compare_timeout"_s, qint64(protocol.hold().count())},
            {u"expired_scan_cycle"_s, qint64(protocol.scan().count())},
            {u"max_queue_size"_s, protocol.queueLimit}};
}

QString end(QStringView channel, bool server)
{
    return channel.toString() + (server ? u"-server"_s : u"-client"_s);
}

} // namespace

QJsonObject PrimaryNetwork::toPeer(quint16 port) const
{
    const QJsonObject address{{u"host"_s, m_spec.secondaryAddress.toString()},
                              {u"port"_s, QString::number(port)}};
    const QJsonObject data{{u"addr"_s, QJsonObject{{u"type"_s, u"inet"_s}, {u"data"_s, address}}},
                           {u"server"_s, false},
                           {u"nodelay"_s, true},
                           {u"tls-creds"_s, names::clientTls}};
    return {{u"type"_s, u"socket"_s}, {u"data"_s, data}};
}

QJsonObject PrimaryNetwork::toSelf(const NicSpec& nic, QStringView channel, bool server) const
{
    // An abstract socket leaves no file behind, whatever dies.
    const QString path = u"lockstep/%1/%2/%3"_s.arg(toString(m_spec.uuid), nic.alias, channel);
    const QJsonObject address{{u"path"_s, path}, {u"abstract"_s, true}};
    QJsonObject data{{u"addr"_s, QJsonObject{{u"type"_s, u"unix"_s}, {u"data"_s, address}}},
                     {u"server"_s, server}};
    if (server)
        data.insert(u"wait"_s, false);
    return {{u"type"_s, u"socket"_s}, {u"data"_s, data}};
}

Task<Result<void>> PrimaryNetwork::connect(NicSpec nic) const
{
    LOCKSTEP_CO_CHECK(
        co_await m_qmp.addChardev(names::nic(nic.alias, requests), toPeer(nic.requestPort)));
    LOCKSTEP_CO_CHECK(
        co_await m_qmp.addChardev(names::nic(nic.alias, shadowAnswers), toPeer(nic.responsePort)));
    for (const auto channel : {ownAnswers, released}) {
        for (const bool server : {true, false}) {
            LOCKSTEP_CO_CHECK(co_await m_qmp.addChardev(names::nic(nic.alias, end(channel, server)),
                                                        toSelf(nic, channel, server)));
        }
    }
    co_return {};
}

Task<Result<void>> PrimaryNetwork::connect() const
{
    for (const auto& nic : m_spec.nics)
        LOCKSTEP_CO_CHECK(co_await connect(nic));
    co_return {};
}

Task<Result<void>> PrimaryNetwork::disconnect() const
{
    for (const auto& nic : m_spec.nics) {
        for (const auto channel : {released, ownAnswers}) {
            for (const bool server : {false, true})
                LOCKSTEP_CO_CHECK(
                    co_await m_qmp.removeChardev(names::nic(nic.alias, end(channel, server))));
        }
        for (const auto channel : {shadowAnswers, requests})
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeChardev(names::nic(nic.alias, channel)));
    }
    co_return {};
}

Task<Result<void>> PrimaryNetwork::addFilters(QString ioThread) const
{
    for (const auto& nic : m_spec.nics) {
        QJsonObject common{{u"netdev"_s, names::netdev(nic.alias)},
                           {u"vnet_hdr_support"_s, nic.vnetHeader}};
        const auto filter = [&](QStringView part, const QString& type, const QString& queue,
                                const QString& direction, const QString& chardev, bool on) {
            QJsonObject object = common;
            object.insert(u"qom-type"_s, type);
            object.insert(u"id"_s, names::nic(nic.alias, part));
            object.insert(u"queue"_s, queue);
            object.insert(direction, chardev);
            object.insert(u"status"_s, on ? u"on"_s : u"off"_s);
            return object;
        };
        const auto chardev = [&](QStringView part) { return names::nic(nic.alias, part); };
        // The order is the filter chain's: requests pass from the first to the last, so `hold` must
        // come before `mirror`; answers the other way round, so `release` must come before
        // `divert`, and that before `keep`.
        const auto buffer = [&](QStringView part, const QString& queue, auto interval) {
            return QJsonObject{
                {u"qom-type"_s, u"filter-buffer"_s},       {u"id"_s, names::nic(nic.alias, part)},
                {u"netdev"_s, names::netdev(nic.alias)},   {u"queue"_s, queue},
                {u"interval"_s, qint64(interval.count())}, {u"status"_s, u"off"_s}};
        };
        LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(buffer(hold, u"tx"_s, holdInterval)));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(
            filter(mirror, u"filter-mirror"_s, u"tx"_s, u"outdev"_s, chardev(requests), false)));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addObject(filter(release, u"filter-redirector"_s, u"rx"_s, u"indev"_s,
                                            chardev(end(released, true)), true)));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addObject(filter(divert, u"filter-redirector"_s, u"rx"_s, u"outdev"_s,
                                            chardev(end(ownAnswers, true)), false)));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(buffer(keep, u"rx"_s, keepInterval)));
        QJsonObject object = timing(m_protocol);
        object.insert(u"qom-type"_s, u"colo-compare"_s);
        object.insert(u"id"_s, names::nic(nic.alias, compare));
        object.insert(u"primary_in"_s, chardev(end(ownAnswers, false)));
        object.insert(u"secondary_in"_s, chardev(shadowAnswers));
        object.insert(u"outdev"_s, chardev(end(released, false)));
        object.insert(u"iothread"_s, ioThread);
        object.insert(u"vnet_hdr_support"_s, nic.vnetHeader);
        LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(object));
    }
    co_return {};
}

Task<Result<void>> PrimaryNetwork::setHolding(bool on) const
{
    co_return co_await setStatus({hold}, on);
}

Task<Result<void>> PrimaryNetwork::setFiltering(bool on) const
{
    if (on && !m_protocol.compares())
        co_return co_await setStatus({divert}, on);
    co_return co_await setStatus({mirror, divert}, on);
}

Task<Result<void>> PrimaryNetwork::setKeeping(bool on) const
{
    co_return co_await setStatus({keep}, on);
}

Task<Result<void>> PrimaryNetwork::follow() const
{
    LOCKSTEP_CO_CHECK(co_await setStatus({mirror}, m_protocol.compares()));
    const QJsonObject wanted = timing(m_protocol);
    for (const auto& nic : m_spec.nics) {
        const QString path = u"/objects/"_s + names::nic(nic.alias, compare);
        for (const QString& property : wanted.keys())
            LOCKSTEP_CO_CHECK(co_await m_qmp.setProperty(path, property, wanted[property]));
    }
    co_return {};
}

Task<Result<bool>> PrimaryNetwork::isMirroring() const
{
    for (const auto& nic : m_spec.nics) {
        LOCKSTEP_CO_TRY(
            status,
            co_await m_qmp.property(u"/objects/"_s + names::nic(nic.alias, mirror), u"status"_s));
        if (status.toString() != u"on")
            co_return false;
    }
    co_return true;
}

Task<Result<void>> PrimaryNetwork::setStatus(QList<QStringView> parts, bool on) const
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.objects());
    for (const auto& nic : m_spec.nics) {
        for (const auto part : parts) {
            const QString id = names::nic(nic.alias, part);
            if ((!on || part == keep) && !present.contains(id))
                continue;
            LOCKSTEP_CO_CHECK(co_await m_qmp.setProperty(u"/objects/"_s + id, u"status"_s,
                                                         on ? u"on"_s : u"off"_s));
        }
    }
    co_return {};
}

Task<Result<void>> PrimaryNetwork::removeFilters() const
{
    // Compare goes first: it reads what the others write. What it still holds is lost
    // (docs/qemu.md).
    for (const auto part : {compare, divert, keep, mirror, release, hold}) {
        for (const auto& nic : m_spec.nics)
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeObject(names::nic(nic.alias, part)));
    }
    co_return {};
}

} // namespace lockstep
