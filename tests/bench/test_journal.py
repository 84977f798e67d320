# SPDX-License-Identifier: LGPL-2.1-or-later
import pathlib
import tempfile
import unittest

from measuring.journal import Journal, Mismatch
from measuring.plan import Cell

FACTS = {"qemu": "11.1.3", "cores": 2, "load at the start": [0.1]}


def record(cell, state="ok", **figures):
    return {"key": cell.key, "part": cell.part, "state": state, "error": "", "figures": figures}


class JournalTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "new"
        self.cell = Cell("load", 0, "echo", "colo")

    def test_goes_on_where_it_was(self):
        Journal(self.folder).add(record(self.cell, p50=1.5))
        again = Journal(self.folder)
        self.assertTrue(again.has(self.cell))
        self.assertEqual(again.records("load")[0]["figures"], {"p50": 1.5})
        self.assertEqual(again.records("fault"), [])

    def test_tries_what_failed_again_and_then_keeps_the_last(self):
        journal = Journal(self.folder)
        journal.add(record(self.cell, "failed"))
        self.assertFalse(journal.has(self.cell))
        journal.add(record(self.cell, p50=2))
        self.assertTrue(Journal(self.folder).has(self.cell))
        self.assertEqual(len(Journal(self.folder).records()), 1)

    def test_lives_with_a_line_cut_short(self):
        Journal(self.folder).add(record(self.cell))
        with open(self.folder / "cells.jsonl", "a", encoding="utf-8") as file:
            file.write('{"key": "load/0/ec')
        other = Cell("load", 0, "echo", "remus")
        Journal(self.folder).add(record(other))
        again = Journal(self.folder)
        self.assertTrue(again.has(self.cell) and again.has(other))

    def test_refuses_figures_of_another_qemu(self):
        Journal(self.folder).begin(FACTS)
        with self.assertRaisesRegex(Mismatch, "another qemu .11.1.3, now 11.2.0."):
            Journal(self.folder).begin({**FACTS, "qemu": "11.2.0"})

    def test_takes_the_same_machine_with_another_load(self):
        Journal(self.folder).begin(FACTS)
        Journal(self.folder).begin({**FACTS, "load at the start": [9.0]})
        self.assertEqual(Journal(self.folder).facts()["load at the start"], [0.1])

    def test_keeps_facts_that_come_later(self):
        journal = Journal(self.folder)
        journal.begin(FACTS)
        journal.note({"accelerator": "TCG"})
        self.assertEqual(Journal(self.folder).facts(), {**FACTS, "accelerator": "TCG"})


if __name__ == "__main__":
    unittest.main()
