"""Counts of (target, candidate, baseline) cells, and metrics of resampled counts.

Rows with the same target, candidate answer and baseline answer are exchangeable, so that resampling n rows is
the same as drawing the cells' counts from a multinomial distribution: exact for every metric of counts, at a
cost that does not grow with n. Candidate and baseline share each draw, which makes differences paired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ml_steps.evaluation.resampling import Codes, Floats, Pools

CHUNK_VALUES = 2_000_000
"""Counts held at a time; 16 MB each as int64 and as float64."""


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


def resampled(cells: Cells, replicates: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Yield the counts of bootstrap samples in chunks of shape (r, C), so that memory is bounded."""
    n = int(cells.counts.sum())
    chunk = max(1, CHUNK_VALUES // len(cells.counts))
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        yield generator.multinomial(n, cells.counts / n, size=size).astype(np.float64)


def class_sums(target: Codes, answer: Codes, pools: Pools, classes: int) -> Floats:
    """Return how many rows of each pool are of a class, are answered so, and rightly; (pools, 3 classes)."""
    of_target = pools.of_row * classes + target
    kinds = of_target, pools.of_row * classes + answer, of_target[target == answer]
    counts = [np.bincount(kind, minlength=pools.count * classes).reshape(pools.count, classes) for kind in kinds]
    return np.concatenate(counts, axis=1).astype(np.float64)


def metrics_of(sums: Floats) -> dict[str, Floats]:
    """Return every count-based metric for R class sums, shape (R, 3 classes).

    Each result has shape (R,), with NaN where it is undefined. The macro F1 is the mean over the classes that
    occur in the targets or in the answers, as in scikit-learn.
    """
    true, predicted, right = np.split(sums, 3, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision, f1 = right / true, right / predicted, 2 * right / (true + predicted)
        occurs = np.isfinite(f1)
        result = {
            "accuracy": right.sum(axis=1) / true.sum(axis=1),
            "f1_macro": np.where(occurs, f1, 0).sum(axis=1) / occurs.sum(axis=1),
        }
    for code in range(true.shape[1]):
        result[f"precision[{code}]"] = precision[:, code]
        result[f"recall[{code}]"] = recall[:, code]
        result[f"f1[{code}]"] = f1[:, code]
    return result


@dataclass(frozen=True)
class Replicates:
    """Metrics of R bootstrap samples by name, shape (R,) each."""

    own: dict[str, Floats]
    """Of the candidate."""
    differences: dict[str, Floats]
    """Candidate - baseline on the same samples; empty without a baseline."""


def bootstrap(target: Codes, answers: list[Codes], pools: Pools, classes: int, weights: Iterable[Floats]) -> Replicates:
    """Compute every metric of samples that hold each pool as often as `weights` say, in chunks of shape (r, pools).

    `answers` are the candidate's and the baseline's, if there is one. Efron & Tibshirani (1993), chapters 6 and 13.
    """
    sums = [class_sums(target, answer, pools, classes) for answer in answers]
    own: dict[str, list[Floats]] = {}
    differences: dict[str, list[Floats]] = {}
    for chunk in weights:
        metrics = [metrics_of(chunk @ of_answer) for of_answer in sums]
        for name, values in metrics[0].items():
            own.setdefault(name, []).append(values)
            if len(metrics) > 1:
                differences.setdefault(name, []).append(values - metrics[1][name])
    return Replicates(_joined(own), _joined(differences))


def _joined(parts: dict[str, list[Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}
