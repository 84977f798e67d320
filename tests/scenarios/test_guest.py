# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the guest does by itself is no failure."""

from harness import Failure, equal, for_guests, wait_for

PERIOD = 20  # seconds between two checkpoints if nothing calls for one


@for_guests("web", "db")
def test_powers_off_while_protected(lab, name):
    guest = lab.guest(name)
    lab.protect(guest)
    epoch = lab.alpha.pair(name)["epoch"]
    guest.power_off()
    lab.alpha.wait_state(name, "off", 60)
    lab.beta.wait_state(name, "none", 60)
    wait_for(lambda: lab.alpha.domains() == {name: "shut off"}, 20, "the domain is off on alpha")
    equal(lab.beta.domains(), {}, "domains on beta")
    # Without QEMU nobody knows what changes: a replica would be of no use.
    wait_for(lambda: lab.beta.files() == [], 20, lambda: f"nothing is left on beta: {lab.beta.files()}")
    equal(lab.alpha.pair(name)["epoch"], epoch + 1, "the epoch, now of a host that has it alone")
    equal(guest.answers(), False, "whether it answers")

    lab.alpha.virsh("start", name)
    guest.wait_answers()
    lab.alpha.wait_state(name, "alone")
    lab.alpha.lockstep("protect", name)
    lab.beta.wait_state(name, "protected")


@for_guests("db", full=("web",))
def test_reboots_while_protected(lab, name):
    guest = lab.guest(name)
    lab.protect(guest)
    guest.reboot()
    equal((lab.alpha.state(name), lab.beta.state(name)), ("protected", "protected"), "the pair")
    # The twins have booted apart and drawn different secrets, for TCP's timestamps among others. What
    # clients open before they are equal again does not outlive a takeover, so that must not take long.
    seen = lab.alpha.pair(name)["checkpoints"]
    wait_for(lambda: lab.alpha.pair(name)["checkpoints"] >= seen + 2, 15, "two checkpoints after the boot")
    with lab.load("numbers", guest) as load:
        load.wait_requests(20, 60)
        # Without KVM the shadow may run code of before the reboot (docs/qemu.md): as the pair says.
        advice = lab.alpha.pair(name)["reason"]
        for command in ("continue-alone", "protect"):
            if f"lockstep {command} {name}" not in advice:
                raise Failure(f"the pair does not tell to {command}: {advice}")
        lab.alpha.lockstep("continue-alone", name, "--yes")
        lab.protect(name)
        load.wait_requests(20, 60)
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", name)
        load.wait_requests(20, 60)
    load.expect_no_failures()
    load.verify()


def suspended(lab, guest):
    """Suspends it, and waits until both hosts know."""
    lab.alpha.virsh("suspend", guest.name)
    wait_for(lambda: lab.alpha.pair(guest.name)["suspended"], 30, "alpha shows that the guest is suspended")
    for host in lab.hypervisors:
        wait_for(lambda: host.qmp(guest.name, "query-status")["status"] == "paused", 30,
                 f"the guest stands still on {host}")


def test_suspended_and_resumed(lab):
    """It stays suspended beyond QEMU's period of checkpoints, and protected."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    epoch = lab.alpha.pair("web")["epoch"]
    with lab.loads(guest, ("numbers", {"timeout": 120}), ("echo", {"timeout": 120})) as loads:
        loads.wait_requests(50, 60)
        suspended(lab, guest)
        loads.wait_silent(PERIOD + 3)
        equal([host.qmp("web", "query-status")["status"] for host in lab.hypervisors], ["paused"] * 2, "the twins")
        equal([host.state("web") for host in lab.hypervisors], ["protected"] * 2, "states")
        lab.alpha.virsh("resume", "web")
        loads.wait_requests(50, 60)
        wait_for(lambda: not lab.alpha.pair("web")["suspended"], 30, "alpha shows that the guest runs")
    loads.expect_no_failures()
    loads["numbers"].verify()
    equal([host.pair("web")["epoch"] for host in lab.hypervisors], [epoch] * 2, "epochs")


def test_suspended_when_its_host_dies(lab):
    """It is taken over, and still suspended."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    with lab.loads(guest, ("numbers", {"timeout": 120}), ("echo", {"timeout": 120})) as loads:
        loads.wait_requests(50, 60)
        suspended(lab, guest)
        lab.unplug("alpha")
        lab.beta.wait_state("web", "alone", 90)
        equal(lab.beta.domains(), {"web": "paused"}, "domains on beta")
        loads.wait_silent(2)
        lab.beta.virsh("resume", "web")
        loads.wait_requests(50, 60)
    loads.expect_no_failures()
    loads["numbers"].verify()
