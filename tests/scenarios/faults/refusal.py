# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must be true of an error, and that it changed nothing."""

from harness import Failure, equal

from .plain import graph

FAILED, USAGE, NO_DAEMON, DENIED, TIMED_OUT = 1, 2, 3, 4, 5
FORGED = "0" * 64


def expect_remedy(message, remedy, what):
    if not message.strip() or not remedy.strip():
        raise Failure(f"{what} does not say what happened and what to do: {message!r}, {remedy!r}")


def expect_refused(host, names, *command, status=FAILED, mentions=()):
    """`lockstep COMMAND` fails with one of these error names, that exit status, a text that mentions
    all of these, and a remedy. Returns the error."""
    shown = f"lockstep {' '.join(map(str, command))} on {host}"
    result = host.lockstep(*command, check=False)
    error = (result.json or {}).get("error") or {}
    names = (names,) if isinstance(names, str) else names
    if error.get("name") not in names:
        raise Failure(f"{shown}: status {result.status}, {result.out}{result.err} instead of {names}")
    if status is not None:
        equal(result.status, status, f"exit status of {shown} ({error})")
    expect_remedy(error["message"], error["remedy"], shown)
    for text in mentions:
        if text not in error["message"] + error["remedy"]:
            raise Failure(f"{shown} does not mention {text!r}: {error}")
    return error


class Unchanged:
    """Nothing on either host differs after the `with` block: domains, files, ports, pairs, peers,
    and the QEMU of a guest."""

    def __init__(self, lab, guest=None, peers=True):
        self.lab, self.guest, self.peers = lab, guest, peers

    def __enter__(self):
        self.before = self._look()
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            after = self._look()
            for part, before in self.before.items():
                equal(after[part], before, f"what an error must not change: {part}")

    def _look(self):
        found = {}
        for host in self.lab.hypervisors:
            found[f"domains of {host}"] = host.domains()
            found[f"files of {host}"] = host.shell(
                "find /var/lib/lockstep/images /var/lib/libvirt/images -mindepth 1 | sort").out
            found[f"ports of {host}"] = host.listeners()
            # A pair that is protected goes on making checkpoints, and counting them.
            found[f"pairs of {host}"] = {
                name: {key: value for key, value in pair.items() if key not in ("checkpoints", "last-minute")}
                for name, pair in host.pairs().items()}
            if self.peers:
                found[f"peers of {host}"] = [(peer["name"], peer["trust"])
                                             for peer in host.lockstep("peer", "list")["peers"]]
        if self.guest:
            found["the guest's QEMU"] = graph(self.lab.alpha, self.guest.name)
        return found
