# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host of the lab, as its administrator sees it."""

import json
import os
import re
import subprocess
import sys

from .basics import Failure, run, wait_for

sys.path.insert(0, os.path.realpath(os.path.join(os.path.dirname(__file__), "../../schema")))
try:
    from schemas import Mismatch, Schemas
    SCHEMAS = Schemas()
except ModuleNotFoundError:  # no python3-jsonschema
    SCHEMAS = None

LAB = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../lab/lab"))


class Host:
    """Commands on one host. All of them raise CommandFailed unless told check=False, and then
    return a Result with status, out and err."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name

    def __repr__(self):
        return self.name

    def words(self, *command):
        return [LAB, "exec", self.name, "--", *(str(word) for word in command)]

    def run(self, *command, **options):
        """run('ls', '-l'); options: check, timeout (seconds), input (text)."""
        return run(self.words(*command), **options)

    def shell(self, script, **options):
        """A script for bash; `-e` is on, and a pipe fails if any part of it does."""
        return self.run("bash", "-euo", "pipefail", "-c", script, **options)

    def start(self, *command, **options):
        """A command that runs on; returns its Popen. Killing that ends the command (SIGTERM)."""
        options = {"text": True, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.STDOUT, **options}
        return subprocess.Popen(self.words(*command), **options)

    # Lockstep

    def lockstep(self, *arguments, check=True, timeout=120):
        """lockstep ... --json. Returns what it printed, which has to be as docs/schema says; with
        check=False the Result, which has it in `json` (None if that is no JSON)."""
        result = self.run("lockstep", *arguments, "--json", check=check, timeout=timeout)
        result.json = None
        for output in (result.out, result.err):
            try:
                result.json = json.loads(output)
                break
            except ValueError:
                pass
        if SCHEMAS and result.json is not None:
            try:
                SCHEMAS.check(arguments, result.json)
            except Mismatch as mismatch:
                raise Failure(f"{self.name}: {mismatch}") from None
        return result if not check else result.json

    def pairs(self):
        return {pair["domain"]: pair for pair in self.lockstep("list")["pairs"]}

    def pair(self, domain):
        """The pair as this host sees it, or None."""
        return self.pairs().get(domain)

    def state(self, domain):
        """The pair's state; "none" without a pair."""
        pair = self.pair(domain)
        return pair["state"] if pair else "none"

    def wait_state(self, domain, state, deadline=30):
        """Waits until the pair is in that state ("none": gone) and returns it."""
        def shown():
            pair = self.pair(domain)
            told = f"{pair['state']}: {pair['reason']}" if pair else "no pair"
            return f"{domain} is {state} on {self.name} (it is {told})"
        wait_for(lambda: self.state(domain) == state, deadline, shown)
        return self.pair(domain)

    def jobs(self):
        return self.lockstep("job", "list")["jobs"]

    def dbus(self, path, interface, method, signature="", *arguments, **options):
        """Calls the daemon over D-Bus: path below /org/lockstep/Lockstep1 ("" for the manager),
        interface as "Pair". Returns the list of what came back."""
        words = ["busctl", "--system", "--json=short", "call", "org.lockstep.Lockstep1",
                 "/org/lockstep/Lockstep1" + path, f"org.lockstep.Lockstep1.{interface}", method]
        if signature:
            words += [signature, *arguments]
        result = self.run(*words, **options)
        if not options.get("check", True):
            return result
        return json.loads(result.out)["data"] if result.text else []

    # libvirt and QEMU

    def virsh(self, *arguments, **options):
        return self.run("virsh", "-q", *arguments, **options)

    def domains(self):
        """Names of all domains with their states, e.g. {"web": "running"}."""
        found = {}
        for line in self.virsh("list", "--all").out.splitlines():
            match = re.fullmatch(r"\s*(?:\d+|-)\s+(\S+)\s+(.+?)\s*", line)
            if match:
                found[match[1]] = match[2]
        return found

    def qmp(self, domain, command, **arguments):
        """Asks QEMU through libvirt and returns the answer; `_` in argument names becomes `-`."""
        message = {"execute": command}
        if arguments:
            message["arguments"] = {key.replace("_", "-"): value for key, value in arguments.items()}
        answer = json.loads(self.virsh("qemu-monitor-command", domain, json.dumps(message)).out)
        if "error" in answer:
            raise Failure(f"{command} of {domain} on {self.name}: {answer['error']}")
        return answer["return"]

    # What is on the host

    def listeners(self):
        """Ports that something other than lockstepd listens on on the dedicated link."""
        lines = self.shell("ss -Htln src $(hostname)-dedicated").out.splitlines()
        return sorted(int(line.split()[3].rpartition(":")[2]) for line in lines if line.strip())

    def files(self, directory="/var/lib/lockstep/images"):
        """Files below a directory, with their paths."""
        return self.shell(f"[ ! -e '{directory}' ] || find '{directory}' -type f | sort").out.split()

    def sent(self):
        """Bytes that this host has sent over the dedicated link since it booted."""
        return int(self.shell("cat /sys/class/net/ded0/statistics/tx_bytes").out)

    def service(self, verb, name="lockstepd"):
        """start, stop, restart, kill; waits until it is done."""
        return self.lab.call("service", self.name, verb, name)

    def wait_service(self, name="lockstepd", deadline=30):
        wait_for(lambda: self.lab.call("service", self.name, "status", name, check=False).status == 0,
                 deadline, f"{name} runs on {self.name}")
        if name == "lockstepd":
            wait_for(lambda: self.run("lockstep", "list", check=False).status == 0, deadline,
                     f"lockstepd on {self.name} answers")

    def log(self):
        return self.run("cat", "/var/log/lockstep/lockstepd.log", check=False).out
