# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs on a host of the lab, as `python3 -c`: what the threads of some programs do.
  SECONDS NAME...   for so long, of processes whose program has one of these names
Prints a JSON list, a thread each. Shares are of the time: `cpu` on a CPU, `queued` able to run and without one
(/proc/PID/task/TID/schedstat), `disk` in uninterruptible sleep, and `asleep` by where in the kernel, from samples."""

import collections
import json
import os
import sys
import time

INTERVAL = 0.01
MOST_PLACES = 3


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # it has ended


def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def threads(names):
    """Directory of each thread, and its program."""
    found = {}
    for pid in filter(str.isdigit, listed("/proc")):
        program = read(f"/proc/{pid}/cmdline").split("\0")[0].rsplit("/", 1)[-1]
        if program in names and int(pid) != os.getpid():
            found.update({f"/proc/{pid}/task/{tid}": program for tid in listed(f"/proc/{pid}/task")})
    return found


def scheduled(directory):
    """Seconds on a CPU and seconds of waiting for one."""
    words = read(f"{directory}/schedstat").split()
    return [int(word) / 1e9 for word in words[:2]] if len(words) >= 2 else None


def sample(directory, seen):
    state = read(f"{directory}/stat").rpartition(")")[2].split()[:1]
    if state == ["S"]:
        seen[read(f"{directory}/wchan") or "0"] += 1
    elif state:
        seen[state[0]] += 1


def shares(directory, program, before, seconds, seen):
    after = scheduled(directory)
    if before is None or after is None:
        return None
    samples = max(1, sum(seen.values()))
    asleep = [(place, count) for place, count in seen.most_common() if len(place) > 1]
    return {"program": program, "thread": read(f"{directory}/comm").strip(),
            "cpu": round((after[0] - before[0]) / seconds, 4), "queued": round((after[1] - before[1]) / seconds, 4),
            "disk": round(seen["D"] / samples, 4),
            "asleep": {place: round(count / samples, 4) for place, count in asleep[:MOST_PLACES]}}


def main():
    seconds, names = float(sys.argv[1]), sys.argv[2:]
    began = time.monotonic()
    watched = threads(names)
    before = {directory: scheduled(directory) for directory in watched}
    seen = collections.defaultdict(collections.Counter)
    while time.monotonic() < began + seconds:
        for directory in watched:
            sample(directory, seen[directory])
        time.sleep(INTERVAL)
    took = time.monotonic() - began
    found = [shares(directory, program, before[directory], took, seen[directory]) for directory, program in watched.items()]
    print(json.dumps([entry for entry in found if entry]))


if __name__ == "__main__":
    main()
