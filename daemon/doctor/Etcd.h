// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/EtcdClient.h"
#include "base/Config.h"
#include "doctor/Findings.h"

namespace lockstep::doctor {

/// What one member of the cluster says of itself.
struct EtcdMember
{
    QString endpoint;
    QString version;
    bool hasLeader{false};
    QStringList alarms; ///< E.g. "memberID:1 alarm:NOSPACE".
    std::chrono::milliseconds took{0};
};

/// From the answer to "maintenance/status". Errors: ArbiterMalformed.
/// Source: etcd 3.5, api/etcdserverpb/rpc.proto, StatusResponse.
[[nodiscard]] Result<EtcdMember> memberFromJson(const QString& endpoint, const QJsonObject& answer);

/// Findings of what the members answered, and of whether the cluster would carry out a write.
[[nodiscard]] QList<Finding> judgeEtcd(const QList<Result<EtcdMember>>& members,
                                       const Result<void>& write);

/// As etcdSettings(), but with so short a timeout that all members together are asked in time.
/// `identity` is the cluster that the pairs' records are in, or empty. Blocks.
[[nodiscard]] Result<EtcdSettings> settingsForDoctor(Config::Etcd etcd, const QString& identity);

/// Asks every member at once, and the cluster for a write that changes nothing.
[[nodiscard]] Task<QList<Finding>> examineEtcd(Result<EtcdSettings> settings);

} // namespace lockstep::doctor
