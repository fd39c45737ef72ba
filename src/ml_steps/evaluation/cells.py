"""Counts of (target, candidate, baseline) cells, and the metrics that are made of counts by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_steps.evaluation.resampling import Codes, Floats, Pools


@dataclass(frozen=True)
class Cells:
    """The cells that occur, C of them; every array has shape (C,)."""

    target: Codes
    answers: list[Codes]
    """The candidate's, and the baseline's where there is one."""
    counts: Codes
    classes: int


def count_cells(target: Codes, answers: list[Codes], classes: int) -> Cells:
    """Count the cells of n rows; the codes have shape (n,) and lie in 0 … classes - 1."""
    index = target
    for answer in answers:
        index = index * classes + answer
    if classes ** (1 + len(answers)) <= max(len(target), 1_000):
        all_counts = np.bincount(index)
        found = np.flatnonzero(all_counts)
        counts = all_counts[found]
    else:
        found, counts = np.unique(index, return_counts=True)
    codes = []
    for _ in answers:
        found, code = np.divmod(found, classes)
        codes.append(code)
    return Cells(found, codes[::-1], counts, classes)


def class_sums(target: Codes, answer: Codes, pools: Pools, classes: int) -> Floats:
    """Return how many rows of each pool are of a class, are answered so, and rightly; (pools, 3 classes)."""
    of_target = pools.of_row * classes + target
    kinds = of_target, pools.of_row * classes + answer, of_target[target == answer]
    counts = [np.bincount(kind, minlength=pools.count * classes).reshape(pools.count, classes) for kind in kinds]
    return np.concatenate(counts, axis=1).astype(np.float64)


def metrics_of(sums: Floats) -> dict[str, Floats]:
    """Return every count-based metric for R class sums, shape (R, 3 classes); each has shape (R,), NaN: undefined."""
    return over_classes(sums) | of_classes(sums)


def over_classes(sums: Floats) -> dict[str, Floats]:
    """Return the metrics of all classes together.

    The macro F1 is the mean over the classes that occur in the targets or in the answers, as in scikit-learn.
    """
    true, predicted, right = np.split(sums, 3, axis=1)
    with np.errstate(invalid="ignore"):
        f1 = 2 * right / (true + predicted)
    occurs = np.isfinite(f1)
    macro = np.where(occurs, f1, 0).sum(axis=1) / occurs.sum(axis=1)
    return {"accuracy": right.sum(axis=1) / true.sum(axis=1), "f1_macro": macro}


def of_classes(sums: Floats) -> dict[str, Floats]:
    """Return the metrics of each class."""
    true, predicted, right = np.split(sums, 3, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        kinds = {"precision": right / predicted, "recall": right / true, "f1": 2 * right / (true + predicted)}
    return {f"{kind}[{code}]": values[:, code] for code in range(true.shape[1]) for kind, values in kinds.items()}
