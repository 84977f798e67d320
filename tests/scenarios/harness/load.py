# SPDX-License-Identifier: LGPL-2.1-or-later
"""Load from the lab's client, and what it saw. Times are of time.monotonic(), which all hosts of
the lab share with the machine."""

import json
import subprocess
import threading
import time

from .basics import Failure, equal, wait_for
from .guest import LOAD

DIRECTORY = "/tmp/load"


class Load:
    """Requests to a guest for as long as the `with` block lasts:

        with lab.load("numbers", guest, connections=4) as load:
            ...
        load.expect_no_failures()

    Options are those of `load run`, with `_` for `-`."""

    def __init__(self, lab, mode, guest, **options):
        self.lab, self.mode, self.guest = lab, mode, guest
        self.name = f"{DIRECTORY}/{guest.name}-{mode}-{lab.next_number()}"
        self.options = options
        self.report = None
        self._status = {}
        self._process = None
        self._reader = None

    def __enter__(self):
        client = self.lab.client
        client.run("mkdir", "-p", DIRECTORY)
        words = [LOAD, "run", self.mode, "--host", self.options.pop("host", self.guest.address),
                 "--report", self.name, "--stop-file", f"{self.name}.stop", "--status-fd", "1"]
        for key, value in self.options.items():
            words += [f"--{key.replace('_', '-')}"] + ([] if value is True else [value])
        self._process = client.start(*words)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            wait_for(lambda: self.status().get("requests") or self._ended(), 30,
                     f"the first answer to {self.mode}")
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.stop()
        except Failure:
            if error is None:
                raise

    def _read(self):
        other = []
        for line in self._process.stdout:
            try:
                self._status = json.loads(line)
            except ValueError:
                other.append(line)
        self.output = "".join(other)

    def _ended(self):
        if self._process.poll() is None:
            return False
        self._reader.join(5)
        raise Failure(f"load {self.mode} ended with {self._process.returncode}: {self.output}")

    def status(self):
        """What it saw up to a quarter of a second ago: requests, failures, silent, longest_gap,
        highest_number."""
        return self._status

    def wait_requests(self, more, deadline=30):
        """Waits until so many more requests than now have been answered."""
        wanted = self.status().get("requests", 0) + more
        wait_for(lambda: self.status()["requests"] >= wanted, deadline,
                 f"{more} more answers to {self.mode}", every=0.05)

    def run_for(self, seconds):
        """Waits until it has run so long."""
        wait_for(lambda: self.status()["at"] >= seconds, seconds + 30, f"{self.mode} runs for {seconds:g} s")

    def wait_silent(self, seconds, deadline=60):
        """Waits until nothing has been answered for so long."""
        wait_for(lambda: self.status()["silent"] >= seconds, deadline,
                 f"no answer to {self.mode} for {seconds:g} s")

    def stop(self):
        """Ends the load; its report is in `report` then."""
        if self.report is not None:
            return self.report
        self.lab.client.run("touch", f"{self.name}.stop")
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise Failure(f"load {self.mode} does not stop") from None
        self.report = json.loads(self.lab.client.run("cat", self.name).out)
        return self.report

    # What it saw; after its end

    @property
    def began(self):
        return self.report["started"]["monotonic"]

    @property
    def failures(self):
        return self.report["failures"]["count"]

    def gap(self):
        """The longest time in seconds that any single connection waited between two answers."""
        return max(gap["seconds"] for gap in self.report["connection_gaps"].values())

    def gap_span(self):
        """When that gap began and ended."""
        worst = max(self.report["connection_gaps"].values(), key=lambda gap: gap["seconds"])
        return self.began + worst["at"], self.began + worst["at"] + worst["seconds"]

    def last_gap_end(self):
        """When the connection that waited last for an answer in its longest gap got it."""
        return max(self.began + gap["at"] + gap["seconds"]
                   for gap in self.report["connection_gaps"].values())

    def expect_no_failures(self):
        """No request failed, and no connection was opened anew."""
        failures = self.report["failures"]
        if failures["count"]:
            raise Failure(f"{failures['count']} of {self.report['requests']} requests of {self.mode} "
                          f"failed, first: {failures['list'][0]}")
        connections = self.report["connections"]
        equal((connections["reconnections"], connections["broken"]), (0, []),
              f"broken connections of {self.mode}")

    def verify(self):
        """That everything that was answered is there; returns the facts. Numbers, uploads."""
        result = self.lab.client.run(LOAD, "verify", self.name, check=False)
        try:
            facts = json.loads(result.out)
        except ValueError:
            raise Failure(f"load verify: {result.out}{result.err}") from None
        equal(facts["findings"], [], f"what is wrong with the answers to {self.mode}")
        return facts


class Loads:
    """Several at once: with lab.loads(guest, "numbers", "echo") as loads."""

    def __init__(self, loads):
        self.all = loads

    def __enter__(self):
        entered = []
        try:
            for load in self.all:
                entered.append(load.__enter__())
        except BaseException:
            for load in entered:
                load.__exit__(Failure, Failure(), None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        problems = []
        for load in self.all:
            try:
                load.stop()
            except Failure as failure:
                problems.append(failure)
        if problems and error is None:
            raise problems[0]

    def __getitem__(self, mode):
        return next(load for load in self.all if load.mode == mode)

    def wait_requests(self, more, deadline=30):
        end = time.monotonic() + deadline
        for load in self.all:
            load.wait_requests(more, max(1, end - time.monotonic()))

    def run_for(self, seconds):
        for load in self.all:
            load.run_for(seconds)

    def wait_silent(self, seconds, deadline=60):
        for load in self.all:
            load.wait_silent(seconds, deadline)

    def gap(self):
        return max(load.gap() for load in self.all)

    def last_gap_end(self):
        return max(load.last_gap_end() for load in self.all)

    def requests(self):
        return sum(load.report["requests"] for load in self.all)

    def expect_no_failures(self):
        for load in self.all:
            load.expect_no_failures()
