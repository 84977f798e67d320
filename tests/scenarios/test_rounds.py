# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takeover and protect back, again and again, in both directions: nothing piles up."""

import re

from faults.ground import boot
from faults.plain import graph
from harness import at_most, equal, wait_for

ROUNDS = 5
# The allocator keeps what one round needed, and log and job lists grow up to their bounds.
MEMORY_ALLOWANCE_KIB = 8 * 1024
# A connection that is being made or closed when it is counted.
DESCRIPTOR_ALLOWANCE = 3


def without_numbers(texts):
    """Names of image files carry the epoch."""
    return sorted(re.sub(r"\d+", "N", text) for text in texts)


def daemon(host):
    """What lockstepd on a host holds."""
    out = host.shell("pid=$(pidof lockstepd); ls /proc/$pid/fd | wc -l; "
                     "awk '/^VmRSS:/ { print $2 }' /proc/$pid/status; echo $pid").out.split()
    return {"descriptors": int(out[0]), "memory": int(out[1]), "pid": int(out[2])}


def objects(host):
    """D-Bus objects except jobs, of which some that ended are kept."""
    paths = host.run("busctl", "--system", "--list", "tree", "org.lockstep.Lockstep1").out.split()
    return sorted(path for path in paths if "/job" not in path)


def inventory(host):
    """What must not pile up on a host: files, ports, domains, D-Bus objects."""
    return {"files": without_numbers(host.files() + host.files("/var/lib/libvirt/images")),
            "ports": host.listeners(),
            "domains": host.domains(),
            "objects": objects(host)}


def snapshot(lab, guest, live):
    found = {host.name: inventory(host) for host in lab.hypervisors}
    # The number that libvirt and Lockstep give to nodes and files may differ.
    found["graph"] = {part: without_numbers(map(str, value)) if isinstance(value, list) else value
                      for part, value in graph(live, guest.name).items()}
    return found


def take_over(lab, guest, live, other, unplugged):
    """The shadow on `other` goes live; afterwards both hosts are there and agree."""
    if unplugged:
        lab.unplug(live)
    other.lockstep("takeover", guest.name, "--yes")
    if unplugged:
        lab.plug(live)
    other.wait_state(guest.name, "alone")
    lab.wait_peers()
    live.wait_state(guest.name, "stale", 60)
    wait_for(lambda: live.domains().get(guest.name) in (None, "shut off"), 30,
             f"{guest.name} runs no more on {live}")


def test_five_rounds_of_takeover_and_protect_back(lab):
    """Odd rounds: both hosts live, and the old primary gives way. Even ones: its plug is pulled."""
    guest = boot(lab)
    live, other = lab.alpha, lab.beta
    after = []
    with lab.load("numbers", guest, connections=2) as load:
        for number in range(1, ROUNDS + 1):
            lab.protect(guest, live, other)
            load.wait_requests(50)
            take_over(lab, guest, live, other, unplugged=number % 2 == 0)
            live, other = other, live
            load.wait_requests(50)
            after.append((snapshot(lab, guest, live), {host.name: daemon(host) for host in lab.hypervisors}))
    load.verify()
    load.expect_no_failures()

    # From the second round on a host that gave the guest away has its image of that time as well:
    # it goes when the next shadow there is in step.
    (first, first_daemons), (third, _), (last, last_daemons) = after[0], after[2], after[-1]
    for part, before in first.items():
        for name, value in (before | {"files": third[part]["files"]} if "files" in before else before).items():
            equal(last[part][name], value, f"{part}: {name} after round {ROUNDS}")
    for host in lab.hypervisors:
        name = host.name
        before, now = first_daemons[name], last_daemons[name]
        # What is leaked stays open; a request that is being answered just then does not.
        most = before["descriptors"] + DESCRIPTOR_ALLOWANCE
        wait_for(lambda: daemon(host)["descriptors"] <= most, 30,
                 f"lockstepd on {name} holds at most {most} descriptors")
        at_most(now["memory"], before["memory"] + MEMORY_ALLOWANCE_KIB,
                f"KiB of memory of lockstepd on {name}")
        lab.figure(f"memory of lockstepd on {name} after round {ROUNDS}", now["memory"] / before["memory"],
                   "of that after round 1")
    # alpha is never unplugged: its daemon must have lived through all of it.
    equal(last_daemons["alpha"]["pid"], first_daemons["alpha"]["pid"], "lockstepd's process on alpha")


test_five_rounds_of_takeover_and_protect_back.deadline = 600
