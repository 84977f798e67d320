# SPDX-License-Identifier: LGPL-2.1-or-later
"""Daemons come and go; the pair stays."""

from harness import equal, for_guests, wait_for


def colo_mode(host, name):
    return host.qmp(name, "query-colo-status")["mode"]


def expect_protected(lab, name):
    for host, role in ((lab.alpha, "primary"), (lab.beta, "secondary")):
        pair = host.wait_state(name, "protected")
        equal(pair["role"], role, f"role of {host}")
        equal(colo_mode(host, name), role, f"mode of QEMU on {host}")
    lab.wait_peers()


def process(host, service):
    return host.run("pgrep", "-o", "-x", service, check=False).text


def interrupt(lab, host, verb, service):
    """Restarts or kills a service and waits until another process of it answers."""
    before = process(host, service)
    host.service(verb, service)
    wait_for(lambda: process(host, service) not in ("", before), 30, f"{service} on {host} is back")
    host.wait_service(service)
    if service == "libvirtd":
        host.wait_service("lockstepd")


@for_guests("lockstepd")
def test_stays_protected_without(lab, service):
    guest = lab.guest("web")
    lab.protect(guest)
    with lab.loads(guest, ("numbers", {"connections": 2}), "echo") as loads:
        for host in lab.hypervisors:
            for verb in ("restart", "kill"):
                interrupt(lab, host, verb, service)
                expect_protected(lab, "web")
                loads.wait_requests(20)
        epoch = lab.alpha.pair("web")["epoch"]
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", "web")
        loads.wait_requests(30, 60)
    loads.expect_no_failures()
    loads["numbers"].verify()
    equal(lab.beta.pair("web")["epoch"], epoch + 1, "the epoch")


@for_guests("interrupted", full=("protected",))
def test_alone_after_a_restart(lab, state):
    """What the restarted primary's daemon knows is enough to go on alone."""
    guest = lab.guest("web")
    lab.protect(guest)
    with lab.loads(guest, "numbers") as loads:
        lab.cut("dedicated")
        if state == "interrupted":
            lab.alpha.wait_state("web", state)
        interrupt(lab, lab.alpha, "kill", "lockstepd")
        lab.alpha.lockstep("continue-alone", "web", "--yes")
        loads.wait_requests(30, 60)
    loads.expect_no_failures()
    loads["numbers"].verify()


def test_a_takeover_waits_for_the_hypervisor_daemon(lab):
    """libvirtd is restarted, as by a package's update: no reason to refuse."""
    guest = lab.guest("web")
    lab.protect(guest)
    with lab.loads(guest, "numbers") as loads:
        lab.beta.service("stop", "libvirtd")
        lab.unplug("alpha")
        takeover = lab.beta.start("lockstep", "takeover", "web")
        lab.beta.service("start", "libvirtd")
        output, _ = takeover.communicate(timeout=60)
        equal(takeover.returncode, 0, f"exit status of the takeover: {output}")
        loads.wait_requests(30, 60)
    loads.expect_no_failures()
    loads["numbers"].verify()


@for_guests("libvirtd")
def test_stays_protected_without_the_hypervisor_daemon(lab, service):
    test_stays_protected_without(lab, service)
