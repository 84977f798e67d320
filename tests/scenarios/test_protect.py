# SPDX-License-Identifier: LGPL-2.1-or-later
"""Protecting a running guest, and what its clients notice of it."""

from harness import at_most, equal, for_guests
from harness.client import retransmissions, since
from harness.watch import Events

# http opens a connection for each request: the SYN that is lost costs its client a whole second.
CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}), ("http", {"connections": 3, "fresh": True}))
LONGEST_GAP = 0.5  # seconds


@for_guests("web", "db")
def test_clients_do_not_notice(lab, name):
    guest = lab.guest(name)
    # What this machine does to the same clients now, with nothing else going on.
    with lab.loads(guest, *CLIENTS) as control:
        control.run_for(4)
    control.expect_no_failures()

    before = retransmissions(lab)
    with Events(lab.alpha, name) as events, lab.loads(guest, *CLIENTS) as loads:
        job = lab.protect(guest)
        loads.wait_requests(10, 60)
    sent_again = since(lab, before)
    lab.figure("longest gap while protecting", loads.gap(), "s")
    lab.figure("longest gap unprotected", control.gap(), "s")
    lab.figure("longest stop of the guest", max(events.pauses()), "s")
    lab.figure("segments sent again", sent_again["segments"], "segments", **sent_again)
    loads.expect_no_failures()
    loads["numbers"].verify()
    equal(job["state"], "done", "the job")
    # Figures always, bounds with --full: it is run on a machine that does nothing else.
    if lab.full:
        at_most(loads.gap(), LONGEST_GAP + control.gap(), "longest gap in seconds")
        equal(sent_again["syns"], 0, "SYNs that got lost")


def test_a_plan_changes_nothing(lab):
    lab.guest("web")
    steps = lab.alpha.lockstep("protect", "web", "beta", "--dry-run")["steps"]
    equal({step["host"] for step in steps}, {"alpha", "beta"}, "hosts in the plan")
    equal(lab.beta.domains(), {}, "domains on beta")
    equal(lab.beta.files(), [], "images on beta")
    equal((lab.alpha.state("web"), lab.beta.state("web")), ("none", "none"), "pairs")
