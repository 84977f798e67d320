// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/Findings.h"
#include "doctor/HostReport.h"

#include <chrono>

namespace lockstep::doctor {

/// What the kernel says of its clock. Source: adjtimex(2).
enum class ClockState { Synchronised, Free, Unknown };

[[nodiscard]] ClockState clockState();
[[nodiscard]] Finding judgeClock(ClockState state);

/// How far the other host's clock is before ours, by the times of one request and its answer
/// (RFC 5905, 8: four time stamps); wrong by half the time that the two took on their ways.
[[nodiscard]] std::chrono::milliseconds clockOffset(qint64 sentMs, const HostReport& answer,
                                                    qint64 gotMs);
/// `sent`..`got` as above.
[[nodiscard]] Finding judgeOffset(qint64 sentMs, const HostReport& answer, qint64 gotMs,
                                  const QString& peer);

} // namespace lockstep::doctor
