// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/Page.h"

#include <span>

namespace lockstep::gui {

/// One kind of place and the page that shows it.
struct PageKind
{
    Place::Kind kind;
    Page* (*make)(Workbench& bench);
};

/// Those that there are. A kind that is not there is not offered, and who wants to go to it comes
/// to the overview.
[[nodiscard]] std::span<const PageKind> pageKinds();
[[nodiscard]] bool hasPage(Place::Kind kind);

} // namespace lockstep::gui
