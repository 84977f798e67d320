# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that is trusted, and hostile: it gets shadows of its own domains, and nothing else."""

import contextlib

from faults.foreign import Mallory, memory
from faults.ground import boot
from faults.refusal import Unchanged
from harness import at_most, equal, full_only, wait_for

MEMORY_ALLOWANCE_KIB = 32 * 1024
SECRETS = "cat /etc/shadow /etc/passwd /etc/lockstep/lockstepd.conf /var/lib/lockstep/identity/*"


@contextlib.contextmanager
def attack(lab, *attacks):
    """A guest is protected from alpha to beta; mallory, whom beta trusts too, does all that to beta."""
    guest = boot(lab)
    lab.protect(guest)
    beta = lab.beta
    uuid = lab.alpha.virsh("domuuid", guest.name).text
    pid, secrets = beta.run("pidof", "lockstepd").text, beta.shell(SECRETS).out
    with Mallory(lab) as mallory, lab.load("numbers", guest) as load:
        before = memory(beta)
        with Unchanged(lab, guest, peers=False):
            for name in attacks:
                equal(mallory.say(name, uuid, guest.name), "", f"what mallory got by '{name}'")
        equal(beta.run("pidof", "lockstepd").text, pid, "lockstepd's process on beta")
        at_most(memory(beta), before + MEMORY_ALLOWANCE_KIB, "KiB of memory of lockstepd on beta")
        equal(beta.shell(SECRETS).out, secrets, "files of beta")
        load.wait_requests(20)
        yield mallory
    load.expect_no_failures()
    load.verify()
    for host in lab.hypervisors:
        equal(host.state(guest.name), "protected", f"the pair on {host}")


def test_a_trusted_peer_that_is_hostile(lab):
    with attack(lab, "nonsense", "contradictions", "shadows") as mallory:
        # It is trusted: what a good peer asks for it does get, and that goes with it.
        equal(mallory.say("vanish"), "prepared", "a shadow as it should be")
        equal(lab.beta.domains().get("mallory1"), "paused", "mallory's shadow")
        wait_for(lambda: "mallory1" not in lab.beta.domains() and lab.beta.state("mallory1") == "none", 60,
                 "beta has discarded the shadow whose primary is gone")
        equal([file for file in lab.beta.files() if "/7f1f5c11-" in file], [], "images of mallory's shadow")


@full_only
def test_a_trusted_peer_that_floods(lab):
    with attack(lab, "flood"):
        pass
