// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/actions/ActSet.h"
#include "gui/actions/CommandText.h"
#include "gui/models/DomainModel.h"
#include "gui/models/EventModel.h"
#include "gui/models/JobModel.h"
#include "gui/models/PairModel.h"
#include "gui/models/PeerModel.h"

namespace lockstep::gui {

/// What all pages and dialogs of one window work with. Outlives them.
struct Workbench
{
    explicit Workbench(Source& what)
        : source{what}, acts{what}, pairs{what}, peers{what}, jobs{what}, domains{what},
          events{what}, commands{what.target()}
    { }

    Source& source;
    ActSet acts;
    PairModel pairs;
    PeerModel peers;
    JobModel jobs;
    DomainModel domains;
    EventModel events;
    CommandText commands;
};

} // namespace lockstep::gui
