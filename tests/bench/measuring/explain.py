# SPDX-License-Identifier: LGPL-2.1-or-later
"""Of each goal that was missed: where the time went, from what was profiled beside the figures. Tables as plain data."""

from . import stats
from .goals import CHANGING
from .plan import MODES

MOST_PLACES = 2


def percent(share):
    return f"{share:.1%}"


def thread_table(title, threads):
    """`threads` is by host."""
    rows = [[host, thread["program"], thread["thread"], percent(thread["cpu"]), percent(thread["queued"]), percent(thread["disk"]),
             ", ".join(f"{place} {percent(share)}" for place, share in list(thread["asleep"].items())[:MOST_PLACES])]
            for host, busy in threads.items() for thread in busy]
    return {"title": title, "head": ["host", "program", "thread", "on a CPU", "waiting for a CPU", "for a disk", "asleep in"], "rows": rows}


def phase_table(title, profile):
    whole = profile["phases"]["all together"]["p50"]
    rows = [[name, f"{phase['p50']:.2f}", f"{phase['p95']:.2f}", percent(phase["p50"] / whole) if whole else ""]
            for name, phase in profile["phases"].items()]
    return {"title": title, "head": ["phase", "median, ms", "95th percentile, ms", "of the checkpoint"], "rows": rows}


def note(text):
    return {"title": text, "head": [], "rows": []}


def of_mode(mode, loads):
    """From the profile of a mode's cell."""
    title = next(each.title for each in MODES if each.name == mode)
    profiles = [record["figures"]["profile"] for record in loads if record["mode"] == mode and "profile" in record["figures"]]
    profile = next((each for each in profiles if "threads" in each), None)
    if profile is None:
        return [note(f"{title}: not profiled" + "".join(f": {each['error']}" for each in profiles[:1]))]
    times = f"{title}: {profile['checkpoints']} checkpoints in {profile['seconds']} s, p50 meanwhile {profile['p50']} ms"
    phases = [phase_table(times, profile)] if profile["phases"] else [note(times)]
    return [*phases, thread_table(f"{title}: what threads did", profile["threads"])]


def of_fault(name, faults):
    """When the survivor came to which state, over all times that this fault struck."""
    times = {}
    for record in faults:
        if record["state"] == "ok" and record["what"] == name:
            figures = record["figures"]
            for state, after in figures.get("steps", []):
                times.setdefault(state, []).append(after)
            times.setdefault("first answer", []).append(figures["outage"])
    rows = [[state, len(values), f"{stats.percentile(values, 50):.3f}", f"{stats.percentile(values, 95):.3f}"]
            for state, values in sorted(times.items(), key=lambda entry: stats.percentile(entry[1], 50))]
    return [{"title": "The survivor's states, from the last answer before the gap on",
             "head": ["state", "times", "median, s", "95th percentile, s"], "rows": rows}]


def of_changing(loads):
    """What auto did in the first repetition."""
    made = next((record["figures"]["changes"] for record in loads if record["figures"].get("changes")), [])
    return [{"title": "What auto picked in the first repetition, and why", "head": ["s", "picked"],
             "rows": [[f"{after:.1f}", text] for after, text in made]}]


def of_daemon(daemons, pairs):
    figures = next((record["figures"] for record in daemons if record["what"] == pairs and record["state"] == "ok"), {})
    if "threads" not in figures:
        return [note("Not profiled: the pairs' QEMUs were stubbed.")]
    memory = [[host, kind, f"{mib:.1f}"] for host, kinds in figures["memory"].items() for kind, mib in kinds.items()]
    return [thread_table("What threads did", figures["threads"]),
            {"title": "lockstepd's memory", "head": ["host", "kind", "MiB"], "rows": memory}]


def tables(goal, loads, faults, daemons, pairs):
    part, *about = goal.about or ("",)
    if part == CHANGING:
        return of_changing(loads)
    if part == "load":
        return [table for mode in about for table in of_mode(mode, loads)]
    if part == "fault":
        return of_fault(about[0], faults)
    return of_daemon(daemons, pairs) if part == "daemon" else []


def explanations(goals, loads, faults, daemons, pairs):
    """[{"goal", "by", "tables"}] of each goal that was missed and has a profile; `pairs` is the number that goals speak of."""
    found = [{"goal": goal.text, "by": goal.by, "tables": tables(goal, loads, faults, daemons, pairs)}
             for goal in goals if goal.state == "missed"]
    return [each for each in found if each["tables"]]
