# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import subprocess
import sys
import unittest

from measuring import profile

CHECKPOINT = """2026-11-23T10:00:00.000000Z colo_send_message Send 'checkpoint-request' message
2026-11-23T10:00:00.001000Z colo_receive_message Receive 'checkpoint-reply' message
2026-11-23T10:00:00.003000Z colo_vm_state_change Change 'run' => 'stop'
2026-11-23T10:00:00.007000Z colo_send_message Send 'vmstate-send' message
2026-11-23T10:00:00.015000Z colo_send_message Send 'vmstate-size' message
2026-11-23T10:00:00.016500Z colo_receive_message Receive 'vmstate-received' message
2026-11-23T10:00:00.026500Z colo_receive_message Receive 'vmstate-loaded' message
2026-11-23T10:00:00.027000Z colo_vm_state_change Change 'stop' => 'run'
"""


class PhasesTest(unittest.TestCase):
    def phases(self, text):
        return profile.phases(profile.traced(text))

    def test_each_phase_is_the_time_between_two_of_qemus_events(self):
        one, = self.phases(CHECKPOINT)
        self.assertEqual({name: round(took, 3) for name, took in one.items()},
                         {"asking the shadow": 1.0, "stopping the guest": 2.0, "checkpoint of the disks": 4.0,
                          "sending memory and devices": 8.0, "the shadow receives them": 1.5, "the shadow loads them": 10.0,
                          "starting the guest": 0.5})

    def test_times_without_a_fraction_are_times(self):
        self.assertEqual(len(self.phases(CHECKPOINT.replace(".000000Z", "Z"))), 1)

    def test_older_lines_are_read_as_well(self):
        text = CHECKPOINT
        for number, line in enumerate(CHECKPOINT.splitlines()):
            text = text.replace(line, f"4711@1700000000.{number:06d}:{line.partition(' ')[2]}")
        one, = self.phases(text)
        self.assertEqual(round(one["the shadow loads them"], 4), 0.001)

    def test_what_is_not_whole_counts_nothing(self):
        lines = CHECKPOINT.splitlines(keepends=True)
        self.assertEqual(self.phases("".join(lines[3:])), [])
        self.assertEqual(self.phases("".join(lines[:6])), [])
        self.assertEqual(len(self.phases("".join(lines[:4]) + CHECKPOINT)), 1)

    def test_other_lines_are_passed_over(self):
        text = CHECKPOINT.replace("2026-11-23T10:00:00.007000Z",
                                  "char device redirected\n2026-11-23T10:00:00.004000Z qemu: warning: no\n2026-11-23T10:00:00.007000Z")
        self.assertEqual(len(self.phases(text)), 1)

    def test_figures_are_of_all_checkpoints(self):
        found = profile.phase_figures(self.phases(CHECKPOINT * 3))
        self.assertEqual(found["all together"], {"p50": 27.0, "p95": 27.0})
        self.assertEqual(profile.phase_figures([]), {})


class SamplerTest(unittest.TestCase):
    def test_sees_a_thread_that_runs_or_waits_for_a_cpu(self):
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
            try:
                out = subprocess.run([sys.executable, "-c", profile.SAMPLER, "0.5", sys.executable.rsplit("/", 1)[-1]],
                                     check=True, stdout=subprocess.PIPE, text=True).stdout
            finally:
                busy.kill()
        found = json.loads(out)
        if not found:
            self.skipTest("this kernel has no /proc/PID/task/TID/schedstat")
        self.assertGreater(max(thread["cpu"] + thread["queued"] for thread in found), 0.5)

    def test_shows_the_busiest_first_and_no_idle_ones(self):
        thread = {"program": "q", "thread": "t", "cpu": 0.0, "queued": 0.0, "disk": 0.0, "asleep": {}}
        found = profile.busiest([thread, {**thread, "cpu": 0.2}, {**thread, "queued": 0.5}])
        self.assertEqual([(each["cpu"], each["queued"]) for each in found], [(0.0, 0.5), (0.2, 0.0)])


if __name__ == "__main__":
    unittest.main()
