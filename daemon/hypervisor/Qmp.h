// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonObject>
#include <QJsonValue>

namespace lockstep {

/// One QMP command as compact JSON. Source: QEMU docs/interop/qmp-spec.
[[nodiscard]] QByteArray qmpCommand(const QString& command, const QJsonObject& arguments);

/// The "return" of a reply. Errors: Refused with "Class: desc" if QEMU refused the command,
/// Malformed if the text is no QMP reply.
[[nodiscard]] Result<QJsonValue> qmpReturn(const QByteArray& reply);

/// The "data" of an event, from the text that libvirt hands out; empty if there is none.
[[nodiscard]] QJsonObject qmpEventData(const QByteArray& details);

/// QEMU's event time in microseconds since the epoch.
[[nodiscard]] constexpr qint64 qmpTime(qint64 seconds, unsigned micros)
{
    return seconds * 1'000'000 + micros;
}

} // namespace lockstep
