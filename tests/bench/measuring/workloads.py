# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients do to a guest while it is measured; docs/benchmark.md has each in words. A workload's measure(stage,
meter, seconds) returns its figures: throughput in `unit`, latencies in ms, failed requests. Only what happens inside
`with meter` counts for checkpoints and bytes."""

import json
import statistics
import time

from harness import CommandFailed, Failure
from harness.load import DIRECTORY

from . import stats

WARM_UP = 2  # seconds of the same load before each measurement
LATENCIES = ("p50", "p99", "p99.9", "mean", "max")
FILES = {"small": 1024, "large": 1024 * 1024}
PGBENCH = "/usr/share/lockstep-lab/debian/pgbench"

# Printed by wrk when it is done; its times are microseconds.
WRK_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"answers":%d,"failed":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"p99.9":%.3f,"mean":%.3f,"max":%.3f}\\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.mean / 1e3,
    latency.max / 1e3))
end
"""


class Workload:
    name = title = ""
    unit = "requests/s"
    guest = "lab"
    reserve = 120  # seconds of its deadline beyond the measurement

    def measure(self, stage, meter, seconds):
        raise NotImplementedError


def figures_of(report, failed=None):
    """From a load's report."""
    latency = report["latency_ms"]
    return {"throughput": round(report["answers"] / report["seconds"], 3), "samples": report["answers"],
            "failed": report["failures"]["count"] if failed is None else failed,
            **{name: latency[name] for name in LATENCIES}}


def loaded(stage, meter, seconds, mode, **options):
    """A load of the lab's client, warmed up; its figures."""
    with stage.lab.load(mode, stage.guest, **options) as load:
        load.run_for(load.status()["at"] + WARM_UP)
    with stage.lab.load(mode, stage.guest, **options) as load:
        with meter:
            load.run_for(load.status()["at"] + seconds)
    return figures_of(load.report)


class Asked(Workload):
    """One client asks, waits for the answer, and asks again at once."""

    def __init__(self, name, title, mode, unit="requests/s", guest="lab", **options):
        self.name, self.title, self.mode, self.unit, self.guest = name, title, mode, unit, guest
        self.options = {"connections": 1, "interval": 0, **options}

    def measure(self, stage, meter, seconds):
        return loaded(stage, meter, seconds, self.mode, **self.options)


class Http(Workload):
    """wrk gets one file again and again, over connections that stay open."""

    reserve = 180

    def __init__(self, size, connections):
        self.name, self.connections = f"http-{size}", connections
        self.file, self.bytes = f"bench-{size}", FILES[size]
        self.title = f"HTTP, files of {self.bytes // 1024} KiB, {connections} connections"

    def measure(self, stage, meter, seconds):
        client, url = stage.lab.client, f"http://{stage.guest.address}/files/{self.file}"
        client.shell(f"mkdir -p {DIRECTORY}; cat >{DIRECTORY}/wrk.lua", input=WRK_REPORT)
        client.shell(f"truncate -s {self.bytes} {DIRECTORY}/{self.file}; "
                     f"curl -sSf -m 60 -o /dev/null -T {DIRECTORY}/{self.file} {url}", timeout=90)
        self._wrk(client, url, WARM_UP)
        with meter:
            found = self._wrk(client, url, seconds)
        return wrk_figures(found)

    def _wrk(self, client, url, seconds):
        out = client.run("wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "60s",
                         "-s", f"{DIRECTORY}/wrk.lua", url, timeout=seconds + 90).out
        return wrk_report(out)


def wrk_report(out):
    for line in out.splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise Failure(f"wrk printed no figures: {out}")


def wrk_figures(found):
    answers, failed = found["answers"], found["failed"]
    # Of no answer there is no latency; wrk says 0.
    latency = {name: found[name] if answers else None for name in LATENCIES}
    return {"throughput": round(answers / found["seconds"], 3), "samples": answers, "failed": failed, **latency}


class Dirty(Workload):
    """The guest writes to its memory at a rate; the throughput is what it has come to. An echo each 20 ms beside it."""

    unit = "MiB/s"
    port = 7100

    def __init__(self, rate):
        self.rate = rate
        self.name, self.title = f"dirty-{rate}", f"{rate} MiB/s of memory written, an echo beside it"

    def measure(self, stage, meter, seconds):
        self.write(stage, self.rate)
        try:
            with stage.lab.load("echo", stage.guest, interval=20) as load:
                load.run_for(load.status()["at"] + WARM_UP)
            with stage.lab.load("echo", stage.guest, interval=20) as load:
                before = self._total(stage)
                with meter:
                    load.run_for(load.status()["at"] + seconds)
                after = self._total(stage)
        finally:
            self.write(stage, 0)
        written = (after[0] - before[0]) / (after[1] - before[1]) / 1024 / 1024
        return {**figures_of(load.report), "throughput": round(written, 3)}

    def write(self, stage, rate):
        """From now on so many MiB/s."""
        self._ask(stage, f"rate {rate * 1024 * 1024}")

    def _ask(self, stage, line):
        script = f"exec 3<>/dev/tcp/{stage.guest.address}/{self.port}; echo '{line}' >&3; read -r -t 30 line <&3; echo $line"
        return stage.lab.client.run("timeout", "60", "bash", "-c", script, timeout=90).text

    def _total(self, stage):
        """(bytes written, seconds of the client's clock)."""
        script = (f"exec 3<>/dev/tcp/{stage.guest.address}/{self.port}; echo total >&3; read -r -t 30 line <&3; "
                  "read -r now _ </proc/uptime; echo $line $now")
        total, now = stage.lab.client.run("timeout", "60", "bash", "-c", script, timeout=90).text.split()
        return int(total), float(now)


class Changing(Workload):
    """The guest's work changes its nature every 20 s, so that no mode is the best one all the time. Clients
    ask 20 ms after each answer. `mean` is that of the natures, each of which counts alike; a percentile of all of them
    would be that of the fastest."""

    name, title = "changing", "work of another nature every 20 s"
    reserve = 300
    NATURE = 20  # seconds
    ROUNDS = 2
    # Name, mode of the load, its connections, MiB/s of memory written meanwhile.
    NATURES = (("equal", "echo", 1, 0), ("differing", "differ", 1, 0), ("writing", "echo", 1, 10), ("crowded", "differ", 8, 0))

    def measure(self, stage, meter, seconds):
        memory = Dirty(0)
        with stage.lab.load("echo", stage.guest, interval=20) as load:
            load.run_for(load.status()["at"] + WARM_UP)
        reports, times = [], []
        try:
            with meter:
                for name, mode, connections, rate in self.NATURES * self.ROUNDS:
                    memory.write(stage, rate)
                    began = time.time()
                    with stage.lab.load(mode, stage.guest, connections=connections, interval=20) as load:
                        load.run_for(self.NATURE)
                    reports.append((name, load.report))
                    times.append((name, began, time.time()))
        finally:
            memory.write(stage, 0)
        stopped = mean_of_each((name, meter.stopped(began, ended)) for name, began, ended in times)
        return {**changing_figures(reports), "natures_stopped": {name: round(share, 5) for name, share in stopped.items()},
                "changes": stage.changes(meter.began)}


def mean_of_each(named):
    """{name: mean of its values}, from (name, value)."""
    values = {}
    for name, value in named:
        values.setdefault(name, []).append(value)
    return {name: statistics.fmean(each) for name, each in values.items()}


def changing_figures(reports):
    """From (nature, a load's report) of each 20 s."""
    for name, report in reports:
        if report["latency_ms"]["mean"] is None:
            raise Failure(f"no answer in 20 s of the nature {name}")
    means = mean_of_each((name, report["latency_ms"]["mean"]) for name, report in reports)
    natures = {name: round(mean, 3) for name, mean in means.items()}
    answers, seconds = (sum(report[key] for _, report in reports) for key in ("answers", "seconds"))
    return {"throughput": round(answers / seconds, 3), "samples": answers,
            "failed": sum(report["failures"]["count"] for _, report in reports), "natures": natures,
            "mean": round(statistics.fmean(natures.values()), 3),
            "max": max(report["latency_ms"]["max"] for _, report in reports)}


class Iperf(Workload):
    """iperf3 with a payload that both guests have alike. An echo each 20 ms beside it."""

    unit = "Mbit/s"

    def __init__(self, name, title, *words):
        self.name, self.title, self.words = name, title, words

    def measure(self, stage, meter, seconds):
        self._iperf(stage, WARM_UP)
        with stage.lab.load("echo", stage.guest, interval=20) as load:
            with meter:
                found = self._iperf(stage, seconds)
        return {**figures_of(load.report), "throughput": iperf_rate(found)}

    def _iperf(self, stage, seconds):
        words = ["iperf3", "-c", stage.guest.address, "-t", str(seconds), "-J", "--repeating-payload", *self.words]
        result = stage.lab.client.run("timeout", seconds + 60, *words, check=False, timeout=seconds + 90)
        try:
            return json.loads(result.out)
        except ValueError:
            raise Failure(f"iperf3: {result.out}{result.err}") from None


def iperf_rate(found):
    """Mbit/s that arrived."""
    if "error" in found:
        raise Failure(f"iperf3: {found['error']}")
    return round(found["end"]["sum_received"]["bits_per_second"] / 1e6, 3)


class Pgbench(Workload):
    name, title, unit, guest = "pgbench", "PostgreSQL, pgbench (TPC-B), 2 clients", "transactions/s", "debian"
    reserve = 240

    def measure(self, stage, meter, seconds):
        self._pgbench(stage, WARM_UP)
        with meter:
            found = self._pgbench(stage, seconds)
        return found

    @staticmethod
    def _pgbench(stage, seconds):
        client, prefix = stage.lab.client, f"{DIRECTORY}/pgbench"
        client.shell(f"mkdir -p {DIRECTORY}; rm -f {prefix}.*")
        done = client.run("env", f"LD_LIBRARY_PATH={PGBENCH}/lib", "PGSSLMODE=disable", "timeout", seconds + 90,
                          f"{PGBENCH}/pgbench", "-h", stage.guest.address, "-U", "bench", "-n", "-c", "2", "-j", "1",
                          "-T", seconds, "-l", f"--log-prefix={prefix}", "bench", check=False, timeout=seconds + 120)
        # 2: a client was cut off, which is a figure.
        if done.status not in (0, 2):
            raise CommandFailed(done)
        # Client, number, microseconds, script, and when it ended.
        times = client.shell(f"cut -d ' ' -f 3 {prefix}.* | grep -E '^[0-9]+$' || true").out.split()
        return pgbench_figures(done.out + done.err, times, seconds)


def pgbench_figures(out, times, seconds):
    failed = next((int(line.split(":")[1].split()[0]) for line in out.splitlines()
                   if line.startswith("number of failed transactions:")), 0)
    aborted = out.count("aborted")
    return {"throughput": round(len(times) / seconds, 3), "samples": len(times), "failed": failed + aborted,
            **stats.latencies([int(time) / 1000 for time in times])}


WORKLOADS = (
    Asked("echo", "TCP echo, equal answers", "echo"),
    Asked("differ", "answers that differ", "differ"),
    Http("small", 4),
    Http("large", 2),
    Asked("fsync", "file of 64 KiB written, with fsync", "upload", unit="files/s", size=64 * 1024),
    Dirty(1), Dirty(10), Dirty(100),
    Iperf("iperf-in", "iperf3 to the guest, an echo beside it"),
    Iperf("iperf-out", "iperf3 from the guest, an echo beside it", "-R"),
    Asked("kv", "Valkey: SET and GET in turn, 4 connections", "kv", guest="debian", connections=4),
    Pgbench(),
    Changing(),
)
QUICK = ("echo", "differ")
