# SPDX-License-Identifier: LGPL-2.1-or-later
"""Medians, percentiles and spreads. A value that could not be measured is None and counts nowhere."""

import statistics

from labload import recorder

PERCENTILES = (("p50", 50), ("p99", 99), ("p99.9", 99.9))


def known(values):
    return [value for value in values if value is not None]


def percentile(values, per_cent):
    """The smallest of the values that per_cent of them do not exceed (nearest rank); None of none."""
    return recorder.percentile(sorted(known(values)), per_cent)


def latencies(milliseconds):
    """The figures of a list of latencies, as a load's report has them."""
    found = {name: percentile(milliseconds, per_cent) for name, per_cent in PERCENTILES}
    mean = statistics.fmean(milliseconds) if milliseconds else None
    return {**found, "mean": mean, "max": max(milliseconds, default=None)}


def spread(values):
    """Median, lowest and highest of what the repetitions gave, and how many there were; None of none."""
    values = sorted(known(values))
    if not values:
        return None
    return {"median": statistics.median(values), "low": values[0], "high": values[-1], "n": len(values)}


def ratios(above, below):
    """above[i] / below[i] of each repetition i that has both; both are values by repetition."""
    return [above[each] / below[each] for each in sorted(above)
            if above[each] is not None and below.get(each)]


def distribution(values):
    """What is shown of many samples of one thing."""
    values = known(values)
    if not values:
        return None
    return {"n": len(values), "low": min(values), "p50": percentile(values, 50), "p95": percentile(values, 95),
            "high": max(values), "values": sorted(values)}
