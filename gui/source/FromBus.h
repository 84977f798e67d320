// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QDBusError>
#include <QDBusVariant>

namespace lockstep::gui {

/// Reads what came over D-Bus. Members that are missing or of another type are as if they were not
/// known: a daemon of another version may have others.

/// `value` with all that is in it as plain maps, lists and texts, no QDBusArgument in it.
[[nodiscard]] QVariant plain(const QVariant& value);
[[nodiscard]] QVariantMap plain(const QVariantMap& values);

[[nodiscard]] Host hostFrom(const QVariantMap& properties);
[[nodiscard]] Pair pairFrom(const QString& id, const QVariantMap& properties);
[[nodiscard]] Peer peerFrom(const QString& id, const QVariantMap& properties);
[[nodiscard]] Job jobFrom(const QString& id, const QVariantMap& properties);
[[nodiscard]] Domain domainFrom(const QVariantMap& dictionary);
[[nodiscard]] Event eventFrom(const QVariantMap& dictionary);
[[nodiscard]] QList<Finding> findingsFrom(const QVariantList& dictionaries);
[[nodiscard]] ConfigurationSetting configurationSettingFrom(const QVariantMap& dictionary);
[[nodiscard]] Statistics statisticsFrom(const QVariantMap& dictionary);

/// Settings by name as the options of SetSettings and Protect: texts, booleans and unsigned
/// numbers.
[[nodiscard]] QVariantMap settingsToBus(const QJsonObject& settings);

/// The error that a call ended with; `where` is the other host, empty for this one.
[[nodiscard]] Error errorFrom(const QDBusError& error, const QString& where);

} // namespace lockstep::gui
