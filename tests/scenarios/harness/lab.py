# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab a scenario runs in, and what a user can do to it."""

import itertools
import json

from . import reset
from .basics import run, wait_for
from .guest import Guest
from .host import LAB, Host
from .load import Load, Loads

HYPERVISORS = ("alpha", "beta")


class Lab:
    """Hosts are there as lab.alpha, lab.beta, lab.client, lab.witness and lab.host(NAME)."""

    def __init__(self, figures=None):
        self.hosts = {name: Host(self, name) for name in (*HYPERVISORS, "gamma", "client", "witness")}
        self.alpha, self.beta = self.hosts["alpha"], self.hosts["beta"]
        self.client, self.witness = self.hosts["client"], self.hosts["witness"]
        self.hypervisors = [self.alpha, self.beta]
        self.scenario = ""
        self.figures = []
        self._figures_file = figures
        self._numbers = itertools.count(1)
        self.off = set()
        self.frozen = set()

    def host(self, name):
        return self.hosts[name]

    def call(self, *words, check=True, timeout=120):
        """lab WORDS..."""
        return run([LAB, *words], check=check, timeout=timeout)

    def is_up(self):
        return "is down" not in self.call("status").out

    def up(self):
        self.call("up", timeout=1800)  # the very first one makes the tree
        for host in self.hypervisors:
            if self.call("service", host.name, "status", "lockstepd", check=False).status != 0:
                host.service("start")

    def down(self):
        self.call("down")

    def next_number(self):
        return next(self._numbers)

    # Faults

    def cut(self, *links):
        """Packets vanish, both ways or as the link's name says: "dedicated", "lan-alpha:in"."""
        self.call("cut", *links)

    def heal(self, *links):
        self.call("heal", *(links or ["--all"]))

    def unplug(self, host):
        """Power failure: nothing more gets out, then every process of the host is gone."""
        self.off.add(str(host))
        self.call("unplug", str(host))

    def plug(self, host):
        """The host boots on its old disk; returns when its lockstepd answers."""
        self.call("plug", str(host))
        self.off.discard(str(host))
        started = self.call("service", str(host), "status", "lockstepd", check=False)
        if started.status != 0:
            self.host(str(host)).service("start")
        self.host(str(host)).wait_service()

    def freeze(self, host, process):
        """SIGSTOP: "qemu:web", "lockstepd", "libvirtd"."""
        self.frozen.add((str(host), process))
        self.call("freeze", str(host), process)

    def thaw(self, host, process):
        self.call("thaw", str(host), process)
        self.frozen.discard((str(host), process))

    # Guests and pairs

    def guest(self, name="web", host="alpha", start=True, arguments=()):
        """A fresh guest, defined and booted on a host; `arguments` as of tests/lab/guest/define."""
        where = self.host(str(host))
        where.run("/usr/share/lockstep-lab/bin/guest-define", name, *arguments)
        guest = Guest(self, name)
        if start:
            where.virsh("start", name)
            guest.wait_answers()
        return guest

    def protect(self, domain, source="alpha", target="beta", arbiter=None, arguments=(), timeout=120):
        """Protects, waits until both sides say so, returns the job."""
        words = ["--arbiter", arbiter] if arbiter else []
        job = self.host(str(source)).lockstep("protect", str(domain), str(target), *words, *arguments, timeout=timeout)
        for host in (source, target):
            self.host(str(host)).wait_state(str(domain), "protected")
        return job

    def load(self, mode, guest, **options):
        """See harness.load.Load."""
        return Load(self, mode, guest, **options)

    def loads(self, guest, *modes, **options):
        """Several loads on a guest at once; a mode is a name or (name, options)."""
        pairs = [(mode, {}) if isinstance(mode, str) else mode for mode in modes]
        return Loads([Load(self, name, guest, **{**options, **own}) for name, own in pairs])

    def wait_peers(self, deadline=30):
        """Waits until both daemons are connected to each other."""
        for host in self.hypervisors:
            wait_for(lambda host=host: [peer["connected"] for peer in host.lockstep("peer", "list")["peers"]] == [True],
                     deadline, f"{host} is connected to its peer")

    def reset(self, paired=True):
        """Clean hosts, all of them on, no fault anywhere, alpha and beta paired."""
        reset.reset(self, paired)

    # Measured values

    def figure(self, name, value, unit, **facts):
        """Records a measured value for the report."""
        entry = {"scenario": self.scenario, "figure": name,
                 "value": round(value, 4) if isinstance(value, float) else value, "unit": unit, **facts}
        self.figures.append(entry)
        if self._figures_file:
            with open(self._figures_file, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
