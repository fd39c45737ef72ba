"""Calibration: the definitions' values, intervals, and paired differences."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from ml_steps.evaluation.calibration import measure, reliability
from ml_steps.evaluation.record import Metric

GENERATOR = np.random.default_rng(4)
TRUE = GENERATOR.dirichlet([1.0, 2.0, 1.0], size=4_000)
TARGET = (GENERATOR.random(4_000)[:, None] > TRUE.cumsum(axis=1)).sum(axis=1)
SURE = TRUE**3 / (TRUE**3).sum(axis=1, keepdims=True)


def by_name(entries: list[Metric]) -> dict[str, Metric]:
    return {entry.metric: entry for entry in entries}


def test_the_definitions_by_hand() -> None:
    target = np.array([0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.8, 0.2]])
    found = by_name(measure(target, probabilities, None))
    brier = ((0.1**2 + 0.1**2) + (0.3**2 + 0.3**2) + (0.8**2 + 0.8**2)) / 3
    assert found["brier"].value == pytest.approx(brier)
    assert found["log_loss"].value == pytest.approx(-(np.log(0.9) + np.log(0.7) + np.log(0.2)) / 3)
    # The bins of 0.9, 0.7 and 0.8 are apart; the third is wrong.
    assert found["ece"].value == pytest.approx((0.1 + 0.3 + 0.8) / 3)
    assert {entry.n for entry in found.values()} == {3}


def test_what_rounding_leaves_is_in_the_same_bin() -> None:
    """0.6 + 0.3 + 0.1 is a little less than 1, and 0.6 + 0.2 + 0.2 is 1: both are sure by 0.6, and right in half."""
    target, probabilities = np.array([0] * 50 + [1] * 50), np.array([[0.6, 0.2, 0.2]] * 50 + [[0.6, 0.3, 0.1]] * 50)
    assert by_name(measure(target, probabilities, None))["ece"].value == pytest.approx(0.1)
    assert [bin_.count for bin_ in reliability(target, probabilities)] == [100]


def test_the_order_of_classes_says_nothing_of_ties() -> None:
    target, even = np.array([0, 0, 0, 1]), np.full((4, 2), 0.5)
    for asked in (target, 1 - target):
        assert by_name(measure(asked, even, None))["ece"].value == pytest.approx(0)


def test_a_single_class_is_sure_of_nothing() -> None:
    assert measure(np.zeros(6, dtype=np.int64), np.ones((6, 1)), None) == []


def test_values_are_those_of_scikit_learn() -> None:
    found = by_name(measure(TARGET, TRUE, SURE))
    assert found["brier"].value == pytest.approx(brier_score_loss(TARGET, TRUE, scale_by_half=False))
    assert found["log_loss"].value == pytest.approx(log_loss(TARGET, TRUE))
    assert found["log_loss"].baseline == pytest.approx(log_loss(TARGET, SURE))


def test_the_replicates_are_of_the_same_losses() -> None:
    """Their mean lies within a few of its standard errors of the value, also where a probability is 0."""
    certain = np.eye(3)[TARGET]
    certain[:40] = certain[:40, [1, 2, 0]]
    for probabilities in (TRUE, certain):
        for entry in measure(TARGET, probabilities, None)[1:]:
            assert entry.low is not None
            assert entry.high is not None
            assert entry.value is not None
            assert entry.low < entry.value < entry.high
            assert (entry.low + entry.high) / 2 == pytest.approx(entry.value, rel=0.05)
            assert entry.method == "expanded percentile bootstrap over pools of rows (4,000 replicates)"


@pytest.mark.parametrize(
    ("positive", "common", "bounds"),
    [(5, 50, True), (4, 50, False), (0, 50, False), (4, 4, True), (0, 0, True)],
)
def test_a_slice_needs_rows_of_each_common_class(positive: int, common: int, bounds: bool) -> None:
    """Most of a score is that of the rows of a rare class, of which a slice without them knows nothing."""
    target, whole = (np.repeat([0, 1], [count, rare]) for count, rare in ((60, positive), (900, common)))
    answers = np.tile([0.9, 0.1], (len(target), 1)), np.tile([0.8, 0.2], (len(target), 1))
    for entry in measure(target, *answers, whole=whole, replicates=100)[1:]:
        assert entry.difference is not None
        assert (entry.difference.low is not None) == (entry.low is not None) == bounds


def test_four_rows_have_no_bounds_whatever_their_classes() -> None:
    target = np.array([0, 0, 1, 1])
    assert {entry.low for entry in measure(target, np.tile([0.9, 0.1], (4, 1)), None, replicates=100)} == {None}


def test_overconfidence_is_seen() -> None:
    good, bad = by_name(measure(TARGET, TRUE, None)), by_name(measure(TARGET, SURE, None))
    for name in ("ece", "brier", "log_loss"):
        ours, theirs = good[name].value, bad[name].value
        assert ours is not None
        assert theirs is not None
        assert ours < theirs
    assert good["ece"].value == pytest.approx(0, abs=0.03)


def test_differences_are_paired() -> None:
    found = by_name(measure(TARGET, TRUE, SURE))
    for name in ("brier", "log_loss"):
        entry, difference = found[name], found[name].difference
        assert difference is not None
        assert entry.value is not None
        assert entry.baseline is not None
        assert difference.value == pytest.approx(entry.value - entry.baseline)
        assert difference.low is not None
        assert difference.high is not None
        assert difference.low < difference.value < difference.high < 0
        assert difference.error is not None
    same = by_name(measure(TARGET, TRUE, TRUE))["brier"].difference
    assert same is not None
    assert (same.low, same.high) == (0, 0)
    assert found["ece"].baseline is not None
    assert found["ece"].difference is None


def test_the_error_of_a_difference_is_that_of_a_mean() -> None:
    difference = by_name(measure(TARGET, TRUE, SURE))["brier"].difference
    assert difference is not None
    hot = np.eye(3)[TARGET]
    each = ((TRUE - hot) ** 2).sum(axis=1) - ((SURE - hot) ** 2).sum(axis=1)
    assert difference.error == pytest.approx(each.std() / np.sqrt(len(each)), rel=0.08)


def test_rows_that_belong_together_are_resampled_together() -> None:
    target, own, other = (np.repeat(values[:1000], 4, axis=0) for values in (TARGET, TRUE, SURE))
    alone = by_name(measure(target, own, other))["brier"].difference
    entries = measure(target, own, other, groups=np.repeat(np.arange(1000), 4), group="user")
    assert [(entry.metric, entry.group) for entry in entries] == [("brier", "user"), ("log_loss", "user")]
    held = entries[0].difference
    assert alone is not None
    assert held is not None
    assert held.error == pytest.approx(2 * alone.error, rel=0.1) if alone.error else False
    few = measure(target, own, other, groups=np.repeat(np.arange(10), 400), group="user")
    assert [(entry.low, entry.difference and entry.difference.low) for entry in few] == [(None, None)] * 2


def test_rounded_probabilities_are_scaled() -> None:
    rounded = np.array([[0.3333, 0.3333, 0.3333], [0.9995, 0, 0]])
    assert by_name(measure(np.array([0, 0]), rounded, None))["log_loss"].value == pytest.approx(np.log(3) / 2)


def test_reliability() -> None:
    bins = reliability(np.array([0, 1, 1, 0]), np.array([[0.52, 0.48], [0.47, 0.53], [0.48, 0.52], [1, 0]]))
    found = [(round(each.confidence, 4), round(each.accuracy, 4), each.count) for each in bins]
    assert found == [(0.5233, 1.0, 3), (1.0, 1.0, 1)]
    assert sum(each.count for each in reliability(TARGET, TRUE)) == len(TARGET)
    rounded = reliability(np.array([0]), np.array([[1.0009, 0]]))
    assert [each.confidence for each in rounded] == [1.0]
    edge = reliability(np.array([0, 0]), np.array([[0.6, 0.4], [0.6001, 0.3999]]))
    assert [each.count for each in edge] == [1, 1]  # 9 / 15 closes its bin
