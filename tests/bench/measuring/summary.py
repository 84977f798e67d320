# SPDX-License-Identifier: LGPL-2.1-or-later
"""From the records of cells to what the report shows: over the repetitions medians with the lowest and the highest."""

from . import explain, goals, stats
from .faults import FAULTS
from .plan import MODES
from .workloads import WORKLOADS

# Figures of a load, in the order in which they are shown: name, title, unit (empty: the workload's), digits.
FIGURES = (
    ("throughput", "throughput", "", 1),
    ("mean", "mean", "ms", 2),
    ("p50", "p50", "ms", 2),
    ("p99", "p99", "ms", 2),
    ("p99.9", "p99.9", "ms", 2),
    ("checkpoints", "checkpoints", "", 0),
    ("stopped", "stopped", "%", 2),
    ("link_bytes", "on the link", "MiB", 2),
    ("failed", "failed", "", 0),
)
FACTORS = {"stopped": 100, "link_bytes": 1 / 1024 / 1024}


def scaled(record, name):
    value = record["figures"].get(name)
    return None if value is None else value * FACTORS.get(name, 1)


def errors(records):
    return [{"key": record["key"], "error": record["error"]} for record in records if record["state"] != "ok"]


def natures(records, figure="natures", factor=1):
    """A figure of each nature of work that changes; {} of other work."""
    names = dict.fromkeys(name for record in records for name in record["figures"].get(figure, ()))
    found = [record["figures"].get(figure, {}) for record in records]
    return {name: stats.spread(each[name] * factor for each in found if name in each) for name in names}


def load_summary(records):
    """By workload and mode, in their own order, only what was tried."""
    found = {}
    for workload in WORKLOADS:
        modes = {}
        for mode in MODES:
            own = [record for record in records if (record["what"], record["mode"]) == (workload.name, mode.name)]
            done = [record for record in own if record["state"] == "ok"]
            if own:
                modes[mode.name] = {"title": mode.title, "repetitions": len(done), "errors": errors(own),
                                    "figures": {name: stats.spread(scaled(record, name) for record in done)
                                                for name, *_ in FIGURES},
                                    "natures": natures(done),
                                    "natures_stopped": natures(done, "natures_stopped", FACTORS["stopped"])}
        if modes:
            found[workload.name] = {"title": workload.title, "unit": workload.unit, "modes": modes}
    return found


def fault_summary(records):
    found = {}
    for fault in FAULTS:
        own = [record for record in records if record["what"] == fault.name]
        figures = [record["figures"] for record in own if record["state"] == "ok"]
        if own:
            found[fault.name] = {"title": fault.title, "n": len(figures), "errors": errors(own),
                                 "outage": stats.distribution(each["outage"] for each in figures),
                                 "protect_again": stats.distribution(each["protect_again_s"] for each in figures),
                                 "requests": sum(each["requests"] for each in figures),
                                 "lost": sum(each["lost"] for each in figures)}
    return found


def protect_summary(records):
    """Seconds of the jobs "protect" of a guest that never was before, by mode; with faults the mode is colo."""
    found = {}
    for mode in MODES:
        own = [record["figures"].get("protect_s") for record in records if record["state"] == "ok"
               and (record["mode"] or "colo") == mode.name]
        if distribution := stats.distribution(own):
            found[mode.name] = {"title": mode.title, **distribution}
    return found


def daemon_summary(records):
    return [{"pairs": int(record["what"]), "figures": record["figures"], "error": record["error"]}
            for record in sorted(records, key=lambda record: int(record["what"]))]


def summary(journal, notes=()):
    """All of a report but its raw records. `notes`: what the reader has to know, e.g. a mode that is not offered."""
    loads, faults, daemons, fleets = (journal.records(part) for part in ("load", "fault", "daemon", "fleet"))
    all_goals = goals.goals(loads, faults, daemons, fleets)
    return {
        "facts": journal.facts(), "notes": list(notes),
        "goals": [goal.as_json() for goal in all_goals],
        "explanations": explain.explanations(all_goals, loads, faults, daemons, goals.PAIRS),
        "loads": load_summary(loads), "faults": fault_summary(faults),
        "protect": protect_summary([*loads, *faults]), "daemons": daemon_summary(daemons),
        "fleets": [record["figures"] for record in fleets if record["state"] == "ok"],
        "failed": errors(journal.records()),
    }
