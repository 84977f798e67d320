// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/ShadowPolicy.h"

namespace lockstep {

struct XmlElement;

/// What of a domain's XML no rule names (ShadowRules.h), whatever host it is to run on. Values that
/// the rules leave to ShadowPolicy are not looked at.
[[nodiscard]] QList<ShadowRefusal> shapeRefusals(const XmlElement& domain);

} // namespace lockstep
