# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looking on from the side: packets on an interface, QEMU's events."""

import re
import threading

from .basics import wait_for


class Watch:
    """A command on a host whose lines are collected for as long as the `with` block lasts."""

    ready = None  # what the command prints once it watches

    def __init__(self, host, *command):
        self.host, self.command = host, command
        self.lines = []
        self._ready = threading.Event()

    def __enter__(self):
        self._process = self.host.start(*self.command)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self.ready:
            wait_for(self._ready.is_set, 10, lambda: f"{self.command[0]} watches: {self.lines}")
        return self

    def __exit__(self, kind, error, trace):
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)

    def ended(self, deadline=10):
        """Waits until the command has ended by itself, and returns its exit status."""
        wait_for(lambda: self._process.poll() is not None, deadline, lambda: f"{self.command} ends: {self.lines}")
        self._reader.join(10)
        return self._process.returncode

    def _read(self):
        for line in self._process.stdout:
            if self.ready and not self._ready.is_set():
                if self.ready in line:
                    self._ready.set()
                continue
            self.lines.append(line.rstrip("\n"))


class Packets(Watch):
    """Packets that match a tcpdump filter: with Packets(host, "lan0", "src host ...") as seen."""

    ready = "listening on"

    def __init__(self, host, interface, expression):
        super().__init__(host, "tcpdump", "-l", "-n", "-tt", "-i", interface, expression)

    def packets(self):
        """Lines of packets, without tcpdump's own."""
        return [line for line in self.lines if re.match(r"\d+\.\d+ ", line)]


class Events(Watch):
    """QEMU's events of a domain, as (name, seconds of QEMU's wall clock)."""

    def __init__(self, host, domain):
        super().__init__(host, "stdbuf", "-oL", "virsh", "qemu-monitor-event", domain, "--loop")

    def events(self):
        found = []
        for line in self.lines:
            if match := re.match(r"event (\S+) at (\d+\.\d+) ", line):
                found.append((match[1], float(match[2])))
        return found

    def pauses(self):
        """Lengths in seconds of the times that the guest did not run."""
        stopped, pauses = None, []
        for name, when in self.events():
            if name == "STOP":
                stopped = when
            elif name == "RESUME" and stopped is not None:
                pauses.append(when - stopped)
                stopped = None
        return pauses
