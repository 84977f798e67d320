# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import asyncio
import hashlib
import unittest

from labload.probes import (Differ, Echo, Http, KeyValue, Numbers, Upload, WrongAnswer, pattern,
                            read_response, upload_bytes)


class Writer:
    """Keeps what a probe sends."""

    def __init__(self):
        self.sent = b""

    def write(self, data):
        self.sent += data

    async def drain(self):
        pass


def options(**changes):
    values = {"host": "guest", "path": "/", "fresh": False, "size": 100, "files": 2, "stored": {}}
    return argparse.Namespace(**{**values, **changes})


def ok(body, extra=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), extra, body)


class ProbeCase(unittest.TestCase):
    def ask(self, probe, *answers):
        """Asks once for each answer; returns the last result and what was sent."""
        async def session():
            reader = asyncio.StreamReader()
            for answer in answers:
                reader.feed_data(answer)
            reader.feed_eof()
            writer = Writer()
            for _ in answers:
                result = await probe.ask(reader, writer)
            return result, writer.sent
        return asyncio.run(session())


class NumbersTest(ProbeCase):
    def test_returns_the_number(self):
        self.assertEqual(self.ask(Numbers(options()), b"41\n"), (41, b"next\n"))

    def test_refuses_a_number_that_does_not_grow(self):
        with self.assertRaisesRegex(WrongAnswer, "number 5 after 5"):
            self.ask(Numbers(options()), b"5\n", b"5\n")

    def test_refuses_an_error(self):
        with self.assertRaisesRegex(WrongAnswer, "error: disk"):
            self.ask(Numbers(options()), b"error: disk\n")


class EchoTest(ProbeCase):
    def test_refuses_another_line(self):
        with self.assertRaises(WrongAnswer):
            self.ask(Echo(options()), b"000000000002\n")

    def test_accepts_its_own_line(self):
        self.ask(Echo(options()), b"000000000001\n", b"000000000002\n")


class HttpTest(ProbeCase):
    def test_wants_the_same_body_each_time(self):
        with self.assertRaises(WrongAnswer):
            self.ask(Http(options()), ok(b"one"), ok(b"two"))

    def test_knows_the_body_of_a_size(self):
        self.ask(Http(options(path="/size/300")), ok(pattern(300)))
        with self.assertRaises(WrongAnswer):
            self.ask(Http(options(path="/size/300")), ok(pattern(301)[1:]))

    def test_refuses_a_bad_status(self):
        with self.assertRaisesRegex(WrongAnswer, "status 404"):
            self.ask(Http(options()), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def test_refuses_a_close_it_did_not_ask_for(self):
        with self.assertRaisesRegex(WrongAnswer, "closes"):
            self.ask(Http(options()), ok(b"one", b"Connection: close\r\n"))

    def test_asks_for_the_close_of_a_fresh_connection(self):
        _, sent = self.ask(Http(options(fresh=True)), ok(b"one", b"Connection: close\r\n"))
        self.assertIn(b"Connection: close\r\n", sent)

    def test_sees_a_body_cut_short(self):
        with self.assertRaises(asyncio.IncompleteReadError):
            self.ask(Http(options()), ok(b"one")[:-1])


class DifferTest(ProbeCase):
    def test_refuses_the_same_answer_twice(self):
        with self.assertRaisesRegex(WrongAnswer, "twice"):
            self.ask(Differ(options()), ok(b"0" * 64 + b"\n"), ok(b"0" * 64 + b"\n"))


class UploadTest(ProbeCase):
    CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"

    def test_remembers_checksums_of_what_was_stored(self):
        stored = {}
        _, sent = self.ask(Upload(options(stored=stored)), self.CREATED)
        body = sent.partition(b"\r\n\r\n")[2]
        self.assertEqual(list(stored.values()), [hashlib.sha256(body).hexdigest()])

    def test_forgets_a_file_whose_upload_failed(self):
        stored = {}
        probe = Upload(options(stored=stored, files=1))
        with self.assertRaises(WrongAnswer):
            self.ask(probe, self.CREATED, b"HTTP/1.1 507 Full\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(stored, {})

    def test_sends_other_bytes_each_time(self):
        self.assertNotEqual(upload_bytes("a", 1000), upload_bytes("b", 1000))
        self.assertEqual(len(upload_bytes("a", 1000)), 1000)


class ResponseTest(unittest.TestCase):
    def test_refuses_what_is_not_http(self):
        async def read():
            reader = asyncio.StreamReader()
            reader.feed_data(b"hello\r\n\r\n")
            return await read_response(reader)
        with self.assertRaises(WrongAnswer):
            asyncio.run(read())


class KeyValueTest(ProbeCase):
    def probe(self):
        probe = KeyValue(options())
        probe.key = b"load-0"
        return probe

    def test_gets_back_what_it_has_set(self):
        _, sent = self.ask(self.probe(), b"+OK\r\n", b"$12\r\n000000000000\r\n")
        self.assertEqual(sent, b"*3\r\n$3\r\nSET\r\n$6\r\nload-0\r\n$12\r\n000000000000\r\n"
                               b"*2\r\n$3\r\nGET\r\n$6\r\nload-0\r\n")

    def test_refuses_an_older_value(self):
        with self.assertRaisesRegex(WrongAnswer, "000000000000"):
            self.ask(self.probe(), b"+OK\r\n", b"$12\r\n000000000000\r\n", b"+OK\r\n", b"$12\r\n000000000000\r\n")

    def test_refuses_a_key_that_is_lost(self):
        with self.assertRaisesRegex(WrongAnswer, "-1"):
            self.ask(self.probe(), b"+OK\r\n", b"$-1\r\n")

    def test_refuses_an_error(self):
        with self.assertRaisesRegex(WrongAnswer, "OOM"):
            self.ask(self.probe(), b"-OOM command not allowed\r\n")

    def test_no_two_connections_share_a_key(self):
        self.assertNotEqual(KeyValue(options()).key, KeyValue(options()).key)


if __name__ == "__main__":
    unittest.main()
