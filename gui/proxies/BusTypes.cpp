// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/proxies/BusTypes.h"

#include <QDBusMetaType>

namespace lockstep::gui {

QDBusArgument& operator<<(QDBusArgument& argument, const Triple& triple)
{
    argument.beginStructure();
    argument << triple.first << triple.second << triple.third;
    argument.endStructure();
    return argument;
}

const QDBusArgument& operator>>(const QDBusArgument& argument, Triple& triple)
{
    argument.beginStructure();
    argument >> triple.first >> triple.second >> triple.third;
    argument.endStructure();
    return argument;
}

void registerBusTypes()
{
    qDBusRegisterMetaType<Triple>();
    qDBusRegisterMetaType<Triples>();
    qDBusRegisterMetaType<Dictionaries>();
}

} // namespace lockstep::gui
