# SPDX-License-Identifier: LGPL-2.1-or-later
"""Charts as SVG text. Colours and type come from the page's style."""

import html
import math

WIDTH, LABEL, VALUE, ROW, MARGIN = 760, 190, 190, 26, 24


def text(x, y, words, kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{html.escape(str(words))}</text>'


def number(value):
    """Three digits that count, without an exponent."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 6)}f}"


class Axis:
    """From values to x. Logarithmic where the values differ by more than the factor 20, and none is 0."""

    def __init__(self, values, left, right, from_zero=True):
        values = [value for value in values if value is not None]
        low, high = min(values, default=0), max(values, default=1)
        self.left, self.right = left, right
        self.logarithmic = low > 0 and high / low > 20
        if self.logarithmic:
            self.low, self.high = math.log10(low) - 0.15, math.log10(high) + 0.05
        else:
            self.low, self.high = (0 if from_zero else low), high
        if self.high <= self.low:
            self.high = self.low + 1

    def at(self, value):
        value = math.log10(value) if self.logarithmic else value
        share = (value - self.low) / (self.high - self.low)
        return self.left + (self.right - self.left) * min(1, max(0, share))

    def ticks(self):
        if self.logarithmic:
            return [10.0 ** power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
        span = self.high - self.low
        magnitude = 10.0 ** math.floor(math.log10(span))
        step = next(magnitude * factor for factor in (0.1, 0.2, 0.5, 1, 2) if span / (magnitude * factor) <= 6)
        first = math.ceil(self.low / step)
        return [step * place for place in range(first, math.floor(self.high / step + 1e-9) + 1)]


def frame(title, rows, body, axis, unit):
    """A chart with rows of its own, and the axis below them."""
    bottom = MARGIN + rows * ROW
    grid = []
    for tick in axis.ticks():
        x = axis.at(tick)
        grid.append(f'<line x1="{x:.1f}" y1="{MARGIN}" x2="{x:.1f}" y2="{bottom}" class="grid"/>')
        grid.append(text(x, bottom + 15, number(tick), "tick"))
    grid.append(text(axis.right + 28, bottom + 15, unit + (", logarithmic" if axis.logarithmic else ""), "unit"))
    return (f'<svg viewBox="0 0 {WIDTH} {bottom + 24}" role="img" aria-label="{html.escape(title, quote=True)}">'
            f'{text(0, 14, title, "title")}{"".join(grid)}{"".join(body)}</svg>')


def bars(title, entries, unit):
    """A bar each for (label, spread), from the median, with a whisker from the lowest to the highest. No spread: no value."""
    known = [spread for _, spread in entries if spread]
    axis = Axis([spread[name] for spread in known for name in ("low", "high")], LABEL, WIDTH - VALUE)
    body = []
    for row, (label, spread) in enumerate(entries):
        y = MARGIN + row * ROW
        body.append(text(LABEL - 8, y + 17, label, "label"))
        if not spread:
            body.append(text(LABEL + 4, y + 17, "no figure", "missing"))
            continue
        low, x, high = (axis.at(spread[name]) for name in ("low", "median", "high"))
        body.append(f'<rect x="{LABEL}" y="{y + 5}" width="{max(1, x - LABEL):.1f}" height="{ROW - 10}" class="bar bar{row % 8}"/>')
        body.append(f'<line x1="{low:.1f}" y1="{y + ROW / 2}" x2="{high:.1f}" y2="{y + ROW / 2}" class="whisker"/>')
        shown = number(spread["median"])
        if spread["n"] > 1:
            shown += f" ({number(spread['low'])} to {number(spread['high'])})"
        body.append(text(max(x, high) + 6, y + 17, shown, "value"))
    return frame(title, len(entries), body, axis, unit)


def strips(title, entries, unit, bound=None):
    """A row each for (label, distribution): a dot per sample, marks at the median and the 95th percentile; and a line
    at the bound that a goal sets."""
    known = [entry for _, entry in entries if entry]
    values = [value for entry in known for value in entry["values"]]
    axis = Axis([*values, *([bound] if bound else [])], LABEL, WIDTH - VALUE)
    body = []
    if bound:
        x = axis.at(bound)
        body.append(f'<line x1="{x:.1f}" y1="{MARGIN}" x2="{x:.1f}" y2="{MARGIN + len(entries) * ROW}" class="bound"/>')
    for row, (label, entry) in enumerate(entries):
        middle = MARGIN + row * ROW + ROW / 2
        body.append(text(LABEL - 8, middle + 4, label, "label"))
        if not entry:
            body.append(text(LABEL + 4, middle + 4, "no figure", "missing"))
            continue
        for place, value in enumerate(entry["values"]):
            body.append(f'<circle cx="{axis.at(value):.1f}" cy="{middle + place % 3 * 4 - 4:.1f}" r="3" class="dot"/>')
        for name in ("p50", "p95"):
            x = axis.at(entry[name])
            body.append(f'<line x1="{x:.1f}" y1="{middle - 10}" x2="{x:.1f}" y2="{middle + 10}" class="{name}"/>')
        body.append(text(WIDTH - VALUE + 8, middle + 4, f"p50 {number(entry['p50'])}, p95 {number(entry['p95'])}, n {entry['n']}",
                         "value"))
    return frame(title, len(entries), body, axis, unit)
