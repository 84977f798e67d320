# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs dirty as a plain program: the benchmark takes its word for how much memory the guest has written."""

import os
import random
import socket
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))


class DirtyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = tempfile.TemporaryDirectory()
        cls.program = os.path.join(cls.build.name, "dirty")
        subprocess.run(["gcc", "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-o", cls.program,
                        f"{HERE}/bench/dirty.c"], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.build.cleanup()

    def setUp(self):
        while True:  # until the port is free
            self.port = random.randrange(10000, 50000)
            self.process = subprocess.Popen([self.program, str(self.port)], stderr=subprocess.DEVNULL)
            if self.listens():
                break
        self.addCleanup(self.end)

    def end(self):
        self.process.kill()
        self.process.wait()

    def listens(self):
        """Whether it does; False if it has ended, because somebody else does."""
        while self.process.poll() is None:
            try:
                self.ask("total")
                return self.process.poll() is None
            except OSError:
                time.sleep(0.01)
        return False

    def ask(self, line):
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(f"{line}\n".encode())
            return connection.makefile().readline().strip()

    def test_writes_nothing_until_it_is_told_to(self):
        self.assertEqual([self.ask("total"), self.ask("total")], ["0", "0"])

    def test_writes_at_the_rate_that_it_is_told_and_not_faster(self):
        rate, began = 8 * 1024 * 1024, time.monotonic()
        self.assertEqual(self.ask(f"rate {rate}"), "ok")
        deadline = began + 30
        while int(self.ask("total")) < rate // 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        written, took = int(self.ask("total")), time.monotonic() - began
        self.assertGreaterEqual(written, rate // 2)
        self.assertLessEqual(written, rate * took)

    def test_stops_when_it_is_told_to(self):
        self.ask("rate 100000000")
        self.ask("rate 0")
        self.assertEqual(self.ask("total"), self.ask("total"))

    def test_refuses_other_lines(self):
        self.assertTrue(self.ask("faster").startswith("error"))


if __name__ == "__main__":
    unittest.main()
