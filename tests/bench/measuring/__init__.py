# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `lab bench` measures, and how: docs/benchmark.md tells it in words. Hosts, guests and load are
those of the scenarios (tests/scenarios/harness) and of the lab's client (tests/lab/client)."""

import os
import sys

TESTS = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
for folder in ("scenarios", "lab/client"):
    if os.path.join(TESTS, folder) not in sys.path:
        sys.path.append(os.path.join(TESTS, folder))
