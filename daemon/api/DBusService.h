// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/ConfigView.h"
#include "base/Task.h"

#include <QObject>
#include <QString>

#include <memory>

namespace lockstep {

class DoctorService;
class Hypervisor;
class PairService;
class Peers;

/// Lockstep on D-Bus: org.lockstep.Lockstep1 on the system bus, as the XML under dbus/ has it.
/// The parts must outlive it.
class DBusService final : public QObject
{
    Q_OBJECT
public:
    /// `address` is that of another bus than the system's; empty for the latter. `config` is what
    /// is shown of the daemon's settings.
    DBusService(PairService& pairs, Peers& peers, Hypervisor& hypervisor, DoctorService& doctor,
                QString address = {}, ConfigView config = {});
    ~DBusService() override;

    /// Connects, shows the objects, then takes the name. Errors: DaemonUnavailable if there is no
    /// bus, Busy if another daemon has the name, NotAuthorized if the bus does not let us have it.
    [[nodiscard]] Result<void> start();
    /// Gives up the name and resumes when no call is under way any more. To be awaited before the
    /// parts go, while the event loop still runs.
    [[nodiscard]] Task<void> stop();

Q_SIGNALS:
    /// The bus is gone, and with it everybody who listened. The process should end and be started
    /// again: pairs live on without it.
    void lost(const QString& why);

private:
    struct Session;
    void reportLoss(const QString& why);

    PairService& m_pairs;
    Peers& m_peers;
    Hypervisor& m_hypervisor;
    DoctorService& m_doctor;
    QString m_address;
    ConfigView m_config;
    std::unique_ptr<Session> m_session;
};

} // namespace lockstep
