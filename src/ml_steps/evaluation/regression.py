"""Metrics of a regression over a slice of rows: scikit-learn's values, intervals and paired differences."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from ml_steps.evaluation.intervals import SEED, entries, finite
from ml_steps.evaluation.quantiles import QUANTILES, quantile_replicates, rows_below
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import Codes, Floats, Pools, drawn, pools_of
from ml_steps.metrics import FEWEST_FOR_BOUNDS

REPLICATES = 4_000


def measure(  # noqa: PLR0913 - the rows, and how to resample them
    target: Floats,
    candidate: Floats,
    baseline: Floats | None,
    *,
    slice_: str | None = None,
    groups: Codes | None = None,
    group: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return the metrics of a slice of n > 0 rows; arrays have shape (n,).

    These are mae, rmse and the quantiles of the absolute error, in the target's unit, and r2 (at most 1), each with
    an interval and with a baseline a paired difference: percentiles of a bootstrap over rows (Efron & Tibshirani
    1993, chapter 13); of fewer than 5 rows none, and none of a quantile beyond which less than one row lies. Rows with
    the same code in `groups`, shape (n,), are resampled together; `group` names the column. r2 is None where the
    target is constant.
    """
    answers = [candidate] if baseline is None else [candidate, baseline]
    values = [_values(target, answer) for answer in answers]
    generator = np.random.default_rng(seed)
    pools = pools_of(len(target), groups, group, generator)
    found = _replicates(target, answers, pools, replicates, generator) if pools.enough else [{} for _ in answers]
    method = f"expanded percentile bootstrap over {pools.unit} ({replicates:,} replicates)"
    return entries(values, found, n=len(target), units=pools.count, slice_=slice_, group=group, method=method)


def _values(target: Floats, answer: Floats) -> dict[str, float | None]:
    with np.errstate(over="ignore", invalid="ignore"):
        constant = len(target) < 2 or float(np.ptp(target)) == 0
        quantiles = np.quantile(np.abs(answer - target), list(QUANTILES.values()))
        return {
            "mae": finite(mean_absolute_error(target, answer)),
            "rmse": finite(root_mean_squared_error(target, answer)),
            "r2": None if constant else finite(r2_score(target, answer)),
            **dict(zip(QUANTILES, map(finite, quantiles), strict=True)),
        }


def _replicates(
    target: Floats, answers: list[Floats], pools: Pools, replicates: int, generator: np.random.Generator
) -> list[dict[str, Floats]]:
    """Return each answer's replicates by metric, shape (R,), all of the same samples."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        below = [rows_below(np.abs(answer - target), pools) for answer in answers]
        terms = np.concatenate([_sums(target, answers, pools), *(table for _, table, _ in below)], axis=1)
        samples = np.concatenate([weights @ terms for weights in drawn(pools.count, replicates, generator)])
        result, start = [], 3 + 2 * len(answers)
        for position, (points, _, between) in enumerate(below):
            reached = samples[:, start : start + len(points)]
            start += len(points)
            quantiles = quantile_replicates(reached, samples[:, 0], points, between)
            known = {name: found for name, found in quantiles.items() if pools.groups >= FEWEST_FOR_BOUNDS.get(name, 0)}
            result.append(_of_sums(samples, position) | known)
    return result


def _sums(target: Floats, answers: list[Floats], pools: Pools) -> Floats:
    """Return what each pool adds to the sums that the metrics are made of; (pools, 3 + 2 answers)."""
    centred = target - target.mean()
    columns = [np.ones_like(target), centred, centred**2]
    for answer in answers:
        error = answer - target
        columns += [np.abs(error), error**2]
    return np.stack([np.bincount(pools.of_row, column, pools.count) for column in columns], axis=1)


def _of_sums(sums: Floats, position: int) -> dict[str, Floats]:
    n, total, squares = sums[:, 0], sums[:, 1], sums[:, 2]
    absolute, squared = sums[:, 3 + 2 * position], sums[:, 4 + 2 * position]
    spread = squares - total**2 / n
    r2 = np.where(spread > 1e-12 * squares, 1 - squared / spread, np.nan)
    return {"mae": absolute / n, "rmse": np.sqrt(squared / n), "r2": r2}
