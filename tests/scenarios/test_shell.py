# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shell, at a terminal and as a script, and lockstep on another host over ssh."""

from faults.refusal import FAILED, NO_DAEMON
from harness import Failure, equal, wait_for
from harness.terminal import Terminal

PROMPT = "lockstep # "
STATE = "/tmp/shell-state"  # where the shell keeps its history
KEYS = "/run/scenario-ssh"


def typed(shell, keys, *expected):
    """Types a line at the prompt; what it prints has these texts in it."""
    shell.wait_last(PROMPT)
    shell.type(keys)
    for text in expected:
        shell.wait(text)
    shell.wait_last(PROMPT)


def test_a_session_at_a_terminal(lab):
    alpha = lab.alpha
    guest = lab.guest("web", start=False)
    alpha.virsh("start", "web")
    lab.protect(guest)
    alpha.shell(f"rm -rf {STATE}; mkdir -m 0700 {STATE}")
    with Terminal(alpha, "lockstep", XDG_STATE_HOME=STATE) as shell:
        shell.wait("on alpha. 'help' lists the commands")
        typed(shell, "help\r", "Protection (help keyword 'protection'):", "  peer add ADDRESS", "'help COMMAND' tells more.")
        typed(shell, "sho\tw\t\r", "primary", "checkpoints:")
        typed(shell, "peer show b\t\r", "fingerprint:")
        typed(shell, "set web auto\tyes\r", "auto-protect=yes reuse-disks=no")
        # What is wrong is told, and does not end it.
        typed(shell, "show nowhere\r", "error: ", "what to do: ")
        typed(shell, "list; peer list\r", "protected", "FINGERPRINT")
        # Ctrl-C drops the line.
        shell.type("unprotect web")
        shell.wait("unprotect web")
        shell.type("\x03")
        shell.wait("^C")
        typed(shell, "peer list --own\r", "name:", "fingerprint:")
        shell.type("\x04")
        equal(shell.ended(), 0, "exit status after Ctrl-D")
    equal(lab.beta.pair("web")["auto-protect"], True, "what was set in the shell, on beta")
    modes = alpha.run("stat", "--format=%a", f"{STATE}/lockstep", f"{STATE}/lockstep/history").out.split()
    equal(modes, ["700", "600"], "modes of the history's folder and file")
    with Terminal(alpha, "lockstep", XDG_STATE_HOME=STATE) as shell:
        typed(shell, "\x10\r", "name:", "fingerprint:")  # Ctrl-P: the line before
        shell.type("quit\r")
        equal(shell.ended(), 0, "exit status after quit")
    equal(alpha.state("web"), "protected", "the pair after a line that was dropped")


def test_a_script(lab):
    result = lab.alpha.run("lockstep", input="# what there is\nlist; show nowhere\npeer list\nquit\nlist\n", check=False)
    equal(result.status, FAILED, f"exit status of a script of which one command fails ({result.err})")
    if "FINGERPRINT" not in result.out or PROMPT in result.out or "'quit' leaves" in result.out:
        raise Failure(f"the script printed {result.out!r}")
    equal((result.err.count("error: "), result.err.count("no domain is paired")), (1, 1), f"errors and hints ({result.err})")


class Sshd:
    """sshd on one host, and a way there for root of another one, with keys that are made for it. Nobody is asked."""

    OPTIONS = ("PidFile=none", "UsePAM=no", "StrictModes=no", "PasswordAuthentication=no",
               "PermitRootLogin=prohibit-password", f"AuthorizedKeysFile={KEYS}/authorized_keys")

    def __init__(self, server, client):
        self.server, self.client = server, client
        self._process = None

    def __enter__(self):
        try:
            self._prepare()
            options = [word for option in self.OPTIONS for word in ("-o", option)]
            self._process = self.server.start("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", f"{KEYS}/host", *options)
            wait_for(self._listens, 20, "sshd listens")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _prepare(self):
        for host, name in ((self.server, "host"), (self.client, "user")):
            host.shell(f"umask 077; rm -rf {KEYS}; mkdir {KEYS}; ssh-keygen -q -t ed25519 -N '' -f {KEYS}/{name}")
        user, own = self.client.run("cat", f"{KEYS}/user.pub").out, self.server.run("cat", f"{KEYS}/host.pub").out
        self.server.shell(f"mkdir -p /run/sshd; cat > {KEYS}/authorized_keys", input=user)
        self.client.shell(f"cat > {KEYS}/known_hosts", input=f"{self.server} {own}")
        self.client.shell("umask 077; mkdir -p /root/.ssh; cat > /root/.ssh/config", input=(
            f"Host {self.server}\n  IdentityFile {KEYS}/user\n  IdentitiesOnly yes\n  BatchMode yes\n"
            f"  UserKnownHostsFile {KEYS}/known_hosts\n  StrictHostKeyChecking yes\n"))

    def _listens(self):
        return self.server.shell("ss -Htln 'sport = :22'").text

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            wait_for(lambda: not self._listens(), 20, "sshd listens no more")
            self._process = None

    def __exit__(self, kind, error, trace):
        self.stop()
        self.client.run("rm", "-rf", "/root/.ssh/config", KEYS)
        self.server.run("rm", "-rf", KEYS)


def expect_no_way(host, words, told):
    result = host.lockstep(*words, check=False)
    error = (result.json or {}).get("error", {})
    equal((result.status, error.get("name")), (NO_DAEMON, "DaemonUnavailable"), f"lockstep {' '.join(words)} ({result})")
    if told not in error["message"] or "ssh" not in error["message"] or not error["remedy"]:
        raise Failure(f"lockstep {' '.join(words)} does not tell that {told}: {error}")


def test_another_host_over_ssh(lab):
    alpha, beta = lab.alpha, lab.beta
    there = ("-c", "root@beta")
    alpha.shell(f"rm -rf {STATE}; mkdir -m 0700 {STATE}")
    with Sshd(beta, alpha) as sshd:
        equal(alpha.lockstep(*there, "peer", "list", "--own")["host-name"], "beta", "whom alpha speaks to")
        equal(alpha.lockstep("list", "--connect=ssh://root@beta:22"), {"pairs": []}, "pairs of beta")
        shown = alpha.run("env", "LOCKSTEP_CONNECT=root@beta", "lockstep", "peer", "list", "--own").out
        if "beta" not in shown.splitlines()[0]:
            raise Failure(f"LOCKSTEP_CONNECT leads elsewhere: {shown}")
        # As root of beta, so it may change things there.
        alpha.lockstep(*there, "peer", "set", "alpha", "--heartbeat-timeout", 900)
        equal([host.lockstep("peer", "list")["peers"][0]["heartbeat-timeout-ms"] for host in (alpha, beta)], [300, 900],
              "heartbeat timeouts, of which beta's was changed")
        with Terminal(alpha, "lockstep -c root@beta", XDG_STATE_HOME=STATE) as shell:
            shell.wait("on beta. 'help' lists the commands")
            typed(shell, "peer show a\t\r", "name:", "timeout 900 ms")
            shell.type("quit\r")
            equal(shell.ended(), 0, "exit status after quit")
        # What is wrong on the way is told in ssh's words.
        alpha.shell(f": > {KEYS}/known_hosts")
        expect_no_way(alpha, (*there, "list"), "Host key verification failed")
        sshd.stop()
        expect_no_way(alpha, (*there, "list"), "Connection refused")
