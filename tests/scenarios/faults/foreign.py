# SPDX-License-Identifier: LGPL-2.1-or-later
"""A key like a lockstepd's own that is nobody's, on a host of the lab."""

import contextlib
import os

from harness import Failure, wait_for

HERE = os.path.dirname(os.path.realpath(__file__))
DIRECTORY = "/run/mallory"


def make_foreign(host):
    """Made by a lockstepd that is run with a store of its own. Returns the fingerprint. It cannot go on,
    because there is one on the bus already."""
    host.shell(f"mkdir -p {DIRECTORY}; cat > {DIRECTORY}/conf",
               input=f'[store]\ndirectory = "{DIRECTORY}"\n[control]\nport = 49600\nname = "mallory"\n'
                     "[replication]\nport-min = 49610\nport-max = 49699\n")
    host.run("timeout", 5, "/usr/sbin/lockstepd", "--config", f"{DIRECTORY}/conf", check=False)
    text = host.run("openssl", "x509", "-in", f"{DIRECTORY}/identity/ca-cert.pem", "-noout", "-fingerprint",
                    "-sha256").out
    return text.partition("=")[2].strip().replace(":", "").lower()


def remove_foreign(host):
    host.shell(f"rm -rf {DIRECTORY}")


def memory(host):
    """Of lockstepd, in KiB."""
    return int(host.shell("awk '/^VmRSS:/ { print $2 }' /proc/$(pidof lockstepd)/status").text)


def run_here(host, script, *arguments, **options):
    """Runs a script of this folder on the host."""
    with open(os.path.join(HERE, script), encoding="utf-8") as file:
        return host.run("python3", "-", *arguments, input=file.read(), **options)


class Mallory:
    """A peer on alpha that beta's administrator has accepted, beside alpha's own lockstepd."""

    def __init__(self, lab):
        self.lab = lab
        self.fingerprint = make_foreign(lab.alpha)

    def __enter__(self):
        self.say("ask")
        beta = self.lab.beta
        wait_for(lambda: [peer for peer in beta.lockstep("peer", "list")["peers"] if peer["name"] == "mallory"], 10,
                 "beta has heard that mallory asks")
        beta.lockstep("peer", "accept", "mallory", "--fingerprint", self.fingerprint)
        return self

    def __exit__(self, kind, error, trace):
        # Where beta does not answer any more, the scenario has failed for that already.
        with contextlib.suppress(Failure):
            self.lab.beta.lockstep("peer", "remove", "mallory", check=False)
        remove_foreign(self.lab.alpha)

    def say(self, attack, *arguments):
        """What it got that it should not have, as text."""
        result = run_here(self.lab.alpha, "hostile.py", "beta-dedicated", f"{DIRECTORY}/identity", self.fingerprint, attack,
                          *arguments, check=False, timeout=300)
        if result.status != 0:
            raise Failure(f"'{attack}' was not tried: {result.out}{result.err}")
        return result.text
