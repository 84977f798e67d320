# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps what happened during a run. No clock and no I/O: times are given, in seconds."""


def percentile(ordered, per_cent):
    """The smallest of the ordered values that per_cent of them do not exceed (nearest rank)."""
    if not ordered:
        return None
    rank = -(-len(ordered) * per_cent // 100)  # rounded up
    return ordered[max(0, int(rank) - 1)]


class Gap:
    """The longest time between two successive answers, and when it began."""

    def __init__(self, since):
        self.last = since
        self.longest = 0.0
        self.began = since

    def answer(self, when):
        if when - self.last > self.longest:
            self.longest = when - self.last
            self.began = self.last
        self.last = max(self.last, when)

    def report(self, start):
        return {"seconds": round(self.longest, 6), "at": round(self.began - start, 6)}


class Recorder:
    """All times come from one clock; the report gives them relative to `start`."""

    MAX_TEXTS = 1000  # a client in a failing loop must not fill the disk

    def __init__(self, start):
        self.start = start
        self.latencies = []
        self.failures = []
        self.failure_count = 0
        self.breaks = []
        self.opened = 0
        self.reconnections = 0
        self.failed_connects = 0
        self.gap = None
        self.connection_gaps = {}
        self.outstanding = {}
        self.highest = None

    def asked(self, connection, when):
        """Gaps are counted from the first question, not from when the program started."""
        self.outstanding[connection] = when
        if self.gap is None:
            self.gap = Gap(when)
        if connection not in self.connection_gaps:
            self.connection_gaps[connection] = Gap(when)

    def answered(self, connection, when, number=None):
        sent = self.outstanding.pop(connection)
        self.latencies.append(when - sent)
        self.gap.answer(when)
        self.connection_gaps[connection].answer(when)
        if number is not None and (self.highest is None or number > self.highest):
            self.highest = number
        return sent

    def failed(self, connection, when, text):
        sent = self.outstanding.pop(connection, when)
        self.failure_count += 1
        if len(self.failures) < self.MAX_TEXTS:
            self.failures.append({"connection": connection, "at": self._at(when),
                                  "asked_at": self._at(sent), "text": text})

    def connected(self, connection, again):
        self.opened += 1
        self.reconnections += bool(again)

    def connect_failed(self):
        self.failed_connects += 1

    def broke(self, connection, when, text):
        if len(self.breaks) < self.MAX_TEXTS:
            self.breaks.append({"connection": connection, "at": self._at(when), "text": text})

    def status(self, now):
        """The few figures worth watching while it runs."""
        return {
            "at": self._at(now),
            "requests": len(self.latencies) + self.failure_count,
            "failures": self.failure_count,
            "silent": round(now - self.gap.last, 3) if self.gap else None,
            "longest_gap": round(self.gap.longest, 3) if self.gap else None,
            "highest_number": self.highest,
        }

    def finish(self, now):
        """Questions still open now end here: a silence that nobody ended is a gap, too."""
        unanswered = [{"connection": connection, "waited": round(now - sent, 6)}
                      for connection, sent in sorted(self.outstanding.items())]
        for connection in self.outstanding:
            self.connection_gaps[connection].answer(now)
        if self.outstanding or self.failure_count:
            self.gap.answer(now)
        ordered = sorted(self.latencies)
        milliseconds = {
            name: None if value is None else round(value * 1000, 3)
            for name, value in (("p50", percentile(ordered, 50)), ("p99", percentile(ordered, 99)),
                                ("p99.9", percentile(ordered, 99.9)),
                                ("mean", sum(ordered) / len(ordered) if ordered else None),
                                ("max", ordered[-1] if ordered else None))}
        return {
            "seconds": round(now - self.start, 6),
            "requests": len(self.latencies) + self.failure_count,
            "answers": len(self.latencies),
            "failures": {"count": self.failure_count, "list": self.failures},
            "unanswered_at_stop": unanswered,
            "longest_gap": self.gap.report(self.start) if self.gap else None,
            "connection_gaps": {str(connection): gap.report(self.start)
                                for connection, gap in sorted(self.connection_gaps.items())},
            "latency_ms": milliseconds,
            "connections": {"opened": self.opened, "reconnections": self.reconnections,
                            "failed_connects": self.failed_connects, "broken": self.breaks},
            "highest_number": self.highest,
        }

    def _at(self, when):
        return round(when - self.start, 6)
