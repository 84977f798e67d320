# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes single calls of a host's lockstepd go wrong, through shim.c."""

import base64
import functools
import os
import subprocess
import tempfile

from harness import Failure, wait_for

DIRECTORY = "/var/lib/lab-fault"
LIBRARY = "/usr/local/lib/lab-fault.so"
DROP_IN = "/etc/systemd/system/lockstepd.service.d/lab-fault.conf"
FLAGS = ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]


@functools.cache
def library():
    """The compiled shim, as text that a shell can take."""
    source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "shim.c")
    with tempfile.TemporaryDirectory() as scratch:
        target = os.path.join(scratch, "shim.so")
        done = subprocess.run(["gcc", *FLAGS, "-o", target, source], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Failure(f"shim.c does not compile:\n{done.stdout}")
        with open(target, "rb") as file:
            return base64.b64encode(file.read()).decode()


class Call:
    """One call that lockstepd made. `number` among the calls that change something, 0 for one
    that does not; `name` is short, for reports."""

    def __init__(self, line):
        number, _, self.text = line.partition(" ")
        self.number = int(number)
        self.name = self._name()

    def _name(self):
        if not self.text.startswith("qmp "):
            return self.text.partition(" /")[0]
        command = self.text.partition('"execute":"')[2].partition('"')[0]
        for key in ('"node-name":"', '"id":"', '"node":"', '"job-id":"', '"value":"', '"export":"'):
            value = self.text.partition(key)[2].partition('"')[0]
            if value.startswith(("lockstep-", "libvirt-")):
                return f"{command} {value}"
        return command

    def __repr__(self):
        return f"{self.number} ({self.name})"


class Injector:
    """The shim in one host's lockstepd. At most one fault at a time."""

    def __init__(self, host):
        self.host = host
        self.armed = True  # until it is known better

    def install(self):
        """Restarts lockstepd with the shim in it."""
        # Not `restart`: only a start reads the unit again.
        self.host.service("stop")
        self.host.shell(f"mkdir -p {DIRECTORY} $(dirname {LIBRARY}) $(dirname {DROP_IN})\n"
                        f"base64 -d > {LIBRARY}\n"
                        f"printf '[Service]\\nEnvironment=LD_PRELOAD={LIBRARY}\\n' > {DROP_IN}",
                        input=library())
        self.host.service("start")

    def remove(self):
        """Restarts lockstepd without the shim; leaves no trace on the host."""
        self.host.service("stop")
        self.host.shell(f"rm -rf {DIRECTORY} {LIBRARY} {DROP_IN}")
        self.host.service("start")

    def clear(self):
        """No fault, and the count of calls begins anew. Whoever is paused goes on."""
        self.armed = False
        self.host.shell(f"cd {DIRECTORY} && rm -f plan log state paused go")

    def arm(self, action, what, number):
        """See shim.c. The count of calls begins anew."""
        self.armed = True
        self.host.shell(f"cd {DIRECTORY} && rm -f log state paused go\n"
                        f"echo {action} '{what}' {number} > plan")

    def calls(self):
        """All calls since the count began."""
        lines = self.host.shell(f"cat {DIRECTORY}/log 2>/dev/null || true").out.splitlines()
        return [Call(line) for line in lines]

    def changes(self):
        return [call for call in self.calls() if call.number]

    def is_paused(self):
        return self.host.run("test", "-e", f"{DIRECTORY}/paused", check=False).status == 0

    def release(self):
        """Lets a paused call go on."""
        self.host.run("touch", f"{DIRECTORY}/go")

    def wait_paused(self, ended, deadline=60):
        """Until the call is paused; a Failure if `ended` says that nothing will come any more."""
        def paused_or_over():
            return self.is_paused() or ended()
        wait_for(paused_or_over, deadline, "the call that is to be paused", every=0.05)
        if not self.is_paused():
            raise Failure(f"the call that was to be paused on {self.host} was never made; made were "
                          f"{self.changes()}")
