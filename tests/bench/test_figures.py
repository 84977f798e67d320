# SPDX-License-Identifier: LGPL-2.1-or-later
import datetime
import unittest

from measuring import figures, workloads

from harness import Failure


class PausesTest(unittest.TestCase):
    def test_counts_checkpoints_and_how_long_they_stopped_the_guest(self):
        events = [("STOP", 10.0), ("RESUME", 10.02), ("STOP", 11.0), ("RESUME", 11.05)]
        count, total, longest = figures.pauses(events, 9.0, 12.0)
        self.assertEqual(count, 2)
        self.assertAlmostEqual(total, 0.07)
        self.assertAlmostEqual(longest, 0.05)

    def test_takes_only_what_is_inside_of_the_window(self):
        events = [("STOP", 1.0), ("RESUME", 2.0), ("STOP", 9.9), ("RESUME", 10.1), ("STOP", 14.9), ("RESUME", 15.3)]
        count, total, _ = figures.pauses(events, 10.0, 15.0)
        self.assertEqual(count, 2)
        self.assertAlmostEqual(total, 0.2)

    def test_a_guest_that_still_stands_counts_up_to_the_end(self):
        self.assertAlmostEqual(figures.pauses([("STOP", 14.0)], 10.0, 15.0)[1], 1.0)

    def test_a_watch_that_came_too_late_for_the_stop_counts_nothing(self):
        self.assertEqual(figures.pauses([("RESUME", 11.0)], 10.0, 15.0), (0, 0.0, 0.0))

    def test_other_events_are_none(self):
        self.assertEqual(figures.pauses([("STOP", 11.0), ("NIC_RX_FILTER_CHANGED", 11.1), ("RESUME", 11.5)], 10, 15)[0], 1)


class JobTest(unittest.TestCase):
    def test_takes_milliseconds_into_account(self):
        job = {"started": "2026-03-01T23:59:58.750Z", "ended": "2026-03-02T00:00:02.250Z"}
        self.assertAlmostEqual(figures.job_seconds(job), 3.5)


class ChangesTest(unittest.TestCase):
    def test_takes_what_auto_picked_since_the_measurement_began(self):
        events = [{"time": "2026-03-01T12:00:00.000Z", "text": "auto: kemari: of the measurement before"},
                  {"time": "2026-03-01T12:00:07.250Z", "text": "auto: remus with 25 ms: answers differ"},
                  {"time": "2026-03-01T12:00:09.000Z", "text": "protect: done"}]
        began = datetime.datetime(2026, 3, 1, 12, 0, 5, tzinfo=datetime.UTC).timestamp()
        self.assertEqual(figures.changes(events, began), [(2.2, "remus with 25 ms: answers differ")])


class ToolsTest(unittest.TestCase):
    """What the tools of others print."""

    def test_wrk(self):
        out = ('Running 10s test @ http://10.78.0.101/files/bench-small\n  1 threads and 4 connections\n'
               '{"answers":2000,"failed":1,"seconds":10.000000,"p50":1.500,"p99":4.000,"p99.9":9.000,"mean":1.900,"max":20.000}\n')
        found = workloads.wrk_figures(workloads.wrk_report(out))
        self.assertEqual(found, {"throughput": 200.0, "samples": 2000, "failed": 1, "p50": 1.5, "p99": 4.0, "p99.9": 9.0, "mean": 1.9, "max": 20.0})

    def test_wrk_without_an_answer_has_no_latency(self):
        found = workloads.wrk_figures({"answers": 0, "failed": 4, "seconds": 10.0, "p50": 0, "p99": 0, "p99.9": 0, "mean": 0, "max": 0})
        self.assertEqual((found["throughput"], found["p50"]), (0, None))

    def test_wrk_that_could_not_connect_is_a_failure(self):
        with self.assertRaisesRegex(Failure, "unable to connect"):
            workloads.wrk_report("unable to connect to 10.78.0.101:80 Connection refused\n")

    def test_iperf_counts_what_arrived(self):
        self.assertEqual(workloads.iperf_rate({"end": {"sum_received": {"bits_per_second": 123456789.0}}}), 123.457)

    def test_iperf_that_failed_tells_why(self):
        with self.assertRaisesRegex(Failure, "unable to connect"):
            workloads.iperf_rate({"error": "error - unable to connect to server: Connection refused"})

    def test_pgbench(self):
        out = "number of transactions actually processed: 4\nnumber of failed transactions: 1 (25.000%)\ntps = 0.4\n"
        found = workloads.pgbench_figures(out, ["2000", "1000", "4000", "3000"], 10)
        self.assertEqual((found["throughput"], found["p50"], found["max"], found["failed"]), (0.4, 2.0, 4.0, 1))

    def test_pgbench_whose_client_was_cut_off_has_failed(self):
        out = "pgbench: error: client 1 aborted in command 5 (SQL) of script 0; perhaps the backend died while processing\n"
        self.assertGreater(workloads.pgbench_figures(out, ["2000"], 10)["failed"], 0)

    def test_a_load_counts_answers_for_its_throughput_and_failures_apart(self):
        report = {"answers": 90, "seconds": 10.0, "failures": {"count": 10},
                  "latency_ms": {"p50": 1.0, "p99": 2.0, "p99.9": 3.0, "mean": 1.1, "max": 4.0}}
        found = workloads.figures_of(report)
        self.assertEqual((found["throughput"], found["failed"], found["p99.9"]), (9.0, 10, 3.0))

    def test_natures_of_changing_work_count_alike_however_many_answers_they_give(self):
        def report(answers, mean):
            return {"answers": answers, "seconds": 20.0, "failures": {"count": 0}, "latency_ms": {"mean": mean, "max": 9.0}}

        found = workloads.changing_figures([("equal", report(900, 2.0)), ("differing", report(100, 60.0)), ("equal", report(900, 4.0))])
        self.assertEqual(found["natures"], {"equal": 3.0, "differing": 60.0})
        self.assertEqual((found["mean"], found["samples"]), (31.5, 1900))

    def test_a_nature_without_an_answer_is_no_fast_one(self):
        silent = {"answers": 0, "seconds": 20.0, "failures": {"count": 0}, "latency_ms": {"mean": None, "max": None}}
        with self.assertRaisesRegex(Failure, "equal"):
            workloads.changing_figures([("equal", silent)])


if __name__ == "__main__":
    unittest.main()
