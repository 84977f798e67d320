// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Word.h"

#include <utility>

namespace lockstep::failover {

namespace {

constexpr quint32 known = 1U << 0;
constexpr quint32 sole = 1U << 1;
constexpr quint32 promised = 1U << 2;
constexpr quint32 handingOver = 1U << 3;
constexpr quint32 answerWanted = 1U << 4;
constexpr quint32 suspended = 1U << 5;
constexpr int qemuShift = 8;
constexpr int resumesShift = 16;
constexpr quint32 qemuMask = 0xff;

} // namespace

PairBeat toBeat(const DomainUuid& uuid, const TheirWord& word, bool wantsAnswer)
{
    quint32 health =
        quint32(std::to_underlying(word.qemu)) << qemuShift | quint32(word.resumes) << resumesShift;
    for (const auto& [is, flag] :
         {std::pair{word.known, known}, std::pair{word.sole, sole},
          std::pair{word.promised, promised}, std::pair{word.handingOver, handingOver},
          std::pair{wantsAnswer, answerWanted}, std::pair{word.suspended, suspended}}) {
        if (is)
            health |= flag;
    }
    return {.uuid = uuid,
            .role = static_cast<quint8>(word.role),
            .state = static_cast<quint8>(word.state),
            .epoch = {word.epoch},
            .health = health};
}

bool wantsAnswer(const PairBeat& beat) { return (beat.health & answerWanted) != 0; }

std::optional<TheirWord> wordFrom(const PairBeat& beat)
{
    const quint32 qemu = (beat.health >> qemuShift) & qemuMask;
    if (beat.role > std::to_underlying(Role::Secondary)
        || beat.state > std::to_underlying(PairState::Off)
        || qemu > std::to_underlying(QemuSense::Off))
        return std::nullopt;
    TheirWord word;
    word.heard = true;
    word.known = (beat.health & known) != 0;
    word.role = Role{beat.role};
    word.state = PairState{beat.state};
    word.epoch = beat.epoch.value;
    word.sole = (beat.health & sole) != 0;
    word.promised = (beat.health & promised) != 0;
    word.handingOver = (beat.health & handingOver) != 0;
    word.suspended = (beat.health & suspended) != 0;
    word.resumes = quint16(beat.health >> resumesShift);
    word.qemu = QemuSense(qemu);
    return word;
}

} // namespace lockstep::failover
