// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/ConfigView.h"
#include "pair/DomainList.h"
#include "pair/PairEvent.h"
#include "pair/Views.h"
#include "peer/Peers.h"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <string>
#include <vector>

/// Our types as D-Bus has them. What the dictionaries hold is documented in the XML under dbus/.
namespace lockstep::wire {

using Dictionary = std::map<std::string, sdbus::Variant>;
using Step = sdbus::Struct<std::string, std::string, std::string>;
using ErrorTriple = sdbus::Struct<std::string, std::string, std::string>;

[[nodiscard]] sdbus::ObjectPath peerPath(const PeerId& id);
[[nodiscard]] sdbus::ObjectPath pairPath(const DomainUuid& uuid);
[[nodiscard]] sdbus::ObjectPath jobPath(const JobId& id);

[[nodiscard]] std::string trustWord(PeerTrust trust);
/// Microseconds since 1970 UTC, 0 for no time.
[[nodiscard]] uint64_t microseconds(const QDateTime& time);
[[nodiscard]] inline uint64_t microseconds(std::chrono::microseconds time)
{
    return static_cast<uint64_t>(time.count());
}
[[nodiscard]] uint64_t bytes(Bytes size);

[[nodiscard]] Dictionary dictionary(const Finding& finding);
[[nodiscard]] std::vector<Dictionary> dictionaries(const QList<Finding>& findings);
[[nodiscard]] std::vector<Dictionary> dictionaries(const QList<DiskView>& disks);
[[nodiscard]] std::vector<Dictionary> dictionaries(const QList<NicView>& nics);
[[nodiscard]] std::vector<Dictionary> dictionaries(const QList<PathView>& paths);
[[nodiscard]] Dictionary dictionary(const QMap<QString, quint64>& numbers);
[[nodiscard]] Dictionary dictionary(const PairEvent& event);
[[nodiscard]] std::vector<Dictionary> dictionaries(const QList<PairEvent>& events);
/// The path whose figures stand for the peer: the first that is up, else the first.
[[nodiscard]] PathView bestPath(const HeartbeatView& heartbeat);
/// Whole numbers become x, others d, lists av, objects a{sv}; null is left out.
[[nodiscard]] Dictionary dictionary(const QJsonObject& object);
[[nodiscard]] Dictionary dictionary(const DomainView& domain);
[[nodiscard]] Dictionary dictionary(const ConfigSetting& setting);
[[nodiscard]] std::vector<Step> steps(const QList<PlannedStep>& plan);
[[nodiscard]] ErrorTriple errorTriple(const std::optional<lockstep::Error>& error);

/// Of a domain, peer or host: nothing that long is any. Errors: InvalidArgument.
[[nodiscard]] Result<void> checkName(const QString& name);

/// The following refuse unknown and mistyped keys: InvalidArgument.
/// Option "force". Errors: InvalidArgument.
[[nodiscard]] Result<bool> force(const Dictionary& options);
[[nodiscard]] Result<ProtectOptions> protectOptions(const Dictionary& options);
/// Settings of a pair (base/PairSettingTable.h), at least one.
[[nodiscard]] Result<SettingsChange> settingsChange(const Dictionary& options);
[[nodiscard]] Result<QString> peerName(const Dictionary& options); ///< Empty if not given.
/// `now` with what the options change; not checked for bounds.
[[nodiscard]] Result<HeartbeatSettings> heartbeatSettings(HeartbeatSettings now,
                                                          const Dictionary& options);
/// Option "hosts"; empty if not given.
[[nodiscard]] Result<QStringList> hosts(const Dictionary& options);
[[nodiscard]] Result<EventQuery> eventQuery(const Dictionary& options);
[[nodiscard]] Result<void> noOptions(const Dictionary& options);
/// A fingerprint must come as the interface says: 64 lower-case hex digits.
[[nodiscard]] Result<PeerId> fingerprint(const std::string& digits);

} // namespace lockstep::wire
