// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QDateTime>
#include <QString>

namespace lockstep::gui {

/// Where one can be in the program: what navigation and links lead to.
struct Place
{
    enum class Kind { Overview, Pair, Peer, Domains, Jobs, History };

    Kind kind{Kind::Overview};
    QString id; ///< Of the pair or peer; of the pair that History is about, empty for all.
    QDateTime time; ///< The moment to be shown; invalid for now.

    friend bool operator==(const Place&, const Place&) = default;
};

} // namespace lockstep::gui
