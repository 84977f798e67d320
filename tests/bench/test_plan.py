# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from measuring import plan
from measuring.faults import FAULTS
from measuring.workloads import WORKLOADS

COMMANDS = [{"words": ["list"], "options": []},
            {"words": ["protect"], "options": [{"names": ["--wait"], "values": []},
                                               {"names": ["--mode"], "values": ["colo", "remus", "kemari"]}]}]


class OfferedTest(unittest.TestCase):
    def test_modes_are_those_that_the_command_line_lists(self):
        words = plan.offered_words(COMMANDS)
        offered = [mode.name for mode in plan.MODES if plan.is_offered(mode, words)]
        self.assertEqual(offered, ["unprotected", "colo", "colo-1s", "remus", "kemari", "remus-25ms", "remus-400ms", "by-hand"])

    def test_a_lockstepd_that_offers_no_modes_leaves_two_ways_without_it(self):
        words = plan.offered_words([{"words": ["protect"], "options": []}])
        offered = [mode.name for mode in plan.MODES if plan.is_offered(mode, words)]
        self.assertEqual(offered, ["unprotected", "by-hand"])

    def test_auto_is_measured_once_it_is_offered(self):
        auto = next(mode for mode in plan.MODES if mode.name == "auto")
        self.assertTrue(plan.is_offered(auto, {"colo", "auto"}))


class ModeTest(unittest.TestCase):
    def test_each_mode_is_asked_for_as_the_command_line_has_it(self):
        options = {mode.name: mode.options for mode in plan.MODES}
        self.assertEqual(options["colo-1s"], ["--mode", "colo", "--period", "1s"])
        self.assertEqual(options["remus"], ["--mode", "remus"])
        self.assertEqual((options["unprotected"], options["by-hand"]), ([], []))


class CellsTest(unittest.TestCase):
    def cells(self, repeat=3, rounds=20):
        return plan.cells(repeat, plan.MODES, WORKLOADS, rounds, FAULTS, [1, 10, 100])

    def test_no_cell_comes_twice(self):
        keys = [cell.key for cell in self.cells()]
        self.assertEqual(len(keys), len(set(keys)))

    def test_each_workload_meets_each_mode_in_each_repetition(self):
        loads = [cell for cell in self.cells() if cell.part == "load"]
        special = [mode for mode in plan.MODES if mode.only]
        self.assertEqual(len(loads), 3 * ((len(plan.MODES) - len(special)) * len(WORKLOADS) + len(special)))
        self.assertEqual({cell.what for cell in loads if cell.mode in [mode.name for mode in special]}, {"changing"})

    def test_each_fault_strikes_as_often_as_asked_for(self):
        faults = [cell for cell in self.cells() if cell.part == "fault"]
        self.assertEqual(len(faults), 20 * len(FAULTS))
        self.assertEqual({cell.repetition for cell in faults}, set(range(20)))

    def test_modes_of_a_workload_are_measured_right_after_each_other(self):
        ours = [cell for cell in self.cells(1) if cell.part == "load" and cell.mode != plan.BY_HAND]
        blocks = [cell.what for number, cell in enumerate(ours) if not number or cell.what != ours[number - 1].what]
        self.assertEqual(len(blocks), len(WORKLOADS))

    def test_no_mode_is_always_the_first(self):
        firsts = {cells[0].mode for cells in (plan.load_cells(number, plan.MODES[:4], WORKLOADS[:1]) for number in range(4))}
        self.assertEqual(len(firsts), 4)

    def test_by_hand_is_first_and_last_in_turn(self):
        first, second = (plan.load_cells(number, plan.MODES, WORKLOADS) for number in (0, 1))
        self.assertEqual((first[-1].mode, second[0].mode), (plan.BY_HAND, plan.BY_HAND))
        self.assertNotEqual(first[0].mode, plan.BY_HAND)

    def test_a_run_lost_after_its_first_repetition_has_faults(self):
        found = self.cells(5)
        second = next(number for number, cell in enumerate(found) if cell.part == "load" and cell.repetition == 1)
        self.assertEqual(len([cell for cell in found[:second] if cell.part == "fault"]), 4 * len(FAULTS))

    def test_faults_come_also_if_there_are_fewer_repetitions_than_rounds_or_no_workloads(self):
        found = plan.cells(1, plan.MODES, [], 2, FAULTS, [])
        self.assertEqual(len(found), 2 * len(FAULTS))


    def test_the_simulated_fleet_comes_last(self):
        found = plan.cells(1, plan.MODES, [], 1, FAULTS, [1], 2)
        self.assertEqual([cell.key for cell in found[-3:]], ["daemon/0/1", "fleet/0/1000", "fleet/1/1000"])


class NamedTest(unittest.TestCase):
    def test_takes_them_in_their_own_order(self):
        self.assertEqual([mode.name for mode in plan.named(plan.MODES, ["remus", "unprotected"], "mode")],
                         ["unprotected", "remus"])

    def test_names_what_there_is_if_one_is_unknown(self):
        with self.assertRaisesRegex(ValueError, "no workload 'ecko': echo, differ"):
            plan.named(WORKLOADS, ["ecko"], "workload")


if __name__ == "__main__":
    unittest.main()
