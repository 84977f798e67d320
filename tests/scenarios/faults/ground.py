# SPDX-License-Identifier: LGPL-2.1-or-later
"""Protects one guest again and again, with a fault each time, and checks what is left."""

import time

from harness import Failure, equal, wait_for

from .injector import Injector
from .plain import expect_clean, expect_plain, graph

ENDED = ("done", "failed", "cancelled")
NO_PAIR = {"state": "none"}


def boot(lab):
    """A guest on alpha that answers; patient, because much else may be at work on the machine."""
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", guest.name)
    guest.wait_answers(240)
    return guest


class Point:
    """One call of one host's lockstepd in a clean protect."""

    def __init__(self, host, call):
        self.host, self.number, self.name = host, call.number, call.name

    def __repr__(self):
        return f"{self.host} call {self.number} ({self.name})"


class Ground:
    """A guest on alpha under a load of numbers, and an injector in both daemons. Everything is
    as before after each attempt(), or a Failure tells what is not. `patient`: the hosts are not
    to lose each other, so a machine that stands still for a moment makes no peer seem gone."""

    SETTLE = 45  # seconds for the other host to find out that nobody needs its shadow

    def __init__(self, lab, patient=False):
        self.lab, self.patient = lab, patient
        self.injectors = {host.name: Injector(host) for host in lab.hypervisors}
        self.failures = []
        self.attempts = 0
        self.points = []
        self.load = None
        self.guest = None

    def __enter__(self):
        for injector in self.injectors.values():
            injector.install()
        self.lab.wait_peers()
        self._begin()
        self.points = self._measure()
        return self

    def __exit__(self, kind, error, trace):
        try:
            self._end(verify=error is None)
        finally:
            if not self.lab.off:
                for injector in self.injectors.values():
                    injector.remove()
        if error is None and self.failures:
            raise Failure(f"{len(self.failures)} of {self.attempts} faults were not undone:\n"
                          + "\n".join(self.failures))

    def _begin(self):
        if self.patient:
            self.lab.wait_peers()
            for host, peer in (("alpha", "beta"), ("beta", "alpha")):
                self.lab.host(host).lockstep("peer", "set", peer, "--heartbeat-timeout", "10000")
        self.guest = boot(self.lab)
        self.graph = graph(self.lab.alpha, self.guest.name)
        self.load = self.lab.load("numbers", self.guest, connections=2, interval=20)
        self.load.__enter__()
        # The first time more is done: certificates are handed to QEMU's user.
        self.once()
        self.wait_plain()

    def _end(self, verify):
        if self.load:
            self.load.__exit__(None if verify else Failure, None, None)
        if verify:
            self.load.expect_no_failures()
            self.load.verify()

    def _measure(self):
        """Protects without a fault and returns all calls that this takes, in their order on
        alpha, with those of beta where alpha waits for them."""
        for injector in self.injectors.values():
            injector.clear()
        self.lab.protect(self.guest)
        points = [Point(host, call) for host in self.lab.hypervisors
                  for call in self.injectors[host.name].changes()]
        self.lab.alpha.lockstep("unprotect", self.guest.name)
        self.wait_plain()
        return points

    # Attempts

    def attempt(self, title, action, parted=True):
        """Runs one attempt; `parted`: the daemons lose each other in it. A Failure is kept for the end, and the ground made anew: one defect
        shall not hide another."""
        self.attempts += 1
        begin = time.monotonic()
        try:
            action()
            self.wait_plain(parted)
            self.load.wait_requests(3)
        except Failure as failure:
            self.failures.append(f"{title}: {failure}")
            print(f"  FAILED {time.monotonic() - begin:5.1f} s  {title}: {failure}", flush=True)
            self._renew()
        else:
            print(f"  ok     {time.monotonic() - begin:5.1f} s  {title}", flush=True)

    def _renew(self):
        for injector in self.injectors.values():
            if injector.host.name not in self.lab.off:
                injector.clear()
        self._end(verify=False)
        self.lab.reset()
        self._begin()

    def arm(self, point, action):
        for injector in self.injectors.values():
            if injector.host is point.host:
                injector.arm(action, "change", point.number)
            elif injector.armed:
                injector.clear()

    def protect(self):
        """Begins to protect; returns the job's number."""
        return self.lab.alpha.lockstep("protect", self.guest.name, "beta", "--no-wait")["id"]

    def job(self, number):
        return self.lab.alpha.lockstep("job", "show", number)

    def ended(self, number):
        """The job if it has ended."""
        job = self.job(number)
        return job if job["state"] in ENDED else None

    def wait_job(self, number, state, deadline=60):
        """Waits for the job's end, which has to be in this state, with an error if not done."""
        job = wait_for(lambda: self.ended(number), deadline, f"job {number} ends", every=0.05)
        equal(job["state"], state, f"state of the job ({job['error']})")
        if state != "done" and not (job["error"]["message"] and job["error"]["remedy"]):
            raise Failure(f"the job does not say what happened and what to do: {job['error']}")
        return job

    def once(self):
        """Protects without a fault, and takes it back."""
        for injector in self.injectors.values():
            injector.clear()
        self.lab.protect(self.guest)
        self.lab.alpha.lockstep("unprotect", self.guest.name)

    def expect_plain(self):
        expect_plain(self.lab.alpha, self.guest.name, self.graph)

    def wait_plain(self, parted=True):
        """Waits until the guest is a plain domain on alpha, beta is clean, and if the two daemons
        have `parted`, they are connected again; forgets the pair."""
        alpha, beta, name = self.lab.alpha, self.lab.beta, self.guest.name
        pair = wait_for(self._settled_pair, self.SETTLE, f"no pair of {name} is engaged on alpha")
        self.expect_plain()
        if pair is not NO_PAIR:
            alpha.lockstep("unprotect", name)
        wait_for(lambda: expect_clean(beta, name) is None, self.SETTLE, "beta is clean", every=0.2)
        if parted:
            self.lab.wait_peers()

    def _settled_pair(self):
        """The pair, or NO_PAIR; a Failure while anything is being done with it. Which of the states
        at rest it has is the subject of other scenarios."""
        pair = self.lab.alpha.pair(self.guest.name) or NO_PAIR
        if pair["state"] not in ("none", "alone", "off", "stale"):
            raise Failure(f"it is {pair['state']}: {pair['reason']}")
        return pair
