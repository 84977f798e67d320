# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every failover is judged by."""

import time

from .basics import at_most, equal, wait_for

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
BUSY = 10  # A machine that does other things, too, may be so much slower; the figure tells.


def expect_one_live(lab, name, where):
    """The guest runs on that host, and nothing of it on the other one, if that is on."""
    for host in lab.hypervisors:
        if host.name in lab.off:
            continue
        wanted = host is where
        wait_for(lambda: (host.domains().get(name) == "running") == wanted, 60,
                 f"{name} {'runs' if wanted else 'does not run'} on {host}")


class Failover:
    """Clients of a protected guest, a fault, and who has to go on within what time:

        with Failover(lab, guest) as failover:
            failover.strike(lambda: lab.unplug("alpha"), lab.beta, within=1)
    """

    def __init__(self, lab, guest, clients=CLIENTS):
        self.lab, self.guest = lab, guest
        self.loads = lab.loads(guest, *clients)
        self.began = None
        self.strikes = 0
        self.within = None

    def __enter__(self):
        self.loads.__enter__()
        self.loads.wait_requests(50, 60)
        return self

    def strike(self, fault, survivor=None, within=None, state="alone", others_off=True):
        """Runs the fault, and waits until the survivor is primary and clients are served.
        Without `survivor` either host may go on. `others_off`: by then the guest has ended on the
        other host. Returns the host that went on."""
        self.began, self.within = time.monotonic(), within
        self.strikes += 1
        fault()
        if survivor is None:
            survivor = self._the_one_alone()
        wait_for(lambda: (survivor.pair(self.guest.name) or {}).get("role") == "primary", 60,
                 lambda: f"{survivor} is primary: {survivor.pair(self.guest.name)}")
        self.loads.wait_requests(50, 90)
        equal(survivor.wait_state(self.guest.name, state, 90)["role"], "primary", f"{survivor}'s role")
        if others_off and state == "alone":
            expect_one_live(self.lab, self.guest.name, survivor)
        return survivor

    def _the_one_alone(self):
        alone = []

        def look():
            alone[:] = [host for host in self.lab.hypervisors if host.state(self.guest.name) == "alone"]
            return alone
        wait_for(look, 60, "a host goes on alone")
        return alone[0]

    def __exit__(self, kind, error, trace):
        self.loads.__exit__(kind, error, trace)
        if error is not None:
            return
        self.loads.expect_no_failures()
        self.loads["numbers"].verify()
        if self.began is None:
            return
        outage = self.loads.last_gap_end() - self.began
        if self.strikes == 1 and outage > 0:  # else the longest gap is another one's
            self.lab.figure("fault to the last client's answer", outage, "s")
        self.lab.figure("longest gap", self.loads.gap(), "s")
        if self.within:
            at_most(self.loads.gap(), self.within * (1 if self.lab.full else BUSY), "longest gap in seconds")
