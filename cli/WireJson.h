// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <QJsonObject>

#include <map>
#include <string>
#include <vector>

namespace lockstep::cli {

/// Text from the bus, fit for a terminal: other hosts choose some of it, so control characters
/// other than line breaks become U+FFFD.
[[nodiscard]] QString fromBus(const std::string& text);

using Dictionary = std::map<std::string, sdbus::Variant>;

/// D-Bus properties as `--json` shows them, so that its schema is that of the XML under dbus/:
/// names in kebab-case ("BytesDone" is "bytes-done"); times ("StartedUSec") as ISO 8601 in UTC
/// under the name without the unit ("started"), null if there is none, but for "EtaUSec", a number
/// of microseconds ("eta-usec"); an error (sss) as an object with "name", "message" and "remedy",
/// null if there is none; object paths are left out.
[[nodiscard]] QJsonObject
propertiesToJson(const std::map<sdbus::PropertyName, sdbus::Variant>& properties);
/// Keys stay as they are.
[[nodiscard]] QJsonObject dictionaryToJson(const Dictionary& dictionary);
/// An event of a pair: as it is, but its "time-usec" is "time" in ISO 8601.
[[nodiscard]] QJsonObject eventToJson(const Dictionary& event);
/// What GetStatistics answers: as it is, and its times in ISO 8601 as well.
[[nodiscard]] QJsonObject statisticsToJson(const Dictionary& statistics);
[[nodiscard]] QJsonArray dictionariesToJson(const std::vector<Dictionary>& dictionaries);

} // namespace lockstep::cli
