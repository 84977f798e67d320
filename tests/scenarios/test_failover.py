# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nobody is awake, and something breaks."""

from harness import Failure, at_most, equal, for_guests, full_only, wait_for
from harness.failover import Failover, expect_one_live

# Who goes on after what, and within how many seconds.
FAULTS = {
    "primary-unplugged": (lambda lab: lab.unplug("alpha"), "beta", 1),
    "secondary-unplugged": (lambda lab: lab.unplug("beta"), "alpha", 1),
    "primary-killed": (lambda lab: kill_qemu(lab.alpha), "beta", 1),
    "secondary-killed": (lambda lab: kill_qemu(lab.beta), "alpha", 1),
    "primary-frozen": (lambda lab: lab.freeze("alpha", "qemu:web"), "beta", 2),
    "secondary-frozen": (lambda lab: lab.freeze("beta", "qemu:web"), "alpha", 2),
}


def kill_qemu(host):
    host.run("pkill", "-KILL", "qemu-system")


def fails_over(lab, fault, arbiter):
    strike, survivor, within = FAULTS[fault]
    if arbiter == "fence" and survivor == "beta":
        within += 1  # a shadow's host waits half a second before it fences (docs/architecture.md), agents take time
    guest = lab.guest("web")
    lab.protect(guest, arbiter=arbiter)
    with Failover(lab, guest) as failover:
        failover.strike(lambda: strike(lab), lab.host(survivor), within)


@for_guests("primary-unplugged", "primary-frozen", full=("secondary-killed",))
def test_by_the_record(lab, fault):
    fails_over(lab, fault, "etcd")


@full_only
@for_guests("secondary-unplugged", "primary-killed", "secondary-frozen")
def test_by_the_record_too(lab, fault):
    fails_over(lab, fault, "etcd")


@for_guests("primary-unplugged")
def test_by_fencing(lab, fault):
    fails_over(lab, fault, "fence")


@full_only
@for_guests("secondary-unplugged", "primary-killed", "secondary-killed", "primary-frozen", "secondary-frozen")
def test_by_fencing_too(lab, fault):
    fails_over(lab, fault, "fence")


@for_guests("primary-killed")
def test_by_agreement(lab, fault):
    """No arbiter decides, and none is needed: both hosts hear each other."""
    fails_over(lab, fault, "manual")


@full_only
@for_guests("secondary-killed", "primary-frozen", "secondary-frozen")
def test_by_agreement_too(lab, fault):
    fails_over(lab, fault, "manual")


def test_protected_again_by_itself(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd", arguments=["--auto-protect"])
    with Failover(lab, guest) as failover:
        failover.strike(lambda: lab.unplug("alpha"), lab.beta, 1)
        lab.plug("alpha")
        for host, role in ((lab.beta, "primary"), (lab.alpha, "secondary")):
            equal(host.wait_state("web", "protected", 120)["role"], role, f"role of {host}")
        failover.loads.wait_requests(50, 60)


def test_out_of_date_disk_becomes_the_replica(lab):
    """The host that comes back is protected again onto the image that it had, and gets the guest back."""
    guest = lab.guest("web")
    image = "/var/lib/libvirt/images/web.qcow2"
    lab.protect(guest, arbiter="etcd", arguments=["--auto-protect", "--reuse-disks"])
    with Failover(lab, guest) as failover:
        # Of two changes of roles connections outlive the second one if there was a checkpoint before
        # the first (CHANGELOG): an answer that differs makes one.
        guest.get("/random")
        failover.strike(lambda: lab.unplug("alpha"), lab.beta, 1)
        lab.plug("alpha")
        for host in (lab.beta, lab.alpha):
            host.wait_state("web", "protected", 120)
        equal(lab.alpha.pair("web")["disks"][0]["replica"], image, "the replica's image")
        failover.strike(lambda: lab.beta.lockstep("switchover", "web"), lab.alpha, 1, state="protected")
        lab.beta.wait_state("web", "protected", 120)
        equal([file for file in lab.alpha.files() if "vda" in file], [], "images of Lockstep's own on alpha")
        if image not in lab.alpha.virsh("dumpxml", "--inactive", "web").out:
            raise Failure("the domain on alpha does not use the image that it had")
        failover.loads.wait_requests(50, 60)


def test_handed_over_and_back(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd", arguments=["--auto-protect"])
    with Failover(lab, guest) as failover:
        failover.strike(lambda: lab.alpha.lockstep("switchover", "web"), lab.beta, 1, state="protected")
        lab.alpha.wait_state("web", "protected", 60)
        failover.strike(lambda: lab.beta.lockstep("host", "drain"), lab.alpha, 1, state="protected")


def test_the_arbiter_is_gone_and_nothing_else(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    epoch = lab.alpha.pair("web")["epoch"]
    with Failover(lab, guest) as failover:
        lab.cut("witness")
        for host in lab.hypervisors:
            wait_for(lambda: host.pair("web")["arbiter-error"], 30, f"{host} shows that its arbiter is gone")
        failover.loads.wait_requests(50, 60)
        equal([host.state("web") for host in lab.hypervisors], ["protected"] * 2, "states")
        lab.heal()
        for host in lab.hypervisors:
            wait_for(lambda: not host.pair("web")["arbiter-error"], 30, f"{host}'s arbiter is back")
    equal([host.pair("web")["epoch"] for host in lab.hypervisors], [epoch] * 2, "epochs")


def test_waits_for_the_arbiter(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    with Failover(lab, guest) as failover:
        lab.cut("witness")
        lab.unplug("beta")
        wait_for(lambda: "waiting for arbiter" in lab.alpha.pair("web")["reason"], 30,
                 lambda: f"alpha says what it waits for: {lab.alpha.pair('web')}")
        failover.loads.wait_silent(2)
        failover.strike(lab.heal, lab.alpha)


def test_goes_on_without_the_arbiter(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd", arguments=["--on-arbiter-loss", "primary-continues"])
    with Failover(lab, guest) as failover:
        lab.cut("witness")
        for host in lab.hypervisors:
            wait_for(lambda: host.pair("web")["arbiter-error"], 30, f"{host} shows that its arbiter is gone")
        failover.loads.wait_requests(50, 60)
        failover.strike(lambda: lab.unplug("beta"), lab.alpha, 1)


def cut_off(lab, *links):
    """The twins lose each other, both are well, and both ask the arbiter: either may be first. It
    stays that one once they have each other again."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd", arguments=["--auto-protect"])
    with Failover(lab, guest) as failover:
        winner = failover.strike(lambda: lab.cut(*links), within=3)
        lab.heal()
        for host in lab.hypervisors:
            host.wait_state("web", "protected", 120)
        failover.loads.wait_requests(50, 60)
    for host in lab.hypervisors:
        equal(host.pair("web")["role"], "primary" if host is winner else "secondary", f"role of {host}")


def test_dedicated_link_cut(lab):
    cut_off(lab, "dedicated")


@full_only
def test_dedicated_link_cut_beside_a_second_path(lab):
    for host, other, address in ((lab.alpha, "beta", "10.79.0.2"), (lab.beta, "alpha", "10.79.0.1")):
        host.lockstep("peer", "set", other, "--second-path", address)
    wait_for(lambda: len(lab.alpha.lockstep("peer", "show", "beta")["paths"]) == 2, 30, "there are two paths")
    cut_off(lab, "dedicated")


@full_only
def test_link_that_comes_and_goes(lab):
    """It settles: no host takes over from the other again and again."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd", arguments=["--auto-protect"])
    epoch = lab.alpha.pair("web")["epoch"]
    with Failover(lab, guest) as failover:
        for _ in range(30):
            lab.cut("dedicated")
            failover.loads.run_for(failover.loads["numbers"].status()["at"] + 1)
            lab.heal()
            failover.loads.run_for(failover.loads["numbers"].status()["at"] + 1)
        for host in lab.hypervisors:
            host.wait_state("web", "protected", 120)
        failover.loads.wait_requests(50, 60)
    lab.figure("epochs in a minute", lab.alpha.pair("web")["epoch"] - epoch, "epochs")
    moves = [event for host in lab.hypervisors for event in host.lockstep("events", "web")
             if "takeover: granted" in event["text"]]
    lab.figure("moves in a minute", len(moves), "takeovers")
    at_most(len(moves), 2, "takeovers in a minute of a link that comes and goes")


def test_host_paused_and_resumed(lab):
    """It comes back believing to be the primary: nothing that it says reaches a client any more."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    with Failover(lab, guest) as failover:
        def pause():
            lab.freeze("alpha", "qemu:web")
            lab.freeze("alpha", "lockstepd")
        failover.strike(pause, lab.beta, 2, others_off=False)
        failover.loads.run_for(failover.loads["numbers"].status()["at"] + 3)
        lab.thaw("alpha", "qemu:web")
        lab.thaw("alpha", "lockstepd")
        lab.alpha.wait_state("web", "stale", 60)
        expect_one_live(lab, "web", lab.beta)
        failover.loads.wait_requests(50, 60)


@full_only
@for_guests("dedicated-alpha:in", "dedicated-alpha:out")
def test_link_cut_one_way(lab, link):
    cut_off(lab, link)


@full_only
@for_guests("alpha", "beta")
def test_daemon_dead_for_long(lab, where):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    epoch = lab.alpha.pair("web")["epoch"]
    host = lab.host(where)
    other = lab.beta if host is lab.alpha else lab.alpha
    with Failover(lab, guest) as failover:
        host.service("stop")
        wait_for(lambda: other.lockstep("peer", "show", where)["health"] == "daemon-gone", 30,
                 f"{other} knows that {where}'s daemon is gone")
        failover.loads.run_for(failover.loads["numbers"].status()["at"] + (30 if lab.full else 8))
        host.service("start")
        host.wait_service()
        for each in lab.hypervisors:
            each.wait_state("web", "protected")
        wait_for(lambda: other.lockstep("peer", "show", where)["health"] == "alive", 30, f"{where} is alive")
        failover.loads.wait_requests(50, 60)
    equal([each.pair("web")["epoch"] for each in lab.hypervisors], [epoch] * 2, "epochs")


def test_guest_powers_off(lab):
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    lab.alpha.virsh("shutdown", "web")
    lab.alpha.wait_state("web", "off", 90)
    lab.beta.wait_state("web", "none", 60)
    equal(lab.beta.domains(), {}, "domains on beta")
    lab.alpha.virsh("start", "web")
    lab.alpha.wait_state("web", "alone", 30)
    guest.wait_answers()


@full_only
@for_guests("beta-first")
def test_both_hosts_lose_power_too(lab, order):
    test_both_hosts_lose_power(lab, order)


@for_guests("alpha-first")
def test_both_hosts_lose_power(lab, order):
    """The domain starts only where its newest epoch is."""
    guest = lab.guest("web")
    lab.protect(guest, arbiter="etcd")
    with Failover(lab, guest) as failover:
        failover.strike(lambda: lab.unplug("alpha"), lab.beta, 1)
    lab.unplug("beta")
    for name in ("alpha", "beta") if order == "alpha-first" else ("beta", "alpha"):
        lab.plug(name)
    lab.alpha.wait_state("web", "stale", 60)
    lab.beta.wait_state("web", "off", 60)
    refused = lab.alpha.virsh("start", "web", check=False)
    if refused.status == 0 or "beta" not in refused.err:
        raise AssertionError(f"alpha starts an out of date domain: {refused!r}")
    lab.beta.virsh("start", "web")
    guest.wait_answers()
    failover.loads["numbers"].verify()
    expect_one_live(lab, "web", lab.beta)


for scenario in [value for name, value in list(globals().items()) if name.startswith("test_")]:
    scenario.full_times = 3
del scenario
