"""Bootstrap replicates of the metrics of a classifier, and of their paired differences.

Rows with the same target, candidate answer and baseline answer are exchangeable, so that resampling n rows is
the same as drawing the cells' counts from a multinomial distribution: exact for every metric of counts, at a
cost that does not grow with n. Candidate and baseline share each draw, which makes differences paired.

Each class gets half a row that only the candidate gets right and half a row that only the baseline does. Without
them, 30 rows on which both happen to agree would seem to show that they always do, as a bootstrap knows nothing but
its rows; Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions, Statistics in
Medicine 24, 729-740.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ml_steps.evaluation.cells import Cells, class_sums, metrics_of
from ml_steps.evaluation.resampling import Codes, Floats, Pools, drawn, each_row

CHUNK_VALUES = 2_000_000
"""Counts held at a time; 16 MB each as int64 and as float64."""


@dataclass(frozen=True)
class Replicates:
    """Metrics of R bootstrap samples by name, shape (R,) each."""

    own: dict[str, Floats]
    """Of the candidate."""
    differences: dict[str, Floats]
    """Candidate - baseline on the same samples; empty without a baseline."""


def bootstrap_cells(cells: Cells, replicates: int, generator: np.random.Generator) -> Replicates:
    """Resample rows as counts of cells. Efron & Tibshirani (1993), chapters 6 and 13."""
    support = np.bincount(cells.target, cells.counts, cells.classes)
    halves = half_rows(support, len(cells.answers))
    counts = np.concatenate([cells.counts, np.full(len(halves[0]), 0.5)])
    target = np.concatenate([cells.target, halves[0]])
    answers = [np.concatenate(both) for both in zip(cells.answers, halves[1], strict=True)]
    sums = [class_sums(target, answer, each_row(len(target)), cells.classes) for answer in answers]
    return _replicates(sums, resampled(counts, int(cells.counts.sum()), replicates, generator))


def bootstrap_pools(  # noqa: PLR0913, PLR0917 - the rows, and how to resample them
    target: Codes, answers: list[Codes], classes: int, pools: Pools, replicates: int, generator: np.random.Generator
) -> Replicates:
    """Resample pools of rows; the half rows are pools of their own. Empty where there are too few pools."""
    if not pools.enough:
        return Replicates({}, {})
    target_halves, halves = half_rows(np.bincount(target, minlength=classes), len(answers))
    each = each_row(len(target_halves))
    sums = [
        np.concatenate([class_sums(target, answer, pools, classes), class_sums(target_halves, half, each, classes) / 2])
        for answer, half in zip(answers, halves, strict=True)
    ]
    return _replicates(sums, drawn(len(sums[0]), replicates, generator))


def _replicates(sums: list[Floats], weights: Iterable[Floats]) -> Replicates:
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


def half_rows(support: Codes, answers: int) -> tuple[Codes, list[Codes]]:
    """Return targets and answers of the rows that count half, by how many rows each class has; shape (H,).

    The wrong answer is the most frequent other class.
    """
    present = np.flatnonzero(support)
    if len(support) < 2:
        return present[:0], [present[:0]] * answers
    first, second = np.argsort(-support, kind="stable")[:2]
    wrong = np.where(present == first, second, first)
    right_then_wrong, wrong_then_right = np.concatenate([present, wrong]), np.concatenate([wrong, present])
    return np.concatenate([present, present]), [right_then_wrong, wrong_then_right][:answers]


def resampled(counts: Codes | Floats, rows: int, replicates: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Yield counts of bootstrap samples of so many rows, in chunks of shape (r, C), so that memory is bounded."""
    chunk = max(1, CHUNK_VALUES // len(counts))
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        yield generator.multinomial(rows, counts / counts.sum(), size=size).astype(np.float64)
