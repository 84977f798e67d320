// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/Pages.h"

#include "gui/pages/DomainsPage.h"
#include "gui/pages/HistoryPage.h"
#include "gui/pages/JobsPage.h"
#include "gui/pages/OverviewPage.h"

#include <algorithm>
#include <array>

namespace lockstep::gui {

namespace {

template <typename OnePage>
Page* make(Workbench& bench)
{
    return new OnePage{bench};
}

constexpr std::array kinds{
    PageKind{Place::Kind::Overview, make<OverviewPage>},
    PageKind{Place::Kind::Domains, make<DomainsPage>},
    PageKind{Place::Kind::Jobs, make<JobsPage>},
    PageKind{Place::Kind::History, make<HistoryPage>},
};

} // namespace

std::span<const PageKind> pageKinds() { return kinds; }

bool hasPage(Place::Kind kind)
{
    return std::ranges::find(kinds, kind, &PageKind::kind) != kinds.end();
}

} // namespace lockstep::gui
