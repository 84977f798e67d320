# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from measuring import stats


class StatsTest(unittest.TestCase):
    def test_percentile_takes_the_nearest_rank_of_values_in_any_order(self):
        self.assertEqual(stats.percentile([3, 1, 2, 4], 50), 2)
        self.assertEqual(stats.percentile(range(20), 95), 18)

    def test_what_was_not_measured_counts_nowhere(self):
        self.assertEqual(stats.percentile([None, 7, None], 99), 7)
        self.assertEqual(stats.spread([None, 2.0, 1.0]), {"median": 1.5, "low": 1.0, "high": 2.0, "n": 2})

    def test_of_nothing_there_is_no_figure(self):
        self.assertIsNone(stats.percentile([], 50))
        self.assertIsNone(stats.spread([None]))
        self.assertIsNone(stats.distribution([]))
        self.assertEqual(stats.latencies([]), {"p50": None, "p99": None, "p99.9": None, "mean": None, "max": None})

    def test_spread_of_one_is_that_one(self):
        self.assertEqual(stats.spread([5]), {"median": 5, "low": 5, "high": 5, "n": 1})

    def test_ratios_compare_within_a_repetition_only(self):
        self.assertEqual(stats.ratios({0: 4.0, 1: 9.0, 2: 1.0}, {0: 2.0, 1: 3.0, 3: 1.0}), [2.0, 3.0])

    def test_ratios_leave_out_what_cannot_be_divided(self):
        self.assertEqual(stats.ratios({0: None, 1: 2.0, 2: 2.0}, {0: 1.0, 1: 0.0, 2: 1.0}), [2.0])

    def test_distribution_keeps_each_sample(self):
        found = stats.distribution([0.5, 0.3, 0.4])
        self.assertEqual((found["n"], found["low"], found["p50"], found["p95"], found["high"]), (3, 0.3, 0.4, 0.5, 0.5))
        self.assertEqual(found["values"], [0.3, 0.4, 0.5])


if __name__ == "__main__":
    unittest.main()
