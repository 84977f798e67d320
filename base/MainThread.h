// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>

namespace lockstep {

/// Runs `work` from the event loop of the thread that made the QCoreApplication, after what was
/// posted before. From any thread, once the application object exists; dropped when it is gone.
/// Handed over under a std::mutex, which thread checkers understand; Qt's own queue they do not.
void postToMainThread(std::move_only_function<void()> work);

} // namespace lockstep
