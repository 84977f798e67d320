// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QDBusArgument>
#include <QList>
#include <QString>
#include <QVariantMap>

/// What the generated proxies have for D-Bus's compound types; see annotate-interface.
namespace lockstep::gui {

using Dictionaries = QList<QVariantMap>; ///< aa{sv}

/// (sss)
struct Triple
{
    QString first;
    QString second;
    QString third;
};
using Triples = QList<Triple>; ///< a(sss)

QDBusArgument& operator<<(QDBusArgument& argument, const Triple& triple);
const QDBusArgument& operator>>(const QDBusArgument& argument, Triple& triple);

/// Makes them known to Qt; before the first call.
void registerBusTypes();

} // namespace lockstep::gui

Q_DECLARE_METATYPE(lockstep::gui::Triple)
