"""Where the marks of a chart stand, in percent of its drawing area. Pure; no drawing here.

Percent and not pixels, so that a chart is as wide as its page and its text keeps its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml_steps.evidence import Bars, Histogram, Interval, Intervals, Matrix, Pairs, State
from ml_steps.report.text import number

SHADES = 10
"""A matrix cell has a shade from 0 (none of its row) to this (all of its row)."""


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Bar:
    """A bar from its left edge `at`, both in percent; `label` and `value` are its text."""

    label: str
    value: str
    at: float
    size: float


@dataclass(frozen=True)
class Axes:
    """The bars of a histogram with the ticks of both axes; y counts from the bottom."""

    bars: list[Bar]
    x: list[Tick]
    y: list[Tick]


@dataclass(frozen=True)
class Cell:
    """A cell of a matrix: its count, its share of the row as text, and its shade."""

    count: str
    share: str
    shade: int


@dataclass(frozen=True)
class Whisker:
    """One line of an interval chart; what is unknown is None."""

    label: str
    state: State
    text: str
    value: float
    low: float | None
    high: float | None
    threshold: float | None


@dataclass(frozen=True)
class Whiskers:
    """The lines of an interval chart; without ticks each line has a scale of its own."""

    lines: list[Whisker]
    ticks: list[Tick]


def percent(value: float, low: float, high: float) -> float:
    """Return where a value stands between low and high, in percent; the middle where they are equal."""
    if high <= low:
        return 50.0
    # Halved first: the span of two huge numbers of unlike sign is infinite.
    return round(100 * ((value / 2 - low / 2) / (high / 2 - low / 2)), 2)


def ticks(low: float, high: float, at_most: int = 5) -> list[Tick]:
    """Return round numbers between low and high, at steps of 1, 2 or 5 times a power of ten."""
    rough = high / at_most - low / at_most
    if not 0 < rough < math.inf:
        return [Tick(percent(low, low, high), number(low))]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(percent(index * step, low, high), number(index * step)) for index in range(first, last + 1)]


def bars(chart: Bars) -> list[Bar]:
    """Return a bar a value from a common zero line; negative values go to its left, and shares are of 100 %."""
    return _bars(chart, 100.0 if chart.unit == "%" else 0.0)


def _bars(chart: Bars, least: float = 0.0) -> list[Bar]:
    """Return the bars on a scale that ends at the largest value, or at `least`."""
    low, high = min([0.0, *chart.values]), max([least, *chart.values])
    zero = percent(0, low, high) if high > low else 0.0
    placed = []
    for label, value in zip(chart.labels, chart.values, strict=True):
        end = percent(value, low, high) if high > low else 0.0
        text = f"{number(value)} {chart.unit}".rstrip()
        placed.append(Bar(label, text, min(zero, end), round(abs(end - zero), 2)))
    return placed


def pairs(chart: Pairs) -> list[tuple[Bar, Bar]]:
    """Return two bars a label, all on one scale."""
    every = [pair[side] for side in (0, 1) for pair in chart.values]
    placed = _bars(Bars(title=chart.title, labels=[*chart.labels, *chart.labels], values=every, unit=chart.unit))
    half = len(chart.labels)
    return list(zip(placed[:half], placed[half:], strict=True))


def histogram(chart: Histogram) -> Axes:
    """Return a bar a bin, all equally wide whatever their edges, and the edges as ticks."""
    bins = len(chart.counts)
    # The counts are whole numbers; below 5 the steps would not be.
    top = max([5, *chart.counts])
    placed = [
        Bar(
            f"{number(chart.edges[index])} to {number(chart.edges[index + 1])}",
            number(count),
            percent(index, 0, bins),
            percent(count, 0, top),
        )
        for index, count in enumerate(chart.counts)
    ]
    every = math.ceil(bins / 5) or 1
    x = [Tick(percent(index, 0, bins), number(chart.edges[index])) for index in range(0, bins + 1, every)]
    return Axes(placed, x if bins else [], ticks(0, top, 4))


def matrix(chart: Matrix) -> list[list[Cell]]:
    """Return the cells row by row, shaded by their share of the row."""
    return [[_cell(count, sum(row)) for count in row] for row in chart.counts]


def _cell(count: int, total: int) -> Cell:
    share = count / total if total else 0.0
    # Rounded up: a cell that is not empty is never shown as an empty one.
    return Cell(number(count), f"{share:.1%}" if total else "-", min(SHADES, math.ceil(share * SHADES)))


def intervals(chart: Intervals) -> Whiskers:
    """Return the lines on one scale with its ticks, or each on its own where one scale would hide some.

    That is where a line's own extent is less than a thirtieth of the whole, as when a latency in
    milliseconds stands beside an accuracy.
    """
    extents = [_extent(item) for item in chart.items]
    if not extents:
        return Whiskers([], [])
    low, high = _padded(min(low for low, _ in extents), max(high for _, high in extents))
    spans = [high - low for low, high in extents if high > low]
    if len(extents) > 1 and (not spans or min(spans) < (high - low) / 30):
        own = [_padded(*extent) for extent in extents]
        return Whiskers([_whisker(item, *scale) for item, scale in zip(chart.items, own, strict=True)], [])
    return Whiskers([_whisker(item, low, high) for item in chart.items], ticks(low, high))


def _extent(item: Interval) -> tuple[float, float]:
    known = [value for value in (item.value, item.low, item.high, item.threshold) if value is not None]
    return min(known), max(known)


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _whisker(item: Interval, low: float, high: float) -> Whisker:
    def at(value: float | None) -> float | None:
        return None if value is None else percent(value, low, high)

    text = number(item.value)
    if item.low is not None and item.high is not None:
        text += f" ({number(item.low)} to {number(item.high)})"
    if item.threshold is not None:
        text += f", threshold {number(item.threshold)}"
    place = percent(item.value, low, high)
    return Whisker(item.label, item.state, text, place, at(item.low), at(item.high), at(item.threshold))
