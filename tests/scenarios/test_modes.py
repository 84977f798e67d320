# SPDX-License-Identifier: LGPL-2.1-or-later
"""When output leaves: colo, colo with a period, remus and kemari; and one mode after the other."""

import time

from harness import at_least, at_most, equal, for_guests, full_only, wait_for
from harness.graph import graph, ours, without_rewriters
from harness.watch import Events

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
MODES = {
    "colo": ("mode=colo", "period=default"),
    "period": ("mode=colo", "period=100ms"),
    "remus": ("mode=remus", "period=25ms"),
    "kemari": ("mode=kemari",),
}


def words(name):
    return [word for setting in MODES[name] for word in ("--set", setting)]


def expect_mode(lab, name):
    wanted = dict(setting.split("=") for setting in MODES[name])
    for host in lab.hypervisors:
        pair = host.lockstep("show", "web")
        equal((pair["state"], pair["mode"]), ("protected", wanted["mode"]), f"the pair on {host}")


def run_on(loads, requests=40):
    loads.wait_requests(requests, 120)


def checkpoints_of_equal_answers(lab, guest, asked):
    """How many checkpoints there are while somebody asks for the same page, one time after the other."""
    with Events(lab.alpha, guest.name) as events:
        guest.get("/size/100")
        before = len(events.pauses())
        begin = time.monotonic()
        for _ in range(asked):
            guest.get("/size/100")
        return len(events.pauses()) - before, time.monotonic() - begin


@for_guests("remus", full=("kemari", "period"))
def test_plug_pulled_under_load(lab, name):
    guest = lab.guest("web")
    job = lab.protect(guest, arguments=words(name))
    equal(job["state"], "done", "the job")
    expect_mode(lab, name)
    with lab.loads(guest, *CLIENTS) as loads:
        run_on(loads)
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", "web")
        answered = loads["numbers"].status()["highest_number"]
        run_on(loads)
    loads.expect_no_failures()
    at_least(loads["numbers"].verify()["highest"], answered + 1, "the counter")
    lab.figure(f"longest gap, {name}", loads.gap(), "s")
    found = without_rewriters(graph(lab.beta, "web"))
    equal(ours({**found, "drives": {}}), [], "what Lockstep left in QEMU")


def test_each_answer_costs_what_its_mode_says(lab):
    guest = lab.guest("web")
    lab.protect(guest, arguments=words("kemari"))
    asked = 10
    found, took = checkpoints_of_equal_answers(lab, guest, asked)
    lab.figure("kemari: time for an answer", took / asked, "s")
    at_least(found, asked, "checkpoints in kemari, whose answers wait for one each")
    lab.alpha.lockstep("set", "web", "mode=remus", "period=200ms")
    found, took = checkpoints_of_equal_answers(lab, guest, asked)
    lab.figure("remus with 200 ms: time for an answer", took / asked, "s")
    at_least(found, asked, "checkpoints in remus, whose client waits for each answer")
    at_least(took, asked * 0.2, "seconds that answers waited in remus with a period of 200 ms")
    lab.alpha.lockstep("set", "web", *MODES["colo"])
    # A machine that stops the shadow for a moment makes compare give up waiting, now and then.
    wait_for(lambda: checkpoints_of_equal_answers(lab, guest, asked)[0] <= 1, 60,
             "equal answers leave without checkpoints in colo")
    lab.alpha.lockstep("set", "web", "period=100ms")
    with Events(lab.alpha, "web") as events:
        wait_for(lambda: len(events.pauses()) >= 10, 60, "checkpoints of colo's period in a guest that says nothing")


def test_changed_under_load(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    epoch = lab.alpha.pair("web")["epoch"]
    with lab.loads(guest, *CLIENTS) as loads:
        run_on(loads)
        for name in ("remus", "colo", "kemari", "remus", "period", "kemari", "colo"):
            lab.alpha.lockstep("set", "web", *MODES[name])
            expect_mode(lab, name)
            run_on(loads)
        equal(lab.alpha.pair("web")["epoch"], epoch, "the epoch, as protection was never lost")
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", "web")
        run_on(loads)
    loads.expect_no_failures()
    loads["numbers"].verify()
    lab.figure("longest gap with seven changes and a takeover", loads.gap(), "s")


@for_guests("db", full=("web",))
def test_taken_over_just_after_a_change(lab, name):
    """What the shadow did not get in remus it must have before its answers count in colo."""
    guest = lab.guest(name)
    lab.protect(guest, arguments=["--mode", "remus", "--period", "50ms"])
    with lab.loads(guest, *CLIENTS) as loads:
        run_on(loads)
        lab.alpha.lockstep("set", name, "mode=colo")
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", name)
        run_on(loads)
    loads.expect_no_failures()
    loads["numbers"].verify()


@full_only
def test_kept_by_the_pair(lab):
    """A mode outlives restarts of both daemons and the loss of the shadow."""
    guest = lab.guest("web")
    lab.protect(guest, arguments=words("remus"))
    for host in lab.hypervisors:
        host.service("restart")
        host.wait_service()
    lab.wait_peers()
    lab.alpha.wait_state("web", "protected")
    expect_mode(lab, "remus")
    with lab.loads(guest, *CLIENTS) as loads:
        run_on(loads)
        lab.unplug("beta")
        lab.alpha.lockstep("continue-alone", "web", "--yes")
        run_on(loads)
        lab.plug("beta")
        lab.wait_peers(120)
        lab.alpha.wait_state("web", "alone")
        lab.protect(guest)
        expect_mode(lab, "remus")
        run_on(loads)
    loads.expect_no_failures()
    at_most(len(lab.beta.domains()), 1, "domains on beta")
