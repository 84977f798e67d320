# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt's users do with a domain, and what Lockstep must not get in the way of."""

from .basics import at_least, equal


def source_of(host, domain, target="vda"):
    for line in host.virsh("domblklist", domain).out.splitlines():
        fields = line.split()
        if fields and fields[0] == target:
            return fields[1]
    return None


def expect_plain_domain_works(host, guest, images="/var/lib/libvirt/images"):
    """Snapshot and back, copy and pivot, reboot; nothing that was written is lost."""
    name = guest.name
    equal("yes" in host.virsh("dominfo", name).out.split("Persistent:")[1].split("\n")[0], True, "persistent")
    last = guest.last_number()
    original = {disk: source_of(host, name, disk) for disk in guest.disks}
    host.virsh("snapshot-create-as", name, "s1", "--disk-only", "--no-metadata", timeout=120)
    for disk in guest.disks:
        equal(source_of(host, name, disk).rpartition(".")[2], "s1", f"{disk} after the snapshot")
        host.virsh("blockcommit", name, disk, "--active", "--pivot", "--wait", timeout=120)
        equal(source_of(host, name, disk), original[disk], f"{disk} after the commit")
    copy = f"{images}/{name}-copy.qcow2"
    host.virsh("blockcopy", name, "vda", copy, "--format", "qcow2", "--transient-job", "--wait", "--pivot", timeout=120)
    equal(source_of(host, name), copy, "vda after the copy")
    host.virsh("blockcopy", name, "vda", original["vda"], "--reuse-external", "--transient-job", "--wait",
               "--pivot", timeout=120)
    guest.reboot()
    at_least(guest.last_number(), last, "the counter after the reboot")
