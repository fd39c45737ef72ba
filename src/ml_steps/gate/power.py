"""How many rows a claim takes."""

from __future__ import annotations

import math

LEVEL = 0.05
"""Chance of a wrong verdict that every test is allowed."""
Z_LEVEL, Z_POWER = 1.6449, 0.8416
"""Quantiles 0.95 and 0.80 of the normal distribution."""


def rows_needed(n: int, error: float, distance: float, tests: int = 1) -> int | None:
    """Return about how many rows show, in 80 of 100 cases, a difference that lies `distance` from its threshold.

    `error` is the standard error on n rows. It shrinks with the root of n, as long as the same share of
    predictions changes: n * ((z_0.95 + z_0.80) * error / distance)^2; of several `tests` that share the level, as in
    Holm's correction of the smallest p-value, with z of 1 - 0.05 / tests. Rounded up to two digits; None where no
    number of rows would. Julious (2004), Sample sizes for clinical trials with Normal data, Statistics in
    Medicine 23, 1921-1986.
    """
    if not (error > 0 and distance > 0 and error / distance < 1e6):
        return None
    level = Z_LEVEL if tests == 1 else _normal_quantile(1 - LEVEL / tests)
    exact = n * ((level + Z_POWER) * error / distance) ** 2
    if not exact < 1e12:
        return None
    step: int = 10 ** max(0, math.floor(math.log10(max(exact, 1))) - 1)
    return math.ceil(exact / step) * step


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist  # takes longer to import than most gates to judge

    return NormalDist().inv_cdf(probability)
