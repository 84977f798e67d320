# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from labload.verify import Answer, parse_answers, verify_numbers


def sequence(*numbers, connection="0"):
    """One connection that asks each second and is answered half a second later."""
    return [Answer(number, connection, second, second + 0.5)
            for second, number in enumerate(numbers)]


class VerifyTest(unittest.TestCase):
    def test_accepts_a_counter_that_grows(self):
        findings, facts = verify_numbers(sequence(5, 6, 7), last=7)
        self.assertEqual(findings, [])
        self.assertEqual(facts, {"answered": 3, "last": 7, "first": 5, "highest": 7, "skipped": 0})

    def test_accepts_a_guest_that_counted_on_after_an_unanswered_question(self):
        self.assertEqual(verify_numbers(sequence(1, 2), last=3)[0], [])

    def test_accepts_no_answers(self):
        self.assertEqual(verify_numbers([], last=0), ([], {"answered": 0, "last": 0}))

    def test_finds_lost_numbers(self):
        findings, _ = verify_numbers(sequence(8, 9, 10), last=8)
        self.assertEqual(len(findings), 1)
        self.assertIn("2 answered numbers up to 10", findings[0])

    def test_finds_a_number_given_twice(self):
        answers = sequence(1, 2) + [Answer(2, "1", 0.9, 1.6)]
        findings, _ = verify_numbers(answers, last=2)
        self.assertEqual(len(findings), 1)
        self.assertIn("number 2 was given twice", findings[0])

    def test_finds_a_counter_set_back_on_another_connection(self):
        answers = sequence(10, 12) + [Answer(11, "1", 2.0, 2.5)]
        findings, _ = verify_numbers(answers, last=12)
        self.assertEqual(len(findings), 1)
        self.assertIn("asked after 12", findings[0])

    def test_accepts_answers_that_overtake_each_other(self):
        answers = [Answer(2, "0", 0.0, 1.0), Answer(1, "1", 0.1, 1.1)]
        self.assertEqual(verify_numbers(answers, last=2)[0], [])

    def test_notes_numbers_that_went_elsewhere(self):
        _, facts = verify_numbers(sequence(1, 4), last=4, unanswered=1)
        self.assertEqual(facts["skipped"], 2)
        self.assertIn("another client", facts["note"])


class ParseTest(unittest.TestCase):
    def test_reads_what_was_written(self):
        self.assertEqual(parse_answers(["7 0 1.000000 1.250000\n"], "a:"),
                         [Answer(7, "a:0", 1.0, 1.25)])

    def test_leaves_out_a_line_cut_short(self):
        self.assertEqual(len(parse_answers(["7 0 1.0 1.2\n", "8 0 1.3 1."])), 1)


if __name__ == "__main__":
    unittest.main()
