# SPDX-License-Identifier: LGPL-2.1-or-later
"""That the end of protection leaves no trace."""

from harness import equal, for_guests, full_only
from harness.graph import graph
from harness.libvirt import expect_plain_domain_works


@for_guests("web")
def test_unprotect_gives_back_a_plain_domain(lab, name):
    guest = lab.guest(name)
    before, definition = graph(lab.alpha, name), lab.alpha.virsh("dumpxml", name, "--inactive").out
    with lab.loads(guest, "numbers", "echo") as loads:
        lab.protect(guest)
        loads.wait_requests(30)
        lab.alpha.lockstep("unprotect", name)
        loads.wait_requests(30)
    loads.expect_no_failures()
    loads["numbers"].verify()
    lab.figure("longest gap with protect and unprotect", loads.gap(), "s")
    equal(graph(lab.alpha, name), before, "block nodes, chardevs and objects")
    equal(lab.alpha.virsh("dumpxml", name, "--inactive").out, definition, "the definition")
    equal((lab.alpha.state(name), lab.beta.state(name)), ("none", "none"), "pairs")
    equal(lab.beta.domains(), {}, "domains on beta")
    equal(lab.beta.files(), [], "images on beta")
    equal(lab.beta.listeners(), [], "ports on beta")
    equal(lab.alpha.listeners(), [], "ports on alpha")
    expect_plain_domain_works(lab.alpha, guest)


@full_only
@for_guests("db")
def test_unprotect_gives_back_a_plain_domain_with_more_devices(lab, name):
    test_unprotect_gives_back_a_plain_domain(lab, name)
