"""Confidence intervals: Wilson's for proportions, percentiles of bootstrap replicates for the rest."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ml_steps.evaluation.record import Difference, Metric, Relative

SEED = 20_260_101
REPLICATES = 10_000
Z_95 = NormalDist().inv_cdf(0.975)
MOST_UNDEFINED = 0.1
"""Share of replicates without a value above which there is no interval."""


def wilson(successes: float, n: float) -> tuple[float, float] | None:
    """Return the two-sided 95 % score interval of a proportion, within [0, 1]; None where n is 0.

    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference, JASA 22,
    209-212.
    """
    if n <= 0:
        return None
    share, z2 = successes / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def expanded(tail: float, n: int) -> float:
    """Return the level, below `tail`, whose percentile of a bootstrap of n rows or groups is a bound at `tail`.

    Those of the mean would otherwise lie z_tail standard deviations of divisor n from it, where Student's interval
    has t_tail,n-1 of divisor n - 1: Hesterberg (2015), What teachers should know about the bootstrap, The American
    Statistician 69, 371-386, on expanded percentiles. 0 for n = 1: the extremes of the replicates.
    """
    return NormalDist().cdf(math.sqrt(n / (n - 1)) * float(stdtrit(n - 1, tail))) if n > 1 else 0.0


def percentiles(replicates: NDArray[np.float64] | None, tail: float) -> tuple[float, float] | None:
    """Return the `tail` and 1 - `tail` percentiles: 0.025 for a 95 % interval, 0.05 for one-sided 95 %
    bounds.

    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; None as for `defined`.
    """
    values = defined(replicates)
    if values is None:
        return None
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)


def symmetric(value: float, replicates: NDArray[np.float64] | None) -> tuple[float, float] | None:
    """Return the smallest interval around a value of 0 … 1 that holds the percentile and the basic 95 % interval.

    For extremes over groups, which resampling moves outwards: percentiles (Efron & Tibshirani 1993, chapter 13) can
    all lie on one side of the value, and the basic interval, which mirrors them at it (Davison & Hinkley 1997,
    Bootstrap Methods and their Application, section 5.2), is too short where they do not. This one covers whatever
    either covers. None as for `defined`.
    """
    ends = percentiles(replicates, 0.025)
    if ends is None:
        return None
    reach = max(abs(end - value) for end in ends)
    return max(0.0, value - reach), min(1.0, value + reach)


def centred(replicates: NDArray[np.float64] | None, value: float) -> NDArray[np.float64] | None:
    """Shift replicates, all within [0, 1], so that their median is the value; None as for `defined`.

    A bootstrap of a mean over many classes of few rows each lies below the value, as its samples leave out rows.
    """
    values = defined(replicates)
    return None if values is None else np.clip(values + value - np.median(values), 0, 1)


@np.errstate(over="ignore", invalid="ignore")
def paired(
    value: float,
    baseline: float,
    own: NDArray[np.float64] | None,
    older: NDArray[np.float64] | None,
    n: int,
) -> Difference:
    """Return candidate minus baseline on n rows, groups or pools; `own` and `older` are replicates of the same samples.

    Bounds (`expanded`) and standard error are of the replicates, None as for `defined`. The relative bounds are of the
    difference over |baseline| in each sample: by the value alone that of a model that errs by a constant more would
    seem never to vary. Their standard error is that of a ratio of means, to first order (Cochran 1977, Sampling
    Techniques, chapter 6): the ratios' own explodes where samples of the baseline come near 0. There are none
    where one is 0, or where squares of them overflow.
    """
    made = Difference(value=value - baseline, low=None, high=None)
    if own is None or older is None:
        return made
    differences, scale, tail = own - older, np.abs(older), expanded(0.05, n)
    ends, values = percentiles(differences, tail), defined(differences)
    if ends is None or values is None:
        return made
    made.low, made.high, made.error, made.units = *ends, finite(values.std()), n
    if baseline and scale.all():
        share = made.value / abs(baseline)
        ends, apart = percentiles(differences / scale, tail), defined(differences - share * scale)
        error = None if apart is None else finite(apart.std() / abs(baseline))
        if ends is not None and error is not None:
            made.relative = Relative(low=ends[0], high=ends[1], error=error)
    return made


def entries(  # noqa: PLR0913 - what stands in every entry
    values: list[dict[str, float | None]],
    replicates: list[dict[str, NDArray[np.float64]]],
    *,
    n: int,
    units: int,
    slice_: str | None,
    group: str | None,
    method: str,
) -> list[Metric]:
    """Return an entry a metric with its 95 % interval and, beside a baseline, the paired difference.

    Both lists are of the candidate and, where there is one, the baseline; no replicates: there are no bounds. `units`
    is how many rows, groups or pools were resampled.
    """
    made, tail = [], expanded(0.025, units)
    for name, value in values[0].items():
        ends = None if value is None else percentiles(replicates[0].get(name), tail)
        low, high = ends or (None, None)
        entry = Metric(metric=name, slice=slice_, group=group, value=value, low=low, high=high, n=n)
        entry.method = "" if low is None else method
        other = entry.baseline = values[1][name] if len(values) > 1 else None
        if value is not None and other is not None:
            entry.difference = paired(value, other, replicates[0].get(name), replicates[1].get(name), units)
        made.append(entry)
    return made


def defined(replicates: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return the replicates without those that have no value (NaN); None with more than a tenth of them, or none."""
    if replicates is None:
        return None
    values = replicates[np.isfinite(replicates)]
    return values if len(values) >= (1 - MOST_UNDEFINED) * len(replicates) else None


def finite(value: float) -> float | None:
    """Return the value as a plain float, or None where it is NaN or infinite."""
    return float(value) if math.isfinite(value) else None
