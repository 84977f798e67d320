#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs on a host of the lab: knock.py ADDRESS IDENTITY-DIRECTORY PORT... Tries QEMU's ports without TLS, and with TLS
and a key that nobody trusts. Prints each port that lets one of them in."""

import socket
import ssl
import struct
import sys

# Source: NBD's doc/proto.md.
GREETING = b"NBDMAGICIHAVEOPT"
OPTION, LIST, STARTTLS = b"IHAVEOPT", 3, 5
ACKNOWLEDGED, SERVER, TLS_REQUIRED = 1, 2, 2**31 + 5


def connected(address, port):
    connection = socket.create_connection((address, port), 5)
    connection.settimeout(5)
    return connection


def received(connection, size):
    """Up to so many bytes; fewer if the other side hangs up or is silent."""
    data = b""
    try:
        while len(data) < size and (chunk := connection.recv(size - len(data))):
            data += chunk
    except OSError:
        pass
    return data


def option(connection, number):
    """NBD's reply type, or None."""
    try:
        connection.sendall(OPTION + struct.pack(">II", number, 0))
    except OSError:
        return None
    reply = received(connection, 20)
    return struct.unpack(">QIII", reply)[2] if len(reply) == 20 else None


def foreign(connection, directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(f"{directory}/daemon-cert.pem", f"{directory}/daemon-key.pem")
    return context.wrap_socket(connection)


def negotiated(address, port):
    """A connection to an NBD server after its greeting, or None if it is none."""
    connection = connected(address, port)
    if received(connection, 18)[:16] != GREETING:
        connection.close()
        return None
    connection.sendall(struct.pack(">I", 1))
    return connection


def try_nbd(address, port, directory, connection):
    reply = option(connection, LIST)
    if reply != TLS_REQUIRED:
        print(f"{port}: NBD without TLS is answered {reply}")
    connection = negotiated(address, port)
    if option(connection, STARTTLS) != ACKNOWLEDGED:
        print(f"{port}: no TLS for NBD")
        return
    try:
        reply = option(foreign(connection, directory), LIST)
    except OSError:
        return
    if reply is not None:
        print(f"{port}: NBD lets a foreign key in: {reply}")


def try_other(address, port, directory):
    try:
        connection = foreign(connected(address, port), directory)
    except OSError:
        # Turned away, or left to wait: QEMU accepts nobody beside the one peer that a channel has.
        return
    try:
        connection.sendall(bytes(64))
        # In TLS 1.3 the other side looks at the key only now, and has to hang up: that it is silent is no refusal.
        data = connection.recv(1)
    except TimeoutError:
        print(f"{port}: a foreign key is not turned away")
        return
    except OSError:
        return
    if data:
        print(f"{port}: a foreign key is answered")


def main():
    address, directory = sys.argv[1:3]
    for port in map(int, sys.argv[3:]):
        connection = negotiated(address, port)
        if connection:
            try_nbd(address, port, directory, connection)
        else:
            try_other(address, port, directory)


if __name__ == "__main__":
    main()
