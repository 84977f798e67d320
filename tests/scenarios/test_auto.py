# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mode auto: lockstepd picks mode and period as the guest's work changes, within its limits, and tells why."""

from faults.refusal import expect_refused
from harness import Failure, at_least, at_most, equal, for_guests, full_only, wait_for
from harness.watch import Events

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
# Each of their answers costs a checkpoint in colo, one after the other: the guest stands still for most of the time.
DIFFERENT = ("differ", {"connections": 4})
# So that it is the limit that says when to leave colo, whatever a checkpoint costs on this machine.
ARGUMENTS = ("--mode", "auto", "--set", "max-stopped=20")


def in_force(host, name="web"):
    """The mode that both QEMUs of the pair are in, as that host has it; "none" without a pair."""
    pair = host.pair(name)
    return pair["mode-in-force"] if pair else "none"


def picked(host, name="web"):
    """What the host's history says of what was picked: "remus with 40 ms: ...", oldest first."""
    return [event["text"].removeprefix("auto: ") for event in host.lockstep("events", name)
            if event["text"].startswith("auto: ")]


def expect_told(host, words):
    """Each change is there in that order, e.g. "colo", with a reason."""
    told = picked(host)
    left = list(words)
    for text in told:
        choice, _, why = text.partition(": ")
        at_least(len(why), 10, f"the length of why {host} has picked {choice}")
        if left and choice.split()[0] == left[0]:
            left.pop(0)
    equal(left, [], f"what {host} does not tell of; it tells {told}")


def expect_auto(lab, name="web"):
    """Both hosts have the same of it."""
    ours, theirs = (host.pair(name) for host in lab.hypervisors)
    for key in ("mode", "mode-in-force", "period-in-force-usec", "max-exposure-usec", "max-stopped"):
        equal(theirs[key], ours[key], f"{key} on beta, as on alpha")
    equal((ours["state"], ours["mode"]), ("protected", "auto"), "state and mode of the pair")


def leave_colo(lab, name="web"):
    wait_for(lambda: in_force(lab.alpha, name) != "colo", 90, "colo is left, as answers differ")


def test_follows_the_guest(lab):
    guest = lab.guest("web")
    job = lab.protect(guest, arguments=list(ARGUMENTS))
    equal(job["state"], "done", "the job")
    expect_auto(lab)
    equal(in_force(lab.alpha), "colo", "what it begins with")
    epoch = lab.alpha.pair("web")["epoch"]
    with lab.loads(guest, *CLIENTS) as loads:
        with lab.loads(guest, DIFFERENT) as different:
            leave_colo(lab)
            first = picked(lab.alpha)[0]
            different.wait_requests(20, 120)
        different.expect_no_failures()
        loads.wait_requests(20, 120)
        wait_for(lambda: in_force(lab.alpha) == "colo", 150, "colo is back, as answers are equal")
        loads.wait_requests(100, 120)
    loads.expect_no_failures()
    loads["numbers"].verify()
    expect_auto(lab)
    equal(lab.alpha.pair("web")["epoch"], epoch, "the epoch, as protection was never lost")
    for host in lab.hypervisors:
        expect_told(host, (first.split()[0].rstrip(":"), "colo"))
    lab.figure("longest gap while auto changes", loads.gap(), "s")


@for_guests("web", full=("db",))
def test_plug_pulled_while_it_changes(lab, name):
    guest = lab.guest(name)
    lab.protect(guest, arguments=list(ARGUMENTS))
    with lab.loads(guest, *CLIENTS, DIFFERENT) as loads:
        # The shadow's host is told first: the change is under way, or has only just been made.
        wait_for(lambda: in_force(lab.beta, name) != "colo", 90, "beta is told that colo is left", every=0)
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", name)
        answered = loads["numbers"].status()["highest_number"]
        loads.wait_requests(40, 120)
    loads.expect_no_failures()
    at_least(loads["numbers"].verify()["highest"], answered + 1, "the counter")
    pair = lab.beta.pair(name)
    equal(pair["mode"], "auto", "the mode that the survivor has for its next shadow")
    lab.figure("longest gap with a takeover while auto changes", loads.gap(), "s")


@full_only
def test_limits_are_kept(lab):
    """A guest that says nothing has a checkpoint each max-exposure; one that says much does not stand still for longer than it may."""
    guest = lab.guest("web")
    lab.protect(guest, arguments=[*ARGUMENTS, "--set", "max-exposure=500ms"])
    with Events(lab.alpha, "web") as events:
        wait_for(lambda: len(events.pauses()) >= 10, 60, "checkpoints of a guest that says nothing")
    expect_refused(lab.alpha, "InvalidArgument", "set", "web", "period=25ms", status=None, mentions=("max-exposure",))
    with lab.loads(guest, DIFFERENT) as loads:
        leave_colo(lab)
        wait_for(lambda: lab.alpha.pair("web")["period-in-force-usec"] <= 500_000, 30, "a period within max-exposure")
        # What was before it was left counts for a minute.
        def share():
            minute = lab.alpha.pair("web")["last-minute"]
            return minute["stopped-usec"] / 10_000 / minute["seconds"]
        wait_for(lambda: share() <= 25, 120, lambda: f"the guest stands still for {share():.0f} % of the time at most")
        lab.alpha.lockstep("set", "web", "max-exposure=50ms")
        at_most(lab.alpha.pair("web")["period-in-force-usec"], 50_000, "the period, at once")
        loads.wait_requests(20, 120)
    loads.expect_no_failures()


@full_only
def test_goes_on_after_restarts(lab):
    guest = lab.guest("web")
    lab.protect(guest, arguments=list(ARGUMENTS))
    with lab.loads(guest, *CLIENTS, DIFFERENT) as loads:
        leave_colo(lab)
        for host in lab.hypervisors:
            host.service("restart")
            host.wait_service()
        lab.wait_peers()
        lab.alpha.wait_state("web", "protected")
        wait_for(lambda: in_force(lab.alpha) == in_force(lab.beta), 30, "both hosts have the same in force")
        leave_colo(lab)
        # An administrator's word counts, whatever is under way.
        lab.alpha.lockstep("set", "web", "mode=kemari")
        loads.wait_requests(40, 120)
        for host in lab.hypervisors:
            pair = host.pair("web")
            equal((pair["mode"], pair["mode-in-force"]), ("kemari", "kemari"), f"the mode on {host}")
    loads.expect_no_failures()
    loads["numbers"].verify()


@full_only
def test_does_not_flap(lab):
    """A guest whose work stays as it is has one change, or two, and then only tries of colo that become ever more seldom."""
    guest = lab.guest("web")
    lab.protect(guest, arguments=list(ARGUMENTS))
    with lab.loads(guest, DIFFERENT) as loads:
        leave_colo(lab)
        begun = loads["differ"].status()["at"]
        loads["differ"].run_for(begun + 180)
    loads.expect_no_failures()
    told = picked(lab.alpha)
    if len(told) > 12:
        raise Failure(f"{len(told)} changes in three minutes of the same work: {told}")
