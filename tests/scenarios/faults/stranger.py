#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says one wrong thing on a control port and prints what came back. Runs on a host of the lab:
stranger.py ADDRESS SPEECH [IDENTITY-DIRECTORY FINGERPRINT]. Ends with status 0 once the other side
has closed the connection, with 1 if it has not within 20 seconds."""

import json
import socket
import ssl
import struct
import sys
import tempfile

PORT = 49500


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def message(method, params, number=1):
    return frame(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())


def hello(fingerprint):
    return message("hello", {"protocol": {"min": 1, "max": 1}, "version": "0.1.0", "name": "mallory",
                             "id": fingerprint, "port": PORT, "accepts": True, "probe": False})


def speeches(fingerprint):
    """What can be said; (plain bytes before TLS, bytes after the handshake)."""
    return {
        "garbage": (bytes(range(256)) * 64, None),
        "http": (b"GET / HTTP/1.1\r\nHost: beta\r\n\r\n", None),
        "oversized": (b"", struct.pack(">I", 0xffffffff) + b"x" * 4096),
        "too-big-for-a-stranger": (b"", frame(b" " * 900_000)),
        "no-json": (b"", frame(b"{this is no JSON")),
        "no-rpc": (b"", frame(b'{"jsonrpc": "1.0", "what": []}')),
        "no-protocol": (b"", message("hello", {"protocol": "one"})),
        "newer-protocol": (b"", message("hello", {"protocol": {"min": 90, "max": 99}, "version": "9"})),
        "false-name": (b"", hello("0" * 64)),
        "order": (b"", message("shadow.discard", {"uuid": "x", "epoch": 1})),
        "order-after-hello": (b"", hello(fingerprint) + message("shadow.prepare", {"spec": {}}, 2)),
        "ready": (b"", hello(fingerprint) + frame(b'{"jsonrpc": "2.0", "method": "ready"}')
                  + message("pair.let-go", {"uuid": "x", "epoch": 99, "for": "takeover"}, 2)),
    }


def secured(connection, directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if directory:
        with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
            for name in ("daemon-cert.pem", "ca-cert.pem"):
                with open(f"{directory}/{name}", "rb") as file:
                    chain.write(file.read())
            chain.flush()
            context.load_cert_chain(chain.name, f"{directory}/daemon-key.pem")
    return context.wrap_socket(connection)


def main():
    address, speech, directory, fingerprint = (sys.argv[1:] + ["", ""])[:4]
    plain, secret = speeches(fingerprint)[speech]
    received = b""
    connection = socket.create_connection((address, PORT), 5)
    connection.settimeout(20)
    try:
        if secret is None:
            connection.sendall(plain)
        else:
            connection = secured(connection, directory)
            connection.sendall(secret)
        while chunk := connection.recv(65536):
            received += chunk
    except TimeoutError:
        print(received.decode("latin-1"))
        print("still connected")
        return 1
    except OSError as error:
        print(f"closed: {error}")
    print(received.decode("latin-1"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
