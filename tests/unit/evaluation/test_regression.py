"""Metrics of a regression against direct formulas, and intervals against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from ml_steps.evaluation.quantiles import QUANTILES, quantile_replicates, rows_below
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.regression import measure
from ml_steps.evaluation.resampling import MOST_POOLS, drawn, pools_of


def table(entries: list[Metric]) -> dict[str, Metric]:
    return {entry.metric: entry for entry in entries}


TARGET = np.array([1.0, 2.0, 3.0, 6.0])
ANSWER = np.array([1.5, 2.0, 2.0, 5.0])


def test_values_by_direct_formulas() -> None:
    found = table(measure(TARGET, ANSWER, None, replicates=100))
    values = {name: entry.value for name, entry in found.items()}
    squares = 0.25 + 1 + 1
    expected = {"mae": 2.5 / 4, "rmse": (squares / 4) ** 0.5, "r2": 1 - squares / 14}
    quantiles = {"absolute_error_p50": 0.75, "absolute_error_p90": 1, "absolute_error_p95": 1}  # of 0, 0.5, 1, 1
    assert values == pytest.approx(expected | quantiles)
    assert found["mae"].low is found["mae"].high is None, "4 rows are too few for bounds"


@pytest.mark.parametrize("rows", [1, 4, 5])
def test_few_rows_have_no_bounds(rows: int) -> None:
    """Of a single row every resample is that row: bounds would be sure of it."""
    entries = measure(np.linspace(0, 1, rows), np.zeros(rows), np.ones(rows), replicates=100)
    found = table(entries)["mae"]
    method = "expanded percentile bootstrap over rows (100 replicates)" if rows == 5 else ""
    assert found.method == method
    assert found.difference is not None
    assert (found.difference.low is None) == (found.difference.error is None) == (rows < 5)


@pytest.mark.parametrize(("name", "fewest"), [("absolute_error_p90", 10), ("absolute_error_p95", 20)])
def test_a_quantile_beyond_which_no_row_lies_has_no_bounds(name: str, fewest: int) -> None:
    """Every resample would end at the same largest error."""
    for rows in (fewest - 1, fewest):
        entry = table(measure(np.linspace(0, 1, rows), np.zeros(rows), np.ones(rows), replicates=100))[name]
        assert entry.difference is not None
        assert (entry.low is None) == (entry.difference.low is None) == (rows < fewest)


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
    assert (same.value, same.low, same.high, same.error) == (0, 0, 0, 0)
    nearer = table(measure(target, target + 0.9 * (baseline - target), baseline, replicates=200))["rmse"]
    assert nearer.difference is not None
    assert nearer.difference.high is not None
    assert nearer.difference.high < 0  # a tenth less error, on every row: shown however much rows vary
    assert nearer.value == pytest.approx(0.9 * (nearer.baseline or 0))


def test_many_rows_are_resampled_in_pools_with_the_same_spread() -> None:
    generator = np.random.default_rng(4)
    target = generator.normal(size=20 * MOST_POOLS)
    answer = target + generator.normal(size=len(target))
    entry = table(measure(target, answer, None, replicates=1_000))["mae"]
    assert entry.method == "expanded percentile bootstrap over pools of rows (1,000 replicates)"
    assert entry.low is not None
    assert entry.high is not None
    expected = 2 * 1.96 * np.abs(answer - target).std() / np.sqrt(len(target))
    assert entry.high - entry.low == pytest.approx(expected, rel=0.15)


def test_the_interval_of_a_mean_of_few_rows_is_as_wide_as_student_s() -> None:
    target, answer = np.random.default_rng(7).normal(size=(2, 20))
    entry = table(measure(target, answer, None, replicates=40_000))["mae"]
    assert entry.low is not None
    assert entry.high is not None
    expected = 2.093 * np.abs(answer - target).std(ddof=1) / np.sqrt(20)  # t by a printed table
    assert (entry.high - entry.low) / 2 == pytest.approx(expected, rel=0.02)


def test_intervals_cover_the_truth() -> None:
    """150 holdouts of 500 rows: 95 % ± 6 points, 3.4 standard errors of the simulation."""
    generator = np.random.default_rng(5)
    # A target of variance 4, an error that is standard normal.
    truth = {"mae": np.sqrt(2 / np.pi), "rmse": 1.0, "r2": 0.75, "absolute_error_p50": 0.6745}
    truth |= {"absolute_error_p90": 1.6449, "absolute_error_p95": 1.96}
    covered = dict.fromkeys(truth, 0)
    for trial in range(150):
        answer = generator.normal(scale=np.sqrt(3), size=500)
        found = table(measure(answer + generator.normal(size=500), answer, None, replicates=250, seed=trial))
        for name, value in truth.items():
            low, high = found[name].low, found[name].high
            assert low is not None
            assert high is not None
            covered[name] += low <= value <= high
    assert all(abs(count / 150 - 0.95) <= 0.06 for count in covered.values()), covered


def test_quantiles_of_a_sample_are_those_of_its_rows() -> None:
    """Replicates by the resampled distribution function against numpy's quantile of the resampled rows."""
    generator = np.random.default_rng(6)
    errors = np.abs(generator.normal(size=1_000))
    errors[:300] = np.round(errors[:300], 1)  # ties, as where targets are rounded
    pools = pools_of(len(errors), None, None, generator)
    points, below, between = rows_below(errors, pools)
    weights = next(drawn(pools.count, 200, generator))
    found = quantile_replicates(weights @ below, weights.sum(axis=1), points, between)
    for name, p in QUANTILES.items():
        direct = [np.quantile(np.repeat(errors, counts.astype(int)), p) for counts in weights]
        assert np.sqrt(np.mean((found[name] - direct) ** 2)) < 0.15 * np.std(direct)


def test_quantiles_of_few_distinct_errors_are_among_them() -> None:
    errors = np.tile([0.0, 1.0, 2.0, 5.0], 50)
    pools = pools_of(len(errors), None, None, np.random.default_rng(1))
    points, below, between = rows_below(errors, pools)
    weights = next(drawn(pools.count, 100, np.random.default_rng(2)))
    found = quantile_replicates(weights @ below, weights.sum(axis=1), points, between)
    assert set(found["absolute_error_p50"]) <= {1.0, 2.0}
    assert set(found["absolute_error_p90"]) == {5.0}
