# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs connections against a guest until told to stop."""

import asyncio
import json
import os
import signal
import time

from .probes import MODES, WrongAnswer
from .recorder import Recorder

RETRY_SECONDS = 0.1
STATUS_SECONDS = 0.25


def reason(error):
    """asyncio's own texts leave out what a reader wants to know."""
    if isinstance(error, asyncio.IncompleteReadError):
        return "the connection was closed"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


class Connection:
    """One client: asks, waits for the answer, pauses, asks again."""

    def __init__(self, name, run):
        self.name = name
        self.run = run
        self.probe = MODES[run.options.mode](run.options)
        self.reader = None
        self.writer = None
        self.connected_before = False

    async def connect(self):
        options = self.run.options
        self.reader, self.writer = await asyncio.wait_for(
            asyncio.open_connection(options.host, options.port), options.timeout)
        self.run.recorder.connected(self.name, self.connected_before and not options.fresh)
        self.connected_before = True

    def disconnect(self):
        if self.writer:
            self.writer.transport.abort() if self.run.stopping else self.writer.close()
        self.reader = self.writer = None

    async def exchange(self):
        """One question; a new connection is part of it if each question has its own."""
        recorder = self.run.recorder
        recorder.asked(self.name, time.monotonic())
        try:
            if self.writer is None:
                await self.connect()
            number = await asyncio.wait_for(self.probe.ask(self.reader, self.writer),
                                            self.run.options.timeout)
        except WrongAnswer as error:
            recorder.failed(self.name, time.monotonic(), str(error))
            self.disconnect()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            now = time.monotonic()
            recorder.failed(self.name, now, reason(error))
            if not self.run.options.fresh:
                recorder.broke(self.name, now, reason(error))
            self.disconnect()
        else:
            now = time.monotonic()
            sent = recorder.answered(self.name, now, number)
            if number is not None:
                self.run.write_number(number, self.name, sent, now)
            if self.run.options.fresh:
                self.disconnect()

    async def connect_first(self):
        """Returns False if there is no connection and none is to be tried again."""
        while self.writer is None:
            try:
                await self.connect()
            except (OSError, TimeoutError) as error:
                self.run.recorder.connect_failed()
                if not self.run.options.reconnect:
                    now = time.monotonic()
                    self.run.recorder.failed(self.name, now, f"connecting: {reason(error)}")
                    return False
                await asyncio.sleep(RETRY_SECONDS)
        return True

    async def serve(self):
        options = self.run.options
        while True:
            if not options.fresh:
                if self.connected_before and self.writer is None and not options.reconnect:
                    return
                if not await self.connect_first():
                    return
            asked = time.monotonic()
            await self.exchange()
            pause = asked + options.interval / 1000 - time.monotonic()
            await asyncio.sleep(max(0, pause))


class Run:
    """All connections of one mode, and the files that tell about them."""

    def __init__(self, options):
        self.options = options
        self.stopping = False
        self.recorder = None
        self.numbers = open(options.numbers, "w") if options.mode == "numbers" else None

    def write_number(self, number, connection, sent, received):
        start = self.recorder.start
        self.numbers.write(f"{number} {connection} {sent - start:.6f} {received - start:.6f}\n")

    async def execute(self):
        self.recorder = Recorder(time.monotonic())
        began = {"monotonic": self.recorder.start, "time": time.time()}
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        tasks = [asyncio.create_task(Connection(name, self).serve())
                 for name in range(self.options.connections)]
        await self._watch(stop, tasks)

        now = time.monotonic()
        self.stopping = True
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result  # a fault of this program, not of the guest
        return self._report(now, began)

    async def _watch(self, stop, tasks):
        """Until a signal, the end of the time, the stop file, or all connections are gone."""
        options = self.options
        while not stop.is_set() and not all(task.done() for task in tasks):
            now = time.monotonic()
            self._show_status(now)
            if options.duration and now - self.recorder.start >= options.duration:
                return
            if options.stop_file and os.path.exists(options.stop_file):
                return
            left = self.recorder.start + options.duration - now if options.duration else 60
            try:
                await asyncio.wait_for(stop.wait(), min(STATUS_SECONDS, left))
            except TimeoutError:
                pass

    def _show_status(self, now):
        if self.numbers:
            self.numbers.flush()
        line = json.dumps(self.recorder.status(now)) + "\n"
        if self.options.status:
            new = self.options.status + ".new"
            with open(new, "w") as file:
                file.write(line)
            os.replace(new, self.options.status)
        if self.options.status_fd is not None:
            os.write(self.options.status_fd, line.encode())

    def _report(self, now, began):
        self._show_status(now)
        options = self.options
        report = {"mode": options.mode, "host": options.host, "port": options.port,
                  "interval_ms": options.interval, "started": began}
        report.update(self.recorder.finish(now))
        if self.numbers:
            self.numbers.close()
            report["numbers_file"] = os.path.abspath(options.numbers)
        if options.mode == "upload":
            report["stored"] = options.stored
        return report
