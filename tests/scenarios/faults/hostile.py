#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer with a key that beta trusts, and bad intentions. Runs on a host of the lab:

  hostile.py ADDRESS IDENTITY-DIRECTORY FINGERPRINT ask
      asks to be accepted, as a lockstepd would
  hostile.py ADDRESS IDENTITY-DIRECTORY FINGERPRINT ATTACK UUID NAME
      does what ATTACK says to a host that protects the domain UUID, NAME for somebody else

Prints one line for each answer that a good peer would not have got; nothing is good. Ends with status 3 if it
was not trusted, or the host does not answer any more: then nothing was tried."""

import json
import socket
import ssl
import struct
import sys
import tempfile
import time

PORT = 49500
OWN = "7f1f5c11-5b0a-4c58-9f0e-a1a1a1a1a101"
BIGGEST = 2**53
SETTINGS = {"arbiter": "manual", "on-arbiter-loss": "wait", "auto-protect": False, "reuse-disks": False}
METHODS = ("preflight.facts", "shadow.prepare", "shadow.confirm", "shadow.discard", "replica.flush", "replica.drop",
           "pair.let-go", "pair.promise", "pair.settings", "pair.switch-over", "heartbeat.agree", "doctor", "no.such")
# What anybody who is trusted may hear, whatever he asks for.
HARMLESS = ("preflight.facts", "shadow.discard", "replica.drop", "pair.let-go", "doctor", "heartbeat.agree")


def spec(uuid, name):
    disk = {"target": "vda", "alias": "virtio-disk0", "node": "n", "source": "/s", "format": "qcow2", "size": 8 << 20}
    return {"uuid": uuid, "domain": name, "disks": [disk], "nics": [], "qemu-version": "11.1.0", "kvm": False}


def xml(uuid, name, devices="", rest=""):
    return f"""<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/s'/><target dev='vda' bus='virtio'/></disk>
{devices}<memballoon model='none'/></devices>{rest}</domain>"""


def wanted(text, uuid=OWN, name="mallory1", **more):
    return {"spec": spec(uuid, name), "settings": SETTINGS, "epoch": 1, "xml": text, **more}


class Peer:
    """A control channel. Reads what the other side asks as well, and answers nothing of it."""

    def __init__(self, address, directory, fingerprint):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
            for name in ("daemon-cert.pem", "ca-cert.pem"):
                with open(f"{directory}/{name}", "rb") as file:
                    chain.write(file.read())
            chain.flush()
            context.load_cert_chain(chain.name, f"{directory}/daemon-key.pem")
        self.socket = context.wrap_socket(socket.create_connection((address, PORT), 5))
        self.socket.settimeout(1)
        self.buffer = b""
        self.last = 0
        self.greeting = self.ask("hello", {"protocol": {"min": 1, "max": 1}, "version": "0.1.0", "name": "mallory",
                                           "id": fingerprint, "port": PORT, "accepts": True, "probe": False})

    def send(self, payload):
        self.socket.sendall(struct.pack(">I", len(payload)) + payload)

    def post(self, method, params):
        self.last += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}).encode())
        return self.last

    def read(self):
        """The next message; None once the other side has hung up, or says nothing for a minute."""
        end = time.monotonic() + 60
        while True:
            if len(self.buffer) >= 4:
                size = struct.unpack(">I", self.buffer[:4])[0]
                if len(self.buffer) >= 4 + size:
                    text, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
                    return json.loads(text)
            try:
                chunk = self.socket.recv(65536)
            except TimeoutError:
                if time.monotonic() > end:
                    return None
                self.send(b'{"jsonrpc": "2.0", "method": "ping"}')
                continue
            except (ConnectionError, ssl.SSLError):
                return None
            if not chunk:
                return None
            self.buffer += chunk

    def ask(self, method, params):
        """The answer; None if it hangs up instead."""
        try:
            number = self.post(method, params)
        except (ConnectionError, ssl.SSLError):
            return None
        while (message := self.read()) is not None:
            if message.get("id") == number and "method" not in message:
                return message
        return None


class Mallory:
    def __init__(self, *arguments):
        self.arguments = arguments
        self.peer = None

    def trusted(self):
        """A channel that is trusted, as is seen."""
        for _ in range(10):
            peer = Peer(*self.arguments)
            if peer.greeting and peer.greeting.get("result", {}).get("accepts"):
                peer.send(b'{"jsonrpc": "2.0", "method": "ready"}')
                answer = peer.ask("no.such", {})
                if answer and answer.get("error", {}).get("code") == -32601:
                    return peer
        print("not trusted, or no answer")
        sys.exit(3)

    def ask(self, method, params):
        """Goes on where it was hung up on."""
        if self.peer is None:
            self.peer = self.trusted()
        answer = self.peer.ask(method, params)
        if answer is None:
            self.peer = None
        return answer

    def expect_refused(self, method, params, *names):
        answer = self.ask(method, params)
        error = (answer or {}).get("error", {})
        if answer is None or "result" in answer or (names and error.get("data", {}).get("name") not in names):
            print(f"{method} {json.dumps(params)[:300]}: {json.dumps(answer)[:300]}")


def nonsense(mallory, uuid, _):
    """Every method with what is no request."""
    values = (None, [], "text", -1, 1e308, True, {}, {"uuid": None}, {"uuid": "../../etc", "epoch": 1},
              {"uuid": uuid, "epoch": -1}, {"uuid": uuid, "epoch": "1"}, {"uuid": uuid, "epoch": 1.5, "for": []},
              {"uuid": uuid, "epoch": BIGGEST * 4, "for": "takeover", "promise": True, "number": -1},
              {"spec": [], "settings": 1, "xml": {}}, {"spec": {"uuid": uuid, "domain": "a/b"}, "epoch": 1},
              {"spec": spec(uuid, "x" * 100_000), "settings": SETTINGS, "epoch": 1, "xml": "<"},
              {"files": ["/etc/shadow"] * 1000, "uuid": uuid, "name": "\x1b[2J", "xml": "<a>" * 50_000},
              {"session": "1", "sent": ["0"] * 1000, "nonce": "A" * 100_000}, {"deep": json.loads("[" * 500 + "]" * 500)})
    for method in METHODS:
        # An examination of the host takes its time, whatever it is asked with.
        for value in values if method != "doctor" else values[:2]:
            answer = mallory.ask(method, value)
            if answer and "result" in answer and method not in HARMLESS:
                print(f"{method} {json.dumps(value)[:200]}: {json.dumps(answer)[:300]}")


def contradictions(mallory, uuid, name):
    """What only the pair's other host may ask, and what fits nothing."""
    for epoch in (0, 1, 2, 3, BIGGEST):
        subject = {"uuid": uuid, "epoch": epoch}
        for method, more in (("shadow.confirm", {}), ("replica.flush", {}), ("pair.switch-over", {}),
                             ("pair.promise", {"number": 1, "promise": True}),
                             ("pair.settings", {"settings": SETTINGS})):
            mallory.expect_refused(method, {**subject, **more})
        for method, more in (("shadow.discard", {}), ("replica.drop", {}), ("pair.let-go", {"for": "takeover"}),
                             ("pair.let-go", {"for": "go-alone"})):
            mallory.ask(method, {**subject, **more})  # what became of it the scenario sees
        mallory.expect_refused("shadow.prepare", {**wanted(xml(uuid, name), uuid, name), "epoch": epoch},
                               "NameTaken", "Busy")
    # Its own spec with somebody else's XML, and the other way round.
    mallory.expect_refused("shadow.prepare", wanted(xml(uuid, name)), "ShadowRefused", "NameTaken")
    mallory.expect_refused("shadow.prepare", wanted(xml(OWN, "mallory1"), uuid, name), "NameTaken", "Busy")


def shadows(mallory, uuid, _):
    """Shadows that would reach the host. Each kind is in the unit test of ShadowPolicy; these show the whole way."""
    cdrom = "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='{}'/><target dev='sda'/></disk>"
    serial = "<serial type='file'><source path='/etc/cron.d/mallory'/></serial>"
    devices = (cdrom.format("/etc/shadow"), cdrom.format("/var/lib/libvirt/images/web.qcow2"), serial,
               "<emulator>/bin/sh</emulator>", "<filesystem type='mount'><source dir='/'/><target dir='x'/></filesystem>",
               "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='1'/></source></hostdev>",
               "<interface type='bridge'><source bridge='br-none'/></interface>",
               "<interface type='ethernet'><script path='/bin/sh'/></interface>",
               "<graphics type='vnc' port='5999' listen='0.0.0.0'/>")
    for device in devices:
        mallory.expect_refused("shadow.prepare", wanted(xml(OWN, "mallory1", device)), "ShadowRefused", "InvalidArgument")
    for rest in ("<seclabel type='none'/>", "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                 "<qemu:arg value='-daemonize'/></qemu:commandline>"):
        mallory.expect_refused("shadow.prepare", wanted(xml(OWN, "mallory1", rest=rest)), "ShadowRefused")
    for directory in ("/etc", "/var/lib/libvirt/images", "/var/lib/lockstep/images/../identity", "/root/new"):
        mallory.expect_refused("shadow.prepare", {**wanted(xml(OWN, "mallory1")), "image-directory": directory},
                               "ShadowRefused")
    # Which files there are is none of its business either.
    answer = mallory.ask("preflight.facts", {"uuid": OWN, "name": "mallory1", "xml": xml(OWN, "mallory1"),
                                             "files": ["/etc/no-such", "/root/no-such"]})
    if answer is None or answer.get("result", {}).get("missing-files") != []:
        print(f"preflight.facts tells of files: {json.dumps(answer)[:300]}")


def flood(mallory, *_):
    """More than can be answered, and frames as large as may be."""
    peer = mallory.trusted()
    numbers = {peer.post("preflight.facts", {"uuid": OWN, "name": "m", "files": []}) for _ in range(200)}
    while numbers and (message := peer.read()) is not None:
        numbers.discard(message.get("id"))
    if numbers:
        print(f"{len(numbers)} requests without an answer")
    for payload in (b'{"a":' * 100_000, b"[" * 1_000_000, b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 900_000 + b'"}',
                    b'{"jsonrpc":"2.0","id":77,"result":{}}' + b" " * 900_000, b"\x00" * 1_000_000):
        peer = mallory.trusted()
        try:
            peer.send(payload)
        except OSError:  # it has hung up in the middle
            pass
        peer.socket.close()
    peer = mallory.trusted()
    peer.socket.sendall(struct.pack(">I", 1_000_000) + b"{")  # and the rest never
    mallory.trusted()


def vanish(mallory, *_):
    """A shadow as it should be, and then nothing more. Prints what it got, unlike the others."""
    answer = mallory.ask("shadow.prepare", wanted(xml(OWN, "mallory1")))
    print("prepared" if answer and "result" in answer else f"not prepared: {json.dumps(answer)[:500]}")


ATTACKS = {"nonsense": nonsense, "contradictions": contradictions, "shadows": shadows, "flood": flood, "vanish": vanish}


def main():
    address, directory, fingerprint, what = sys.argv[1:5]
    if what == "ask":
        print(json.dumps(Peer(address, directory, fingerprint).ask("pair.request", {})))
    else:
        ATTACKS[what](Mallory(address, directory, fingerprint), *sys.argv[5:7])


if __name__ == "__main__":
    main()
