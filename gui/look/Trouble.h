// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QWidget>

namespace lockstep::gui {

/// The remedy of an error in the program's language, with the role that is missing if polkit said
/// no; else as the daemon gives it.
[[nodiscard]] QString remedyText(const Error& error);
/// Tells a failure that answers something that somebody did: what failed, why, what to do, and the
/// error's name, to look it up. Does not wait for it to be read.
void showTrouble(QWidget* parent, const QString& what, const Error& error);

} // namespace lockstep::gui
