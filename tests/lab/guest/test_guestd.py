# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs guestd as a plain program: what the scenarios conclude rests on it."""

import glob
import hashlib
import http.client
import os
import random
import signal
import socket
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
SLOT = 4096


class Guest:
    """One guestd with its disk, a directory."""

    def __init__(self, program, directory):
        self.directory = directory
        while True:  # until the ports are free
            self.offset = random.randrange(10000, 50000)
            self.process = subprocess.Popen(
                [program, "-p", str(self.offset), "test", directory],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.said = ""
            while line := self.process.stdout.readline():
                self.said += line
                if "is ready" in line:
                    return
            self.process.wait()
            self.said += self.process.stderr.read()
            self.process.stdout.close()
            self.process.stderr.close()
            if "in use" not in self.said:
                raise RuntimeError(self.said)

    def connect(self, port):
        return socket.create_connection(("127.0.0.1", self.offset + port), 5)

    def lines(self, *questions):
        with self.connect(7000) as connection, connection.makefile("rwb") as stream:
            stream.write("".join(f"{question}\n" for question in questions).encode())
            stream.flush()
            return [stream.readline().decode().strip() for _ in questions]

    def http(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.offset + 80, timeout=10)
        connection.request(method, path, body)
        response = connection.getresponse()
        result = response.status, response.read()
        connection.close()
        return result

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class GuestdTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = tempfile.TemporaryDirectory()
        cls.program = os.path.join(cls.build.name, "guestd")
        subprocess.run(["gcc", "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
                        cls.program, *glob.glob(f"{HERE}/guestd/*.c")], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.build.cleanup()

    def setUp(self):
        disk = tempfile.TemporaryDirectory()
        self.addCleanup(disk.cleanup)
        self.disk = disk.name
        self.number_file = os.path.join(disk.name, "number")
        self.start()
        self.addCleanup(lambda: self.guest.end())

    def start(self):
        self.guest = Guest(self.program, self.disk)

    def restart_with(self, change):
        """Kills it, lets `change` do something to the file of numbers, and starts it again."""
        self.guest.end()
        with open(self.number_file, "r+b") as file:
            change(file)
        self.start()

    def test_counts_on_after_it_was_killed(self):
        self.assertEqual(self.guest.lines("next", "next", "last"), ["1", "2", "2"])
        self.restart_with(lambda file: None)
        self.assertEqual(self.guest.lines("last", "next"), ["2", "3"])

    def test_takes_the_number_before_a_torn_one(self):
        self.guest.lines("next", "next", "next")

        def tear(file):
            file.seek(SLOT + 10)  # the slot of 3, an odd number
            file.write(b"7")
        self.restart_with(tear)
        self.assertEqual(self.guest.lines("last"), ["2"])

    def test_starts_at_zero_when_the_very_first_number_was_torn(self):
        self.guest.lines("next")

        def tear(file):
            file.seek(SLOT + 5)
            file.write(b"x")
        self.restart_with(tear)
        self.assertEqual(self.guest.lines("last"), ["0"])

    def test_does_not_start_from_zero_when_both_slots_are_damaged(self):
        self.guest.lines("next", "next")

        def damage(file):
            for slot in (0, SLOT):
                file.seek(slot)
                file.write(b"nonsense")
        with self.assertRaisesRegex(RuntimeError, "damaged"):
            self.restart_with(damage)

    def test_refuses_other_lines(self):
        answers = self.guest.lines("more", "last")
        self.assertTrue(answers[0].startswith("error"))
        self.assertEqual(answers[1], "0")

    def test_echoes_more_than_its_buffers_hold(self):
        data = bytes(range(256)) * 2000
        with self.guest.connect(7) as connection:
            connection.sendall(data[:100000])
            received = b""
            while len(received) < 100000:
                received += connection.recv(65536)
        self.assertEqual(received, data[:100000])

    def test_serves_the_pattern_of_any_size(self):
        for size in (0, 1, 251, 16384, 100001):
            status, body = self.guest.http("GET", f"/size/{size}")
            self.assertEqual((status, body), (200, bytes(i % 251 for i in range(size))))

    def test_keeps_what_was_uploaded(self):
        data = random.randbytes(300000)
        self.assertEqual(self.guest.http("PUT", "/files/a.bin", data), (201, b"stored\n"))
        checksum = hashlib.sha256(data).hexdigest() + "\n"
        self.assertEqual(self.guest.http("GET", "/files/a.bin/sha256"), (200, checksum.encode()))
        self.assertEqual(self.guest.http("GET", "/files/a.bin"), (200, data))

    def test_sums_as_everybody_does(self):
        for length in (0, 1, 55, 56, 63, 64, 65, 119, 120):
            data = b"s" * length
            self.guest.http("PUT", "/files/sum", data)
            checksum = hashlib.sha256(data).hexdigest() + "\n"
            self.assertEqual(self.guest.http("GET", "/files/sum/sha256")[1], checksum.encode())

    def test_drops_an_upload_cut_short(self):
        with self.guest.connect(80) as connection:
            connection.sendall(b"PUT /files/short HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        self.assertEqual(self.guest.http("GET", "/files/short")[0], 404)
        self.assertEqual(os.listdir(os.path.join(self.disk, "files")), [])

    def test_refuses_names_outside_its_folder(self):
        for name in ("../number", ".hidden", "", "a/b"):
            self.assertIn(self.guest.http("PUT", f"/files/{name}", b"x")[0], (400, 404), name)

    def test_answers_what_must_differ_differently(self):
        for path in ("/random", "/uptime"):
            self.assertNotEqual(self.guest.http("GET", path), self.guest.http("GET", path))

    def test_answers_requests_sent_together_and_says_when_it_closes(self):
        with self.guest.connect(80) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 2 + b"nonsense\r\n\r\n")
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        self.assertEqual(received.count(b"200 OK"), 2)
        self.assertIn(b"400 Bad Request", received)
        self.assertEqual(received.count(b"Connection: close"), 1)
        self.assertNotIn(b"Date:", received)

    def test_ends_with_what_init_is_to_do(self):
        self.assertEqual(self.guest.http("POST", "/reboot")[0], 200)
        self.assertEqual(self.guest.process.wait(5), 11)
        self.guest.end()
        self.start()
        self.assertEqual(self.guest.http("POST", "/poweroff")[0], 200)
        self.assertEqual(self.guest.process.wait(5), 10)


if __name__ == "__main__":
    unittest.main()
