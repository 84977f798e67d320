// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/TlsPeers.h"

#include "base/Config.h"
#include "peer/QemuCredentials.h"

#include <spdlog/spdlog.h>

#include <QDir>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::milliseconds settleTime{5'000};
constexpr std::chrono::milliseconds reconnectTime{1'000};
constexpr std::chrono::milliseconds diskTime{30'000};
constexpr qsizetype folderDigits = 16;

} // namespace

TlsPeers::TlsPeers(Options options, Store& store)
    : m_options{std::move(options)}, m_store{store}, m_book{store},
      m_heartbeats{*this, store, m_options.tcpActivity}
{
    connect(&m_heartbeats, &Heartbeats::healthChanged, this, [this](const PeerId& id) {
        Q_EMIT healthChanged(id);
        Q_EMIT peerChanged(id);
    });
    connect(&m_heartbeats, &Heartbeats::figuresChanged, this, &TlsPeers::peerChanged);
    connect(&m_heartbeats, &Heartbeats::pairBeatsChanged, this, &TlsPeers::pairHealthChanged);
}

TlsPeers::~TlsPeers() { Q_ASSERT(m_tasks.isEmpty()); }

Task<Result<void>> TlsPeers::start()
{
    // QEMU's user has to get through to the folders that are meant for it.
    LOCKSTEP_CO_CHECK(ensureFolder(m_options.stateDirectory, 0711));
    LOCKSTEP_CO_CHECK(ensureFolder(m_options.stateDirectory + u"/qemu-tls"_s, 0711));
    LOCKSTEP_CO_TRY(identity, Identity::loadOrCreate(m_options.stateDirectory, m_options.name));
    m_identity = std::move(identity);
    LOCKSTEP_CO_CHECK(co_await m_book.load());
    const bool anyAddress = m_options.listen == QHostAddress{QHostAddress::Any}
        || m_options.listen == QHostAddress{QHostAddress::AnyIPv4}
        || m_options.listen == QHostAddress{QHostAddress::AnyIPv6};
    m_dialer.emplace(
        *m_identity, anyAddress ? QHostAddress{} : m_options.listen,
        [this](const PeerId& to) { return ownHello(to); }, this);
    Host& host = *this;
    m_reception = std::make_unique<Reception>(*m_identity, host, m_options.patience, nullptr);
    LOCKSTEP_CO_CHECK(m_reception->open(m_options.listen, m_options.port));
    spdlog::info("this host is {} with fingerprint {}, control port {}",
                 m_options.name.toStdString(), m_identity->id().value.toStdString(), port());
    for (const PeerRecord& record : m_book.all())
        startLink(record.id, false);
    co_return co_await m_heartbeats.start(port());
}

Task<void> TlsPeers::stop()
{
    if (m_reception)
        m_reception->close();
    auto silenced = m_heartbeats.stop();
    for (const auto& [id, link] : m_links)
        link->end(false);
    co_await m_tasks.drained();
    co_await silenced;
    m_links.clear();
    m_reception.reset();
}

const Identity& TlsPeers::identity() const
{
    Q_ASSERT(m_identity);
    return *m_identity;
}

Dialer& TlsPeers::dialer()
{
    Q_ASSERT(m_dialer);
    return *m_dialer;
}

Hello TlsPeers::ownHello(const PeerId& to) const
{
    const PeerRecord* const record = m_book.get(to);
    return {.version = QStringLiteral(LOCKSTEP_VERSION),
            .name = m_options.name,
            .id = identity().id(),
            .port = port(),
            .accepts = record != nullptr && record->accepted};
}

PeerInfo TlsPeers::toInfo(const PeerRecord& record) const
{
    const auto known = link(record.id);
    return {.id = record.id,
            .name = record.name,
            .address = record.address,
            .port = record.port,
            .trust = record.trust(),
            .connected = known && known->channel() != nullptr,
            .localAddress = record.localAddress,
            .remoteAddress = record.remoteAddress,
            .version = record.version,
            .lastError = known ? known->lastError() : QString{},
            .heartbeat = m_heartbeats.view(record.id)};
}

QList<PeerInfo> TlsPeers::peers() const
{
    QList<PeerInfo> infos;
    for (const PeerRecord& record : m_book.all())
        infos << toInfo(record);
    return infos;
}

Result<PeerInfo> TlsPeers::find(const QString& nameOrId) const
{
    return m_book.find(nameOrId).transform(
        [this](const PeerRecord& record) { return toInfo(record); });
}

Result<PeerInfo> TlsPeers::peer(const PeerId& id) const
{
    const PeerRecord* const record = m_book.get(id);
    if (record == nullptr)
        return failure(Errc::UnknownPeer,
                       u"there is no peer with the fingerprint %1"_s.arg(id.value));
    return toInfo(*record);
}

std::shared_ptr<Link> TlsPeers::link(const PeerId& id) const
{
    const auto found = m_links.find(id);
    return found == m_links.end() ? nullptr : found->second;
}

std::shared_ptr<Link> TlsPeers::startLink(const PeerId& id, bool now)
{
    auto known = link(id);
    if (known && known->isRunning()) {
        known->wake();
        return known;
    }
    known = std::make_shared<Link>(
        id, Link::Context{m_book, dialer(), m_tasks, identity().id(), m_options.timings});
    connect(known.get(), &Link::connected, this, [this, id] {
        Q_EMIT connected(id);
        Q_EMIT peerChanged(id);
    });
    connect(known.get(), &Link::disconnected, this, [this, id] {
        Q_EMIT disconnected(id);
        Q_EMIT peerChanged(id);
    });
    connect(known.get(), &Link::changed, this, [this, id] { Q_EMIT peerChanged(id); });
    connect(known.get(), &Link::requested, this,
            [this, id](const QJsonValue& requestId, const QString& method,
                       const QJsonObject& params) { serve(id, requestId, method, params); });
    m_links[id] = known;
    m_tasks.add(Link::run(known, now));
    return known;
}

Task<Result<PeerProbe>> TlsPeers::probe(QString address)
{
    LOCKSTEP_CO_TRY(place, parseAddress(address, usualPort));
    LOCKSTEP_CO_TRY(
        opened,
        co_await dialer().open(place.host, place.port, Dialer::Purpose::Probe, std::nullopt));
    co_return PeerProbe{opened.visitor.hello.name, opened.visitor.id, opened.visitor.hello.version};
}

Result<void> TlsPeers::mayAdd(const HostPort& place, const PeerId& expected) const
{
    if (expected == identity().id()) {
        return failure(Errc::InvalidArgument, u"%1 is this host itself"_s.arg(place.host),
                       u"Give the address of the other host."_s);
    }
    for (const PeerRecord& record : m_book.all()) {
        const bool samePlace =
            record.accepted && record.address == place.host && record.port == place.port;
        if (record.id == expected ? record.trust() == PeerTrust::Trusted : samePlace) {
            return failure(Errc::PeerExists,
                           u"%1 is the peer \"%2\" already"_s.arg(place.host, record.name));
        }
    }
    return {};
}

Task<Result<PeerInfo>> TlsPeers::add(QString address, PeerId expected, QString name)
{
    expected.value = expected.value.toLower();
    LOCKSTEP_CO_TRY(place, parseAddress(address, usualPort));
    if (!name.isEmpty() && !isHostName(name)) {
        co_return failure(Errc::InvalidArgument,
                          u"\"%1\" cannot be the name of a peer"_s.arg(shortened(name, 80)),
                          u"Use 1 to 50 letters, digits, '-', '_' and '.'."_s);
    }
    LOCKSTEP_CO_CHECK(mayAdd(place, expected));
    Visitor found;
    {
        LOCKSTEP_CO_TRY(
            opened,
            co_await dialer().open(place.host, place.port, Dialer::Purpose::Probe, expected));
        found = opened.visitor; // the connection has served its purpose; the link makes its own
    }
    LOCKSTEP_CO_CHECK(mayAdd(place, expected)); // it may have come in between
    co_return co_await settle({.id = found.id,
                               .name = name.isEmpty() ? found.hello.name : name,
                               .address = place.host,
                               .port = place.port,
                               .accepted = true,
                               .authority = found.authority,
                               .localAddress = found.localAddress,
                               .remoteAddress = found.remoteAddress,
                               .version = found.hello.version});
}

Task<Result<PeerInfo>> TlsPeers::accept(QString nameOrId, PeerId expected)
{
    LOCKSTEP_CO_TRY(record, m_book.find(nameOrId));
    if (record.id.value.compare(expected.value, Qt::CaseInsensitive) != 0) {
        co_return failure(Errc::FingerprintMismatch,
                          u"%1 shows the fingerprint %2, not %3"_s.arg(record.name, record.id.value,
                                                                       printable(expected.value)));
    }
    if (record.accepted)
        co_return toInfo(record);
    record.accepted = true;
    record.acceptsUs = true; // that is what its asking means
    co_return co_await settle(record);
}

Task<Result<PeerInfo>> TlsPeers::settle(PeerRecord record)
{
    LOCKSTEP_CO_CHECK(co_await m_book.insert(record));
    spdlog::info("accepted {} with fingerprint {}", record.name.toStdString(),
                 record.id.value.toStdString());
    const auto started = startLink(record.id, true);
    Q_EMIT peerChanged(record.id);
    co_await Link::tryNow(started, settleTime);
    co_return peer(record.id);
}

Task<Result<void>> TlsPeers::remove(PeerId id)
{
    LOCKSTEP_CO_TRY(known, peer(id));
    if (const auto erased = co_await m_book.erase(id); !erased) {
        if (m_book.get(id) != nullptr)
            startLink(id, false);
        co_return erased;
    }
    if (const auto ended = link(id)) {
        m_links.erase(id);
        ended->end(true);
    }
    QDir folders{m_options.stateDirectory + u"/qemu-tls"_s};
    for (const auto& folder :
         folders.entryList({id.value.first(folderDigits) + u"-*"_s}, QDir::Dirs))
        QDir{folders.filePath(folder)}.removeRecursively();
    spdlog::info("removed peer {}", known.name.toStdString());
    Q_EMIT peerRemoved(id);
    co_return {};
}

void TlsPeers::handle(const QString& method, Handler handler)
{
    m_handlers[method] = std::move(handler);
}

Task<Result<QJsonObject>> TlsPeers::call(PeerId id, QString method, QJsonObject params,
                                         std::chrono::milliseconds deadline)
{
    LOCKSTEP_CO_TRY(known, peer(id));
    if (known.trust == PeerTrust::Asked)
        co_return failure(Errc::PeerNotAccepted, u"%1 is not accepted here"_s.arg(known.name),
                          u"Run 'lockstep peer accept %1'."_s.arg(known.name));
    if (known.trust == PeerTrust::Asking)
        co_return failure(Errc::PeerNotAccepted,
                          u"%1 has not accepted this host"_s.arg(known.name));
    const auto used = link(id);
    if (used && used->channel() == nullptr)
        co_await Link::tryNow(used, std::min(deadline, reconnectTime));
    if (!used || used->channel() == nullptr) {
        const QString why = used ? used->lastError() : QString{};
        co_return failure(
            Errc::PeerUnreachable,
            u"no connection to %1%2"_s.arg(known.name, why.isEmpty() ? QString{} : u": "_s + why));
    }
    co_return co_await used->channel()->call(method, params, deadline);
}

void TlsPeers::serve(const PeerId& id, const QJsonValue& requestId, const QString& method,
                     const QJsonObject& params)
{
    const auto used = link(id);
    const PeerRecord* const record = m_book.get(id);
    if (!used || used->channel() == nullptr || record == nullptr || !record->accepted)
        return; // being removed
    Channel* const channel = used->channel();
    if (!m_handlers.contains(method)) {
        channel->answerUnknownMethod(requestId, method);
        return;
    }
    if (m_serving[id] >= mostCallsAtOnce) {
        channel->answer(requestId, failure(Errc::Busy, u"too many requests at once"_s));
        return;
    }
    ++m_serving[id];
    m_tasks.add(answer(id, channel, requestId, method, params));
}

Task<void> TlsPeers::answer(PeerId id, QPointer<Channel> channel, QJsonValue requestId,
                            QString method, QJsonObject params)
{
    const Handler handler = m_handlers.value(method); // a copy: it must outlive its task
    const auto result = co_await handler(id, params);
    --m_serving[id];
    if (channel)
        channel->answer(requestId, result);
}

Task<Result<QString>> TlsPeers::qemuCredentials(PeerId id, uint uid, uint gid)
{
    const PeerRecord* const record = m_book.get(id);
    if (record == nullptr || !record->accepted)
        co_return failure(Errc::UnknownPeer,
                          u"there is no accepted peer with the fingerprint %1"_s.arg(id.value));
    if (record->localAddress.isNull())
        co_return failure(Errc::PeerUnreachable,
                          u"there has been no connection to %1 yet"_s.arg(record->name));
    QHostAddress address = record->localAddress;
    address.setScopeId({});
    const QString folder =
        u"%1/qemu-tls/%2-%3"_s.arg(m_options.stateDirectory, id.value.first(folderDigits)).arg(uid);
    const QemuCredentials wanted{
        identity().authority(), record->authority, m_options.name, address, {uid, gid}};
    const OneShot<Result<void>> done;
    done.expire(diskTime, failure(Errc::StoreError, u"the disk does not answer"_s));
    m_diskWork.post([done, folder, wanted] {
        done.completeFromThread(provideQemuCredentials(folder, wanted));
    });
    const auto provided = co_await done;
    if (!provided)
        co_return std::unexpected{provided.error().during(u"making certificates for QEMU"_s)};
    co_return folder;
}

Result<Hello> TlsPeers::greet(const Visitor& visitor)
{
    const PeerRecord* const record = m_book.get(visitor.id);
    if (const auto known = link(visitor.id); record != nullptr && record->accepted && known) {
        if (visitor.hello.probe)
            return ownHello(visitor.id);
        if (visitor.hello.accepts) {
            if (auto allowed = known->allowIncoming(); !allowed)
                return std::unexpected{allowed.error()};
        } else if (record->acceptsUs) {
            known->withdrawn();
        }
    }
    return ownHello(visitor.id);
}

Result<bool> TlsPeers::pairingAsked(const Visitor& visitor)
{
    for (const PeerId& forgotten : m_book.forgetOldAsking())
        Q_EMIT peerRemoved(forgotten);
    if (visitor.id == identity().id())
        return failure(Errc::InvalidArgument, u"this is the host itself"_s);
    const PeerRecord* const known = m_book.get(visitor.id);
    if (known != nullptr && known->accepted) {
        startLink(visitor.id, true);
        return true;
    }
    if (!m_pairingRequests.take())
        return failure(Errc::Busy, u"too many requests to be accepted"_s);
    const bool isNew = known == nullptr;
    auto noted = m_book.noteAsking({.id = visitor.id,
                                    .name = visitor.hello.name,
                                    .address = visitor.remoteAddress.toString(),
                                    .port = visitor.hello.port,
                                    .addressSeen = true,
                                    .authority = visitor.authority,
                                    .localAddress = visitor.localAddress,
                                    .remoteAddress = visitor.remoteAddress,
                                    .version = visitor.hello.version});
    if (!noted)
        return std::unexpected{noted.error()};
    if (isNew) {
        spdlog::info(
            "{} at {} with fingerprint {} asks to be accepted", visitor.hello.name.toStdString(),
            visitor.remoteAddress.toString().toStdString(), visitor.id.value.toStdString());
        Q_EMIT peerChanged(visitor.id);
    }
    return false;
}

void TlsPeers::arrived(const Visitor& visitor, ChannelPtr channel)
{
    const PeerRecord* const record = m_book.get(visitor.id);
    const auto known = link(visitor.id);
    if (record == nullptr || !record->accepted || !known || !visitor.hello.accepts) {
        channel->close({Errc::PeerNotAccepted, u"the host is not trusted"_s});
        return;
    }
    known->adopt(visitor, std::move(channel));
}

void TlsPeers::turnedAway(const PeerId& id, const Error& reason)
{
    if (const auto known = link(id); known && reason.code() == Errc::VersionMismatch)
        known->failed(reason);
}

} // namespace lockstep
