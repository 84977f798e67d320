# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from measuring.goals import Goal, goals


def load(repetition, mode, p50, state="ok"):
    return {"state": state, "repetition": repetition, "what": "echo", "mode": mode, "figures": {"p50": p50} if state == "ok" else {}}


def fault(name, outage, lost=0, state="ok"):
    return {"state": state, "what": name, "figures": {"outage": outage, "lost": lost} if state == "ok" else {}}


def daemon(pairs, cpu, mib):
    return {"state": "ok", "what": str(pairs), "figures": {"cpu": cpu, "mib": mib}}


def fleet(state="ok", error=""):
    return {"state": state, "error": error, "what": "1000", "figures": {}}


def found(loads=(), faults=(), daemons=(), fleets=()):
    return {goal.text: goal for goal in goals(list(loads), list(faults), list(daemons), list(fleets))}


RATIO = "p50 of equal answers, colo to unprotected"
PULLED = "outage, plug of the primary's host pulled, 95th percentile"
LOST = "requests lost in any takeover"


class GoalTest(unittest.TestCase):
    def test_the_bound_itself_is_met_where_it_may_be_reached(self):
        self.assertEqual(Goal("", "<=", 1.3, "", 1.3).state, "met")
        self.assertEqual(Goal("", ">=", 20, "", 20).state, "met")
        self.assertEqual(Goal("", "<", 0.7, "s", 0.7).state, "missed")

    def test_tells_by_how_much(self):
        self.assertEqual(Goal("", "<=", 1.3, "", 1.56).by, "1.56, 20% above the bound")
        self.assertEqual(Goal("", ">=", 20, "", 15.0).by, "15, 25% below the bound")
        self.assertEqual(Goal("", "<=", 0, "", 2).by, "2")

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        self.assertEqual({goal.state for goal in found().values()}, {"unknown"})
        self.assertEqual({goal.by for goal in found().values()}, {"not measured"})

    def test_ratios_are_taken_within_each_repetition(self):
        # The machine was ten times slower in the second: of the medians alone the ratio would be another.
        loads = [load(0, "unprotected", 1.0), load(0, "colo", 1.2), load(1, "unprotected", 10.0), load(1, "colo", 12.0),
                 load(2, "unprotected", 1.0, "failed"), load(2, "colo", 9.0)]
        goal = found(loads)[RATIO]
        self.assertAlmostEqual(goal.value, 1.2)
        self.assertEqual((goal.state, goal.n), ("met", 2))

    def test_order_of_the_modes(self):
        loads = [load(0, "colo", 2.0), load(0, "kemari", 60.0), load(0, "remus", 100.0)]
        goal = found(loads)
        self.assertEqual(goal["p50 of equal answers, remus to colo"].state, "met")
        self.assertEqual(goal["p50 of equal answers, kemari to remus"].state, "met")
        loads[2] = load(0, "remus", 30.0)
        goal = found(loads)
        self.assertEqual(goal["p50 of equal answers, remus to colo"].state, "missed")
        self.assertEqual(goal["p50 of equal answers, kemari to remus"].state, "missed")

    def test_outage_is_judged_by_its_95th_percentile(self):
        outages = [0.5] * 19 + [3.0]
        self.assertEqual(found(faults=[fault("primary-unplugged", each) for each in outages])[PULLED].state, "met")
        outages[0] = 0.8
        goal = found(faults=[fault("primary-unplugged", each) for each in outages])[PULLED]
        self.assertEqual((goal.state, goal.value, goal.n), ("missed", 0.8, 20))

    def test_one_lost_request_is_one_too_many(self):
        faults = [fault("link-cut", 0.4), fault("switchover", 0.1, lost=1)]
        self.assertEqual(found(faults=faults)[LOST].state, "missed")

    def test_a_fault_that_was_not_survived_is_no_goal_met(self):
        goals_now = found(faults=[fault("link-cut", None, state="failed")])
        self.assertEqual(goals_now[LOST].state, "unknown")
        self.assertEqual(goals_now["faults after which the guest did not go on, or was not protected again"].state, "missed")

    def test_daemons_are_judged_with_a_hundred_pairs(self):
        names = ("lockstepd with 100 idle pairs, share of a core", "lockstepd with 100 idle pairs, memory")
        now = found(daemons=[daemon(10, 0.5, 500), daemon(100, 0.004, 65)])
        self.assertEqual([now[name].state for name in names], ["met", "missed"])
        self.assertEqual([found(daemons=[daemon(10, 0.001, 5)])[name].state for name in names], ["unknown"] * 2)

    def test_a_fleet_in_which_a_rule_was_broken_is_a_goal_missed(self):
        name = "simulated fleets of 1000 pairs in which a rule was broken"
        self.assertEqual(found(fleets=[fleet(), fleet()])[name].state, "met")
        self.assertEqual(found(fleets=[fleet(), fleet("failed", "pair 3: both hosts are live")])[name].state, "missed")
        self.assertEqual(found(fleets=[fleet("failed", "not measured: lockstep_fleet was not built")])[name].state, "unknown")

    def test_auto_is_compared_with_the_best_fixed_mode_of_its_repetition(self):
        def change(repetition, mode, mean):
            return {"state": "ok", "repetition": repetition, "what": "changing", "mode": mode, "figures": {"mean": mean}}

        name = "mean of work that changes every 20 s, auto to the best fixed mode"
        loads = [change(0, "colo", 40.0), change(0, "remus-25ms", 20.0), change(0, "auto", 21.0),
                 change(1, "colo", 400.0), change(1, "remus-25ms", 800.0), change(1, "auto", 420.0), change(2, "auto", 1.0)]
        goal = found(loads)[name]
        self.assertAlmostEqual(goal.value, 1.05)
        self.assertEqual((goal.state, goal.n), ("met", 2))
        # The unprotected guest is no mode to be compared with.
        loads.append(change(0, "unprotected", 1.0))
        self.assertAlmostEqual(found(loads)[name].value, 1.05)


if __name__ == "__main__":
    unittest.main()
