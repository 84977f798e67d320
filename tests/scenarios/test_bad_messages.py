# SPDX-License-Identifier: LGPL-2.1-or-later
"""What anybody may send to the control port: the connection is closed, nothing else happens."""

from faults.foreign import DIRECTORY, make_foreign, memory, remove_foreign, run_here
from faults.ground import boot
from faults.refusal import Unchanged
from harness import Failure, at_most, equal

# From anybody who can reach the port, and from one with a key that nobody has accepted.
ANYBODY = ("garbage", "http", "oversized", "order")
STRANGER = ("oversized", "too-big-for-a-stranger", "no-json", "no-rpc", "no-protocol", "newer-protocol",
            "false-name", "order", "order-after-hello", "ready")
MEMORY_ALLOWANCE_KIB = 8 * 1024


def say(lab, speech, *identity):
    result = run_here(lab.alpha, "stranger.py", "beta-dedicated", speech, *identity, check=False)
    if result.status != 0:
        raise Failure(f"beta does not hang up on '{speech}': {result.out}{result.err}")
    return result.out


def test_strangers_on_the_control_port(lab):
    guest = boot(lab)
    lab.protect(guest)
    fingerprint = make_foreign(lab.alpha)
    try:
        pid = lab.beta.run("pidof", "lockstepd").text
        before = memory(lab.beta)
        with lab.load("numbers", guest) as load, Unchanged(lab, peers=False):
            for speech in ANYBODY:
                say(lab, speech)
            for speech in STRANGER:
                answer = say(lab, speech, f"{DIRECTORY}/identity", fingerprint)
                if '"result"' in answer and speech != "order-after-hello" and speech != "ready":
                    raise Failure(f"beta does what a stranger says with '{speech}': {answer}")
                if '"spec"' in answer:
                    raise Failure(f"beta prepares a shadow for a stranger: {answer}")
        load.expect_no_failures()
        equal(lab.beta.run("pidof", "lockstepd").text, pid, "lockstepd's process on beta")
        at_most(memory(lab.beta), before + MEMORY_ALLOWANCE_KIB, "KiB of memory of lockstepd on beta")
        peers = lab.beta.lockstep("peer", "list")["peers"]
        equal([(peer["name"], peer["connected"]) for peer in peers if peer["trust"] == "trusted"],
              [("alpha", True)], "beta's trusted peers")
    finally:
        remove_foreign(lab.alpha)
