// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Dialer.h"
#include "peer/PeerBook.h"

namespace lockstep {

/// The control channel to one accepted host: makes it, keeps it, makes it again. Both sides may
/// dial; the one with the smaller id decides which connection counts: it dials first and sooner, it
/// turns the other's away while it has one, and the other side always takes what it gets. So there
/// is exactly one, whatever the order of events.
class Link final : public QObject
{
    Q_OBJECT
public:
    struct Timings
    {
        std::chrono::milliseconds firstDelay{200}; ///< Before dialling again, doubled each time
        std::chrono::milliseconds longestDelay{5'000}; ///< up to this.
        std::chrono::milliseconds otherSideFirst{
            1'500}; ///< First delay on the side with the larger id.
        Channel::KeepAlive keepAlive;
    };
    struct Context
    {
        PeerBook& book;
        Dialer& dialer;
        TaskSet& tasks;
        PeerId ownId;
        Timings timings;
    };

    Link(PeerId id, Context context);
    ~Link() override;

    /// Keeps the connection up until end(), or until the book does not know the host as accepted
    /// any more. Dials at once if `now`, else after the first delay.
    static Task<void> run(std::shared_ptr<Link> self, bool now);
    [[nodiscard]] bool isRunning() const { return m_running; }

    [[nodiscard]] Channel* channel() const { return m_channel.get(); }
    [[nodiscard]] const QString& lastError() const { return m_lastError; }

    /// Dials now if there is no connection; resumes when there is one, an attempt ended, or after
    /// `deadline`.
    static Task<void> tryNow(std::shared_ptr<Link> self, std::chrono::milliseconds deadline);
    void wake() { m_nap.complete(true); }

    /// Whether a connection that the other side dialled may go on. Errors: Busy.
    [[nodiscard]] Result<void> allowIncoming();
    /// Uses this connection from now on, in place of any older one.
    void adopt(const Visitor& visitor, ChannelPtr channel);
    /// The other side does not accept us any more: ends the connection and does not ask again.
    void withdrawn();
    void failed(const Error& reason);
    /// Ends connection and loop; tells the other side that it was removed if `removed`.
    void end(bool removed);

Q_SIGNALS:
    void connected();
    void disconnected();
    void changed();
    void requested(const QJsonValue& id, const QString& method, const QJsonObject& params);

private:
    [[nodiscard]] bool isWanted() const;
    [[nodiscard]] bool decides() const { return m_context.ownId < m_id; }
    [[nodiscard]] std::chrono::milliseconds firstDelay() const;
    [[nodiscard]] Task<void> nap(std::chrono::milliseconds time);
    [[nodiscard]] Task<Result<void>> dial();
    [[nodiscard]] Task<Result<void>> askToBeAccepted(Dialer::Connection connection);
    void noted(const QString& method);
    void lost(const Error& reason);
    void note(const PeerRecord& record);
    static Task<void> save(PeerBook& book, PeerRecord record);

    PeerId m_id;
    Context m_context;
    ChannelPtr m_channel;
    QString m_lastError;
    OneShot<bool> m_nap;
    QList<OneShot<bool>> m_attempts;
    QElapsedTimer m_promised; ///< Since the other side was told that its connection may go on.
    bool m_running{false};
    bool m_ended{false};
};

} // namespace lockstep
