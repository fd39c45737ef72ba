"""Simulated releases whose truth is known, and what each rule decides on them.

Candidate and baseline answer the same rows; a share of the answers is changed, and the drop of accuracy is exact. All
is drawn from a seed, so that a trial gives the same in every process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_steps.evaluation.classification import measure
from ml_steps.evaluation.record import Metric
from ml_steps.gate.claims import Bounds, bounds_of, holds, p_harm
from ml_steps.gate.family import holm

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

MARGIN = 0.01
CHANGED = 0.1
ACCURACY = 0.7
NAMES = ["0", "1"]


@dataclass(frozen=True)
class Rows:
    """Target, the candidate's answers and the baseline's, shape (n,) each."""

    target: Codes
    candidate: Codes
    baseline: Codes


def release(n: int, drop: float, generator: np.random.Generator) -> Rows:
    """Draw n rows of two classes; the baseline is right on 70 %, and a tenth of the answers is changed."""
    worse, better = (CHANGED + drop) / 2, (CHANGED - drop) / 2
    # both right, only the baseline right, only the candidate right, both wrong
    shares = [ACCURACY - worse, worse, better, 1 - ACCURACY - better]
    return _rows(generator.choice(4, size=n, p=shares), generator)


def release_of_users(users: int, rows: int, drop: float, generator: np.random.Generator) -> tuple[Rows, Codes]:
    """Draw so many rows of each user, and the rows' users; a tenth of the users gets all their answers changed.

    All such answers of a user become wrong, or all become right, so that the rows of a user are no news beside one.
    """
    worse = (CHANGED + drop) / 2
    fate = generator.choice(3, size=users, p=[1 - CHANGED, worse, CHANGED - worse])
    fates = np.repeat(fate, rows)
    unchanged = np.where(generator.random(users * rows) < ACCURACY, 0, 3)
    return _rows(np.where(fates == 0, unchanged, fates), generator), np.repeat(np.arange(users), rows)


def _rows(kind: Codes, generator: np.random.Generator) -> Rows:
    target = generator.integers(2, size=len(kind))
    candidate = np.where((kind == 0) | (kind == 2), target, 1 - target)
    baseline = np.where((kind == 0) | (kind == 1), target, 1 - target)
    return Rows(target, candidate, baseline)


def accuracy(rows: Rows, seed: int, groups: Codes | None = None, replicates: int = 10_000) -> Metric:
    """Return what `evaluate` says of the accuracy; by default with as many replicates as there."""
    group = None if groups is None else "user_id"
    return measure(
        rows.target, rows.candidate, rows.baseline, NAMES, groups=groups, group=group, replicates=replicates, seed=seed
    )[0]


def bounds(entry: Metric) -> Bounds:
    """Return the bounds of the difference, as the gate reads them."""
    found = bounds_of(entry)
    if found is None:
        raise ValueError(f"{entry.metric} over {entry.n} rows has no bounds")
    return found


def verdicts(entry: Metric) -> dict[str, bool]:
    """Return which rules let a release pass, all with a margin of one point where they know one."""
    value, baseline = entry.value or 0.0, entry.baseline or 0.0
    return {
        "not_shown_worse": holds("not_shown_worse", bounds(entry), MARGIN),
        "shown_not_worse": holds("shown_not_worse", bounds(entry), MARGIN),
        "points": point_rule(value, baseline),
        "MLflow": mlflow_rule(value, baseline),
        "TFMA": tfma_rule(value, baseline),
    }


def point_rule(value: float, baseline: float) -> bool:
    """Tell whether the two numbers differ by no more than the margin."""
    return value - baseline >= -MARGIN - 1e-12


def mlflow_rule(value: float, baseline: float) -> bool:
    """Tell whether MLflow's mildest threshold passes: MetricThreshold(min_relative_change=0.0).

    It has no tolerance: min_absolute_change must be above 0, min_relative_change from 0 to 1. As there, NaN passes
    and a baseline of 0 demands 1e-10 more (mlflow/models/evaluation/validation.py, commit 0c233949).
    """
    if baseline == 0:
        return value >= 1e-10
    return not (value - baseline) / baseline < 0.0


def tfma_rule(value: float, baseline: float) -> bool:
    """Tell whether TFMA's GenericChangeThreshold(absolute=-0.01, direction=HIGHER_IS_BETTER) passes.

    The ratio to the baseline is compared too, with minus infinity; it is NaN where the baseline is 0, which fails
    (tensorflow_model_analysis/evaluators/metrics_validator.py, commit 03c863a6).
    """
    change = value - baseline
    ratio = math.nan if math.isclose(baseline, 0.0) else change / baseline
    return change >= -MARGIN - 1e-12 and ratio >= -math.inf


def family_alarms(entries: list[Metric]) -> dict[str, bool]:
    """Return which rules raise an alarm over the slices of one unchanged model, looked at together."""
    found = [bounds(entry) for entry in entries]
    return {
        "Holm": any(holm([p_harm(each, MARGIN) for each in found])),
        "Holm, margin 0": any(holm([p_harm(each, 0.0) for each in found])),
        "uncorrected bounds": not all(holds("not_shown_worse", each, MARGIN) for each in found),
        "uncorrected bounds, margin 0": not all(holds("not_shown_worse", each, 0.0) for each in found),
        "points": not all(point_rule(entry.value or 0.0, entry.baseline or 0.0) for entry in entries),
    }
