# SPDX-License-Identifier: LGPL-2.1-or-later
"""That answers wait for the shadow's, and that only answers that differ cost a checkpoint."""

import time

from harness import Failure, at_least, at_most, equal, for_guests, wait_for
from harness.watch import Events, Packets

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
# TCP segments with data: what is left of the IP packet after both headers.
DATA = "tcp and ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0"
PERIODIC = 20  # seconds between two checkpoints that QEMU makes by itself


def hold_output(lab, guest, loads):
    """Cuts the dedicated link and looks that nothing more comes out of the guest."""
    loads.wait_requests(50)
    with Packets(lab.client, "lan0", f"src host {guest.address} and {DATA}") as seen:
        loads.wait_requests(5)
        lab.cut("dedicated")
        cut_at = time.time()
        loads.wait_silent(4)
    packets = seen.packets()
    at_least(len(packets), 5, "answers seen before the link was cut")
    # What compare had let go by then may still have been on its way.
    late = [packet for packet in packets if float(packet.split()[0]) > cut_at + 0.3]
    equal(late, [], "answers that left although nobody had seen the shadow's")


def checkpoints(guest, events):
    """How many there were so far. One is provoked first, so that the watch is known to work."""
    wait_for(lambda: guest.get("/random") and events.pauses(), 30, "a checkpoint for an answer that differs")
    return len(events.pauses())


def settle(events):
    """Waits until there has been no checkpoint for a second; returns how many there were."""
    seen = (None, 0)

    def is_quiet():
        nonlocal seen
        if len(events.pauses()) != seen[0]:
            seen = (len(events.pauses()), time.monotonic())
        return time.monotonic() - seen[1] > 1
    wait_for(is_quiet, 30, "a second without a checkpoint")
    return seen[0]


def finish(loads):
    loads.wait_requests(50, 60)


def live_through_cut_link(lab, name, decide, settled):
    """The link is cut and output held; `decide` gives the command that lets it go on; `settled` waits
    until the other side, which can be reached again, has drawn its consequences."""
    guest = lab.guest(name)
    lab.protect(guest)
    with lab.loads(guest, *CLIENTS) as loads:
        hold_output(lab, guest, loads)
        decide()
        finish(loads)
        lab.heal("dedicated")
        settled()
        finish(loads)
    loads.expect_no_failures()
    loads["numbers"].verify()


@for_guests("web", full=("db",))
def test_cut_link_holds_output_until_takeover(lab, name):
    # Alpha still has its copy: it must never be heard again.
    live_through_cut_link(lab, name, lambda: lab.beta.lockstep("takeover", name, "--yes"),
                          lambda: lab.alpha.wait_state(name, "stale", 60))
    wait_for(lambda: lab.alpha.domains() == {name: "shut off"}, 30, "the domain is off on alpha")


@for_guests("db", full=("web",))
def test_cut_link_holds_output_until_alone(lab, name):
    live_through_cut_link(lab, name, lambda: lab.alpha.lockstep("continue-alone", name, "--yes"),
                          lambda: lab.beta.wait_state(name, "none", 60))
    equal(lab.beta.domains(), {}, "domains on beta")
    equal([file for file in lab.beta.files() if "active" in file], [], "overlays on beta")
    equal(lab.alpha.state(name), "alone", "the pair on alpha")


@for_guests("web", "db")
def test_answers_that_differ_cause_checkpoints(lab, name):
    guest = lab.guest(name)
    lab.protect(guest)
    asked = 5
    for page in ("/random", "/uptime"):
        with Events(lab.alpha, name) as events:
            before, counted = checkpoints(guest, events), lab.alpha.pair(name)["checkpoints"]
            begin = time.monotonic()
            answers = {guest.get(page) for _ in range(asked)}
            took = time.monotonic() - begin
            equal(len(answers), asked, f"different answers to {page}")
            wait_for(lambda: len(events.pauses()) >= before + asked, 5,
                     f"{asked} checkpoints for {asked} answers to {page}")
            wait_for(lambda: lab.alpha.pair(name)["checkpoints"] >= counted + asked, 5,
                     f"the pair counts the {asked} checkpoints for {page}")
        lab.figure(f"time for an answer to {page}", took / asked, "s")


@for_guests("web", "db")
def test_equal_answers_cause_none(lab, name):
    guest = lab.guest(name)
    lab.protect(guest)
    wanted = 200
    # A machine that stops the shadow for a moment makes compare give up waiting: that is noise,
    # and passes. What equal answers caused would be there every time.
    for attempt in range(4):
        with Events(lab.alpha, name) as events:
            # Before there is load: a checkpoint in the middle of an answer may cause the next one
            # (docs/qemu.md), and so on.
            checkpoints(guest, events)
            before = settle(events)
            with lab.loads(guest, "echo", ("http", {"path": "/size/20000"})) as loads:
                begin = time.monotonic()
                loads.wait_requests(wanted, 120)
                took = time.monotonic() - begin
            found = len(events.pauses()) - before
        loads.expect_no_failures()
        lab.figure(f"checkpoints in {2 * wanted} equal answers", found, "checkpoints", seconds=round(took, 1))
        if found <= took // PERIODIC + 1:
            return
    raise Failure(f"{found} checkpoints in {took:.1f} s with nothing but equal answers, {attempt + 1} times over")


def test_a_lagging_shadow_delays_but_loses_nothing(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    with lab.loads(guest, *CLIENTS) as loads:
        loads.wait_requests(50)
        # Nobody on beta sees that its QEMU does not answer; the pair would go on without it.
        lab.beta.service("stop")
        lab.freeze("beta", "qemu:web")
        loads.wait_silent(2)
        lab.thaw("beta", "qemu:web")
        lab.beta.service("start")
        lab.beta.wait_service()
        finish(loads)
    loads.expect_no_failures()
    loads["numbers"].verify()
    at_most(len(lab.beta.domains()), 1, "domains on beta")
    equal((lab.alpha.state("web"), lab.beta.state("web")), ("protected", "protected"), "the pair")
