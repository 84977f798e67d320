# SPDX-License-Identifier: LGPL-2.1-or-later
"""Something breaks in the middle of a checkpoint, of protecting, of a takeover or of a merge. At
the end one host runs the guest, or just one starts it, with all that clients were told."""

from faults.ground import boot
from faults.injector import Injector
from faults.sample import spread
from harness import Failure, equal, for_guests, full_only, wait_for
from harness.failover import Failover

FAULTS = {
    "unplugged": lambda host: host.lab.unplug(host.name),
    "QEMU killed": lambda host: host.run("pkill", "-KILL", "qemu-system", check=False),
    "QEMU frozen": lambda host: host.lab.freeze(host.name, "qemu:web"),
    "daemon killed": lambda host: host.service("kill"),
}
AT_REST = ("none", "alone", "off", "stale", "protected")


@for_guests("alpha unplugged", full=("beta QEMU killed",))
def test_in_a_checkpoint(lab, fault):
    """Answers that differ make one checkpoint after the other, so the fault meets one."""
    name, _, what = fault.partition(" ")
    struck = lab.host(name)
    guest = boot(lab)
    lab.protect(guest, arbiter="etcd")
    clients = (("numbers", {"connections": 2}), ("differ", {"connections": 1}))
    with Failover(lab, guest, clients) as failover:
        def strike():
            wait_for(lambda: lab.alpha.qmp("web", "query-status")["status"] == "colo", 60, "a checkpoint", every=0)
            FAULTS[what](struck)
        failover.strike(strike, lab.beta if struck is lab.alpha else lab.alpha)


@full_only
@for_guests("alpha QEMU killed", "alpha QEMU frozen", "beta unplugged", "beta QEMU frozen")
def test_in_a_checkpoint_too(lab, fault):
    test_in_a_checkpoint(lab, fault)


class Aftermath:
    """A guest with clients, and faults in lockstepd's calls; `with` checks what is left at the end."""

    def __init__(self, lab, host):
        self.lab, self.injector = lab, Injector(host)

    def __enter__(self):
        self.injector.install()
        self.lab.wait_peers()
        self.guest = boot(self.lab)
        self.load = self.lab.load("numbers", self.guest, connections=2, timeout=5)
        self.load.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                where = self._settle()
        finally:
            self.load.__exit__(kind, error, trace)
            if not self.lab.off:
                self.injector.remove()
        if error is None:
            self.load.verify()
            equal([host.name for host in self._running()], [where.name], "hosts on which the guest runs")

    def _settle(self):
        """Nothing is broken any more, and clients are served; returns the host that does it."""
        self._mend()
        self._expect_at_rest()
        where = self._run_somewhere()
        self.guest.wait_answers(120)
        self.load.wait_requests(10, 60)
        return where

    def _mend(self):
        for name in sorted(self.lab.off):
            self.lab.plug(name)
        for host, process in sorted(self.lab.frozen):
            self.lab.call("thaw", host, process, check=False)  # it may have been killed
        self.lab.frozen.clear()
        for host in self.lab.hypervisors:
            host.wait_service()
        self.lab.wait_peers(60)

    def _expect_at_rest(self):
        def states():
            return [host.state("web") for host in self.lab.hypervisors]
        wait_for(lambda: all(state in AT_REST for state in states()), 150,
                 lambda: f"both hosts are at rest: {[host.pair('web') for host in self.lab.hypervisors]}")

    def _running(self):
        """Hosts on which the guest runs, but for a shadow; "paused" may be a checkpoint."""
        return [host for host in self.lab.hypervisors if host.domains().get("web") in ("running", "paused")
                and (host.pair("web") or {}).get("role") != "secondary"]

    def _run_somewhere(self):
        """The host that runs the guest; if none does, the only one that starts it."""
        running = self._running()
        if not running:
            tried = [(host, host.virsh("start", "web", check=False))
                     for host in self.lab.hypervisors if "web" in host.domains()]
            running = [host for host, result in tried if result.status == 0]
            if len(running) != 1:
                raise Failure(f"hosts that start the guest: {running} ({tried}), "
                              f"pairs: {[host.pair('web') for host in self.lab.hypervisors]}")
        equal(len(running), 1, f"hosts that run the guest, {running}")
        return running[0]


def takeover_interrupted(lab, number, what, action):
    """beta takes over from a host that died; in its `number`th call something breaks there."""
    with Aftermath(lab, lab.beta) as scene:
        lab.protect(scene.guest, arbiter="etcd")
        scene.load.wait_requests(20, 60)
        scene.injector.arm(action, "change", number)
        lab.unplug("alpha")
        scene.injector.wait_paused(lambda: lab.beta.state("web") == "alone", 90)
        FAULTS[what](lab.beta)
        if "beta" not in lab.off:
            scene.injector.release()
            if what == "daemon killed":
                lab.beta.wait_service()
            elif what == "QEMU frozen":
                scene.load.run_for(scene.load.status()["at"] + 5)  # beyond the watchdog's patience


def calls_of_a_takeover(lab):
    with Aftermath(lab, lab.beta) as scene:
        lab.protect(scene.guest, arbiter="etcd")
        scene.load.wait_requests(20, 60)
        scene.injector.clear()
        lab.unplug("alpha")
        lab.beta.wait_state("web", "alone", 90)
        return [call.number for call in scene.injector.changes()]


def in_each_call(lab, whats, count, offset):
    """One attempt for each fault and each call that was chosen; a failure does not hide others."""
    numbers = spread(calls_of_a_takeover(lab), count, offset)
    failures = []
    for index, number in enumerate(numbers):
        for what in whats if lab.full else [whats[index % len(whats)]]:
            title = f"{what} in call {number}"
            try:
                lab.reset()
                takeover_interrupted(lab, number, what, ("pause", "pause-after")[index % 2])
            except Failure as failure:
                failures.append(f"{title}: {failure}")
            print(f"  {'FAILED' if failures and failures[-1].startswith(title) else 'ok    '} {title}", flush=True)
    if failures:
        raise Failure("\n".join(failures))


def test_in_a_takeover_and_its_merge(lab):
    in_each_call(lab, ["QEMU killed", "daemon killed"], None if lab.full else 1, 1)


@full_only
def test_in_a_takeover_and_its_merge_too(lab):
    in_each_call(lab, ["unplugged", "QEMU frozen"], 8, 1)


def has_merged(host):
    """QEMU has put the replica in the overlays' place."""
    for node in host.qmp("web", "query-named-block-nodes", flat=True):
        if node["node-name"] == "lockstep-repl-vda":
            return [child["node-name"].startswith("libvirt-") for child in node["children"]] == [True]
    return True


def test_after_a_merge_that_nobody_saw(lab):
    """QEMU ends the merge by itself, and the guest writes past the overlays from then on; the host
    dies before its lockstepd has seen that. The overlays, merged again, hold older content."""
    with Aftermath(lab, lab.beta) as scene:
        lab.protect(scene.guest, arbiter="etcd")
        scene.load.wait_requests(20, 60)
        scene.injector.arm("pause-after", "announce-self", 1)
        lab.unplug("alpha")
        scene.injector.wait_paused(lambda: lab.beta.state("web") == "alone", 90)
        wait_for(lambda: has_merged(lab.beta), 120, "QEMU has merged the overlays")
        scene.load.wait_requests(100, 60)
        lab.unplug("beta")


def protecting_interrupted(lab, number, name, what):
    with Aftermath(lab, lab.alpha) as scene:
        scene.load.wait_requests(20, 60)
        scene.injector.arm("pause", "change", number)
        job = lab.alpha.lockstep("protect", "web", "beta", "--arbiter", "etcd", "--no-wait")["id"]
        scene.injector.wait_paused(lambda: lab.alpha.lockstep("job", "show", job)["state"] != "running", 60)
        FAULTS[what](lab.host(name))
        if "alpha" in lab.off:
            return
        scene.injector.release()
        if what == "QEMU frozen":
            scene.load.run_for(scene.load.status()["at"] + 5)


@for_guests("beta QEMU frozen", full=("alpha unplugged",))
def test_while_protecting(lab, fault):
    name, _, what = fault.partition(" ")
    for number in (5, 20, 45) if lab.full else (25,):
        protecting_interrupted(lab, number, name, what)
        lab.reset()


@full_only
@for_guests("alpha QEMU killed", "alpha QEMU frozen", "beta unplugged", "beta QEMU killed")
def test_while_protecting_too(lab, fault):
    test_while_protecting(lab, fault)


for scenario in (test_in_a_takeover_and_its_merge, test_in_a_takeover_and_its_merge_too, test_while_protecting,
                 test_while_protecting_too):
    scenario.deadline = 7200
del scenario
