// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Health.h"

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

QString healthWord(PeerHealth health)
{
    switch (health) {
    case PeerHealth::Unknown:
        return u"unknown"_s;
    case PeerHealth::Alive:
        return u"alive"_s;
    case PeerHealth::Slow:
        return u"slow"_s;
    case PeerHealth::PathDown:
        return u"path-down"_s;
    case PeerHealth::DaemonGone:
        return u"daemon-gone"_s;
    case PeerHealth::Gone:
        return u"gone"_s;
    }
    std::unreachable();
}

} // namespace lockstep
