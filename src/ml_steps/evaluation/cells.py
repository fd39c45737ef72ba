"""Counts of (target, candidate, baseline) cells, and metrics of resampled counts.

Rows with the same target, candidate answer and baseline answer are exchangeable, so that resampling n rows is
the same as drawing the cells' counts from a multinomial distribution: exact for every metric of counts, at a
cost that does not grow with n. Candidate and baseline share each draw, which makes differences paired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

CHUNK_VALUES = 2_000_000
"""Counts held at a time; 16 MB each as int64 and as float64."""
TOTAL_VALUES = 100_000_000
"""Counts drawn in all; with more cells than 10,000 there are fewer replicates, down to 500."""


@dataclass(frozen=True)
class Cells:
    """The cells that occur, C of them; every array has shape (C,)."""

    target: Codes
    candidate: Codes
    baseline: Codes | None
    counts: Codes
    classes: int


def count_cells(target: Codes, candidate: Codes, baseline: Codes | None, classes: int) -> Cells:
    """Count the cells of n rows; the codes have shape (n,) and lie in 0 … classes - 1."""
    index = target * classes + candidate
    if baseline is not None:
        index = index * classes + baseline
    if classes**3 <= max(len(target), 1_000):
        all_counts = np.bincount(index)
        found = np.flatnonzero(all_counts)
        counts = all_counts[found]
    else:
        found, counts = np.unique(index, return_counts=True)
    pair, third = (found, None) if baseline is None else np.divmod(found, classes)
    return Cells(pair // classes, pair % classes, third, counts, classes)


def statistics(cells: Cells, counts: NDArray[Any], answer: Codes) -> dict[str, Floats]:
    """Return every count-based metric for R sets of counts.

    `counts` has shape (R, C), each result (R,), with NaN where it is undefined. `answer` is the cells'
    candidate or baseline. The macro F1 is the mean over the classes that occur in the targets or in the
    answers, as in scikit-learn.
    """
    weights = counts.astype(np.float64)
    hit = (cells.target == answer).astype(np.float64)
    true = weights @ _one_hot(cells.target, cells.classes)
    predicted = weights @ _one_hot(answer, cells.classes)
    right = weights @ (_one_hot(answer, cells.classes) * hit[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision, f1 = right / true, right / predicted, 2 * right / (true + predicted)
        occurs = np.isfinite(f1)
        result = {
            "accuracy": right.sum(axis=1) / weights.sum(axis=1),
            "f1_macro": np.where(occurs, f1, 0).sum(axis=1) / occurs.sum(axis=1),
        }
    for code in range(cells.classes):
        result[f"precision[{code}]"] = precision[:, code]
        result[f"recall[{code}]"] = recall[:, code]
        result[f"f1[{code}]"] = f1[:, code]
    return result


def resampled(cells: Cells, replicates: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the counts of bootstrap samples in chunks of shape (r, C), so that memory is bounded."""
    size = len(cells.counts)
    left = max(min(replicates, TOTAL_VALUES // size), min(replicates, 500))
    chunk = max(1, CHUNK_VALUES // size)
    generator = np.random.default_rng(seed)
    n = int(cells.counts.sum())
    while left > 0:
        yield generator.multinomial(n, cells.counts / n, size=min(chunk, left))
        left -= chunk


def bootstrap(cells: Cells, replicates: int, seed: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the replicates of the candidate's metrics, and of the paired differences candidate - baseline.

    The second is empty without a baseline. Efron & Tibshirani (1993), chapters 6 and 13.
    """
    own: dict[str, list[Floats]] = {}
    differences: dict[str, list[Floats]] = {}
    for counts in resampled(cells, replicates, seed):
        candidate = statistics(cells, counts, cells.candidate)
        baseline = {} if cells.baseline is None else statistics(cells, counts, cells.baseline)
        for name, values in candidate.items():
            own.setdefault(name, []).append(values)
            if name in baseline:
                differences.setdefault(name, []).append(values - baseline[name])
    return _joined(own), _joined(differences)


def _joined(parts: dict[str, list[Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def _one_hot(codes: Codes, classes: int) -> Floats:
    return np.asarray(codes[:, None] == np.arange(classes), dtype=np.float64)
