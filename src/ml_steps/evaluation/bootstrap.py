"""Bootstrap replicates of the metrics of a classifier, and of their paired differences.

Rows with the same target, candidate answer and baseline answer are exchangeable, so that resampling n rows is
the same as drawing the cells' counts from a multinomial distribution: exact for every metric of counts, at a
cost that does not grow with n. Candidate and baseline share each draw, which makes differences paired.

Each draw gets half a row that only the candidate gets right and half a row that only the baseline does. Without
them, 30 rows on which both happen to agree would seem to show that they always do, as a bootstrap knows nothing but
its rows; Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions, Statistics in
Medicine 24, 729-740. Metrics of one class get such halves of that class; metrics over all of the classes share
one pair, as a pair of each class would drown n rows of many classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ml_steps.evaluation.cells import Cells, class_sums, of_classes, over_classes
from ml_steps.evaluation.resampling import Codes, Floats, Pools, drawn, each_row

CHUNK_VALUES = 2_000_000
"""Counts held at a time; 16 MB each as int64 and as float64."""


@dataclass(frozen=True)
class Replicates:
    """Metrics of R bootstrap samples by name, shape (R,) each."""

    own: dict[str, Floats]
    """Of the candidate."""
    baseline: dict[str, Floats]
    """Of the baseline, on the same samples; empty without one."""


def bootstrap_cells(cells: Cells, replicates: int, generator: np.random.Generator) -> Replicates:
    """Resample rows as counts of cells. Efron & Tibshirani (1993), chapters 6 and 13."""
    each = each_row(len(cells.target))
    sums = [class_sums(cells.target, answer, each, cells.classes) for answer in cells.answers]
    return _replicates(sums, resampled(cells.counts, replicates, generator), generator)


def bootstrap_pools(  # noqa: PLR0913, PLR0917 - the rows, and how to resample them
    target: Codes, answers: list[Codes], classes: int, pools: Pools, replicates: int, generator: np.random.Generator
) -> Replicates:
    """Resample pools of rows; empty where there are too few of them."""
    if not pools.enough:
        return Replicates({}, {})
    sums = [class_sums(target, answer, pools, classes) for answer in answers]
    return _replicates(sums, drawn(pools.count, replicates, generator), generator)


def _replicates(sums: list[Floats], weights: Iterable[Floats], generator: np.random.Generator) -> Replicates:
    own: dict[str, list[Floats]] = {}
    baseline: dict[str, list[Floats]] = {}
    present = np.flatnonzero(np.hsplit(sums[0], 3)[0].any(axis=0))
    for chunk in weights:
        drawn_sums = [chunk @ of_answer for of_answer in sums]
        alone = with_halves(drawn_sums, present, 0.5, generator)
        shared = with_halves(drawn_sums, present, 0.5 / len(present), generator)
        metrics = [over_classes(both) | of_classes(each) for both, each in zip(shared, alone, strict=True)]
        for kept, found in zip((own, baseline), metrics, strict=False):
            for name, values in found.items():
                kept.setdefault(name, []).append(values)
    return Replicates(_joined(own), _joined(baseline))


def _joined(parts: dict[str, list[Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}


def with_halves(sums: list[Floats], present: Codes, mean: float, generator: np.random.Generator) -> list[Floats]:
    """Return class sums, shape (R, 3 classes), with rows of each present class that only one answer gets right.

    Either way their number has a gamma distribution of that mean and variance, those of a Poisson count, whose steps
    would let bounds jump by whole rows from seed to seed. The wrong answer is the next class present.
    """
    classes = sums[0].shape[1] // 3
    if classes < 2:
        return sums
    wrong = np.roll(present, -1) if len(present) > 1 else (present + 1) % classes
    first, second = generator.standard_gamma(mean, size=(2, len(sums[0]), len(present)))
    result = []
    for drawn_sums, right, failed in zip(sums, (first, second), (second, first), strict=False):
        added = drawn_sums.copy()
        added[:, present] += right + failed
        added[:, classes + present] += right
        added[:, classes + wrong] += failed
        added[:, 2 * classes + present] += right
        result.append(added)
    return result


def resampled(counts: Codes, replicates: int, generator: np.random.Generator, width: int = 0) -> Iterator[Floats]:
    """Yield counts of bootstrap samples of as many rows, in chunks of shape (r, C), so that memory is bounded.

    `width`: the values that a sample takes later, where they are more than C.
    """
    chunk, rows = max(1, CHUNK_VALUES // max(len(counts), width)), counts.sum()
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        yield generator.multinomial(rows, counts / rows, size=size).astype(np.float64)
