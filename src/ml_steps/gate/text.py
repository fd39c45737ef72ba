"""Numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable

from ml_steps.evaluation.record import Metric
from ml_steps.report.text import number


def with_interval(value: float | None, low: float | None, high: float | None, beside: Iterable[float] = ()) -> str:
    """Return `0.712 [0.689, 0.734]`, or what of it there is; `beside` as for `number`."""
    shown = "undefined" if value is None else number(value, beside)
    return shown if low is None or high is None else f"{shown} [{number(low, beside)}, {number(high, beside)}]"


def measured(entry: Metric, beside: Iterable[float] = ()) -> str:
    """Return `0.712 [0.689, 0.734], n 1,582`; `beside` as for `number`."""
    return f"{with_interval(entry.value, entry.low, entry.high, beside)}, n {entry.n:,}"


def of_class(metric: str) -> str:
    """Return which rows alone a metric of one class rests on: ` of class 2`, ` answered 2`; else nothing."""
    name, bracket, class_ = metric.partition("[")
    return f" {'answered' if name == 'precision' else 'of class'} {class_[:-1]}" if bracket else ""
