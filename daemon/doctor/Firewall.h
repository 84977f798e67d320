// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "base/Task.h"
#include "doctor/Findings.h"

#include <QHostAddress>

namespace lockstep::doctor {

/// What has to come in.
struct Traffic
{
    quint16 controlPort{0};
    quint16 portMin{0};
    quint16 portMax{0};
    QStringList devices; ///< Of the dedicated links.
    QList<QHostAddress> peers; ///< Their addresses there.
};

/// Whether the rules seem to drop that, by what `nft -j list ruleset` printed: a chain on the way
/// in that drops or rejects what no rule accepts, and no rules that name our ports, a link or a
/// peer. Rules can say more than this understands; so it only warns. Source: libnftables-json(5).
[[nodiscard]] QList<Finding> judgeRuleset(const QByteArray& json, const Traffic& traffic);

/// Asks nft; a note if it is not installed. Nothing if there is no peer.
[[nodiscard]] Task<QList<Finding>> examineFirewall(Traffic traffic);

} // namespace lockstep::doctor
