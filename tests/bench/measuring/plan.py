# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which modes and cells there are, and in which order they are measured."""

import dataclasses

from . import fleet

UNPROTECTED = "unprotected"
BY_HAND = "by-hand"
AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Mode:
    """One way to run the guest. `word` is what lockstepd calls the mode; empty if it is not one of its."""

    name: str
    title: str
    word: str = ""
    period: str = ""
    only: str = ""  # the workload that alone is measured in it

    @property
    def options(self):
        """Of `lockstep protect`."""
        return ["--mode", self.word, *(["--period", self.period] if self.period else [])] if self.word else []


MODES = (
    Mode(UNPROTECTED, "unprotected"),
    Mode("colo", "colo", "colo"),
    Mode("colo-1s", "colo, period 1 s", "colo", "1s"),
    Mode("remus", "remus", "remus"),
    Mode("kemari", "kemari", "kemari"),
    Mode("remus-25ms", "remus, period 25 ms", "remus", "25ms", "changing"),
    Mode("remus-400ms", "remus, period 400 ms", "remus", "400ms", "changing"),
    Mode(AUTO, "auto", AUTO),
    Mode(BY_HAND, "QEMU driven by hand"),
)
QUICK = (UNPROTECTED, "colo", "remus", "kemari", AUTO)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One measurement. `part` is "load", "fault", "daemon" or "fleet"; `what` the workload, the fault, or the number of pairs."""

    part: str
    repetition: int
    what: str
    mode: str = ""

    @property
    def key(self):
        return "/".join(filter(None, (self.part, str(self.repetition), self.what, self.mode)))


def named(things, names, what):
    """Those of `things` with these names ("all": all), in their own order; ValueError names what there is."""
    if names == ["all"]:
        return list(things)
    there = [thing.name for thing in things]
    unknown = [name for name in names if name not in there]
    if unknown:
        raise ValueError(f"there is no {what} '{unknown[0]}': {', '.join(there)}, or all")
    return [thing for thing in things if thing.name in names]


def offered_words(commands):
    """The modes that this lockstep knows, from what `lockstep describe` printed."""
    for command in commands:
        if command["words"] == ["protect"]:
            for option in command["options"]:
                if "--mode" in option["names"]:
                    return set(option["values"])
    return set()


def is_offered(mode, words):
    """Whether this lockstepd can bring it about."""
    return not mode.word or mode.word in words


def rotated(entries, by):
    """The same, begun elsewhere: no mode always comes first, or right after the same other one."""
    by %= max(1, len(entries))
    return entries[by:] + entries[:by]


def load_cells(repetition, modes, workloads):
    """One repetition: of each workload all modes right after each other. QEMU by hand needs a lab without
    lockstepd: all its workloads come together, first and last in turn."""
    together = []
    for number, workload in enumerate(workloads):
        ours = [mode for mode in modes if mode.name != BY_HAND and mode.only in ("", workload.name)]
        together += [Cell("load", repetition, workload.name, mode.name) for mode in rotated(ours, repetition + number)]
    apart = [Cell("load", repetition, workload.name, BY_HAND) for workload in workloads
             if any(mode.name == BY_HAND for mode in modes)]
    return apart + together if repetition % 2 else together + apart


def fault_cells(rounds, faults):
    """Each round strikes with each fault once."""
    return [Cell("fault", number, fault.name) for number in rounds for fault in rotated(list(faults), number)]


def cells(repeat, modes, workloads, rounds, faults, pairs, fleets=0):
    """All of a run; `fleets`: how often the simulated one is run. Rounds of faults are spread over the repetitions, so
    that a run that is lost halfway has something of everything."""
    found = []
    for repetition in range(repeat):
        found += load_cells(repetition, modes, workloads)
        found += fault_cells(range(repetition, rounds, repeat), faults)
    found += [Cell("daemon", 0, str(number)) for number in pairs]
    return found + [Cell("fleet", number, str(fleet.PAIRS)) for number in range(fleets)]
