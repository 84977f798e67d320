// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QString>

#include <utility>

namespace lockstep::gui {

/// The command lines that do what the program does, for a shell: so that people learn them, and can
/// put them into scripts.
class CommandText final
{
public:
    /// `target` is Source::target(): "--connect" is part of each command, unless it is empty.
    explicit CommandText(QString target) : m_target{std::move(target)} { }

    [[nodiscard]] QString protect(const ProtectRequest& request) const;
    [[nodiscard]] QString preflight(const ProtectRequest& request) const;
    [[nodiscard]] QString unprotect(const QString& domain) const;
    [[nodiscard]] QString switchOver(const QString& domain) const;
    [[nodiscard]] QString takeOver(const QString& domain) const;
    [[nodiscard]] QString continueAlone(const QString& domain, bool force) const;
    [[nodiscard]] QString drainHost() const;
    [[nodiscard]] QString cancelJob(quint64 number) const;
    /// By name, as base/PairSettingTable.h has them.
    [[nodiscard]] QString set(const QString& domain, const QJsonObject& settings) const;
    /// `name` is empty for its own.
    [[nodiscard]] QString addPeer(const QString& address, const QString& fingerprint,
                                  const QString& name) const;
    [[nodiscard]] QString acceptPeer(const QString& peer, const QString& fingerprint) const;
    [[nodiscard]] QString setHeartbeat(const QString& peer, const HeartbeatChange& change) const;
    [[nodiscard]] QString removePeer(const QString& peer) const;

private:
    /// Quoted where a POSIX shell needs it.
    [[nodiscard]] QString line(const QStringList& words) const;

    QString m_target;
};

} // namespace lockstep::gui
