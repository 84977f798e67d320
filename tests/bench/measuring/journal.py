# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was measured so far, in a file that is complete after each cell: a run that is lost can go on there."""

import json
import os
import pathlib

# What has to be the same for figures to stand beside each other.
COMPARED = ("qemu", "libvirt", "kernel", "guest kernel", "cpu", "cores", "lockstepd", "seconds")


class Mismatch(Exception):
    """What is in the directory must not stand beside what would be measured now; the text says why."""


class Journal:
    """DIRECTORY/cells.jsonl, a record a line: key, state ("ok", "failed"), error, figures. The last one of a key counts."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._path = self.directory / "cells.jsonl"
        self._run = self.directory / "run.json"
        self._records = {record["key"]: record for record in self._read()}

    def _read(self):
        if not self._path.exists():
            return
        with open(self._path, encoding="utf-8") as file:
            for line in file:
                # The last line of a run that was killed may be cut short.
                if line.endswith("\n"):
                    yield json.loads(line)
        self._drop_torn_line()

    def _drop_torn_line(self):
        data = self._path.read_bytes()
        if not data.endswith(b"\n"):
            os.truncate(self._path, data.rfind(b"\n") + 1)

    def begin(self, facts):
        """Takes what the machine is. Mismatch if what is here was measured on another, or with another build."""
        if self._run.exists():
            before = json.loads(self._run.read_text(encoding="utf-8"))
            for name in COMPARED:
                if before.get(name) != facts.get(name):
                    raise Mismatch(f"{self.directory} has figures with another {name} ({before.get(name)}, now "
                                   f"{facts.get(name)}): choose another --out")
        else:
            self.note(facts)

    def note(self, facts):
        """Keeps facts of the machine, also those that are known only later."""
        known = json.loads(self._run.read_text(encoding="utf-8")) if self._run.exists() else {}
        new = self._run.with_suffix(".new")
        new.write_text(json.dumps({**known, **facts}, indent=1) + "\n", encoding="utf-8")
        new.replace(self._run)

    def facts(self):
        return json.loads(self._run.read_text(encoding="utf-8")) if self._run.exists() else {}

    def add(self, record):
        self._records[record["key"]] = record
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def has(self, cell):
        """Whether this cell was measured; one that failed is tried again."""
        return self._records.get(cell.key, {}).get("state") == "ok"

    def records(self, part=None):
        return [record for record in self._records.values() if part in (None, record["part"])]
