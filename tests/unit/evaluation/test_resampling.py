"""Groups of rows that are drawn together: what they are, and that bounds then say what is true."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml_steps.evaluation import calibration, classification, regression
from ml_steps.evaluation.record import Difference, Metric
from ml_steps.evaluation.resampling import FEWEST_GROUPS, MOST_POOLS, drawn, pools_of

Codes = NDArray[np.int64]


def accuracy(rows: Codes, groups: Codes | None) -> Metric:
    """Of target, candidate and baseline, shape (3, n)."""
    target, candidate, baseline = rows
    named = None if groups is None else "user_id"
    names = ["0", "1"]
    return classification.measure(target, candidate, baseline, names, groups=groups, group=named, replicates=1_000)[0]


def of(entry: Metric) -> Difference:
    assert entry.difference is not None
    return entry.difference


def test_the_rows_of_a_group_are_drawn_together() -> None:
    pools = pools_of(6, np.array([7, 7, 3, 3, 3, 9]), "user_id", np.random.default_rng(1))
    assert (pools.of_row.tolist(), pools.count, pools.unit) == ([1, 1, 0, 0, 0, 2], 3, "groups of user_id")
    chunks = list(drawn(3, 600, np.random.default_rng(1)))
    assert [chunk.shape for chunk in chunks] == [(250, 3), (250, 3), (100, 3)]
    weights = np.concatenate(chunks)
    assert (weights.sum(axis=1) == 3).all()
    assert weights.var() == pytest.approx(2 / 3, rel=0.1)  # of a multinomial count of 3 draws


def test_more_groups_than_pools_share_them_evenly() -> None:
    groups = np.repeat(np.arange(3 * MOST_POOLS), 2)
    pools = pools_of(len(groups), groups, "user_id", np.random.default_rng(1))
    assert (pools.count, pools.groups, pools.unit) == (MOST_POOLS, 3 * MOST_POOLS, "pools of groups of user_id")
    assert (pools.of_row[::2] == pools.of_row[1::2]).all()  # a group is never split
    assert set(np.bincount(pools.of_row)) == {6}


def test_groups_of_a_row_each_are_the_rows() -> None:
    generator = np.random.default_rng(2)
    rows = generator.integers(2, size=(3, 1_000))
    by_row, by_group = (accuracy(rows, groups) for groups in (None, np.arange(1_000)))
    assert (by_row.group, by_group.group) == (None, "user_id")
    assert by_group.method == "expanded percentile bootstrap over groups of user_id (1,000 replicates)"
    assert of(by_group).error == pytest.approx(of(by_row).error, rel=0.1)
    assert (by_group.low, by_group.high) == pytest.approx((by_row.low, by_row.high), abs=0.005)


def test_rows_that_are_there_ten_times_say_no_more_than_once() -> None:
    generator = np.random.default_rng(3)
    rows = generator.integers(2, size=(3, 500))
    once = of(accuracy(rows, None)).error
    copied, users = np.repeat(rows, 10, axis=1), np.repeat(np.arange(500), 10)
    assert once is not None
    assert of(accuracy(copied, None)).error == pytest.approx(once / np.sqrt(10), rel=0.1)  # as if they were new
    assert of(accuracy(copied, users)).error == pytest.approx(once, rel=0.1)
    numbers, errors = generator.normal(size=500), generator.normal(size=500)
    single = regression.measure(numbers, numbers + errors, numbers - 0.5 * errors)
    target, error = np.repeat(numbers, 10), np.repeat(errors, 10)
    grouped = regression.measure(target, target + error, target - 0.5 * error, groups=users, group="user_id")
    for one, ten in zip(single, grouped, strict=True):
        assert (ten.metric, ten.group) == (one.metric, "user_id")
        assert of(ten).error == pytest.approx(of(one).error, rel=0.1)


def test_bounds_of_few_groups_are_as_wide_as_student_s() -> None:
    """40 users of 50 rows; replicates are about normal."""
    target, candidate, baseline = np.random.default_rng(1).integers(2, size=(3, 2_000))
    users = np.repeat(np.arange(40), 50)
    entry = classification.measure(target, candidate, baseline, ["0", "1"], groups=users, group="u", replicates=40_000)[
        0
    ]
    difference = of(entry)
    assert difference.low is not None
    assert difference.high is not None
    assert difference.error is not None
    factor = np.sqrt(40 / 39)
    assert (difference.high - difference.low) / 2 / difference.error == pytest.approx(1.6849 * factor, rel=0.01)
    by_user = np.mean((target == candidate).reshape(40, 50), axis=1)
    assert entry.low is not None
    assert entry.high is not None
    assert (entry.high - entry.low) / 2 == pytest.approx(2.0227 * by_user.std(ddof=1) / np.sqrt(40), rel=0.02)


def test_intervals_of_groups_alone_are_expanded_by_the_rows_of_the_class() -> None:
    """80 groups of a row each, 40 of the class; t by a printed table. The halves widen an interval of single rows."""
    target = np.tile([0, 1], 40)
    answer = np.where(np.arange(80) % 5 == 0, 1 - target, target)
    width = []
    for groups in (None, np.arange(80)):
        group = None if groups is None else "u"
        found = classification.measure(target, answer, None, ["0", "1"], groups=groups, group=group, replicates=40_000)
        entry = next(entry for entry in found if entry.metric == "f1[0]")
        assert entry.low is not None
        assert entry.high is not None
        width.append(entry.high - entry.low)
    assert width[1] / width[0] == pytest.approx(2.0227 * np.sqrt(40 / 39) / 1.96, rel=0.03)


@pytest.mark.parametrize("holding", [39, 40])
def test_a_metric_of_one_class_takes_groups_that_hold_it(holding: int) -> None:
    """Of 100 users, so many have the class: were all of them counted, a few would decide without a doubt."""
    users = np.repeat(np.arange(100), 4)
    target = np.where((users < holding) & (np.arange(400) % 4 == 0), 1, 0)
    answer = np.where(users % 7 == 0, 1 - target, target)
    found = classification.measure(target, answer, target, ["0", "1"], groups=users, group="u", replicates=200)
    by_name = {entry.metric: entry for entry in found}
    for name in ("recall[1]", "f1[1]", "precision[1]"):
        entry = by_name[name]
        assert entry.difference is not None
        assert (entry.low is None, entry.difference.low is None) == (holding < 40, holding < 40)
    assert by_name["recall[0]"].low is not None
    units = {entry.metric: entry.difference.units for entry in found if entry.difference and entry.difference.units}
    assert (units["accuracy"], units["recall[0]"]) == (100, 100)
    assert units.get("recall[1]") == (40 if holding == 40 else None)


def test_bounds_of_copies_are_those_of_the_groups_that_they_make() -> None:
    """With the same seed the same groups are drawn."""
    generator = np.random.default_rng(6)
    target, users = generator.integers(2, size=60), np.repeat(np.arange(60), 10)
    errors, chances = generator.normal(size=(2, 60)), generator.dirichlet([1, 1], size=(2, 60))
    for module, models in ((regression, target + errors), (calibration, chances)):
        single = {entry.metric: entry for entry in module.measure(target, *models)}
        copies = np.repeat(models, 10, axis=1)
        grouped = module.measure(np.repeat(target, 10), *copies, groups=users, group="u")
        # A quantile of the error is taken from points that depend on how many rows there are.
        for entry in (each for each in grouped if not each.metric.startswith("absolute_error")):
            same = single[entry.metric]
            assert (entry.low, entry.high) == pytest.approx((same.low, same.high), rel=1e-9)
            assert (of(entry).low, of(entry).high) == pytest.approx((of(same).low, of(same).high), rel=1e-9)


@pytest.mark.parametrize("count", [FEWEST_GROUPS - 1, FEWEST_GROUPS])
def test_few_groups_have_no_bounds(count: int) -> None:
    generator = np.random.default_rng(4)
    users = np.arange(400) % count
    entry = accuracy(generator.integers(2, size=(3, 400)), users)
    numbers = regression.measure(*generator.normal(size=(3, 400)), groups=users, group="user_id", replicates=100)
    for difference in (of(entry), of(numbers[0])):
        assert (difference.low is None) == (difference.error is None) == (count < FEWEST_GROUPS)
    assert (entry.method == "") == (numbers[0].method == "") == (count < FEWEST_GROUPS)


def test_with_groups_there_are_only_metrics_that_can_be_claimed() -> None:
    rows = np.zeros(40, dtype=np.int64)
    names = {entry.metric for entry in classification.measure(rows, rows, rows, ["0", "1"], groups=rows, group="u")}
    assert not names & {"majority_accuracy", "random_accuracy", "predicted_classes"}
