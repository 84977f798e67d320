# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scenarios are written with: hosts, guests, faults, load. A scenario is a function
test_...(lab) in a file test_*.py beside this folder; `lab` is a harness.lab.Lab."""

from .basics import CommandFailed, Failure, at_least, at_most, equal, wait_for
from .marks import for_guests, full_only

__all__ = ["CommandFailed", "Failure", "at_least", "at_most", "equal", "for_guests", "full_only",
           "wait_for"]
