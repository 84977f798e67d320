// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QColor>
#include <QIcon>
#include <QPalette>

namespace lockstep::gui {

/// How much something wants to be looked at; the order is that of urgency.
enum class Tone {
    Good,
    Neutral,
    Busy, ///< On its way to something else.
    Warning, ///< Works, but somebody ought to see to it.
    Bad,
};

/// How a state is shown, everywhere: by colour, by shape, and by word, so that none of the three is
/// needed to tell it.
struct Look
{
    Tone tone{Tone::Neutral};
    QString shape; ///< Of a file in icons/, without ".svg".
    QString word; ///< Translated; for what is not known, as the daemon says it.
    QString meaning; ///< A translated sentence; empty for what is not known.

    [[nodiscard]] QIcon icon() const;
};

[[nodiscard]] Look pairLook(const QString& state);
[[nodiscard]] Look roleLook(const QString& role);
/// By trust, while it is not mutual, then by what its heartbeats tell.
[[nodiscard]] Look peerLook(const Peer& peer);
[[nodiscard]] Look jobLook(const QString& state);
/// Of events and of findings: "error", "warning", "info", "ok".
[[nodiscard]] Look severityLook(const QString& severity);
/// Of a libvirt domain, in virsh's words.
[[nodiscard]] Look domainLook(const QString& state);

[[nodiscard]] QString jobKindWord(const QString& kind);
[[nodiscard]] QString eventKindWord(const QString& kind);

[[nodiscard]] bool isDark(const QPalette& palette);
/// Readable on the palette's base and window colours: contrast 4.5 at least (WCAG 2.2, 1.4.3).
[[nodiscard]] QColor colourOf(Tone tone, const QPalette& palette);
/// A drawing of icons/ in the tone's colour, or in that of text. It follows the palette, and is
/// drawn anew for each size and screen.
[[nodiscard]] QIcon drawnIcon(const QString& shape, Tone tone);
[[nodiscard]] QIcon drawnIcon(const QString& shape);

} // namespace lockstep::gui
