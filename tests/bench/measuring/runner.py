# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures cell after cell. Each has a deadline; one that fails is a row of the report, and the next begins anew."""

import datetime
import re
import signal
import sys
import time

from harness import Failure
from harness.evidence import save

from . import daemons, fleet, goals, machine, plan
from .faults import FAULTS, FaultGround
from .profile import Profiler
from .stage import Stage
from .workloads import WORKLOADS

BRING, FAULT = 720, 360  # seconds of their deadlines
PROFILE_SECONDS = 4
MOST_FAILURES = 2  # in a row, until a mode or a fault is left alone


class Overdue(Exception):
    """A cell's deadline has passed. No Failure: who waits for a condition takes those for "not yet"."""


def on_alarm(*_):
    raise Overdue("not done in time")


def shown(figures):
    """The few that are worth a look while it runs."""
    parts = [f"{name} {figures[name]:g}" for name in ("throughput", "p50", "p99", "checkpoints", "outage", "cpu", "mib", "events_per_s")
             if figures.get(name) is not None]
    return "  ".join(parts)


class Runner:
    """Runs cells that the journal does not have; `written` is called after each."""

    def __init__(self, lab, journal, seconds, written):
        self.lab, self.journal, self.seconds, self.written = lab, journal, seconds, written
        self.stage, self.ground = Stage(lab), FaultGround(lab)
        self._failures = {}
        self._part = None

    def run(self, cells):
        signal.signal(signal.SIGALRM, on_alarm)
        try:
            for number, cell in enumerate(cells, 1):
                if not self.journal.has(cell):
                    record = self._measure(cell)
                    self.journal.add(record)
                    self.written()
                    print(f"{record['state']:6} {record['took']:6.1f} s  {number}/{len(cells)}  {cell.key}  "
                          f"{record['error'].splitlines()[0] if record['error'] else shown(record['figures'])}", flush=True)
        finally:
            self.stage.lose()

    def _measure(self, cell):
        begin = time.monotonic()
        record = {"key": cell.key, "part": cell.part, "repetition": cell.repetition, "what": cell.what, "mode": cell.mode,
                  "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "load": machine.load(),
                  "state": "ok", "error": "", "figures": {}}
        try:
            signal.alarm(self._deadline(cell))
            record["figures"] = self._figures(cell)
            self._failures.pop((cell.part, cell.what), None)
        except Exception as error:  # whatever it is, the others shall be measured
            signal.alarm(0)
            record.update(state="failed", error=f"{error}" or type(error).__name__)
            self._fail(cell, error)
        finally:
            signal.alarm(0)
        record["took"] = round(time.monotonic() - begin, 1)
        return record

    def _deadline(self, cell):
        if cell.part == "load":
            return BRING + self._workload(cell).reserve + self.seconds
        return {"fault": FAULT, "fleet": fleet.DEADLINE}.get(cell.part) or 600 + 45 * int(cell.what)

    @staticmethod
    def _workload(cell):
        return next(workload for workload in WORKLOADS if workload.name == cell.what)

    def _figures(self, cell):
        if cell.part != self._part:
            # Each part makes the hosts its own.
            self.stage.lose()
            self.ground.lose()
            self._part = cell.part
        if cell.part == "load":
            return self._load(cell)
        if cell.part == "fault":
            self._give_up_on("fault", cell.what)
            fault = next(fault for fault in FAULTS if fault.name == cell.what)
            return self.ground.strike(fault, cell.repetition)
        return fleet.measure(cell.repetition + 1) if cell.part == "fleet" else daemons.measure(self.lab, int(cell.what))

    def _load(self, cell):
        workload = self._workload(cell)
        mode = next(mode for mode in plan.MODES if mode.name == cell.mode)
        self._give_up_on(workload.guest, cell.mode)
        try:
            self.stage.bring(workload.guest, mode)
        except Exception:
            self._count((workload.guest, cell.mode))
            raise
        self._failures.pop((workload.guest, cell.mode), None)
        if self.stage.accelerator:
            self.journal.note({"accelerator": self.stage.accelerator})
        protect = self.stage.protect_seconds
        meter = self.stage.meter()
        found = workload.measure(self.stage, meter, self.seconds)
        self.stage.check()
        figures = {**found, **meter.figures(), **({} if protect is None else {"protect_s": round(protect, 3)})}
        if self._lacks_profile(cell):
            figures["profile"] = self._profile(workload, mode)
        return figures

    def _lacks_profile(self, cell):
        """One for each mode is enough, of what goals speak of."""
        known = any(record["figures"].get("profile", {}).get("threads") for record in self.journal.records("load")
                    if (record["what"], record["mode"]) == (cell.what, cell.mode))
        return cell.what == goals.EQUAL and cell.mode != plan.BY_HAND and not known

    def _profile(self, workload, mode):
        """The same once more, looked at closely. Should that go wrong, the figures are there already."""
        profiler = Profiler(self.lab, self.stage.guest.name, PROFILE_SECONDS, bool(mode.word))
        try:
            found = workload.measure(self.stage, profiler, PROFILE_SECONDS)
            return {**profiler.figures(), "p50": found["p50"]}
        except (Failure, OSError, ValueError) as error:
            return {"error": str(error)}

    def _give_up_on(self, *what):
        count, first = self._failures.get(what, (0, ""))
        if count >= MOST_FAILURES:
            raise Failure(f"not tried any more in this run: {first}")

    def _count(self, what):
        count, first = self._failures.get(what, (0, ""))
        self._failures[what] = (count + 1, first or str(sys.exception()))

    def _fail(self, cell, error):
        if cell.part == "fault":
            self._count(("fault", cell.what))
        if "not tried any more" in str(error) or "not measured" in str(error):
            return
        directory = self.journal.directory / "logs" / re.sub(r"[^a-z0-9]+", "-", cell.key)
        try:
            save(self.lab, directory, f"{type(error).__name__}: {error}")
        except (Failure, OSError) as problem:
            print(f"no logs: {problem}", flush=True)
        try:
            self.stage.lose()
        except Exception as problem:  # the next cell begins with clean hosts whatever this was
            print(f"ending what was measured: {problem}", flush=True)
        self.ground.lose()
