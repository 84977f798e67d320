// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonArray>
#include <QJsonObject>

namespace lockstep::cli {

/// One JSON document on standard output.
void printJson(const QJsonObject& object);
void printJsonArray(const QJsonArray& array);
/// One of many, on a line of its own.
void printJsonLine(const QJsonObject& object);

/// The one place that tells the user of a failure: what happened and what to do, or with --json an
/// object with "error" on standard output. Returns the exit status of the error.
int printError(const Error& error, bool json);
/// The same for a command that prints one JSON value a line.
int printErrorLine(const Error& error);

/// The error that a job, a pair or a reply shows as JSON.
[[nodiscard]] Error errorFromJson(const QJsonObject& error);
[[nodiscard]] QJsonObject errorToJson(const Error& error);

} // namespace lockstep::cli
