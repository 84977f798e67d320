// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QFile>
#include <QString>

namespace lockstep {

/// A file of tests/unit/replication/data; empty, and so a failing test, if it cannot be read.
[[nodiscard]] inline QString fixture(const QString& name)
{
    QFile file{QStringLiteral(TEST_DATA "/") + name};
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
}

} // namespace lockstep
