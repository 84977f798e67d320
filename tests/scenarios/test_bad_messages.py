# SPDX-License-Identifier: LGPL-2.1-or-later
"""What anybody may send to the control port: the connection is closed, nothing else happens."""

import os

from faults.ground import boot
from faults.refusal import Unchanged
from harness import Failure, at_most, equal

SCRIPT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "faults", "stranger.py")
# From anybody who can reach the port, and from one with a key that nobody has accepted.
ANYBODY = ("garbage", "http", "oversized", "order")
STRANGER = ("oversized", "too-big-for-a-stranger", "no-json", "no-rpc", "no-protocol", "newer-protocol",
            "false-name", "order", "order-after-hello", "ready")
FOREIGN = "/run/mallory"
MEMORY_ALLOWANCE_KIB = 8 * 1024


def make_stranger(host):
    """A key like a lockstepd's own: made by one that is run with a store of its own. Returns its
    fingerprint. It cannot go on, because there is one on the bus already."""
    host.shell(f"mkdir -p {FOREIGN}; cat > {FOREIGN}/conf",
               input=f'[store]\ndirectory = "{FOREIGN}"\n[control]\nport = 49600\nname = "mallory"\n'
                     "[replication]\nport-min = 49610\nport-max = 49699\n")
    host.run("timeout", 5, "/usr/sbin/lockstepd", "--config", f"{FOREIGN}/conf", check=False)
    text = host.run("openssl", "x509", "-in", f"{FOREIGN}/identity/ca-cert.pem", "-noout", "-fingerprint",
                    "-sha256").out
    return text.partition("=")[2].strip().replace(":", "").lower()


def memory(host):
    return int(host.shell("awk '/^VmRSS:/ { print $2 }' /proc/$(pidof lockstepd)/status").text)


def say(lab, speech, *identity):
    with open(SCRIPT, encoding="utf-8") as file:
        result = lab.alpha.run("python3", "-", "beta-dedicated", speech, *identity, input=file.read(), check=False)
    if result.status != 0:
        raise Failure(f"beta does not hang up on '{speech}': {result.out}{result.err}")
    return result.out


def test_strangers_on_the_control_port(lab):
    guest = boot(lab)
    lab.protect(guest)
    fingerprint = make_stranger(lab.alpha)
    try:
        pid = lab.beta.run("pidof", "lockstepd").text
        before = memory(lab.beta)
        with lab.load("numbers", guest) as load, Unchanged(lab, peers=False):
            for speech in ANYBODY:
                say(lab, speech)
            for speech in STRANGER:
                answer = say(lab, speech, f"{FOREIGN}/identity", fingerprint)
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
        lab.alpha.shell(f"rm -rf {FOREIGN}")
