"""Whether a classifier treats the groups of a protected column alike, class by class (one against the rest)."""

from __future__ import annotations

import numpy as np

from ml_steps.evaluation.bootstrap import resampled
from ml_steps.evaluation.intervals import REPLICATES, SEED, finite, symmetric
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import Codes, Floats
from ml_steps.evaluation.slices import Parts
from ml_steps.metrics import FAIRNESS

MOST_CELLS = 2_000
"""With more (group, target, answer) cells or more groups x classes there are no intervals: they would take minutes."""


def measure(  # noqa: PLR0913 - the rows, and how to resample them
    groups: Parts,
    target: Codes,
    candidate: Codes,
    baseline: Codes | None,
    names: list[str],
    *,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> list[Metric]:
    """Return two metrics for each class; the codes have shape (n,) and index `names`.

    selection_rate_ratio, 0 … 1: the lowest share that a group has of the answer, over the highest. Below 0.8 is
    evidence of adverse impact by the four-fifths rule, 29 CFR 1607.4 D. None where no group has the answer.
    equalized_odds_difference, 0 … 1: the largest difference between groups in the rate of true or of false positives
    (Hardt, Price & Srebro 2016, Equality of opportunity in supervised learning, NeurIPS; fairlearn's definition).
    None where a group has no row of the class or none of another.
    Both are None, of 0 rows, with fewer than two groups. There is no interval where all resamples agree, as where a
    group has the answer in no row: that says nothing of its true rate. Intervals are those of `symmetric`, from a
    bootstrap over rows. Both metrics overstate how groups differ, the more so with many or small groups that are alike:
    simulated, 94 to 99 % of the intervals held the truth where groups differ, 91 % with 2 alike groups of 200 rows, 65
    to 72 % with 5, and 14 to 26 % with 20.
    """
    size, classes, slice_ = len(groups.names), len(names), f"{groups.column}=*"
    if size < 2:
        return [Metric(metric=f"{each}[{name}]", slice=slice_, value=None, n=0) for each in FAIRNESS for name in names]
    answers = [each for each in (candidate, baseline) if each is not None]
    cells = [_Cells(groups.codes, target, answer, size, classes) for answer in answers]
    values = [each.metrics(each.counts[None].astype(np.float64)) for each in cells]
    drawn = _replicates(cells[0], replicates, seed)
    entries = []
    for name in values[0]:
        for code, label in enumerate(names):
            value, *other = [finite(each[name][0, code]) for each in values]
            entry = Metric(metric=f"{name}[{label}]", slice=slice_, value=value, n=len(target))
            entry.baseline = other[0] if other else None
            ends = symmetric(value, drawn[name][:, code]) if drawn and value is not None else None
            if ends and ends[0] < ends[1]:
                entry.low, entry.high = ends
                entry.method = f"symmetric bootstrap ({replicates:,} replicates)"
            entries.append(entry)
    return entries


class _Cells:
    """Counts of (group, target, answer); rows of the same cell are exchangeable, so that counts can be resampled."""

    def __init__(self, group: Codes, target: Codes, answer: Codes, groups: int, classes: int) -> None:
        found, self.counts = np.unique((group * classes + target) * classes + answer, return_counts=True)
        self._actual, of_answer = np.divmod(found, classes)
        of_group, of_class = np.divmod(self._actual, classes)
        self._answered = of_group * classes + of_answer
        self._right = of_class == of_answer
        self.shape = groups, classes

    def metrics(self, counts: Floats) -> dict[str, Floats]:
        """Return both metrics, shape (R, classes), NaN where undefined, for R sets of counts, shape (R, cells)."""
        actual = self._sums(self._actual, counts)
        answered = self._sums(self._answered, counts)
        right = self._sums(self._actual, counts * self._right)
        rows = actual.sum(axis=2, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            selected, true, false = answered / rows, right / actual, (answered - right) / (rows - actual)
            return {
                "selection_rate_ratio": selected.min(axis=1) / selected.max(axis=1),
                "equalized_odds_difference": np.maximum(np.ptp(true, axis=1), np.ptp(false, axis=1)),
            }

    def _sums(self, columns: Codes, counts: Floats) -> Floats:
        """Add the counts of the cells by group and class; shape (R, groups, classes)."""
        width = self.shape[0] * self.shape[1]
        index = np.arange(len(counts))[:, None] * width + columns
        sums = np.bincount(index.ravel(), counts.ravel(), len(counts) * width).astype(np.float64)
        return sums.reshape(-1, *self.shape)


def _replicates(cells: _Cells, replicates: int, seed: int) -> dict[str, Floats]:
    """Return the replicates of each metric, shape (R, classes); nothing where they would take minutes."""
    width = cells.shape[0] * cells.shape[1]
    if max(len(cells.counts), width) > MOST_CELLS:
        return {}
    drawn = resampled(cells.counts, replicates, np.random.default_rng(seed), width)
    chunks = [cells.metrics(counts) for counts in drawn]
    return {name: np.concatenate([each[name] for each in chunks]) for name in chunks[0]}
