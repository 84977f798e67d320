# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs scenarios one after the other and tells how they went."""

import os
import re
import shutil
import signal
import time
import traceback
import xml.etree.ElementTree as ElementTree

from .basics import Failure
from .evidence import save, tail

DEADLINE = 300  # seconds for one scenario: all its own waits are shorter


class Scenario:
    """One function, for one guest if it is marked for_guests."""

    def __init__(self, area, name, function, guest):
        self.function, self.guest = function, guest
        self.full_only = getattr(function, "full_only", False) or guest in getattr(function, "full_guests", ())
        self.full_times = getattr(function, "full_times", 1)  # how often with --full
        self.deadline = getattr(function, "deadline", DEADLINE)
        words = name.replace("_", " ")
        self.title = f"{area}: {words}" + (f" [{guest}]" if guest else "")
        self.id = f"test_{name}"

    def __call__(self, lab):
        if self.guest:
            self.function(lab, self.guest)
        else:
            self.function(lab)

    def file_name(self):
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def on_alarm(*_):
    raise Failure("the scenario has not ended in time")


def place(error):
    """Where in the scenario's own file it went wrong."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if os.path.basename(frame.filename).startswith("test_"):
            return f"{os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}"
    return ""


class Runner:
    def __init__(self, lab, logs, keep):
        self.lab, self.logs, self.keep = lab, logs, keep
        self.passed, self.failed = 0, 0
        self.suite = ElementTree.Element("testsuite", name="scenarios")

    def run(self, scenarios):
        if not scenarios:
            print("no scenario matches")
            self._finish()
            return 0
        shutil.rmtree(self.logs, ignore_errors=True)
        signal.signal(signal.SIGALRM, on_alarm)
        was_up = self.lab.is_up()
        begin = time.monotonic()
        try:
            self.lab.up()
            print(f"{'':6} {time.monotonic() - begin:6.1f} s  the lab is up", flush=True)
            for scenario in scenarios:
                self._run_one(scenario)
                if self.failed and self.keep:
                    break
        finally:
            if not self.keep and not was_up:
                self.lab.down()
            self._finish()
        return 1 if self.failed else 0

    def _run_one(self, scenario):
        lab = self.lab
        case = ElementTree.SubElement(self.suite, "testcase", name=scenario.title)
        begin = time.monotonic()
        lab.scenario, lab.figures = scenario.title, []
        error = None
        signal.alarm(scenario.deadline)
        try:
            lab.reset()
            scenario(lab)
        except Exception as caught:  # whatever it is, the others shall run
            error = caught
        finally:
            signal.alarm(0)
        took = time.monotonic() - begin
        case.set("time", f"{took:.1f}")
        print(f"{'ok    ' if error is None else 'FAILED'} {took:6.1f} s  {scenario.title}", flush=True)
        for figure in lab.figures:
            print(f"{'':17}{figure['figure']} {figure['value']} {figure['unit']}", flush=True)
        if error is None:
            self.passed += 1
        else:
            self.failed += 1
            self._tell(scenario, case, error)

    def _tell(self, scenario, case, error):
        if isinstance(error, Failure):
            story = f"{place(error)}\n{error}".strip()
        else:
            story = "".join(traceback.format_exception(error)).rstrip()
        ElementTree.SubElement(case, "failure", message=str(error)).text = story
        directory = self.logs / scenario.file_name()
        try:
            save(self.lab, directory, story)
            story += "\n" + tail(directory)
        except (Failure, OSError) as problem:
            story += f"\nno logs: {problem}"
        for line in story.splitlines():
            print(f"    {line}", flush=True)

    def _finish(self):
        report = os.environ.get("LOCKSTEP_JUNIT")
        if report:
            self.suite.set("tests", str(self.passed + self.failed))
            self.suite.set("failures", str(self.failed))
            ElementTree.ElementTree(self.suite).write(report)
        if self.failed:
            print(f"logs of what failed: {self.logs}")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
