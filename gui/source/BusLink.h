// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "cli/Target.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace lockstep::gui {

class SshTunnel;

/// A connection to the system bus of this host or another one, and who owns lockstepd's name there.
/// Comes back by itself, with pauses that grow to half a minute; but another host that did not let
/// us in is not asked again before open() is called, because ssh may ask for a password. Nothing
/// here waits: Qt connects in a thread of its own.
class BusLink final : public QObject
{
    Q_OBJECT
public:
    /// `target` is nothing for this host. `address` is for tests: another bus than the system's.
    explicit BusLink(std::optional<cli::Target> target, QString address = {},
                     QObject* parent = nullptr);
    ~BusLink() override;

    void open();
    /// Once appeared() was told, until gone() is.
    [[nodiscard]] const QDBusConnection& connection() const { return m_connection; }
    /// lockstepd's unique name; empty while there is none. Calls and signals go by it: by the
    /// well-known one Qt would ask the bus for its owner each time, and wait for the answer.
    [[nodiscard]] const QString& owner() const { return m_owner; }
    [[nodiscard]] bool needsRetry() const { return m_needsRetry; }

Q_SIGNALS:
    void appeared();
    /// Errors: DaemonUnavailable.
    void gone(const lockstep::Error& why);

private Q_SLOTS:
    void ownerChanged(const QDBusMessage& message);
    void lost();

private:
    void connectTo(const QString& address);
    void use(const QDBusConnection& connection);
    void askForOwner();
    void setOwner(const QString& owner);
    void fail(const Error& why);
    void close();

    std::optional<cli::Target> m_target;
    QString m_address;
    QString m_name; ///< Of the connection, in Qt's list of them.
    QDBusConnection m_connection;
    std::unique_ptr<SshTunnel> m_tunnel;
    QString m_owner;
    QTimer m_again;
    std::chrono::milliseconds m_pause;
    bool m_isOpening{false};
    bool m_wasOpen{false}; ///< The bus has been reached at least once.
    bool m_needsRetry{false};
};

} // namespace lockstep::gui
