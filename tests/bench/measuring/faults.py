# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done to a protected guest, how long its clients wait then, and how long it takes until it is protected again."""

import dataclasses
import datetime
import time

from harness import Failure, wait_for

from . import figures

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
NAME = "web"


@dataclasses.dataclass(frozen=True)
class Fault:
    """`strike` and `mend` get the lab, the primary's host and the secondary's; `survivor` tells who goes on."""

    name: str
    title: str
    survivor: str  # "primary", "secondary" or "either"
    strike: object
    mend: object = None


def kill(host):
    host.run("pkill", "-KILL", "qemu-system")


def thaw(lab, host):
    # Whoever went on has had the other one's QEMU ended, as a rule.
    lab.call("thaw", host.name, f"qemu:{NAME}", check=False)
    lab.frozen.discard((host.name, f"qemu:{NAME}"))


FAULTS = (
    Fault("primary-unplugged", "plug of the primary's host pulled", "secondary",
          lambda lab, primary, secondary: lab.unplug(primary), lambda lab, primary, secondary: lab.plug(primary)),
    Fault("secondary-unplugged", "plug of the shadow's host pulled", "primary",
          lambda lab, primary, secondary: lab.unplug(secondary), lambda lab, primary, secondary: lab.plug(secondary)),
    Fault("primary-killed", "the primary's QEMU killed", "secondary", lambda lab, primary, secondary: kill(primary)),
    Fault("secondary-killed", "the shadow's QEMU killed", "primary", lambda lab, primary, secondary: kill(secondary)),
    Fault("primary-frozen", "the primary's QEMU stopped", "secondary",
          lambda lab, primary, secondary: lab.freeze(primary, f"qemu:{NAME}"),
          lambda lab, primary, secondary: thaw(lab, primary)),
    Fault("secondary-frozen", "the shadow's QEMU stopped", "primary",
          lambda lab, primary, secondary: lab.freeze(secondary, f"qemu:{NAME}"),
          lambda lab, primary, secondary: thaw(lab, secondary)),
    Fault("link-cut", "dedicated link cut", "either", lambda lab, primary, secondary: lab.cut("dedicated"),
          lambda lab, primary, secondary: lab.heal("dedicated")),
    Fault("switchover", "planned change of roles", "secondary",
          lambda lab, primary, secondary: primary.lockstep("switchover", NAME)),
)
PULLED = ("primary-unplugged", "secondary-unplugged")  # plugs, that is
QUICK = ("primary-unplugged", "secondary-killed")


def judge(loads):
    """What the clients of ended loads saw: the longest time that a connection waited, and what was lost."""
    failed = sum(load.failures for load in loads.all)
    broken = sum(len(load.report["connections"]["broken"]) for load in loads.all)
    try:
        loads["numbers"].verify()
        findings = ""
    except Failure as failure:
        findings = str(failure)
    return {"outage": round(loads.gap(), 4), "requests": loads.requests(), "failed": failed, "broken": broken,
            "findings": findings, "lost": failed + broken + bool(findings)}


def steps(events, last, first, offset):
    """[state, seconds] of each state that the survivor came to between the last answer before the longest gap and the first one
    after it, counted from the last one. Those are of the monotonic clock, events of the wall clock, which is `offset` ahead."""
    found = []
    for event in events:
        when = datetime.datetime.fromisoformat(event["time"]).timestamp() - offset
        if event["event"] == "state" and "state" in event and last <= when <= first:
            found.append([event["state"], round(when - last, 4)])
    return found


class FaultGround:
    """A guest with the arbiter etcd. Hosts change roles as faults go; after one that went wrong all is made anew."""

    def __init__(self, lab):
        self.lab = lab
        self.guest = self.primary = self.secondary = None
        self._round = self._first = None

    def lose(self):
        self.guest = None

    def strike(self, fault, number):
        """One fault, and protecting again. A new guest for each round of faults."""
        try:
            if self.guest is None or number != self._round:
                self._begin(number)
            return self._strike(fault)
        except BaseException:
            self.lose()
            raise

    def _begin(self, number):
        self.lab.reset()
        self.guest = self.lab.guest(NAME)
        self.primary, self.secondary = self.lab.alpha, self.lab.beta
        self._first = figures.job_seconds(self.lab.protect(NAME, arbiter="etcd"))
        self._round = number

    def _strike(self, fault):
        found = {"protect_s": self._first} if self._first else {}
        self._first = None
        with self.lab.loads(self.guest, *CLIENTS) as loads:
            loads.wait_requests(50, 60)
            began, struck = time.monotonic(), (self.primary, self.secondary)
            fault.strike(self.lab, *struck)
            self._await_survivor(fault)
            loads.wait_requests(50, 90)
        found.update(judge(loads))
        found["until_answer"] = round(loads.last_gap_end() - began, 4)
        found["steps"] = self._steps(loads)
        if fault.mend:
            fault.mend(self.lab, *struck)
        found["protect_again_s"] = self._protect_again()
        return found

    def _steps(self, loads):
        last, first = max(loads.all, key=lambda load: load.gap()).gap_span()
        events = self.primary.lockstep("events", NAME, "--limit", 50)
        return steps(events, last, first, time.time() - time.monotonic())

    def _await_survivor(self, fault):
        """Sets who is primary and secondary from now on."""
        def survivor():
            there = {"primary": [self.primary], "secondary": [self.secondary]}.get(fault.survivor, [self.primary, self.secondary])
            for host in there:
                pair = host.pair(NAME) or {}
                # The plug's own host says nothing; a cut primary is "interrupted" until it may go on.
                if pair.get("role") == "primary" and (pair["state"] == "alone" or fault.name == "switchover"):
                    return host
            return None
        host = wait_for(survivor, 90, f"a host goes on after {fault.title}")
        if host is self.secondary:
            self.primary, self.secondary = self.secondary, self.primary

    def _protect_again(self):
        """How long the job took that made the shadow anew; None if protection went on."""
        self.lab.wait_peers(60)
        primary, secondary = self.primary, self.secondary
        wait_for(lambda: primary.state(NAME) in ("alone", "protected"), 90, f"{primary} has settled")
        if primary.state(NAME) == "protected":
            return None
        wait_for(lambda: secondary.state(NAME) in ("none", "stale"), 90, f"{secondary} knows that it is out of date")
        wait_for(lambda: secondary.domains().get(NAME) in (None, "shut off"), 60, f"{NAME} is off on {secondary}")
        return figures.job_seconds(self.lab.protect(NAME, primary, secondary, arbiter="etcd"))
