// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/look/StateLook.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <span>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr auto context = "StateLook";

/// One row of what is known of a word of the daemon.
struct Row
{
    QLatin1StringView name;
    Tone tone;
    QLatin1StringView shape;
    const char* word;
    const char* meaning;
};

constexpr std::array pairs{
    Row{"preparing"_L1, Tone::Busy, "progress"_L1, QT_TRANSLATE_NOOP("StateLook", "preparing"),
        QT_TRANSLATE_NOOP("StateLook", "The shadow is being made. The guest runs unprotected.")},
    Row{"copying"_L1, Tone::Busy, "copy"_L1, QT_TRANSLATE_NOOP("StateLook", "copying"),
        QT_TRANSLATE_NOOP("StateLook",
                          "Disks and memory go to the other host. The guest runs unprotected.")},
    Row{"confirming"_L1, Tone::Busy, "progress"_L1, QT_TRANSLATE_NOOP("StateLook", "confirming"),
        QT_TRANSLATE_NOOP("StateLook", "The shadow is in step; the arbiter is being told.")},
    Row{"protected"_L1, Tone::Good, "shield"_L1, QT_TRANSLATE_NOOP("StateLook", "protected"),
        QT_TRANSLATE_NOOP("StateLook", "The shadow is in step and can take over at any time.")},
    Row{"interrupted"_L1, Tone::Bad, "alarm"_L1, QT_TRANSLATE_NOOP("StateLook", "interrupted"),
        QT_TRANSLATE_NOOP("StateLook",
                          "The twin is gone. The arbiter or an administrator decides who goes on; "
                          "until then clients wait.")},
    Row{"taking-over"_L1, Tone::Busy, "moving"_L1, QT_TRANSLATE_NOOP("StateLook", "taking over"),
        QT_TRANSLATE_NOOP("StateLook", "The shadow goes live on this host.")},
    Row{"merging"_L1, Tone::Busy, "moving"_L1, QT_TRANSLATE_NOOP("StateLook", "merging"),
        QT_TRANSLATE_NOOP("StateLook", "It runs here; what the shadow wrote is being merged.")},
    Row{"alone"_L1, Tone::Warning, "warning"_L1, QT_TRANSLATE_NOOP("StateLook", "alone"),
        QT_TRANSLATE_NOOP(
            "StateLook",
            "It runs here without a shadow. Protect it again when the other host can.")},
    Row{"stale"_L1, Tone::Warning, "stale"_L1, QT_TRANSLATE_NOOP("StateLook", "stale"),
        QT_TRANSLATE_NOOP("StateLook",
                          "The domain runs on the other host. What is here is out of date.")},
    Row{"undoing"_L1, Tone::Busy, "undo"_L1, QT_TRANSLATE_NOOP("StateLook", "undoing"),
        QT_TRANSLATE_NOOP("StateLook", "A protection that failed or was cancelled is taken back.")},
    Row{"off"_L1, Tone::Neutral, "off"_L1, QT_TRANSLATE_NOOP("StateLook", "off"),
        QT_TRANSLATE_NOOP("StateLook", "The guest was turned off.")},
};

constexpr std::array roles{
    Row{"primary"_L1, Tone::Neutral, "primary"_L1, QT_TRANSLATE_NOOP("StateLook", "primary"),
        QT_TRANSLATE_NOOP("StateLook", "Clients talk to the copy on this host.")},
    Row{"secondary"_L1, Tone::Neutral, "secondary"_L1, QT_TRANSLATE_NOOP("StateLook", "shadow"),
        QT_TRANSLATE_NOOP("StateLook", "The copy on this host is the shadow.")},
};

/// What "trusted" looks like is a matter of health.
constexpr std::array trusts{
    Row{"asked"_L1, Tone::Warning, "question"_L1, QT_TRANSLATE_NOOP("StateLook", "wants to pair"),
        QT_TRANSLATE_NOOP("StateLook", "It has asked to pair, and nobody here has accepted it.")},
    Row{"asking"_L1, Tone::Busy, "question"_L1, QT_TRANSLATE_NOOP("StateLook", "not accepted yet"),
        QT_TRANSLATE_NOOP("StateLook",
                          "It is accepted here. Now accept this host on the other one.")},
};

constexpr std::array healths{
    Row{"unknown"_L1, Tone::Neutral, "question"_L1, QT_TRANSLATE_NOOP("StateLook", "unknown"),
        QT_TRANSLATE_NOOP("StateLook", "There has been no heartbeat yet.")},
    Row{"alive"_L1, Tone::Good, "link"_L1, QT_TRANSLATE_NOOP("StateLook", "alive"),
        QT_TRANSLATE_NOOP("StateLook", "Its heartbeats come as they should.")},
    Row{"slow"_L1, Tone::Warning, "warning"_L1, QT_TRANSLATE_NOOP("StateLook", "slow"),
        QT_TRANSLATE_NOOP("StateLook", "Its heartbeats come late.")},
    Row{"path-down"_L1, Tone::Warning, "warning"_L1,
        QT_TRANSLATE_NOOP("StateLook", "one path down"),
        QT_TRANSLATE_NOOP("StateLook", "Nothing comes over one of its two paths.")},
    Row{"daemon-gone"_L1, Tone::Warning, "unplugged"_L1,
        QT_TRANSLATE_NOOP("StateLook", "lockstepd not running"),
        QT_TRANSLATE_NOOP("StateLook", "Its kernel lives, but its lockstepd does not run.")},
    Row{"gone"_L1, Tone::Bad, "alarm"_L1, QT_TRANSLATE_NOOP("StateLook", "gone"),
        QT_TRANSLATE_NOOP("StateLook", "It gives no sign of life.")},
};

constexpr std::array jobs{
    Row{"running"_L1, Tone::Busy, "progress"_L1, QT_TRANSLATE_NOOP("StateLook", "running"), ""},
    Row{"done"_L1, Tone::Good, "check"_L1, QT_TRANSLATE_NOOP("StateLook", "done"), ""},
    Row{"failed"_L1, Tone::Bad, "cross"_L1, QT_TRANSLATE_NOOP("StateLook", "failed"), ""},
    Row{"cancelled"_L1, Tone::Neutral, "off"_L1, QT_TRANSLATE_NOOP("StateLook", "cancelled"), ""},
};

constexpr std::array severities{
    Row{"error"_L1, Tone::Bad, "cross"_L1, QT_TRANSLATE_NOOP("StateLook", "error"), ""},
    Row{"warning"_L1, Tone::Warning, "warning"_L1, QT_TRANSLATE_NOOP("StateLook", "warning"), ""},
    Row{"info"_L1, Tone::Neutral, "info"_L1, QT_TRANSLATE_NOOP("StateLook", "information"), ""},
    Row{"ok"_L1, Tone::Good, "check"_L1, QT_TRANSLATE_NOOP("StateLook", "in order"), ""},
};

constexpr std::array domains{
    Row{"running"_L1, Tone::Good, "running"_L1, QT_TRANSLATE_NOOP("StateLook", "running"), ""},
    Row{"paused"_L1, Tone::Warning, "paused"_L1, QT_TRANSLATE_NOOP("StateLook", "paused"), ""},
    Row{"in shutdown"_L1, Tone::Busy, "progress"_L1,
        QT_TRANSLATE_NOOP("StateLook", "shutting down"), ""},
    Row{"shut off"_L1, Tone::Neutral, "off"_L1, QT_TRANSLATE_NOOP("StateLook", "shut off"), ""},
    Row{"crashed"_L1, Tone::Bad, "cross"_L1, QT_TRANSLATE_NOOP("StateLook", "crashed"), ""},
    Row{"pmsuspended"_L1, Tone::Neutral, "paused"_L1, QT_TRANSLATE_NOOP("StateLook", "asleep"), ""},
    Row{"missing"_L1, Tone::Warning, "question"_L1,
        QT_TRANSLATE_NOOP("StateLook", "not known to libvirt"), ""},
};

QString translated(const char* text)
{
    return *text ? QCoreApplication::translate(context, text) : QString{};
}

/// What a later daemon may say and this program does not know is shown as it is.
Look lookIn(std::span<const Row> rows, const QString& name)
{
    const auto found =
        std::ranges::find_if(rows, [&name](const Row& row) { return row.name == name; });
    if (found == rows.end())
        return {.tone = Tone::Neutral, .shape = u"question"_s, .word = name, .meaning = {}};
    return {.tone = found->tone,
            .shape = found->shape,
            .word = translated(found->word),
            .meaning = translated(found->meaning)};
}

struct Word
{
    QLatin1StringView name;
    const char* word;
};

constexpr std::array jobKinds{
    Word{"protect"_L1, QT_TRANSLATE_NOOP("StateLook", "Protect")},
    Word{"takeover"_L1, QT_TRANSLATE_NOOP("StateLook", "Take over")},
    Word{"switchover"_L1, QT_TRANSLATE_NOOP("StateLook", "Switch over")},
    Word{"continue-alone"_L1, QT_TRANSLATE_NOOP("StateLook", "Go on alone")},
    Word{"unprotect"_L1, QT_TRANSLATE_NOOP("StateLook", "Unprotect")},
    Word{"drain"_L1, QT_TRANSLATE_NOOP("StateLook", "Drain the host")},
};

constexpr std::array eventKinds{
    Word{"state"_L1, QT_TRANSLATE_NOOP("StateLook", "State")},
    Word{"job"_L1, QT_TRANSLATE_NOOP("StateLook", "Job")},
    Word{"decision"_L1, QT_TRANSLATE_NOOP("StateLook", "Decision")},
    Word{"fault"_L1, QT_TRANSLATE_NOOP("StateLook", "Fault")},
    Word{"note"_L1, QT_TRANSLATE_NOOP("StateLook", "Note")},
};

QString wordIn(std::span<const Word> words, const QString& name)
{
    const auto found =
        std::ranges::find_if(words, [&name](const Word& word) { return word.name == name; });
    return found == words.end() ? name : translated(found->word);
}

} // namespace

QIcon Look::icon() const { return drawnIcon(shape, tone); }

Look pairLook(const QString& state) { return lookIn(pairs, state); }

Look roleLook(const QString& role) { return lookIn(roles, role); }

Look peerLook(const Peer& peer)
{
    if (peer.trust != "trusted"_L1)
        return lookIn(trusts, peer.trust);
    Look look = lookIn(healths, peer.health);
    if (!peer.healthReason.isEmpty())
        look.meaning = peer.healthReason;
    return look;
}

Look jobLook(const QString& state) { return lookIn(jobs, state); }

Look severityLook(const QString& severity) { return lookIn(severities, severity); }

Look domainLook(const QString& state) { return lookIn(domains, state); }

QString jobKindWord(const QString& kind) { return wordIn(jobKinds, kind); }

QString eventKindWord(const QString& kind) { return wordIn(eventKinds, kind); }

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightnessF()
        < palette.color(QPalette::WindowText).lightnessF();
}

QColor colourOf(Tone tone, const QPalette& palette)
{
    const bool dark = isDark(palette);
    switch (tone) {
    case Tone::Good:
        return dark ? QColor{0x57, 0xc7, 0x7a} : QColor{0x17, 0x6f, 0x35};
    case Tone::Busy:
        return dark ? QColor{0x6c, 0xb2, 0xf7} : QColor{0x0b, 0x5c, 0xad};
    case Tone::Warning:
        return dark ? QColor{0xf0, 0xb3, 0x3c} : QColor{0x8a, 0x56, 0x00};
    case Tone::Bad:
        return dark ? QColor{0xff, 0x7b, 0x72} : QColor{0xb4, 0x1f, 0x1f};
    case Tone::Neutral:
        break;
    }
    return dark ? QColor{0xb6, 0xbc, 0xc4} : QColor{0x55, 0x5c, 0x66};
}

} // namespace lockstep::gui
