# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shadow's host dies."""

import time

from harness import at_most, equal, for_guests
from harness.graph import graph

WITHIN = 0.7  # seconds from the command until every client is served again
CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))


def go_on_alone(lab, name, kill):
    guest = lab.guest(name)
    before = graph(lab.alpha, name)
    with lab.loads(guest, *CLIENTS) as control:
        control.run_for(2)
    lab.protect(guest)
    with lab.loads(guest, *CLIENTS) as loads:
        loads.wait_requests(50)
        kill()
        loads.wait_silent(1)
        command = time.monotonic()
        job = lab.alpha.lockstep("continue-alone", name, timeout=60)
        loads.wait_requests(50, 60)
    loads.expect_no_failures()
    loads["numbers"].verify()
    served = loads.last_gap_end() - command
    lab.figure("command to all clients served", served, "s")
    lab.figure("command to live", job["result"]["live-ms"], "ms")
    lab.figure("longest gap unprotected", control.gap(), "s")
    at_most(served, WITHIN + (0 if lab.full else control.gap()), "seconds from the command to served clients")
    equal(lab.alpha.wait_state(name, "alone")["role"], "primary", "alpha's role")
    equal(graph(lab.alpha, name), before, "block nodes, chardevs and objects")


@for_guests("web", full=("db",))
def test_plug_of_the_shadow_pulled(lab, name):
    go_on_alone(lab, name, lambda: lab.unplug("beta"))
    lab.plug("beta")
    lab.beta.wait_state(name, "none", 60)
    equal(lab.beta.domains(), {}, "domains on beta")
    # None if the shadow was lost before its host had said that all of it is on disk.
    overlays = [file for file in lab.beta.files() if any(part in file for part in ("hidden", "active", "late"))]
    equal(overlays, [], "overlays on beta")
    lab.alpha.lockstep("protect", name)
    lab.beta.wait_state(name, "protected")


def test_shadow_behind_a_cut_link(lab):
    """QEMU's sockets are stuck: nobody answers, nobody refuses, and the peer lives on."""
    go_on_alone(lab, "web", lambda: lab.cut("dedicated"))
    lab.heal()
    lab.beta.wait_state("web", "none", 60)
    equal(lab.beta.domains(), {}, "domains on beta")


def test_stuck_sockets_before_the_command(lab):
    """The same when nobody decides for a while, so that QEMU has tried to write meanwhile."""
    def kill():
        lab.cut("dedicated")
        lab.client.run("timeout", "6", "tail", "-f", "/dev/null", check=False)
        lab.unplug("beta")
    go_on_alone(lab, "web", kill)
