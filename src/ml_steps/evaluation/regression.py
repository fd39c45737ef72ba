"""Metrics of a regression over a group of rows: scikit-learn's values, intervals and paired differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from ml_steps.evaluation.intervals import SEED, finite, percentiles
from ml_steps.evaluation.record import Difference, Metric

Floats = NDArray[np.float64]

REPLICATES = 4_000
MOST_GROUPS = 2_000
"""Above as many rows, random groups of equal size are resampled instead; their sums vary as the rows' do."""
CHUNK_ROWS = 250


def measure(  # noqa: PLR0913 - the group, and how to resample it
    target: Floats,
    candidate: Floats,
    baseline: Floats | None,
    *,
    slice_: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return mae and rmse, in the target's unit, and r2 (at most 1), for n > 0 rows; arrays of shape (n,).

    Intervals are percentiles of a bootstrap over rows (Efron & Tibshirani 1993, chapter 13); with a baseline,
    both are resampled together. r2 is None where the target is constant.
    """
    values = _values(target, candidate)
    others = {} if baseline is None else _values(target, baseline)
    own, differences = _bootstrap(target, candidate, baseline, replicates, seed)
    unit = "rows" if len(target) <= MOST_GROUPS else "groups of rows"
    method = f"bootstrap over {unit} ({replicates:,} replicates)"
    entries = []
    for name, value in values.items():
        low, high = (None, None) if value is None else percentiles(own[name], 0.025) or (None, None)
        entry = Metric(metric=name, slice=slice_, value=value, low=low, high=high, n=len(target))
        entry.method = "" if low is None else method
        other = entry.baseline = others.get(name)
        if value is not None and other is not None:
            ends = percentiles(differences[name], 0.05) or (None, None)
            entry.difference = Difference(value=value - other, low=ends[0], high=ends[1])
        entries.append(entry)
    return entries


def _values(target: Floats, answer: Floats) -> dict[str, float | None]:
    with np.errstate(over="ignore", invalid="ignore"):
        constant = len(target) < 2 or float(np.ptp(target)) == 0
        return {
            "mae": finite(mean_absolute_error(target, answer)),
            "rmse": finite(root_mean_squared_error(target, answer)),
            "r2": None if constant else finite(r2_score(target, answer)),
        }


def _bootstrap(
    target: Floats, candidate: Floats, baseline: Floats | None, replicates: int, seed: int
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return replicates of the candidate's metrics, and of the differences (empty without a baseline)."""
    generator = np.random.default_rng(seed)
    answers = [candidate] if baseline is None else [candidate, baseline]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = _resampled_sums(_terms(target, answers), replicates, generator)
        metrics = [_from_sums(sums, position) for position in range(len(answers))]
        own = metrics[0]
        differences = {} if baseline is None else {name: own[name] - metrics[1][name] for name in own}
    return own, differences


def _terms(target: Floats, answers: list[Floats]) -> Floats:
    """Return what each row adds to the sums that the metrics are made of; (n, 3 + 2 answers)."""
    centred = target - target.mean()
    columns = [np.ones_like(target), centred, centred**2]
    for answer in answers:
        error = answer - target
        columns += [np.abs(error), error**2]
    return np.stack(columns, axis=1)


def _resampled_sums(terms: Floats, replicates: int, generator: np.random.Generator) -> Floats:
    if len(terms) > MOST_GROUPS:
        order = generator.permutation(len(terms))
        edges = np.linspace(0, len(terms), MOST_GROUPS, endpoint=False).astype(np.int64)
        terms = np.add.reduceat(terms[order], edges, axis=0)
    groups = len(terms)
    chunks = []
    for start in range(0, replicates, CHUNK_ROWS):
        size = min(CHUNK_ROWS, replicates - start)
        drawn = generator.integers(groups, size=(size, groups)) + np.arange(size)[:, None] * groups
        weights = np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups)
        chunks.append(weights.astype(np.float64) @ terms)
    return np.concatenate(chunks)


def _from_sums(sums: Floats, position: int) -> dict[str, Floats]:
    n, total, squares = sums[:, 0], sums[:, 1], sums[:, 2]
    absolute, squared = sums[:, 3 + 2 * position], sums[:, 4 + 2 * position]
    spread = squares - total**2 / n
    r2 = np.where(spread > 1e-12 * squares, 1 - squared / spread, np.nan)
    return {"mae": absolute / n, "rmse": np.sqrt(squared / n), "r2": r2}
