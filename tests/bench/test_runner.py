# SPDX-License-Identifier: LGPL-2.1-or-later
"""The order of things, with hosts that are none: a run has to go on whatever happens to a cell."""

import contextlib
import io
import pathlib
import signal
import tempfile
import unittest
import unittest.mock

from measuring import daemons, runner, workloads
from measuring.faults import FAULTS, judge, steps
from measuring.journal import Journal
from measuring.plan import Cell

from harness import Failure


class FakeMeter:
    def figures(self):
        return {"checkpoints": 3}


class FakeStage:
    """Brings about all modes but those in `broken`."""

    def __init__(self):
        self.accelerator, self.protect_seconds = "TCG", 2.0
        self.broken, self.brought, self.lost, self.strayed = set(), [], 0, False
        self.guest = unittest.mock.Mock()

    def bring(self, kind, mode):
        self.brought.append(mode.name)
        if mode.name in self.broken:
            raise Failure(f"{mode.name} cannot be set up")

    def meter(self):
        return FakeMeter()

    def check(self):
        if self.strayed:
            raise Failure("web is alone")

    def lose(self):
        self.lost += 1


class FakeGround:
    def __init__(self):
        self.struck = []

    def strike(self, fault, number):
        self.struck.append((fault.name, number))
        raise Failure("nobody goes on")

    def lose(self):
        pass


class RunnerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.journal = Journal(self.folder)
        self.written = 0
        self.measured = []
        self.addCleanup(signal.signal, signal.SIGALRM, signal.SIG_DFL)
        self.profiler = unittest.mock.Mock()
        self.profiler.figures.return_value = {"threads": {"alpha": []}}
        for patched in (unittest.mock.patch.object(runner, "save"),
                        unittest.mock.patch.object(runner, "Profiler", lambda *_: self.profiler),
                        unittest.mock.patch.object(workloads.Asked, "measure", lambda _, *given: self.measure(*given))):
            patched.start()
            self.addCleanup(patched.stop)

    def measure(self, _stage, _meter, seconds):
        self.measured.append(seconds)
        return {"p50": 1.0}

    def write(self):
        self.written += 1

    def run_cells(self, *cells, **settings):
        runs = runner.Runner(None, self.journal, 5, self.write)
        self.stage, self.ground = runs.stage, runs.ground = FakeStage(), FakeGround()
        for name, value in settings.items():
            setattr(self.stage, name, value)
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            runs.run(list(cells))
        self.shown = shown.getvalue()
        return {record["key"]: record for record in self.journal.records()}

    def test_writes_down_each_cell(self):
        found = self.run_cells(Cell("load", 0, "echo", "colo"), Cell("load", 0, "echo", "remus"))
        self.assertEqual(self.written, 2)
        self.assertEqual(found["load/0/echo/colo"]["figures"], {"p50": 1.0, "checkpoints": 3, "protect_s": 2.0,
                                                                "profile": {"threads": {"alpha": []}, "p50": 1.0}})
        self.assertEqual(self.journal.facts()["accelerator"], "TCG")
        self.assertIn("2/2  load/0/echo/remus  p50 1  checkpoints 3", self.shown)

    def test_profiles_each_mode_once(self):
        self.profiler.figures.return_value = {"threads": {"alpha": [{"cpu": 1}]}}
        found = self.run_cells(*[Cell("load", number, "echo", mode) for number in range(2) for mode in ("colo", "by-hand")],
                               Cell("load", 0, "differ", "colo"))
        self.assertEqual([key for key, record in found.items() if "profile" in record["figures"]], ["load/0/echo/colo"])

    def test_a_profile_that_fails_costs_no_figures(self):
        self.profiler.figures.side_effect = Failure("the sampler on alpha does not end")
        found = self.run_cells(Cell("load", 0, "echo", "colo"))["load/0/echo/colo"]
        self.assertEqual((found["state"], found["figures"]["p50"]), ("ok", 1.0))
        self.assertEqual(found["figures"]["profile"], {"error": "the sampler on alpha does not end"})

    def test_leaves_out_what_is_there_already(self):
        cell = Cell("load", 0, "echo", "colo")
        self.run_cells(cell)
        self.journal = Journal(self.folder)
        self.run_cells(cell)
        self.assertEqual((self.stage.brought, self.written), ([], 1))

    def test_goes_on_after_a_cell_that_failed(self):
        found = self.run_cells(Cell("load", 0, "echo", "remus"), Cell("load", 0, "echo", "colo"), broken={"remus"})
        self.assertEqual([record["state"] for record in found.values()], ["failed", "ok"])
        self.assertEqual(found["load/0/echo/remus"]["error"], "remus cannot be set up")
        self.assertGreater(self.stage.lost, 1)

    def test_leaves_a_mode_alone_that_cannot_be_set_up(self):
        cells = [Cell("load", number, "echo", mode) for number in range(4) for mode in ("by-hand", "colo")]
        found = self.run_cells(*cells, broken={"by-hand"})
        self.assertEqual(self.stage.brought.count("by-hand"), 2)
        self.assertEqual(self.stage.brought.count("colo"), 4)
        self.assertEqual(found["load/3/echo/by-hand"]["error"], "not tried any more in this run: by-hand cannot be set up")

    def test_leaves_a_fault_alone_that_goes_wrong(self):
        found = self.run_cells(*[Cell("fault", number, "link-cut") for number in range(3)], Cell("fault", 0, "switchover"))
        self.assertEqual(self.ground.struck, [("link-cut", 0), ("link-cut", 1), ("switchover", 0)])
        self.assertEqual({record["state"] for record in found.values()}, {"failed"})

    def test_gives_no_figures_of_a_guest_that_left_its_mode(self):
        found = self.run_cells(Cell("load", 0, "echo", "colo"), strayed=True)
        self.assertEqual((found["load/0/echo/colo"]["error"], found["load/0/echo/colo"]["figures"]), ("web is alone", {}))

    def test_ends_a_cell_at_its_deadline(self):
        def hang(*_):
            signal.raise_signal(signal.SIGALRM)
        self.measure = hang
        found = self.run_cells(Cell("load", 0, "echo", "colo"))
        self.assertEqual(found["load/0/echo/colo"]["error"], "not done in time")

    def test_every_cell_has_a_deadline(self):
        runs = runner.Runner(None, self.journal, 5, self.write)
        for workload in workloads.WORKLOADS:
            self.assertGreater(runs._deadline(Cell("load", 0, workload.name, "colo")), 5)
        self.assertGreater(runs._deadline(Cell("fault", 0, FAULTS[0].name)), 0)
        self.assertGreater(runs._deadline(Cell("daemon", 0, "100")), 0)


class DaemonsTest(unittest.TestCase):
    def test_of_both_hosts_the_one_counts_that_needs_more(self):
        samples = [{("alpha", "lockstepd"): (0.001, 20.0), ("beta", "lockstepd"): (share, 30.0),
                    ("alpha", "libvirtd"): (0.5, 90.0), ("beta", "libvirtd"): (0.1, 90.0)} for share in (0.002, 0.009, 0.003)]
        found = daemons.reckoned(samples, ["alpha", "beta"], 10)
        self.assertEqual((found["cpu"], found["mib"], found["alpha_cpu"]), (0.003, 30.0, 0.001))
        self.assertEqual((found["alpha_libvirtd_cpu"], found["stubbed"]), (0.5, False))

    def test_a_machine_that_is_too_small_gets_figures_that_say_so(self):
        out = '{"pairs": 100, "stubbed": true, "cpu": 0.004, "mib": 50.5}'
        with unittest.mock.patch.object(daemons, "available_mib", lambda: 4000), \
                unittest.mock.patch.dict("os.environ", {daemons.STUB: "/build/lockstep_bench_pairs"}), \
                unittest.mock.patch.object(daemons, "run", lambda *_, **__: unittest.mock.Mock(out=out)):
            found = daemons.measure(unittest.mock.Mock(), 100)
        self.assertTrue(found["stubbed"])
        self.assertEqual((found["cpu"], found["alpha_cpu"], found["beta_mib"]), (0.004, 0.004, 50.5))

    def test_without_the_stub_it_says_what_is_missing(self):
        with unittest.mock.patch.object(daemons, "available_mib", lambda: 4000), \
                unittest.mock.patch.dict("os.environ", {daemons.STUB: ""}), self.assertRaisesRegex(Failure, "18048 MiB"):
            daemons.measure(unittest.mock.Mock(), 100)


class StepsTest(unittest.TestCase):
    def test_counts_from_the_last_answer_before_the_gap(self):
        def event(second, kind="state", **more):
            return {"time": f"2026-03-01T00:00:{second}Z", "event": kind, **more}
        offset = 1772323200.0 - 5000  # midnight is 5000 by the monotonic clock
        events = [event("09.900", state="protected"), event("10.400", state="interrupted"), event("10.410", "job"),
                  event("10.500", state="taking-over"), event("10.600"), event("11.000", state="alone")]
        self.assertEqual(steps(events, 5010.0, 5010.7, offset), [["interrupted", 0.4], ["taking-over", 0.5]])


class FakeLoads:
    """Ended loads; `failed` requests, `finding` of the numbers' verification."""

    def __init__(self, failed=0, finding=""):
        self.all = [unittest.mock.Mock(failures=failed, report={"connections": {"broken": []}})]
        self.finding = finding

    def __getitem__(self, mode):
        verify = unittest.mock.Mock(side_effect=Failure(self.finding) if self.finding else None)
        return unittest.mock.Mock(verify=verify)

    def gap(self):
        return 0.5

    def requests(self):
        return 100


class JudgeTest(unittest.TestCase):
    def test_nothing_lost(self):
        self.assertEqual(judge(FakeLoads()), {"outage": 0.5, "requests": 100, "failed": 0, "broken": 0, "findings": "", "lost": 0})

    def test_an_unanswered_request_is_lost(self):
        self.assertEqual(judge(FakeLoads(failed=2))["lost"], 2)

    def test_a_number_that_was_given_and_is_gone_is_lost(self):
        found = judge(FakeLoads(finding="2 answered numbers are lost"))
        self.assertEqual((found["lost"], found["findings"]), (1, "2 answered numbers are lost"))


if __name__ == "__main__":
    unittest.main()
