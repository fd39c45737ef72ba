"""Metrics of a regression against direct formulas, and intervals against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.regression import MOST_GROUPS, measure


def table(entries: list[Metric]) -> dict[str, Metric]:
    return {entry.metric: entry for entry in entries}


TARGET = np.array([1.0, 2.0, 3.0, 6.0])
ANSWER = np.array([1.5, 2.0, 2.0, 5.0])


def test_values_by_direct_formulas() -> None:
    found = table(measure(TARGET, ANSWER, None, replicates=100))
    values = {name: entry.value for name, entry in found.items()}
    squares = 0.25 + 1 + 1
    assert values == pytest.approx({"mae": 2.5 / 4, "rmse": (squares / 4) ** 0.5, "r2": 1 - squares / 14})
    assert found["mae"].method == "bootstrap over rows (100 replicates)"


@pytest.mark.parametrize("target", [np.full(5, 3.0), np.array([3.0])])
def test_r2_of_a_constant_target_is_undefined(target: np.ndarray) -> None:
    found = table(measure(target, target + 1, target + 2, replicates=50))
    assert found["r2"].value is None
    assert found["r2"].low is None
    assert found["r2"].difference is None
    assert found["mae"].value == 1


def test_an_overflow_is_undefined() -> None:
    found = table(measure(TARGET, np.array([1e300, 2, 3, 4]), None, replicates=50))
    assert found["rmse"].value is None
    assert found["rmse"].low is None


def test_the_difference_is_paired() -> None:
    generator = np.random.default_rng(2)
    target = generator.normal(size=400)
    baseline = target + generator.normal(size=400)
    same = table(measure(target, baseline, baseline, replicates=200))["rmse"].difference
    assert same is not None
    assert (same.value, same.low, same.high) == (0, 0, 0)
    nearer = table(measure(target, target + 0.9 * (baseline - target), baseline, replicates=200))["rmse"]
    assert nearer.difference is not None
    assert nearer.difference.high is not None
    assert nearer.difference.high < 0  # a tenth less error, on every row: shown however much rows vary
    assert nearer.value == pytest.approx(0.9 * (nearer.baseline or 0))


def test_many_rows_are_resampled_in_groups_with_the_same_spread() -> None:
    generator = np.random.default_rng(4)
    target = generator.normal(size=20 * MOST_GROUPS)
    answer = target + generator.normal(size=len(target))
    entry = table(measure(target, answer, None, replicates=1_000))["mae"]
    assert entry.method == "bootstrap over groups of rows (1,000 replicates)"
    assert entry.low is not None
    assert entry.high is not None
    expected = 2 * 1.96 * np.abs(answer - target).std() / np.sqrt(len(target))
    assert entry.high - entry.low == pytest.approx(expected, rel=0.15)


def test_intervals_cover_the_truth() -> None:
    """150 holdouts of 500 rows: 95 % ± 5 points, 2.8 standard errors of the simulation."""
    generator = np.random.default_rng(5)
    covered = {"mae": 0, "rmse": 0, "r2": 0}
    truth = {"mae": np.sqrt(2 / np.pi), "rmse": 1.0, "r2": 0.75}  # target of variance 4, error of variance 1
    for trial in range(150):
        answer = generator.normal(scale=np.sqrt(3), size=500)
        found = table(measure(answer + generator.normal(size=500), answer, None, replicates=250, seed=trial))
        for name, value in truth.items():
            low, high = found[name].low, found[name].high
            assert low is not None
            assert high is not None
            covered[name] += low <= value <= high
    assert all(abs(count / 150 - 0.95) <= 0.05 for count in covered.values()), covered
