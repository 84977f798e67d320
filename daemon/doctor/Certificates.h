// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/Findings.h"

#include <QDateTime>

namespace lockstep::doctor {

/// Whether this host's certificates, those of its peers that QEMU was given, and etcd's are valid
/// at `now` and for another 30 days. Blocks.
[[nodiscard]] QList<Finding> examineCertificates(const Config& config, const QDateTime& now);

} // namespace lockstep::doctor
