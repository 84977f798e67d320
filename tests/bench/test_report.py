# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from measuring import charts, report, stats
from measuring.journal import Journal


def load(repetition, mode, what="echo", state="ok", **figures):
    return {"key": f"load/{repetition}/{what}/{mode}", "part": "load", "repetition": repetition, "what": what, "mode": mode,
            "state": state, "error": "" if state == "ok" else "QEMU <has> ended\nsecond line", "figures": figures}


def fault(number, outage):
    return {"key": f"fault/{number}/link-cut", "part": "fault", "repetition": number, "what": "link-cut", "mode": "",
            "state": "ok", "error": "", "figures": {"outage": outage, "lost": 0, "requests": 100, "protect_again_s": 3.0,
                                                    "protect_s": 2.5}}


def daemon(pairs, **figures):
    return {"key": f"daemon/0/{pairs}", "part": "daemon", "repetition": 0, "what": str(pairs), "mode": "",
            "state": "ok" if figures else "failed", "error": "" if figures else "too small", "figures": figures}


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = Journal(pathlib.Path(folder.name))
        self.journal.begin({"qemu": "11.1.3", "cpu": "<fast> & \"new\"", "cores": 2})

    def write(self, *records, notes=()):
        for record in records:
            self.journal.add(record)
        found = report.write(self.journal, notes)
        page = (self.journal.directory / "report.html").read_text(encoding="utf-8")
        return found, page, json.loads((self.journal.directory / "report.json").read_text(encoding="utf-8"))

    def test_a_report_is_there_before_anything_was_measured(self):
        _, page, data = self.write()
        self.assertIn("Goals", page)
        self.assertEqual(data["cells"], [])

    def test_medians_and_spread_are_those_of_the_repetitions(self):
        found, page, _ = self.write(load(0, "colo", p50=2.0, stopped=0.02), load(1, "colo", p50=3.0, stopped=0.04),
                                    load(2, "colo", p50=9.0, stopped=None))
        figures = found["loads"]["echo"]["modes"]["colo"]["figures"]
        self.assertEqual(figures["p50"], {"median": 3.0, "low": 2.0, "high": 9.0, "n": 3})
        self.assertAlmostEqual(figures["stopped"]["median"], 3.0)  # per cent
        self.assertIn("3.00<br><small>2.00–9.00</small>", page)

    def test_natures_of_changing_work_are_shown_apart(self):
        natures = {"equal": 2.0, "differing": 61.5}
        _, page, _ = self.write(load(0, "auto", "changing", mean=31.8, natures=natures), load(0, "colo", "changing", "failed"))
        self.assertIn("<th>differing</th>", page)
        self.assertIn("<td>61.50</td>", page)
        _, page, _ = self.write(load(0, "colo", mean=2.0))
        self.assertEqual(page.count("The mean of each nature"), 1)

    def test_what_failed_is_a_row_and_leaves_the_other_figures(self):
        found, page, data = self.write(load(0, "remus", state="failed"), load(0, "colo", p50=2.0))
        self.assertEqual(found["failed"], [{"key": "load/0/echo/remus", "error": "QEMU <has> ended\nsecond line"}])
        self.assertIn("QEMU &lt;has&gt; ended</td>", page)
        self.assertIsNone(found["loads"]["echo"]["modes"]["remus"]["figures"]["p50"])
        self.assertEqual(len(data["cells"]), 2)

    def test_everything_from_outside_is_escaped(self):
        _, page, _ = self.write(notes=["a <note>"])
        self.assertIn("&lt;fast&gt; &amp; &quot;new&quot;", page)
        self.assertIn("a &lt;note&gt;", page)

    def test_the_page_needs_nothing_else(self):
        _, page, _ = self.write(load(0, "colo", p50=2.0), fault(0, 0.5), daemon(1, cpu=0.001, mib=20.0, stubbed=False))
        self.assertNotRegex(page, r"<script|<link|<img|@import|url\(|src=|href=\"http")

    def test_charts_are_well_formed(self):
        _, page, _ = self.write(load(0, "colo", p50=2.0, throughput=500.0, stopped=0.0), load(0, "remus", state="failed"),
                                fault(0, 0.5), fault(1, 0.6))
        drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        self.assertGreaterEqual(len(drawn), 6)
        for chart in drawn:
            ElementTree.fromstring(chart)

    def test_daemons_that_could_not_be_measured_say_why(self):
        _, page, _ = self.write(daemon(100), daemon(10, alpha_cpu=0.0042, stubbed=False, cpu=0.0042, mib=30))
        self.assertIn("too small", page)
        self.assertIn("0.42%", page)

    def test_a_simulated_fleet_has_a_row(self):
        outage = {"n": 1, "p50": 0.4, "p95": 0.45, "max": 0.5}
        figures = {"hosts": 50, "pairs": 1000, "seed": 1, "simulated_s": 60.0, "wall_s": 12.5, "events": 2000000, "heartbeats": 240000,
                   "events_per_s": 160000.4, "mib": 300.2, "takeovers": 100, "alone": 100, "takeover_outage_s": outage,
                   "alone_outage_s": {**outage, "p95": None}}
        _, page, _ = self.write({**daemon(1000, mib=1), "key": "fleet/0/1000", "part": "fleet", "figures": figures})
        self.assertIn("<td>2,000,000</td>", page)
        self.assertIn("<td>0.45</td>", page)

    def test_a_goal_missed_says_where_the_time_goes(self):
        phase = {"p50": 10.0, "p95": 20.0}
        profile = {"seconds": 4, "checkpoints": 7, "p50": 61.5,
                   "phases": {"the shadow loads them": phase, "all together": {**phase, "p50": 40}},
                   "threads": {"alpha": [{"program": "qemu", "thread": "CPU 0/TCG", "cpu": 0.9, "queued": 0.05, "disk": 0,
                                          "asleep": {"futex_wait": 0.04}}]}}
        found, page, _ = self.write(load(0, "unprotected", p50=1.0), load(0, "colo", p50=9.0, profile=profile),
                                    load(1, "colo", p50=9.0), {**fault(0, 0.9), "what": "primary-unplugged"})
        told = {each["goal"]: each["tables"] for each in found["explanations"]}
        self.assertEqual([table["title"] for table in told["p50 of equal answers, colo to unprotected"]],
                         ["colo: 7 checkpoints in 4 s, p50 meanwhile 61.5 ms", "colo: what threads did", "unprotected: not profiled"])
        self.assertIn(["first answer", 1, "0.900", "0.900"], told["outage, plug of the primary's host pulled, 95th percentile"][0]["rows"])
        for text in ("Where the time goes", "the shadow loads them</td>", "25.0%", "futex_wait 4.0%"):
            self.assertIn(text, page)

    def test_goals_that_are_met_need_no_explanation(self):
        _, page, _ = self.write(load(0, "unprotected", p50=1.0), load(0, "colo", p50=1.1))
        self.assertNotIn("Where the time goes", page)

    def test_time_to_protect_is_told_by_mode(self):
        found, _, _ = self.write(load(0, "remus", protect_s=4.0), load(0, "remus", "fsync"), fault(0, 0.5))
        self.assertEqual(found["protect"]["remus"]["values"], [4.0])
        self.assertEqual(found["protect"]["colo"]["values"], [2.5])


class ChartsTest(unittest.TestCase):
    def test_values_far_apart_get_a_logarithmic_axis(self):
        axis = charts.Axis([1, 100], 0, 100)
        self.assertTrue(axis.logarithmic)
        self.assertLess(axis.at(1), axis.at(10))
        self.assertLess(axis.at(10) - axis.at(1), 60)
        self.assertEqual(axis.ticks(), [1.0, 10.0, 100.0])

    def test_a_bar_begins_at_zero(self):
        axis = charts.Axis([50, 60], 0, 100)
        self.assertEqual((axis.at(0), axis.at(60)), (0, 100))

    def test_all_values_alike_or_none_at_all_are_drawn(self):
        for entries in ([("a", stats.spread([0, 0]))], [("a", None)], [("a", stats.spread([5]))]):
            ElementTree.fromstring(charts.bars("title", entries, "ms"))
        ElementTree.fromstring(charts.strips("title", [("a", None), ("b", stats.distribution([0.5]))], "s", 0.7))

    def test_ticks_are_few(self):
        for high in (0.003, 1, 7, 99, 12345):
            self.assertLessEqual(len(charts.Axis([high], 0, 100).ticks()), 8)
            self.assertGreaterEqual(len(charts.Axis([high], 0, 100).ticks()), 2)

    def test_numbers_have_three_digits_that_count(self):
        self.assertEqual([charts.number(value) for value in (0, 0.01234, 1.5, 1234.5)], ["0", "0.0123", "1.50", "1,234"])


if __name__ == "__main__":
    unittest.main()
