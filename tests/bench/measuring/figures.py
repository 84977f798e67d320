# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a measurement reads beside the clients' figures: checkpoints, how long they stopped the guest, bytes on the
dedicated link. The one place that knows where these come from."""

import datetime
import time

from harness.watch import Events

LINK = "/sys/class/net/ded0/statistics"


def pauses(events, began, ended):
    """(how many times, seconds in all, longest in seconds) that the guest stood still between two times of the wall
    clock. Events are (name, seconds), as QEMU tells them: a checkpoint is a STOP and a RESUME."""
    count, total, longest, stopped = 0, 0.0, 0.0, None
    for name, when in [*events, ("RESUME", ended)]:
        if name == "STOP":
            stopped = when
        elif name == "RESUME" and stopped is not None:
            begin, end = max(stopped, began), min(when, ended)
            if end > begin:
                count += 1
                total += end - begin
                longest = max(longest, end - begin)
            stopped = None
    return count, total, longest


def link_bytes(host):
    """What has passed a hypervisor's end of the dedicated link, both ways, since it was started."""
    return sum(int(line) for line in host.run("cat", f"{LINK}/rx_bytes", f"{LINK}/tx_bytes").out.split())


def counted_checkpoints(host, domain):
    """How many checkpoints lockstepd has counted; None where it has no such pair."""
    pair = host.pair(domain)
    return pair["checkpoints"] if pair else None


def job_seconds(job):
    """How long a job took."""
    began, ended = (datetime.datetime.fromisoformat(job[name]) for name in ("started", "ended"))
    return (ended - began).total_seconds()


def changes(events, began):
    """[(seconds after that time of the wall clock, what auto has picked and why)], from `lockstep events`."""
    found = []
    for event in events:
        after = datetime.datetime.fromisoformat(event["time"]).timestamp() - began
        if event["text"].startswith("auto: ") and after >= 0:
            found.append((round(after, 1), event["text"].removeprefix("auto: ")))
    return found


def daemon_usage(host, process):
    """(seconds of CPU that a process has used, MiB that it holds)."""
    pid = host.shell(f"pidof -s {process}").out.strip()
    ticks = host.run("cat", f"/proc/{pid}/stat").out.rsplit(")", 1)[1].split()[11:13]
    status = host.run("cat", f"/proc/{pid}/status").out
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    per_second = int(host.run("getconf", "CLK_TCK").out)
    return sum(map(int, ticks)) / per_second, resident / 1024


def memory_kinds(host, process):
    """MiB of a process that are its own, and that are of files."""
    rollup = host.shell(f"cat /proc/$(pidof -s {process})/smaps_rollup").out
    kib = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines() if line.endswith("kB")}
    return {"own": round(kib["Anonymous"] / 1024, 2), "of files": round((kib["Rss"] - kib["Anonymous"]) / 1024, 2)}


class Meter:
    """Reads all of that before and after what its `with` block does. `events` is a running harness.watch.Events of the
    primary's QEMU, `host` the primary's; `domain` is empty where lockstepd knows of none."""

    def __init__(self, host, events, domain=""):
        self.host, self.events, self.domain = host, events, domain
        self.began = self.ended = None

    def __enter__(self):
        self._counted = self._count()
        self._bytes = link_bytes(self.host)
        self.began = time.time()
        return self

    def __exit__(self, kind, error, trace):
        self.ended = time.time()
        if error is None:
            self._bytes = link_bytes(self.host) - self._bytes
            after = self._count()
            self._counted = None if None in (after, self._counted) else after - self._counted

    def _count(self):
        return counted_checkpoints(self.host, self.domain) if self.domain else None

    def stopped(self, began, ended):
        """Share of the time between two times of the wall clock for which the guest stood still. After the block."""
        return pauses(self.events.events(), began, ended)[1] / (ended - began)

    def figures(self):
        """After the block."""
        seconds = self.ended - self.began
        count, total, longest = pauses(self.events.events(), self.began, self.ended)
        return {"seconds": round(seconds, 3), "checkpoints": count, "counted": self._counted,
                "stopped": round(total / seconds, 5), "longest_stop_ms": round(longest * 1000, 2),
                "link_bytes": self._bytes, "link_bytes_per_s": round(self._bytes / seconds)}


def watch(host, domain):
    """QEMU's events of a libvirt domain, for a Meter."""
    return Events(host, domain)
