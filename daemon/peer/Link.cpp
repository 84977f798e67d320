// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Link.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::milliseconds idle{60'000};
constexpr std::chrono::milliseconds promiseHolds{3'000};
constexpr std::chrono::milliseconds askTime{5'000};

} // namespace

Link::Link(PeerId id, Context context) : m_id{std::move(id)}, m_context{std::move(context)} { }

Link::~Link() = default;

bool Link::isWanted() const
{
    const PeerRecord* const record = m_context.book.get(m_id);
    return !m_ended && record != nullptr && record->accepted;
}

std::chrono::milliseconds Link::firstDelay() const
{
    return decides() ? m_context.timings.firstDelay : m_context.timings.otherSideFirst;
}

Task<void> Link::nap(std::chrono::milliseconds time)
{
    const OneShot<bool> nap;
    m_nap = nap;
    nap.expire(time, false);
    co_await nap;
}

Task<void> Link::run(std::shared_ptr<Link> self, bool now)
{
    self->m_running = true;
    auto delay = self->firstDelay();
    if (!now && !self->decides())
        co_await self->nap(delay);
    while (self->isWanted()) {
        if (self->m_channel || self->m_context.book.get(self->m_id)->withdrawn) {
            co_await self->nap(idle);
            delay = self->firstDelay();
            if (self->isWanted() && !self->m_channel
                && !self->m_context.book.get(self->m_id)->withdrawn && self->m_attempts.isEmpty()) {
                co_await self->nap(delay);
            }
            continue;
        }
        const auto dialled = co_await self->dial();
        for (const auto& waiter : std::exchange(self->m_attempts, {}))
            waiter.complete(dialled.has_value());
        if (dialled || !self->isWanted())
            continue;
        self->failed(dialled.error());
        co_await self->nap(delay);
        delay = std::min(2 * delay, self->m_context.timings.longestDelay);
    }
    for (const auto& waiter : std::exchange(self->m_attempts, {}))
        waiter.complete(false);
    self->m_running = false;
}

Task<void> Link::tryNow(std::shared_ptr<Link> self, std::chrono::milliseconds deadline)
{
    if (self->m_channel || !self->m_running)
        co_return;
    const OneShot<bool> attempt;
    self->m_attempts.push_back(attempt);
    attempt.expire(deadline, false);
    self->wake();
    co_await attempt;
    self->m_attempts.removeIf([](const OneShot<bool>& waiter) { return waiter.isComplete(); });
}

Task<Result<void>> Link::dial()
{
    const PeerRecord asked = *m_context.book.get(m_id);
    auto attempt =
        co_await m_context.dialer.open(asked.address, asked.port, Dialer::Purpose::Use, m_id);
    if (m_channel) // the other side was quicker
        co_return {};
    LOCKSTEP_CO_TRY(opened, std::move(attempt));
    if (!isWanted())
        co_return failure(Errc::Cancelled, u"the peer was removed"_s);
    if (!opened.visitor.hello.accepts) {
        if (!m_context.book.get(m_id)->acceptsUs)
            co_return co_await askToBeAccepted(std::move(opened));
        withdrawn();
        co_return failure(Errc::PeerNotAccepted, m_lastError);
    }
    const bool promised =
        m_promised.isValid() && std::chrono::milliseconds{m_promised.elapsed()} < promiseHolds;
    if (decides() && promised)
        co_return failure(Errc::Busy, u"waiting for the connection that the other host makes"_s);
    opened.channel->notify(u"ready"_s);
    adopt(opened.visitor, std::move(opened.channel));
    co_return {};
}

Task<Result<void>> Link::askToBeAccepted(Dialer::Connection connection)
{
    PeerRecord record = *m_context.book.get(m_id);
    record.version = connection.visitor.hello.version;
    record.localAddress = connection.visitor.localAddress;
    record.remoteAddress = connection.visitor.remoteAddress;
    note(record);
    auto asked = co_await connection.channel->call(u"pair.request"_s, {}, askTime);
    LOCKSTEP_CO_CHECK(asked);
    if (asked->value(u"accepted"_s).toBool())
        co_return failure(Errc::PeerNotAccepted,
                          u"%1 has just accepted this host"_s.arg(record.name));
    co_return failure(Errc::PeerNotAccepted,
                      u"%1 has not accepted this host's key yet"_s.arg(record.name));
}

Result<void> Link::allowIncoming()
{
    if (!decides())
        return {};
    if (m_channel)
        return failure(Errc::Busy, u"there is a connection already"_s);
    m_promised.start();
    return {};
}

void Link::adopt(const Visitor& visitor, ChannelPtr channel)
{
    if (m_channel)
        m_channel->close({Errc::PeerUnreachable, u"replaced by a newer connection"_s});
    m_promised.invalidate();
    m_channel = std::move(channel);
    m_channel->setParent(this);
    connect(m_channel.get(), &Channel::closed, this, &Link::lost);
    connect(m_channel.get(), &Channel::requested, this, &Link::requested);
    connect(m_channel.get(), &Channel::notified, this, &Link::noted);
    PeerRecord record = *m_context.book.get(m_id);
    record.acceptsUs = true;
    record.withdrawn = false;
    record.version = visitor.hello.version;
    record.authority = visitor.authority;
    record.localAddress = visitor.localAddress;
    record.remoteAddress = visitor.remoteAddress;
    record.port = record.addressSeen ? visitor.hello.port : record.port;
    record.address = record.addressSeen ? visitor.remoteAddress.toString() : record.address;
    m_lastError.clear();
    note(record);
    m_channel->trust(m_context.timings.keepAlive);
    spdlog::info("connected to {} at {}", record.name.toStdString(),
                 visitor.remoteAddress.toString().toStdString());
    for (const auto& waiter : std::exchange(m_attempts, {}))
        waiter.complete(true);
    wake();
    Q_EMIT connected();
}

void Link::noted(const QString& method)
{
    if (method == "pair.removed"_L1)
        withdrawn();
    else
        spdlog::debug("unknown notification {} from {}", printable(method).toStdString(),
                      m_id.value.toStdString());
}

void Link::withdrawn()
{
    const PeerRecord* const known = m_context.book.get(m_id);
    if (known == nullptr)
        return;
    PeerRecord record = *known;
    record.acceptsUs = false;
    record.withdrawn = true;
    note(record);
    const Error reason{
        Errc::PeerNotAccepted,
        u"%1 does not accept this host any more; run 'lockstep peer add' to ask again"_s.arg(
            record.name)};
    if (m_channel)
        m_channel->close(reason);
    else
        failed(reason);
}

void Link::failed(const Error& reason)
{
    if (m_channel || m_lastError == reason.message() || m_ended)
        return;
    m_lastError = reason.message();
    const PeerRecord* const record = m_context.book.get(m_id);
    const auto level =
        reason.code() == Errc::FingerprintMismatch ? spdlog::level::err : spdlog::level::warn;
    spdlog::log(level, "no connection to {}: {}",
                (record != nullptr ? record->name : m_id.value).toStdString(),
                m_lastError.toStdString());
    Q_EMIT changed();
}

void Link::lost(const Error& reason)
{
    m_channel.reset();
    failed(reason);
    wake();
    Q_EMIT disconnected();
}

void Link::end(bool removed)
{
    m_ended = true;
    if (m_channel) {
        const Error reason{Errc::PeerUnreachable,
                           removed ? u"the peer was removed"_s : u"lockstepd stops"_s};
        if (removed)
            m_channel->notify(u"pair.removed"_s);
        m_channel->finish(reason);
    }
    wake();
}

void Link::note(const PeerRecord& record)
{
    m_context.tasks.add(save(m_context.book, record));
    Q_EMIT changed();
}

Task<void> Link::save(PeerBook& book, PeerRecord record)
{
    const auto saved = co_await book.update(record);
    if (!saved)
        spdlog::error("noting peer {}: {}", record.name.toStdString(),
                      saved.error().message().toStdString());
}

} // namespace lockstep
