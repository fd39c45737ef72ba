"""Whether a classifier's probabilities can be taken at their word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss

from ml_steps.evaluation.intervals import SEED, entries, finite
from ml_steps.evaluation.record import CalibrationBin, Metric
from ml_steps.evaluation.resampling import FEWEST_ROWS, Codes, Floats, Pools, drawn, pools_of

BINS = 15
"""As in Guo et al. (2017)."""
REPLICATES = 4_000


def measure(  # noqa: PLR0913 - the rows, and how to resample them
    target: Codes,
    candidate: Floats,
    baseline: Floats | None,
    *,
    whole: Codes | None = None,
    slice_: str | None = None,
    groups: Codes | None = None,
    group: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return brier, log_loss and, without groups, ece of n > 0 rows; probabilities have shape (n, K); none for K = 1.

    brier is the sum of squares over all classes, 0 … 2 (Brier 1950, Verification of forecasts expressed in terms of
    probability, Monthly Weather Review 78, 1-3; for two classes that is twice what is common today); log_loss is in
    nats. Both are means over rows, with intervals and paired differences as a regression's errors have them, if there
    are 5 rows of each class that has so many in `whole`, the targets of all rows (default: these): most of a score is
    that of the few rows of a rare class, and a slice without them knows nothing of its spread. ece, 0 … 1, has none:
    that of a sample is above that of the population.
    """
    if candidate.shape[1] < 2:
        return []
    whole = target if whole is None else whole
    models = [_normal(each) for each in (candidate, baseline) if each is not None]
    values = [_values(target, probabilities) for probabilities in models]
    generator = np.random.default_rng(seed)
    pools = pools_of(len(target), groups, group, generator)
    counts, common = (np.bincount(codes, minlength=candidate.shape[1]) for codes in (target, whole))
    enough = pools.enough and bool((counts >= FEWEST_ROWS)[common >= FEWEST_ROWS].all())
    found = _replicates(target, models, pools, replicates, generator) if enough else [{} for _ in models]
    method = f"expanded percentile bootstrap over {pools.unit} ({replicates:,} replicates)"
    made = entries(values, found, n=len(target), units=pools.count, slice_=slice_, group=group, method=method)
    return made if groups is not None else [_ece(target, models, slice_), *made]


def reliability(target: Codes, probabilities: Floats) -> list[CalibrationBin]:
    """Return how sure the most probable class is and how often it is right, by bins of equal width over (0, 1]."""
    index, right, confidence = _binned(target, _normal(probabilities))
    counts = np.bincount(index, minlength=BINS)
    sums = [np.bincount(index, values, BINS) for values in (confidence, right)]
    return [
        CalibrationBin(confidence=sure / count, accuracy=hits / count, count=int(count))
        for count, sure, hits in zip(counts, *sums, strict=True)
        if count
    ]


def _ece(target: Codes, models: list[Floats], slice_: str | None) -> Metric:
    """Return the expected calibration error.

    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, ICML, equation 5.
    """
    errors = []
    for probabilities in models:
        index, right, confidence = _binned(target, probabilities)
        errors.append(float(np.abs(np.bincount(index, right - confidence)).sum() / len(target)))
    baseline = errors[1] if len(errors) > 1 else None
    return Metric(metric="ece", slice=slice_, value=errors[0], baseline=baseline, n=len(target))


def _binned(target: Codes, probabilities: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    confidence = probabilities.max(axis=1)
    # To nine digits: what making them sum to 1 leaves of 0.6 belongs to the bin of 0.6.
    index = np.clip(np.ceil(np.round(confidence * BINS, 9)).astype(np.int64) - 1, 0, BINS - 1)
    most = probabilities >= confidence[:, None] - 1e-12
    # Of several that are most probable each is right for its share: the order of the classes says nothing.
    right: Floats = most[np.arange(len(target)), target] / most.sum(axis=1)
    return index, right, confidence


def _normal(probabilities: Floats) -> Floats:
    """Make each row sum to 1, where rounding left it within 1e-3."""
    scaled: Floats = probabilities / probabilities.sum(axis=1, keepdims=True)
    return scaled


def _values(target: Codes, probabilities: Floats) -> dict[str, float | None]:
    labels = np.arange(probabilities.shape[1])
    return {
        "brier": finite(brier_score_loss(target, probabilities, labels=labels, scale_by_half=False)),
        "log_loss": finite(log_loss(target, probabilities, labels=labels)),
    }


def _replicates(
    target: Codes, models: list[Floats], pools: Pools, replicates: int, generator: np.random.Generator
) -> list[dict[str, Floats]]:
    """Return each model's replicates by metric, shape (R,), all of the same samples."""
    columns = [np.ones(len(target)), *(column for probabilities in models for column in _losses(target, probabilities))]
    sums = np.stack([np.bincount(pools.of_row, column, pools.count) for column in columns], axis=1)
    samples = np.concatenate([weights @ sums for weights in drawn(pools.count, replicates, generator)])
    means = samples[:, 1:] / samples[:, :1]
    return [{"brier": means[:, 2 * place], "log_loss": means[:, 2 * place + 1]} for place in range(len(models))]


def _losses(target: Codes, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return each row's part of brier and of log_loss, which scikit-learn cuts off at the smallest step from 1."""
    chosen = probabilities[np.arange(len(target)), target]
    squares: Floats = np.einsum("nk,nk->n", probabilities, probabilities) - 2 * chosen + 1
    smallest = np.finfo(probabilities.dtype).eps
    return squares, -np.log(np.clip(chosen, smallest, 1 - smallest))
