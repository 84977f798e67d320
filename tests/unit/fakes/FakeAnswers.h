// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonObject>
#include <QJsonValue>

namespace lockstep::test {

/// How QEMU says no.
[[nodiscard]] inline std::unexpected<Error> refuse(const QString& text)
{
    return failure(Errc::Refused, QStringLiteral("GenericError: ") + text);
}

/// How it says that it is done.
inline const QJsonValue done = QJsonObject{};

} // namespace lockstep::test
