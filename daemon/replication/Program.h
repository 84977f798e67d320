// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QByteArray>
#include <QStringList>

namespace lockstep {

/// What a program that ran to its end left behind.
struct ProgramResult
{
    int exitStatus{0};
    QByteArray output; ///< Standard output.
    QString errors;    ///< Standard error, trimmed.
};

/// Runs a program without a shell, in the C locale, and awaits its end; past the deadline it is
/// killed. Errors: Timeout, NotSupported if there is no such program, Internal if it crashed. A
/// status other than 0 is no error here.
[[nodiscard]] Task<Result<ProgramResult>> runProgram(QString program, QStringList arguments,
                                                     std::chrono::milliseconds deadline);

} // namespace lockstep
