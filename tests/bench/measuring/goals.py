# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Lockstep wants to reach (docs/benchmark.md), and by how much it does or does not."""

import dataclasses
import operator
import statistics

from . import fleet, stats
from .faults import FAULTS, PULLED
from .plan import AUTO, MODES, UNPROTECTED

EQUAL = "echo"  # the workload of equal answers
CHANGING = "changing"
PAIRS = "100"


@dataclasses.dataclass(frozen=True)
class Goal:
    """`value` is what was found, None if it was not measured; `bound` what it has to be: at most, at least, less."""

    text: str
    relation: str  # "<=", ">=" or "<"
    bound: float
    unit: str
    value: float | None
    n: int = 0  # how many samples it is from
    about: tuple = ()  # the part, and the modes or the fault, whose profile tells why

    @property
    def state(self):
        if self.value is None:
            return "unknown"
        holds = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}[self.relation]
        return "met" if holds(self.value, self.bound) else "missed"

    @property
    def by(self):
        """How far from the bound, in words; of a bound of 0 the value itself."""
        if self.value is None:
            return "not measured"
        shown = f"{self.value:.3g}"
        if not self.bound:
            return shown
        side = "above" if self.value > self.bound else "below"
        return f"{shown}, {abs(self.value / self.bound - 1):.0%} {side} the bound"

    def as_json(self):
        return {"text": self.text, "relation": self.relation, "bound": self.bound, "unit": self.unit, "value": self.value,
                "n": self.n, "state": self.state, "by": self.by}


def medians_by_repetition(records, workload, mode, figure="p50"):
    return {record["repetition"]: record["figures"].get(figure) for record in records
            if record["state"] == "ok" and (record["what"], record["mode"]) == (workload, mode)}


def ratio_goal(records, text, above, below, relation, bound):
    """Of p50 of equal answers in two modes, compared within each repetition; the median of that."""
    found = stats.ratios(medians_by_repetition(records, EQUAL, above), medians_by_repetition(records, EQUAL, below))
    return Goal(text, relation, bound, "times", statistics.median(found) if found else None, len(found), ("load", above, below))


def auto_goal(records):
    """Of the mean of work that changes: auto to the best of the fixed modes in each repetition; the median of that."""
    fixed = [medians_by_repetition(records, CHANGING, mode.name, "mean") for mode in MODES if mode.word and mode.name != AUTO]
    best = {}
    for repetition in set().union(*fixed):
        best[repetition] = min(stats.known(each.get(repetition) for each in fixed), default=None)
    found = stats.ratios(medians_by_repetition(records, CHANGING, AUTO, "mean"), best)
    return Goal("mean of work that changes every 20 s, auto to the best fixed mode", "<=", 1.1, "times",
                statistics.median(found) if found else None, len(found), (CHANGING,))


def fault_goals(records):
    done = [record for record in records if record["state"] == "ok"]
    # Attempts that failed are counted below: what was lost in them is not known.
    lost = sum(record["figures"]["lost"] for record in done) if done else None
    yield Goal("requests lost in any takeover", "<=", 0, "", lost, len(done))
    failed = len(records) - len(done)
    yield Goal("faults after which the guest did not go on, or was not protected again", "<=", 0, "",
               failed if records else None, len(records))
    for fault in FAULTS:
        if fault.name in PULLED:
            outages = [record["figures"]["outage"] for record in done if record["what"] == fault.name]
            yield Goal(f"outage, {fault.title}, 95th percentile", "<", 0.7, "s", stats.percentile(outages, 95), len(outages),
                       ("fault", fault.name))


def daemon_goals(records):
    found = next((record["figures"] for record in records if record["what"] == PAIRS and record["state"] == "ok"), {})
    yield Goal(f"lockstepd with {PAIRS} idle pairs, share of a core", "<=", 0.005, "", found.get("cpu"), 1 if found else 0, ("daemon",))
    yield Goal(f"lockstepd with {PAIRS} idle pairs, memory", "<=", 64, "MiB", found.get("mib"), 1 if found else 0, ("daemon",))


def fleet_goals(records):
    """A run that was not made is none that went wrong."""
    made = [record for record in records if "not measured" not in record["error"]]
    failed = sum(record["state"] != "ok" for record in made)
    yield Goal(f"simulated fleets of {fleet.PAIRS} pairs in which a rule was broken", "<=", 0, "", failed if made else None, len(made))


def goals(loads, faults, daemons, fleets=()):
    """All of them, from the records of each part."""
    return [
        ratio_goal(loads, "p50 of equal answers, colo to unprotected", "colo", UNPROTECTED, "<=", 1.3),
        ratio_goal(loads, "p50 of equal answers, remus to colo", "remus", "colo", ">=", 20),
        ratio_goal(loads, "p50 of equal answers, colo to kemari", "colo", "kemari", "<", 1),
        ratio_goal(loads, "p50 of equal answers, kemari to remus", "kemari", "remus", "<", 1),
        auto_goal(loads), *fault_goals(faults), *daemon_goals(daemons), *fleet_goals(fleets),
    ]
