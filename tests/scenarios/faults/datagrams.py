# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs on a hypervisor of the lab: python3 - PEER KIND COUNT. Catches heartbeats of this host's own
lockstepd to PEER as they leave, and sends COUNT datagrams between the same ports that are no good
ones: all others the kernel of PEER refuses."""

import os
import socket
import struct
import sys

PORT = 49500
MAC, KEY_AT = 32, 5  # "LSHB", version (1), key id (4), ...


def heartbeats(peer, count):
    """As they leave this host: source ports and payloads."""
    address = socket.inet_aton(socket.gethostbyname(peer))
    found = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(3)) as wire:
        wire.settimeout(30)
        while len(found) < count:
            packet = wire.recv(65536)
            header = (packet[0] & 15) * 4
            if len(packet) < header + 8 or packet[9] != socket.IPPROTO_UDP or packet[16:20] != address:
                continue
            source, port = struct.unpack("!HH", packet[header:header + 4])
            payload = packet[header + 8:]
            if port == PORT and payload[:4] == b"LSHB" and (source, payload) not in found:
                found.append((source, payload))
    return found


def forged(beat):
    body, mac = bytearray(beat[:-MAC]), beat[-MAC:]
    body[30] ^= 0xff
    return bytes(body) + mac


def foreign(beat):
    return beat[:KEY_AT] + os.urandom(4) + beat[KEY_AT + 4:]


KINDS = {
    "forged": forged,
    "unknown-key": foreign,
    "truncated": lambda beat: beat[:40],
    "oversized": lambda beat: beat + bytes(1400),
    "no-heartbeat": lambda beat: os.urandom(len(beat)),
    "unknown-version": lambda beat: beat[:4] + b"\x09" + beat[5:],
    "replayed": lambda beat: beat,
}


def main():
    peer, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    beats = heartbeats(peer, 5)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as sender:
        for number in range(count):
            source, beat = beats[number % len(beats)]
            payload = KINDS[kind](beat)
            sender.sendto(struct.pack("!HHHH", source, PORT, 8 + len(payload), 0) + payload, (peer, 0))


if __name__ == "__main__":
    main()
