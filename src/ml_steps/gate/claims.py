"""What a claim against the baseline says, in terms of the paired difference d = candidate - baseline.

`low` and `high` are one-sided 95 % bounds of d, turned so that positive is better. The claims are tests of
non-inferiority (shown_not_worse), of harm (not_shown_worse) and of superiority (shown_better) with a margin;
Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml_steps.evaluation.record import Metric
from ml_steps.gate.text import number
from ml_steps.metrics import LOWER_IS_BETTER
from ml_steps.project import Claim


@dataclass(frozen=True)
class Bounds:
    """The paired difference, positive is better."""

    value: float
    low: float
    high: float


def bounds_of(entry: Metric) -> Bounds | None:
    """Return the difference of a metric, turned for those where lower is better; None where there is none."""
    difference = entry.difference
    if difference is None or difference.low is None or difference.high is None:
        return None
    value, low, high = difference.value, difference.low, difference.high
    if not all(map(math.isfinite, (value, low, high))):
        return None
    return Bounds(-value, -high, -low) if entry.metric in LOWER_IS_BETTER else Bounds(value, low, high)


def holds(claim: Claim, bounds: Bounds, margin: float) -> bool:
    """Tell whether a claim holds with a margin of 0 or more."""
    match claim:
        case "not_shown_worse":
            return not bounds.high < -margin
        case "shown_not_worse":
            return bounds.low > -margin
        case "shown_better":
            return bounds.low > margin


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


def next_step(claim: Claim, bounds: Bounds, margin: float) -> str:
    """Return what to do about a claim that does not hold."""
    if bounds.high < -margin:
        return "It is worse on the same rows; see the confusion matrix and the slices for where."
    if claim == "shown_better":
        return "These rows do not show it to be better; improve the model or score more rows."
    return 'These rows cannot show it; score more rows, or claim "not_shown_worse" instead.'
