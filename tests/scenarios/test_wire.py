# SPDX-License-Identifier: LGPL-2.1-or-later
"""How memory goes over the dedicated link: over how many connections, compressed, and how much of the link it may take."""

import collections

from harness import at_least, at_most, equal, full_only, wait_for
from harness.graph import graph, ours, without_rewriters

CLIENTS = (("numbers", {"connections": 2}), ("echo", {"connections": 2}))
MIB = 2**20
# MiB a second by which QEMU may exceed a limit: ten times a second it looks whether it has sent enough, in pieces of 128 KiB.
BEYOND = 10 / 8


def settings(*words):
    return [word for setting in words for word in ("--set", setting)]


def established(host):
    """Of each port on beta: the ports on alpha that are connected to it, over the dedicated link."""
    found = collections.defaultdict(list)
    for line in host.shell("ss -Htn state established src beta-dedicated dst alpha-dedicated").out.splitlines():
        here, there = (field.rpartition(":")[2] for field in line.split()[2:4])
        found[int(here)].append(int(there))
    return found


def migration_port(lab):
    """The one that several connections go to."""
    return max(established(lab.beta).items(), key=lambda entry: len(entry[1]))


def migration_of(host, name):
    """What QEMU was told: its capabilities, connections and compression; "events" is libvirt's, and always on."""
    on = sorted(entry["capability"] for entry in host.qmp(name, "query-migrate-capabilities")
                if entry["state"] and entry["capability"] != "events")
    parameters = host.qmp(name, "query-migrate-parameters")
    return on, parameters["multifd-channels"], parameters["multifd-compression"]


def expect_usual_migration(host, name):
    equal(migration_of(host, name), ([], 2, "none"), f"what is left of the migration's settings on {host}")


def test_channels_carry_the_copy_and_the_checkpoints(lab):
    guest = lab.guest("web")
    lab.protect(guest, arguments=settings("channels=4", "compression=zstd"))
    for host in lab.hypervisors:
        pair = host.lockstep("show", "web")
        equal((pair["channels"], pair["compression"]), (4, "zstd"), f"settings of the pair on {host}")
        on, channels, compression = migration_of(host, "web")
        equal(("multifd" in on, channels, compression), (True, 4, "zstd"), f"what QEMU on {host} was told")
    equal(len(migration_port(lab)[1]), 5, "connections of the migration: four, and its first one")
    with lab.loads(guest, *CLIENTS) as loads:
        loads.wait_requests(40, 120)
        for _ in range(5):
            guest.get("/random")  # answers differ: a checkpoint for each
        wait_for(lambda: lab.alpha.lockstep("stats", "web")["statistics"][0]["lifetime"]["reasons"]["difference"] >= 5, 60,
                 "five checkpoints")
        loads.wait_requests(40, 120)
        lab.unplug("alpha")
        lab.beta.lockstep("takeover", "web")
        answered = loads["numbers"].status()["highest_number"]
        loads.wait_requests(40, 120)
        expect_usual_migration(lab.beta, "web")
        equal(ours({**without_rewriters(graph(lab.beta, "web")), "drives": {}}), [], "what Lockstep left in QEMU")
        # The QEMU that has received over several connections is to send over several.
        lab.plug("alpha")
        lab.wait_peers(120)
        lab.beta.wait_state("web", "alone", 60)
        lab.protect(guest, source="beta", target="alpha")
        equal(migration_of(lab.beta, "web")[1:], (4, "zstd"), "what the survivor's QEMU was told")
        loads.wait_requests(40, 120)
    loads.expect_no_failures()
    at_least(loads["numbers"].verify()["highest"], answered + 1, "the counter")
    lab.figure("longest gap with four channels and a takeover", loads.gap(), "s")


@full_only
def test_each_compression_carries_a_living_guest(lab):
    """A change of roles goes on with the memory that was sent."""
    guest = lab.guest("web")
    source, target = lab.alpha, lab.beta
    with lab.loads(guest, *CLIENTS) as loads:
        for channels, compression in ((2, "none"), (2, "zlib"), (16, "zstd")):
            lab.protect(guest, source=source.name, target=target.name,
                        arguments=settings(f"channels={channels}", f"compression={compression}"))
            loads.wait_requests(40, 120)
            source.lockstep("switchover", "web")
            target.wait_state("web", "alone", 60)
            expect_usual_migration(target, "web")
            loads.wait_requests(40, 120)
            source, target = target, source
        lab.protect(guest, source=source.name, target=target.name, arguments=settings("channels=1", "compression=none"))
        equal("multifd" in migration_of(source, "web")[0], False, "multifd with one channel")
        loads.wait_requests(40, 120)
    loads.expect_no_failures()
    loads["numbers"].verify()


def test_one_of_several_connections_is_lost(lab):
    """The shadow cannot get a whole checkpoint any more: nobody may wait for it for ever, or trust it."""
    guest = lab.guest("web")
    lab.protect(guest, arguments=settings("channels=4"))
    with lab.loads(guest, *CLIENTS) as loads:
        loads.wait_requests(40, 120)
        port, theirs = migration_port(lab)
        lab.alpha.shell(f"ss -K dst beta-dedicated sport = :{max(theirs)} dport = :{port}")
        state = wait_for(lambda: (found := lab.alpha.state("web")) in ("interrupted", "alone") and found, 60,
                         "alpha has seen that the shadow is lost")
        if state == "interrupted":  # it may still be let go by beta, and be alone before this is heard
            lab.alpha.lockstep("continue-alone", "web", "--yes", check=False)
        loads.wait_requests(40, 120)
        lab.alpha.wait_state("web", "alone", 60)
        expect_usual_migration(lab.alpha, "web")
    loads.expect_no_failures()
    loads["numbers"].verify()


def copied(host):
    """Bytes that QEMU has sent so far, and for how many seconds it has been at it."""
    told = host.qmp("web", "query-migrate")
    if told.get("status") != "active":
        return None
    return told["ram"]["transferred"], told["total-time"] / 1000


def rate_of_copy(host, seconds):
    """By QEMU's own counters, over so many of its seconds."""
    begin = wait_for(lambda: copied(host), 120, "memory is being copied")
    end = wait_for(lambda: [now for now in [copied(host)] if now and now[1] >= begin[1] + seconds], seconds + 60,
                   f"memory has been copied for {seconds} s more")[0]
    return (end[0] - begin[0]) / (end[1] - begin[1]) / MIB


@full_only
def test_the_copy_of_memory_keeps_to_its_bandwidth(lab):
    lab.guest("web")
    alpha = lab.alpha
    job = alpha.lockstep("protect", "web", "beta", "--no-wait", *settings("bandwidth=3MiB/s"))["id"]
    slow = rate_of_copy(alpha, 3)
    lab.figure("copy of memory limited to 3 MiB/s", slow, "MiB/s")
    at_most(slow, 3.1 + BEYOND, "MiB a second of a copy that may take 3")
    # Nobody waits for its end to change it.
    alpha.lockstep("set", "web", "bandwidth=9MiB/s")
    for host in lab.hypervisors:
        equal(host.lockstep("show", "web")["bandwidth-bytes"], 9 * MIB, f"the bandwidth on {host}")
    faster = rate_of_copy(alpha, 1)
    lab.figure("copy of memory limited to 9 MiB/s", faster, "MiB/s")
    at_least(faster, 5, "MiB a second after the bandwidth was raised from 3 to 9")
    at_most(faster, 9.3 + BEYOND, "MiB a second of a copy that may take 9")
    alpha.lockstep("set", "web", "bandwidth=default")
    alpha.lockstep("job", "wait", job)
    alpha.wait_state("web", "protected")
    equal([host.lockstep("show", "web")["bandwidth-bytes"] for host in lab.hypervisors], [0, 0], "the bandwidth on both hosts")


@full_only
def test_checkpoints_have_no_limit(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    lab.alpha.lockstep("set", "web", "bandwidth=1MiB/s")
    equal(lab.alpha.qmp("web", "query-migrate-parameters")["max-bandwidth"], MIB, "what QEMU was told")
    for _ in range(20):
        guest.get("/random")

    def newest():
        return lab.alpha.lockstep("stats", "web", "--checkpoints", 10)["statistics"][0]["checkpoints"]
    wait_for(lambda: newest()["reason"].count("difference") == 10, 60, "ten checkpoints because answers differ")
    found = newest()
    rate = sum(found["memory-bytes"]) / (sum(found["stopped-usec"]) / 1e6) / MIB
    lab.figure("memory of checkpoints by stopped time, with a bandwidth of 1 MiB/s", rate, "MiB/s")
    at_least(rate, 1.5, "MiB a second of checkpoints, which have no limit")


def test_what_does_not_fit_is_refused(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    for words in (("compression=zlib",), ("channels=17",), ("channels=0",), ("bandwidth=10",), ("bandwidth=1KiB/s",)):
        refused = lab.alpha.lockstep("set", "web", *words, check=False)
        equal(refused.status, 2, f"exit status of set {words}: {refused}")
    told = lab.alpha.run("lockstep", "set", "web", "channels=4", "compression=zlib")
    equal(told.err.strip(), "web: counts when the next shadow is made: channels and compression", "what set tells")
    equal("multifd" in migration_of(lab.alpha, "web")[0], False, "multifd of a shadow that was made without it")
    lab.alpha.lockstep("unprotect", "web")
    lab.alpha.wait_state("web", "none", 60)
    expect_usual_migration(lab.alpha, "web")
