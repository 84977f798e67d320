# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from labload.recorder import Recorder, percentile


class PercentileTest(unittest.TestCase):
    def test_takes_the_nearest_rank(self):
        values = list(range(1, 101))
        self.assertEqual(percentile(values, 50), 50)
        self.assertEqual(percentile(values, 99), 99)
        self.assertEqual(percentile(values, 99.9), 100)

    def test_of_one_value_is_that_value(self):
        self.assertEqual(percentile([7], 50), 7)

    def test_of_nothing_is_nothing(self):
        self.assertIsNone(percentile([], 50))


class RecorderTest(unittest.TestCase):
    def setUp(self):
        self.recorder = Recorder(start=100.0)

    def exchange(self, connection, asked, answered, number=None):
        self.recorder.asked(connection, asked)
        self.recorder.answered(connection, answered, number)

    def test_finds_the_longest_gap_over_all_connections(self):
        self.exchange(0, 100.0, 100.1)
        self.exchange(1, 100.2, 100.3)
        self.exchange(0, 100.3, 101.3)
        report = self.recorder.finish(101.4)
        self.assertEqual(report["longest_gap"], {"seconds": 1.0, "at": 0.3})

    def test_keeps_each_connections_own_gap(self):
        self.exchange(0, 100.0, 100.1)
        self.exchange(1, 100.0, 100.2)
        self.exchange(0, 100.2, 101.1)
        report = self.recorder.finish(101.2)
        self.assertEqual(report["connection_gaps"]["0"], {"seconds": 1.0, "at": 0.1})
        self.assertEqual(report["connection_gaps"]["1"], {"seconds": 0.2, "at": 0.0})

    def test_counts_time_before_the_first_question_as_no_gap(self):
        self.exchange(0, 105.0, 105.1)
        self.assertEqual(self.recorder.finish(106)["longest_gap"]["seconds"], 0.1)

    def test_counts_a_silence_that_lasts_to_the_end(self):
        self.exchange(0, 100.0, 100.1)
        self.recorder.asked(0, 100.2)
        report = self.recorder.finish(103.1)
        self.assertEqual(report["longest_gap"], {"seconds": 3.0, "at": 0.1})
        self.assertEqual(report["unanswered_at_stop"], [{"connection": 0, "waited": 2.9}])

    def test_counts_a_failure_as_no_answer(self):
        self.exchange(0, 100.0, 100.1)
        self.recorder.asked(0, 100.2)
        self.recorder.failed(0, 100.5, "reset")
        report = self.recorder.finish(101.1)
        self.assertEqual(report["answers"], 1)
        self.assertEqual(report["requests"], 2)
        self.assertEqual(report["longest_gap"]["seconds"], 1.0)
        self.assertEqual(report["failures"]["list"], [
            {"connection": 0, "at": 0.5, "asked_at": 0.2, "text": "reset"}])

    def test_limits_texts_but_not_the_count(self):
        for _ in range(Recorder.MAX_TEXTS + 5):
            self.recorder.asked(0, 100.0)
            self.recorder.failed(0, 100.0, "reset")
        failures = self.recorder.finish(101)["failures"]
        self.assertEqual(failures["count"], Recorder.MAX_TEXTS + 5)
        self.assertEqual(len(failures["list"]), Recorder.MAX_TEXTS)

    def test_reports_latency_in_milliseconds(self):
        for second in range(10):
            self.exchange(0, 100.0 + second, 100.002 + second)
        self.exchange(0, 111.0, 111.5)
        latency = self.recorder.finish(112)["latency_ms"]
        self.assertEqual(latency, {"p50": 2.0, "p99": 500.0, "p99.9": 500.0, "mean": 47.273, "max": 500.0})

    def test_tells_opened_connections_from_reopened_ones(self):
        self.recorder.connected(0, again=False)
        self.recorder.connected(0, again=True)
        connections = self.recorder.finish(101)["connections"]
        self.assertEqual((connections["opened"], connections["reconnections"]), (2, 1))

    def test_reports_a_run_without_any_question(self):
        report = self.recorder.finish(101)
        self.assertEqual(report["requests"], 0)
        self.assertIsNone(report["longest_gap"])
        self.assertIsNone(report["latency_ms"]["p50"])

    def test_shows_how_long_it_has_been_silent(self):
        self.exchange(0, 100.0, 100.5, 41)
        status = self.recorder.status(102.0)
        self.assertEqual(status["silent"], 1.5)
        self.assertEqual(status["highest_number"], 41)


if __name__ == "__main__":
    unittest.main()
