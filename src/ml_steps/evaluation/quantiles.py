"""Bootstrap replicates of quantiles of the absolute error, without a sort for each replicate.

A sample's quantile is where its distribution function reaches p. That function is a sum over rows, so that it can
be resampled like any other, here at order statistics around the quantile. The bootstrap of a quantile is valid
where errors have a density there: Bickel & Freedman (1981), Some asymptotic theory for the bootstrap, Annals of
Statistics 9, 1196-1217.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_steps.evaluation.resampling import Floats, Pools

QUANTILES = {"absolute_error_p50": 0.5, "absolute_error_p90": 0.9, "absolute_error_p95": 0.95}
POINTS = 41
REACH = 4.0
"""The points lie at sinh(-REACH) … sinh(REACH) standard errors, ±27: close to the quantile, and far enough."""


def rows_below(errors: Floats, pools: Pools) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return T points, how many rows of each pool are at or below each, and where rows lie before a point.

    The points ascend; shapes (T,), (pools, T) and (T,): True where there are values between it and the last point.
    """
    ordered = np.sort(errors)
    steps = np.sinh(np.linspace(-REACH, REACH, POINTS))
    shares = [p + steps * np.sqrt(p * (1 - p) / pools.groups) for p in QUANTILES.values()]
    ranks = np.clip(np.rint(np.concatenate(shares) * len(ordered)), 0, len(ordered) - 1).astype(np.int64)
    points = np.unique(ordered[ranks])
    width = len(points) + 1
    place = pools.of_row * width + np.searchsorted(points, errors)
    counts = np.bincount(place, minlength=pools.count * width).reshape(pools.count, width)[:, :-1]
    first, behind = np.searchsorted(ordered, points), np.searchsorted(ordered, points, side="right")
    between = np.concatenate([[False], first[1:] > behind[:-1]])
    return points, counts.cumsum(axis=1).astype(np.float64), between


def quantile_replicates(below: Floats, n: Floats, points: Floats, between: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return the quantiles of R samples of n rows, shape (R,), by how many of them are at or below each point.

    Between two points that have rows between them, rows are taken to be spread evenly.
    """
    rows = np.arange(len(below))
    result = {}
    for name, p in QUANTILES.items():
        reached = below >= (p * n)[:, None]
        at = np.where(reached.any(axis=1), reached.argmax(axis=1), len(points) - 1)
        before = np.maximum(at - 1, 0)
        low, high = below[rows, before], below[rows, at]
        part = np.where(between[at] & (high > low), (p * n - low) / np.maximum(high - low, 1), 1.0)
        result[name] = points[before] + np.clip(part, 0, 1) * (points[at] - points[before])
    return result
