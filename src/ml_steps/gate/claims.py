"""What a claim against the baseline says, in terms of the paired difference d = candidate - baseline.

`low` and `high` are one-sided 95 % bounds of d, turned so that positive is better. The claims are tests of
non-inferiority (shown_not_worse), of harm (not_shown_worse) and of superiority (shown_better) with a margin;
Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml_steps.config import Claim
from ml_steps.data.significance import student_tail
from ml_steps.evaluation.record import Metric
from ml_steps.gate.power import Z_LEVEL, rows_needed
from ml_steps.gate.text import of_class
from ml_steps.metrics import LOWER_IS_BETTER
from ml_steps.report.text import number


@dataclass(frozen=True)
class Bounds:
    """The paired difference, positive is better."""

    value: float
    low: float
    high: float
    error: float
    """Standard error."""
    units: int
    """Of how many rows, groups or pools."""


def by_share(entry: Metric) -> Metric:
    """Return an entry for a margin in percent: with the bounds of its difference as a share of |baseline|.

    These are given in the metric's unit, so that the share of the baseline's value that is the margin bounds them.
    """
    difference = entry.difference
    if difference is None or entry.baseline is None:
        return entry
    share, one = difference.relative, abs(entry.baseline)
    bounds = {name: None if share is None else getattr(share, name) * one for name in ("low", "high", "error")}
    return entry.model_copy(update={"difference": difference.model_copy(update=bounds)})


def bounds_of(entry: Metric) -> Bounds | None:
    """Return the difference of a metric, turned for those where lower is better; None where it is undefined.

    Where the evidence gives no standard error, it is taken from the bounds.
    """
    difference = entry.difference
    if difference is None or difference.low is None or difference.high is None:
        return None
    value, low, high = difference.value, difference.low, difference.high
    error = (high - low) / (2 * Z_LEVEL) if difference.error is None else difference.error
    if not (all(map(math.isfinite, (value, low, high, error))) and low <= high and error >= 0):
        return None
    if entry.metric in LOWER_IS_BETTER:
        value, low, high = -value, -high, -low
    return Bounds(value, low, high, error, difference.units or entry.n)


def holds(claim: Claim, bounds: Bounds, margin: float) -> bool:
    """Tell whether a claim holds with a margin of 0 or more."""
    match claim:
        case "not_shown_worse":
            return not bounds.high < -margin
        case "shown_not_worse":
            return bounds.low > -margin
        case "shown_better":
            return bounds.low > margin


def distance(bounds: Bounds, margin: float) -> float:
    """Return how far the difference is above a drop of the margin, in standard errors; infinite without any spread."""
    above = bounds.value + margin
    if bounds.error == 0:
        return -math.inf if above < 0 else math.inf
    return above / bounds.error


def p_harm(bounds: Bounds, margin: float) -> float:
    """Return the one-sided p-value of a drop of more than the margin, in [0, 1]; small is evidence of harm.

    The probability of a difference as low as this where the true drop is just the margin: Student's test, as the
    bounds have it (evaluation.intervals.expanded). Without any spread it is 0 or 1, of a single row 0.5.
    """
    if bounds.error > 0 and bounds.units < 2:
        return 0.5
    degrees = max(1, bounds.units - 1)
    return student_tail(-distance(bounds, margin) * math.sqrt(degrees / (degrees + 1)), degrees)


def expected(claim: Claim, metric: str, margin: float) -> str:
    """Return the claim as operator and threshold on the difference as it is written in the evidence."""
    turned = metric in LOWER_IS_BETTER
    better, worse = number(-margin if turned else margin), number(margin if turned else -margin)
    lower, upper = ("upper", "lower") if turned else ("lower", "upper")
    more, at_least = ("<", "<=") if turned else (">", ">=")
    match claim:
        case "not_shown_worse":
            return f"{claim}: {upper} bound of the difference {at_least} {worse}"
        case "shown_not_worse":
            return f"{claim}: {lower} bound of the difference {more} {worse}"
        case "shown_better":
            return f"{claim}: {lower} bound of the difference {more} {better}"


def advice(claim: Claim, bounds: Bounds, margin: float, entry: Metric, tests: int = 1) -> tuple[str, int | None]:
    """Return what to do about a claim that does not hold, or that holds for want of rows, and the rows needed.

    `entry` is what was measured, and `tests` how many slices a claim of no harm is corrected for. Nothing to do is an
    empty text; None: the lack is not one of rows.
    """
    if bounds.high < -margin:
        return "It is worse on the same rows; see the page of evaluate for where.", None
    match claim:
        case "not_shown_worse":
            return _undecided(bounds, margin, entry, tests)
        case "shown_not_worse":
            return _not_ruled_out(bounds, margin, entry)
        case "shown_better":
            needed = rows_needed(entry.n, bounds.error, bounds.value - margin)
            if needed is None:
                return "These rows do not show it to be better; improve the model.", None
            return f"These rows do not show it to be better; {_to_show('the gain seen here', needed, entry)}.", needed


def _undecided(bounds: Bounds, margin: float, entry: Metric, tests: int) -> tuple[str, int | None]:
    needed = rows_needed(entry.n, bounds.error, margin, tests)
    if bounds.low > -margin or needed is None or needed <= entry.n:
        return "", None
    worse = "It looks worse, and a" if bounds.high < 0 else "A"
    change = "rise" if entry.metric in LOWER_IS_BETTER else "drop"
    return f"{worse} larger {change} is not ruled out; {_to_show('one of twice the margin', needed, entry)}.", needed


def _not_ruled_out(bounds: Bounds, margin: float, entry: Metric) -> tuple[str, int | None]:
    instead = 'or claim "not_shown_worse" instead.'
    needed = rows_needed(entry.n, bounds.error, margin)
    if needed is None:
        return f"These rows cannot show it; give a larger margin, {instead}", None
    if needed <= entry.n:
        return (
            f"About {needed:,} rows show that an equal model is no worse, and here are {entry.n:,}; improve it.",
            None,
        )
    if bounds.high < 0:
        return "It is worse on the same rows, so that more of them will hardly help; improve it.", None
    if bounds.value <= -margin:
        chance = _to_show("an equal model to be no worse", needed, entry)
        return f"It looks worse on the same rows; improve it, or, if that is chance, {chance}.", needed
    return f"These rows cannot show it; {_to_show('an equal model to be no worse', needed, entry)}, {instead}", needed


def _to_show(what: str, needed: int, entry: Metric) -> str:
    where = of_class(entry.metric) + (f" of {entry.slice}" if entry.slice else "")
    return f"to show {what}, score about {needed:,} rows{where} (here {entry.n:,})"
