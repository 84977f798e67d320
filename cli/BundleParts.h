// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"
#include "cli/Redaction.h"

#include <QByteArray>
#include <QStringList>

#include <functional>

namespace lockstep::cli {

/// One file of a bundle; secrets are out of it.
struct BundlePart
{
    QString name; ///< E.g. "domains/web.xml".
    QByteArray content;
};

/// What there is, and why the rest is not ("NAME: WHY").
struct BundleParts
{
    QList<BundlePart> parts;
    QStringList missing;
};

/// Gathers all that a bug report needs and that this user may read. `daemon` may be out of reach.
/// `cancelled` is asked between any two parts. Errors: Cancelled.
[[nodiscard]] Result<BundleParts> gatherParts(Result<Daemon>& daemon,
                                              const std::vector<std::string>& hosts,
                                              const std::function<bool()>& cancelled);

/// What a program wrote to standard output.
struct ProgramOutput
{
    QByteArray text;
    QString problem; ///< Its status, and what it wrote to standard error; empty if it succeeded.
};

/// Runs a program in the C locale, without input, for `time` at most. Errors: NotSupported (there
/// is no such program), Timeout, Refused (it failed and wrote nothing to standard output).
[[nodiscard]] Result<ProgramOutput> outputOf(const QString& program, const QStringList& arguments,
                                             std::chrono::milliseconds time);

} // namespace lockstep::cli
