"""Metrics of a classifier over a slice of rows: scikit-learn's values, intervals and paired differences."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from ml_steps.evaluation.bootstrap import bootstrap_cells, bootstrap_pools
from ml_steps.evaluation.cells import Cells, count_cells
from ml_steps.evaluation.intervals import REPLICATES, SEED, centred, expanded, finite, paired, percentiles, wilson
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import FEWEST_GROUPS, MOST_POOLS, Codes, Floats, pools_of


def measure(  # noqa: PLR0913 - the rows, and how to resample them
    target: Codes,
    candidate: Codes,
    baseline: Codes | None,
    names: list[str],
    *,
    slice_: str | None = None,
    groups: Codes | None = None,
    group: str | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return the metrics of a slice of n > 0 rows, all but predicted_classes within [0, 1].

    Accuracy, f1_macro, and precision, recall and f1 of each class have an interval, and with a baseline a paired
    difference. Codes have shape (n,) and index `names`. Rows with the same code in `groups`, shape (n,), are
    resampled together; `group` names the column. Then a metric of one class has them only where 40 groups hold what
    it rests on: in the few that do a model may be right or wrong by chance, however many others there are. Of a class
    without rows there are none.

    Without groups there are also majority_accuracy and random_accuracy, what always answering the slice's most
    frequent class and answering at random by its frequencies would reach (scikit-learn's DummyClassifier,
    strategies "most_frequent" and "stratified"), and predicted_classes, how many classes are answered at all.
    """
    answers = [candidate] if baseline is None else [candidate, baseline]
    cells = count_cells(target, answers, len(names))
    values = [values_of(cells, answer) for answer in cells.answers]
    generator = np.random.default_rng(seed)
    if groups is None and len(cells.counts) <= MOST_POOLS:
        found, unit, units = bootstrap_cells(cells, replicates, generator), "rows", len(target)
    else:
        pools = pools_of(len(target), groups, group, generator)
        found = bootstrap_pools(target, answers, len(names), pools, replicates, generator)
        unit, units = pools.unit, pools.count
    method = f"{'' if groups is None else 'expanded percentile '}bootstrap over {unit} ({replicates:,} replicates)"
    sizes = _sizes(target, candidate, len(names))
    holding = sizes if groups is None else _groups(groups, target, answers, len(names))
    entries = []
    for key, value in values[0].items():
        entry = Metric(metric=_named(key, names), slice=slice_, group=group, value=value, n=sizes[key])
        few = holding[key] < (1 if groups is None else FEWEST_GROUPS)  # an f1 of no row of its class is 0
        drawn = min(units, holding[key])
        own, older = (None if few else replicates.get(key) for replicates in (found.own, found.baseline))
        entry.low, entry.high, entry.method = _interval(key, entry, own, drawn, method)
        other = entry.baseline = values[1][key] if baseline is not None else None
        if value is not None and other is not None:
            entry.difference = paired(value, other, own, older, drawn)
        entries.append(entry)
    return entries if groups is not None else [*entries, *_references(target, candidate, baseline, slice_)]


def _references(target: Codes, candidate: Codes, baseline: Codes | None, slice_: str | None) -> list[Metric]:
    shares = np.bincount(target) / len(target)
    answered = [None if codes is None else float(len(np.unique(codes))) for codes in (candidate, baseline)]
    n = len(target)
    return [
        Metric(metric="majority_accuracy", slice=slice_, value=float(shares.max()), n=n),
        Metric(metric="random_accuracy", slice=slice_, value=float(np.sum(shares**2)), n=n),
        Metric(metric="predicted_classes", slice=slice_, value=answered[0], baseline=answered[1], n=n),
    ]


def _sizes(target: Codes, candidate: Codes, classes: int) -> dict[str, int]:
    """Return how many rows each metric rests on: those of the class, for precision those answered so."""
    support, answered = (np.bincount(codes, minlength=classes) for codes in (target, candidate))
    return _by_metric(len(target), support, answered)


def _groups(groups: Codes, target: Codes, answers: list[Codes], classes: int) -> dict[str, int]:
    """Return how many groups hold what each metric rests on: of precision, the fewest of an answer."""
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1
    support, *answered = (
        np.bincount(np.unique(codes * count + group) // count, minlength=classes) for codes in (target, *answers)
    )
    return _by_metric(count, support, np.min(answered, axis=0))


def _by_metric(every: int, support: Codes, answered: Codes) -> dict[str, int]:
    sizes = {"accuracy": every, "f1_macro": every}
    for code, (of_class, so) in enumerate(zip(support, answered, strict=True)):
        sizes[f"precision[{code}]"] = int(so)
        sizes[f"recall[{code}]"] = sizes[f"f1[{code}]"] = int(of_class)
    return sizes


def values_of(cells: Cells, answer: Codes) -> dict[str, float | None]:
    """Return scikit-learn's metrics by the names that `cells.metrics_of` uses; None where one is undefined.

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


def _interval(
    key: str, entry: Metric, replicates: Floats | None, drawn: int, method: str
) -> tuple[float | None, float | None, str]:
    """Return Wilson's interval of a proportion of single rows, else that of the bootstrap.

    Its percentiles are `expanded` with groups alone: of single rows the halves of `bootstrap` do as much already, and
    with both 99 % of the intervals of the f1 of a class of 10 rows held the truth, 95 % without.
    """
    if entry.value is None:
        return None, None, ""
    if entry.group is None and not key.startswith("f1"):
        ends, method = wilson(entry.value * entry.n, entry.n), "Wilson"
    else:
        around = centred(replicates, entry.value) if key == "f1_macro" else replicates
        ends = percentiles(around, 0.025 if entry.group is None else expanded(0.025, drawn))
    # At 1 the halves lie below the value, as may what rounding leaves of Wilson's end.
    return (min(ends[0], entry.value), max(ends[1], entry.value), method) if ends else (None, None, "")


def _named(key: str, names: list[str]) -> str:
    metric, bracket, code = key.partition("[")
    return f"{metric}[{names[int(code.rstrip(']'))]}]" if bracket else metric
