"""Numbers as a person reads them."""

from __future__ import annotations

import math

from ml_steps.evaluation.record import Metric


def number(value: float) -> str:
    """Return four significant digits, or whole numbers with thousands separators from 10,000 up."""
    value += 0.0  # of -0, 0
    return f"{value:,.0f}" if math.isfinite(value) and abs(value) >= 10_000 else f"{value:.4g}"


def with_interval(value: float | None, low: float | None, high: float | None) -> str:
    """Return `0.712 [0.689, 0.734]`, or what of it there is."""
    shown = "undefined" if value is None else number(value)
    return shown if low is None or high is None else f"{shown} [{number(low)}, {number(high)}]"


def measured(entry: Metric) -> str:
    """Return `0.712 [0.689, 0.734], n 1,582`."""
    return f"{with_interval(entry.value, entry.low, entry.high)}, n {entry.n:,}"
