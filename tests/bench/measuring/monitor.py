# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs on a host of the lab, as `python3 -c`, with QEMU's monitor at a Unix socket:
  PATH COMMANDS   does the commands, a JSON list, one after the other, and prints what came of each, a JSON list
  PATH            prints QEMU's events as `virsh qemu-monitor-event` does, until it is ended"""

import json
import socket
import sys


def messages(stream):
    for line in stream:
        yield json.loads(line)


def execute(stream, command):
    """The answer to one command; events in between are passed over."""
    stream.write(json.dumps(command) + "\n")
    stream.flush()
    for message in messages(stream):
        if "return" in message or "error" in message:
            return message
    raise SystemExit(f"QEMU ended during {command['execute']}")


def show_events(stream):
    for message in messages(stream):
        if "event" in message:
            when = message["timestamp"]
            print(f"event {message['event']} at {when['seconds']}.{when['microseconds']:06d} for domain by hand", flush=True)


def main():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    stream = connection.makefile("rw", encoding="utf-8")
    next(messages(stream))  # the greeting
    execute(stream, {"execute": "qmp_capabilities"})
    if len(sys.argv) == 2:
        show_events(stream)
    else:
        print(json.dumps([execute(stream, command) for command in json.loads(sys.argv[2])]))


main()
