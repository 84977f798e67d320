# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the time goes. Taken after a cell's figures, in a while of its own, as looking costs time, too: how long each phase of a
checkpoint takes, by QEMU's own trace of it, and what the threads of QEMU, of the daemons and of the clients do."""

import datetime
import json
import pathlib
import re
import subprocess

from harness import Failure

from . import stats

SAMPLER = pathlib.Path(__file__).with_name("sampler.py").read_text(encoding="utf-8")
QEMU, DAEMONS = "qemu-system-x86_64", ("lockstepd", "libvirtd")
CLIENTS = ("python3", "wrk", "pgbench", "iperf3")
MOST_THREADS = 12
LEAST_SHARE = 0.01  # of a thread that is shown

# QEMU's trace events of the primary, in the order of one checkpoint, and what each one ends. Source: QEMU migration/colo.c,
# colo_do_checkpoint_transaction().
EVENTS = ("colo_send_message", "colo_receive_message", "colo_vm_state_change")
MARKS = (
    ("Send 'checkpoint-request'", ""),
    ("Receive 'checkpoint-reply'", "asking the shadow"),
    ("Change 'run' => 'stop'", "stopping the guest"),
    ("Send 'vmstate-send'", "checkpoint of the disks"),
    ("Send 'vmstate-size'", "sending memory and devices"),
    ("Receive 'vmstate-received'", "the shadow receives them"),
    ("Receive 'vmstate-loaded'", "the shadow loads them"),
    ("Change 'stop' => 'run'", "starting the guest"),
)
# As `-msg timestamp=on` has it, which libvirt asks for; older ones have the number of the process and seconds instead.
LINE = re.compile(r"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)|\d+@(\d+\.\d+))[ :].*?(?:" + "|".join(EVENTS) + ") (.*)")


def traced(text):
    """(seconds, what) of each event in QEMU's log."""
    found = []
    for line in text.splitlines():
        if match := LINE.match(line):
            when = float(match[2]) if match[2] else datetime.datetime.fromisoformat(match[1]).timestamp()
            found.append((when, match[3]))
    return found


def phases(events):
    """Of each whole checkpoint the milliseconds of each phase, by its name."""
    found, current, last = [], None, 0.0
    for when, what in events:
        place = next((number for number, (mark, _) in enumerate(MARKS) if what.startswith(mark)), None)
        if place == 0:
            current = {}
        elif current is None or place is None or place != len(current) + 1:
            continue  # of a checkpoint whose begin was not seen, or no mark
        else:
            current[MARKS[place][1]] = (when - last) * 1000
            if len(current) == len(MARKS) - 1:
                found.append(current)
                current = None
        last = when
    return found


def phase_figures(checkpoints):
    """Median and 95th percentile of each phase and of all together, in milliseconds."""
    columns = {name: [one[name] for one in checkpoints] for _, name in MARKS[1:]}
    columns["all together"] = [sum(one.values()) for one in checkpoints]
    return {name: {"p50": round(stats.percentile(values, 50), 3), "p95": round(stats.percentile(values, 95), 3)}
            for name, values in columns.items() if values}


def busiest(threads):
    """Those that ran or wanted to, the busiest first."""
    worth = [thread for thread in threads if thread["cpu"] + thread["queued"] + thread["disk"] >= LEAST_SHARE]
    return sorted(worth, key=lambda thread: -(thread["cpu"] + thread["queued"]))[:MOST_THREADS]


class Watching:
    """Samplers on some hosts; `programs` is by host."""

    def __init__(self, programs, seconds):
        self.seconds = seconds
        self._running = {host: host.start("python3", "-c", SAMPLER, seconds, *names) for host, names in programs.items()}

    def threads(self):
        """Waits until they have ended; a list of threads by the host's name."""
        found = {}
        for host, process in self._running.items():
            try:
                out, _ = process.communicate(timeout=self.seconds + 60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failure(f"the sampler on {host} does not end") from None
            try:
                found[host.name] = busiest(json.loads(out))
            except ValueError:
                raise Failure(f"the sampler on {host}: {out.strip()}") from None
        return found


def threads_of_daemons(hosts, seconds):
    return Watching(dict.fromkeys(hosts, DAEMONS), seconds).threads()


class Trace:
    """QEMU's trace of its checkpoints in its log, from begin() to end()."""

    def __init__(self, host, domain):
        self.host, self.domain = host, domain
        self.path = f"/var/log/libvirt/qemu/{domain}.log"

    def _log(self, what):
        said = self.host.virsh("qemu-monitor-command", self.domain, "--hmp", f"log {what}").text
        if said:
            raise Failure(f"QEMU's monitor command 'log {what}': {said}")

    def begin(self):
        self._from = int(self.host.run("stat", "-c", "%s", self.path).out) + 1
        self._log(",".join(f"trace:{event}" for event in EVENTS))

    def end(self):
        """What was traced since begin()."""
        self._log("none")
        return self.host.run("tail", "-c", f"+{self._from}", self.path).out


class Profiler:
    """Stands for the meter of a workload that is measured once more, for this alone."""

    def __init__(self, lab, domain, seconds, is_traced):
        self.lab, self.seconds = lab, seconds
        self._trace = Trace(lab.alpha, domain) if is_traced else None
        self._text = ""
        self._threads = {}

    def __enter__(self):
        if self._trace:
            self._trace.begin()
        programs = {**dict.fromkeys(self.lab.hypervisors, (QEMU, *DAEMONS)), self.lab.client: CLIENTS}
        self._watching = Watching(programs, self.seconds)
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self._threads = self._watching.threads()
        finally:
            if self._trace:
                self._text = self._trace.end()

    def figures(self):
        """After the block."""
        checkpoints = phases(traced(self._text))
        return {"seconds": self.seconds, "checkpoints": len(checkpoints), "phases": phase_figures(checkpoints), "threads": self._threads}
