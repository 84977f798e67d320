# SPDX-License-Identifier: LGPL-2.1-or-later
"""What may be said about a scenario where it is written."""


def full_only(scenario):
    """Runs only with --full."""
    scenario.full_only = True
    return scenario


def for_guests(*names, full=()):
    """Runs once for each of these guests, as scenario(lab, name); for those in `full` only with --full."""
    def mark(scenario):
        scenario.guests = names + full
        scenario.full_guests = full
        return scenario
    return mark
