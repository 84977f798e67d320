// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Source.h"

#include <QKeySequence>

#include <span>

namespace lockstep::gui {

/// What an administrator can do.
enum class Act {
    Protect, ///< The domain of the chosen pair again, or one that is chosen then.
    Unprotect,
    SwitchOver,
    TakeOver,
    ContinueAlone,
    PairSettings,
    CancelJob,
    DrainHost,
    AddPeer,
    AcceptPeer,
    LinkSettings,
    RemovePeer,
};

/// How an act is offered.
struct ActInfo
{
    Act act;
    QString text; ///< Translated, with a mnemonic; "..." if something is asked first.
    QString help; ///< Translated, one sentence.
    QString icon; ///< Of icons/.
    QKeySequence shortcut;
};

[[nodiscard]] std::span<const Act> allActs();
[[nodiscard]] ActInfo actInfo(Act act);

/// What is chosen where the act is offered.
struct Chosen
{
    QString pair; ///< Id; empty for none.
    QString peer; ///< Id; empty for none.
};

/// Whether lockstepd can be asked for it now.
struct Permission
{
    bool allowed{false};
    QString why; ///< If not: a translated sentence that says what stands in its way.
};

/// By the states that dbus/*.xml names for each call. It only spares a question: lockstepd decides,
/// and may refuse what this allows.
[[nodiscard]] Permission permission(Act act, const Source& source, const Chosen& chosen);

} // namespace lockstep::gui
