"""Tail probabilities of three tests, and their correction over many columns.

Standard library only: importing scipy.stats would take longer than most validations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Return P(X >= statistic) of the chi-square distribution with whole degrees of freedom, 1 or more.

    The finite sums of Abramowitz and Stegun 26.4.4 and 26.4.5, each term through its logarithm.
    """
    if statistic <= 0:
        return 1.0
    half, odd = statistic / 2, degrees % 2
    powers = (index + odd / 2 for index in range(degrees // 2))
    terms = (math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)
    return min(1.0, (math.erfc(math.sqrt(half)) if odd else 0.0) + math.fsum(terms))


def student_tail(statistic: float, degrees: int) -> float:
    """Return P(T >= statistic) of Student's distribution with whole degrees of freedom, 1 or more.

    The finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4; above 1,000 degrees the normal distribution.
    """
    if degrees > 1000:
        return 0.5 * math.erfc(statistic / math.sqrt(2))
    angle, odd = math.atan(abs(statistic) / math.sqrt(degrees)), degrees % 2
    term = total = math.cos(angle) if odd else 1.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= math.cos(angle) ** 2 * (k - 1) / k
        total += term
    within = math.sin(angle) * (total if degrees > 1 else 0.0)
    within = 2 / math.pi * (angle + within) if odd else within
    above = (1 - within) / 2
    return above if statistic >= 0 else 1 - above


def kolmogorov_tail(statistic: float) -> float:
    """Return P(K >= statistic) of Kolmogorov's limiting distribution, statistic = sqrt(nm / (n + m)) D."""
    if statistic < 0.2:  # the series does not settle there; the probability differs from 1 by less than 1e-12
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * statistic) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted by Holm's step-down method, in the order given.

    At a level of 5 %, at most 5 % of families have any false alarm, whatever depends on what
    (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
