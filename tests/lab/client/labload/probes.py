# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each mode asks a guest and how it tells a right answer from a wrong one."""

import hashlib
import re


class WrongAnswer(Exception):
    """The guest answered, but not what it had to."""


def pattern(length):
    """The body of /size/LENGTH."""
    period = bytes(range(251))
    return (period * (length // 251 + 1))[:length]


def upload_bytes(seed, length):
    """Bytes that nobody has to store to know them again."""
    block = hashlib.sha512(seed.encode()).digest()
    return (block * (length // len(block) + 1))[:length]


async def read_response(reader):
    """Returns (status, body, keeps the connection open) of an HTTP/1.1 response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    match = re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", lines[0])
    if not match:
        raise WrongAnswer(f"not an HTTP answer: {lines[0]!r}")
    fields = {}
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    return int(match[1]), body, fields.get("connection", "").lower() != "close"


class Numbers:
    """Asks for the next number; it has to grow."""

    port = 7000

    def __init__(self, options):
        self.last = None

    async def ask(self, reader, writer):
        writer.write(b"next\n")
        line = await reader.readuntil(b"\n")
        text = line.decode("latin-1").strip()
        if not text.isdigit():
            raise WrongAnswer(f"no number: {text!r}")
        number = int(text)
        if self.last is not None and number <= self.last:
            raise WrongAnswer(f"number {number} after {self.last}")
        self.last = number
        return number


class Echo:
    """Sends a line that no other request has and wants it back."""

    port = 7

    def __init__(self, options):
        self.count = 0

    async def ask(self, reader, writer):
        self.count += 1
        line = f"{self.count:012d}\n".encode()
        writer.write(line)
        answer = await reader.readexactly(len(line))
        if answer != line:
            raise WrongAnswer(f"{answer!r} came back for {line!r}")


class Http:
    """GETs one page; its body has to be the same each time."""

    port = 80

    def __init__(self, options):
        self.host = options.host
        self.path = options.path
        self.close = options.fresh
        size = re.fullmatch(r"/size/(\d+)", self.path)
        self.expected = pattern(int(size[1])) if size else None

    async def get(self, reader, writer, path):
        connection = "Connection: close\r\n" if self.close else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n{connection}\r\n".encode())
        status, body, keep = await read_response(reader)
        if status != 200:
            raise WrongAnswer(f"status {status} for {path}")
        if not keep and not self.close:
            raise WrongAnswer("the guest closes a connection that was to be kept")
        return body

    async def ask(self, reader, writer):
        body = await self.get(reader, writer, self.path)
        if self.expected is None:
            self.expected = body
        if body != self.expected:
            raise WrongAnswer(f"{len(body)} bytes for {self.path}, not the {len(self.expected)} "
                              "expected ones")


class Differ(Http):
    """GETs what two machines cannot answer alike."""

    def __init__(self, options):
        super().__init__(options)
        self.last = None

    async def ask(self, reader, writer):
        body = await self.get(reader, writer, "/random")
        if not re.fullmatch(rb"[0-9a-f]{64}\n", body):
            raise WrongAnswer(f"not a random number: {body[:80]!r}")
        if body == self.last:
            raise WrongAnswer("the same random number twice")
        self.last = body


class Upload:
    """PUTs files whose checksums can be compared later: `stored` maps names to them."""

    port = 80
    connections = 0

    def __init__(self, options):
        self.connection = Upload.connections  # no two write to one name at the same time
        Upload.connections += 1
        self.count = 0
        self.host = options.host
        self.size = options.size
        self.keep = options.files
        self.stored = options.stored

    async def ask(self, reader, writer):
        self.count += 1
        name = f"load-{self.connection}-{self.count % self.keep}"
        body = upload_bytes(f"{name} {self.count}", self.size)
        self.stored.pop(name, None)  # until it is answered it may be the old or the new one
        writer.write(f"PUT /files/{name} HTTP/1.1\r\nHost: {self.host}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()
        status, answer, _ = await read_response(reader)
        if status != 201:
            raise WrongAnswer(f"status {status} for an upload: {answer[:80]!r}")
        self.stored[name] = hashlib.sha256(body).hexdigest()


class KeyValue:
    """SETs a key of its own in a key-value server and GETs it back, in turn. Source: the Redis serialization protocol, RESP2."""

    port = 6379
    connections = 0

    def __init__(self, options):
        self.key = f"load-{KeyValue.connections}".encode()  # no two write to one key
        KeyValue.connections += 1
        self.count = 0

    def value(self):
        return f"{self.count // 2:012d}".encode()

    async def ask(self, reader, writer):
        words = (b"GET", self.key) if self.count % 2 else (b"SET", self.key, self.value())
        expected = b"$12\r\n%b\r\n" % self.value() if self.count % 2 else b"+OK\r\n"
        self.count += 1
        writer.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
        answer = await reader.readuntil(b"\r\n")
        if answer.startswith(b"$") and answer[1:2] != b"-":
            answer += await reader.readexactly(int(answer[1:]) + 2)
        if answer != expected:
            # Whoever asks again writes first.
            self.count += self.count % 2
            raise WrongAnswer(f"{answer!r} came back for {words!r}")


MODES = {"numbers": Numbers, "http": Http, "echo": Echo, "differ": Differ, "upload": Upload, "kv": KeyValue}
