# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmark, with the fewest cells that show that it works; `lab bench` measures."""

import json
import os
import tempfile

from harness import Failure, equal
from harness.basics import run

BENCH = os.path.realpath(os.path.join(os.path.dirname(__file__), "../bench/run"))
FEWEST = ("--workloads", "echo", "--modes", "unprotected,colo", "--repeat", 1, "--seconds", 2, "--faults", 0, "--pairs", 0, "--fleets", 0)


def test_measures_an_echo_unprotected_and_protected(lab):
    with tempfile.TemporaryDirectory() as directory:
        shown = run([BENCH, *FEWEST, "--out", directory], timeout=280)
        with open(f"{directory}/report.json", encoding="utf-8") as file:
            report = json.load(file)
        equal(os.path.exists(f"{directory}/report.html"), True, "whether there is a page")
    equal(report["failed"], [], f"cells that failed ({shown.out})")
    for mode, found in report["loads"]["echo"]["modes"].items():
        figures = {name: spread and spread["median"] for name, spread in found["figures"].items()}
        if not figures["p50"] or not figures["throughput"] or figures["failed"]:
            raise Failure(f"figures of the mode {mode}: {figures}")
        lab.figure(f"echo p50, {mode}", figures["p50"], "ms")
    profiles = {cell["mode"]: cell["figures"]["profile"] for cell in report["cells"]}
    for mode, profile in profiles.items():
        if not profile.get("threads", {}).get("alpha"):
            raise Failure(f"the profile of the mode {mode}: {profile}")
