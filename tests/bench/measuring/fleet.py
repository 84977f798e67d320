# SPDX-License-Identifier: LGPL-2.1-or-later
"""A thousand pairs on fifty hosts, in the simulation: tests/sim, lockstep_fleet of a build."""

import json
import os

from harness import Failure
from harness.basics import run

PAIRS = 1000  # what lockstep_fleet runs by itself
DEADLINE = 1800
PROGRAM = "LOCKSTEP_LAB_FLEET"  # variable with its path


def measure(seed):
    """What it reports; a Failure tells which rules were broken."""
    program = os.environ.get(PROGRAM)
    if not program:
        raise Failure("not measured: lockstep_fleet was not built: lab bench does")
    done = run([program, "--seed", seed], check=False, timeout=DEADLINE - 60)
    if done.status != 0:
        raise Failure(f"lockstep_fleet: exit status {done.status}: {done.err.strip() or done.text}")
    return json.loads(done.out)
