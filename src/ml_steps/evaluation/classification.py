"""Metrics of a classifier over a group of rows: scikit-learn's values, intervals and paired differences."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from ml_steps.evaluation.cells import Cells, Codes, Floats, bootstrap, count_cells
from ml_steps.evaluation.intervals import REPLICATES, SEED, finite, percentiles, wilson
from ml_steps.evaluation.record import Difference, Metric


def measure(  # noqa: PLR0913 - the group, and how to resample it
    target: Codes,
    candidate: Codes,
    baseline: Codes | None,
    names: list[str],
    *,
    slice_: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return the metrics of a group of n > 0 rows, all but predicted_classes within [0, 1].

    These are accuracy, f1_macro, and precision, recall and f1 of each class; accuracy, precision and recall
    with Wilson intervals, the F1 scores with bootstrap ones; with a baseline, each with a paired difference.
    majority_accuracy is what always answering the group's most frequent class would reach, predicted_classes
    how many classes are answered at all. Codes have shape (n,) and index `names`.
    """
    cells = count_cells(target, candidate, baseline, len(names))
    values = values_of(cells, cells.candidate)
    others = {} if cells.baseline is None else values_of(cells, cells.baseline)
    own, differences = bootstrap(cells, replicates, seed)
    sizes = _sizes(target, candidate, len(names))
    entries = []
    for key, value in values.items():
        entry = Metric(metric=_named(key, names), slice=slice_, value=value, n=sizes[key])
        entry.low, entry.high, entry.method = _interval(key, value, entry.n, own[key])
        if cells.baseline is not None:
            entry.baseline = others[key]
            entry.difference = _difference(value, others[key], differences[key])
        entries.append(entry)
    majority = float(np.bincount(target).max() / len(target))
    answered = [None if codes is None else float(len(np.unique(codes))) for codes in (candidate, baseline)]
    return [
        *entries,
        Metric(metric="majority_accuracy", slice=slice_, value=majority, n=len(target)),
        Metric(metric="predicted_classes", slice=slice_, value=answered[0], baseline=answered[1], n=len(target)),
    ]


def _sizes(target: Codes, candidate: Codes, classes: int) -> dict[str, int]:
    """Return how many rows each metric rests on: those of the class, for precision those answered so."""
    support = np.bincount(target, minlength=classes)
    answered = np.bincount(candidate, minlength=classes)
    sizes = {"accuracy": len(target), "f1_macro": len(target)}
    for code in range(classes):
        sizes[f"precision[{code}]"] = int(answered[code])
        sizes[f"recall[{code}]"] = sizes[f"f1[{code}]"] = int(support[code])
    return sizes


def values_of(cells: Cells, answer: Codes) -> dict[str, float | None]:
    """Return scikit-learn's metrics by the names that `cells.statistics` uses; None where one is undefined.

    The cells stand in for their rows, weighted by how many they are. f1_macro is the mean over the classes that
    occur, as f1_score(average="macro") has it.
    """
    codes = np.arange(cells.classes)
    precision, recall, f1, _ = precision_recall_fscore_support(
        cells.target, answer, sample_weight=cells.counts, labels=codes, zero_division=np.nan
    )
    values = {
        "accuracy": finite(accuracy_score(cells.target, answer, sample_weight=cells.counts)),
        "f1_macro": finite(np.nanmean(f1)),
    }
    for code in codes:
        values[f"precision[{code}]"] = finite(precision[code])
        values[f"recall[{code}]"] = finite(recall[code])
        values[f"f1[{code}]"] = finite(f1[code])
    return values


def _interval(key: str, value: float | None, n: int, replicates: Floats) -> tuple[float | None, float | None, str]:
    if value is None:
        return None, None, ""
    if key.startswith("f1"):
        ends, method = percentiles(replicates, 0.025), f"bootstrap ({len(replicates):,} replicates)"
    else:
        ends, method = wilson(value * n, n), "Wilson"
    return (*ends, method) if ends else (None, None, "")


def _difference(value: float | None, other: float | None, replicates: Floats) -> Difference | None:
    if value is None or other is None:
        return None
    low, high = percentiles(replicates, 0.05) or (None, None)
    return Difference(value=value - other, low=low, high=high)


def _named(key: str, names: list[str]) -> str:
    metric, bracket, code = key.partition("[")
    return f"{metric}[{names[int(code.rstrip(']'))]}]" if bracket else metric
