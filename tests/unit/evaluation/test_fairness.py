"""Fairness over groups: the definitions' values, what is undefined, and intervals."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from ml_steps.evaluation import fairness
from ml_steps.evaluation.fairness import measure
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import Codes
from ml_steps.evaluation.slices import Parts

GENERATOR = np.random.default_rng(8)
GROUP = GENERATOR.integers(3, size=3_000)
TARGET = GENERATOR.integers(2, size=3_000)
ANSWER = np.where(GENERATOR.random(3_000) < 0.75 - 0.1 * GROUP, TARGET, 1)


def parts(codes: Codes, names: str = "abc") -> Parts:
    return Parts("sex", list(names), codes, [])


def by_name(entries: list[Metric]) -> dict[str, Metric]:
    return {entry.metric: entry for entry in entries}


def test_the_definitions_by_hand() -> None:
    """Group a: 4 of 8 are selected, b: 2 of 5; 3 of 4 against 2 of 2 are found, 1 of 4 against 0 of 3 falsely so."""
    group = np.array([0] * 8 + [1] * 5)
    target = np.array([1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    answer = np.array([1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0])
    found = by_name(measure(parts(group, "ab"), target, answer, None, ["no", "yes"]))
    assert found["selection_rate_ratio[yes]"].value == pytest.approx(0.4 / 0.5)
    assert found["selection_rate_ratio[no]"].value == pytest.approx(0.5 / 0.6)
    assert found["equalized_odds_difference[yes]"].value == pytest.approx(0.25)
    assert found["equalized_odds_difference[no]"].value == pytest.approx(0.25)
    assert {(entry.slice, entry.n) for entry in found.values()} == {("sex=*", 13)}


@pytest.mark.parametrize("classes", [2, 4])
def test_values_are_those_of_each_group_alone(classes: int) -> None:
    target, answer = GENERATOR.integers(classes, size=(2, 3_000))
    found = by_name(measure(parts(GROUP), target, answer, None, list("0123"[:classes])))
    for code in range(classes):
        rates = []
        for group in range(3):
            rows = np.equal(GROUP, group)
            [[tn, fp], [fn, tp]] = confusion_matrix(target[rows] == code, answer[rows] == code)
            rates.append(((tp + fp) / rows.sum(), tp / (tp + fn), fp / (fp + tn)))
        selected, true, false = zip(*rates, strict=True)
        assert found[f"selection_rate_ratio[{code}]"].value == pytest.approx(min(selected) / max(selected))
        odds = max(max(true) - min(true), max(false) - min(false))
        assert found[f"equalized_odds_difference[{code}]"].value == pytest.approx(odds)


def test_a_ratio_below_four_fifths_is_seen() -> None:
    """100 of 200 against 79 of 200."""
    group = np.repeat([0, 1], 200)
    answer = np.concatenate([np.arange(200) < 100, np.arange(200) < 79]).astype(np.int64)
    entry = by_name(measure(parts(group, "ab"), answer, answer, None, ["0", "1"]))["selection_rate_ratio[1]"]
    assert entry.value == pytest.approx(0.79)


def test_what_is_undefined_is_none() -> None:
    group, zeros = np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.int64)
    found = by_name(measure(parts(group, "ab"), zeros, zeros, None, ["0", "1"]))
    assert found["selection_rate_ratio[0]"].value == 1
    assert found["selection_rate_ratio[1]"].value is None
    assert found["equalized_odds_difference[0]"].value is None
    assert found["selection_rate_ratio[1]"].low is None
    one = measure(parts(zeros, "a"), np.array([0, 1, 0, 1]), np.array([0, 1, 1, 1]), None, ["0", "1"])
    assert [entry.value for entry in one] == [None] * 4


def test_a_group_without_the_answer_has_no_interval() -> None:
    """None of 80 may be a rate of 3.6 %; no sample of them shows it."""
    group = np.repeat([0, 1], [80, 400])
    answer = (np.arange(480) % 20 == 0).astype(np.int64) * group
    found = by_name(measure(parts(group, "ab"), np.arange(480) % 2, answer, None, ["0", "1"], replicates=200))
    ratio = found["selection_rate_ratio[1]"]
    assert (ratio.value, ratio.low, ratio.high, ratio.method) == (0, None, None, "")
    assert found["selection_rate_ratio[0]"].low is not None


def test_intervals_hold_the_value_and_are_seeded() -> None:
    entries = measure(parts(GROUP), TARGET, ANSWER, None, ["0", "1"], replicates=500)
    for entry in entries:
        assert entry.value is not None
        assert entry.low is not None
        assert entry.high is not None
        assert 0 <= entry.low < entry.value < entry.high <= 1
        assert entry.method == "symmetric bootstrap (500 replicates)"
    assert entries == measure(parts(GROUP), TARGET, ANSWER, None, ["0", "1"], replicates=500)


def test_an_interval_holds_its_value_and_no_difference_where_groups_are_alike() -> None:
    """The rates are the same to a row, so that every sample shows a larger difference."""
    group, target = np.repeat([0, 1], 200), np.tile([0, 1], 200)
    answer = np.where(np.arange(400) % 8 < 6, target, 1 - target)
    found = by_name(measure(parts(group, "ab"), target, answer, None, ["0", "1"], replicates=500))
    ratio, odds = found["selection_rate_ratio[1]"], found["equalized_odds_difference[1]"]
    assert (ratio.value, ratio.high) == (1, 1)
    assert (odds.value, odds.low) == (0, 0)
    assert ratio.low is not None
    assert 0.7 < ratio.low < 1


def test_the_baseline_stands_beside() -> None:
    found = by_name(measure(parts(GROUP), TARGET, ANSWER, TARGET, ["0", "1"], replicates=10))
    assert found["equalized_odds_difference[1]"].baseline == 0
    assert found["equalized_odds_difference[1]"].difference is None


def test_too_many_cells_have_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "MOST_CELLS", 3)
    entries = measure(parts(GROUP), TARGET, ANSWER, None, ["0", "1"])
    assert [(entry.low, entry.method) for entry in entries] == [(None, "")] * 4
    assert all(entry.value is not None for entry in entries)


def test_many_groups_of_many_classes_take_memory_of_their_cells_only() -> None:
    """A column of float64 for each of 30,000 (group, class) beside each of 19,600 or so cells would take 4.7 GB."""
    generator = np.random.default_rng(9)
    group, target, answer = (generator.integers(size, size=20_000) for size in (100, 300, 300))
    names = [str(code) for code in range(300)]
    tracemalloc.start()
    entries = measure(Parts("s", names[:100], group, []), target, answer, None, names)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    rates = [np.mean(answer[group == code] == 7) for code in range(100)]
    assert by_name(entries)["selection_rate_ratio[7]"].value == pytest.approx(min(rates) / max(rates))
    assert {entry.method for entry in entries} == {""}


def test_few_rows_of_many_groups_and_classes_have_no_interval() -> None:
    group, target = np.arange(600) % 30, np.arange(600) % 100
    names = [str(code) for code in range(100)]
    entries = measure(Parts("s", names[:30], group, []), target, target, None, names, replicates=10)
    assert {entry.method for entry in entries} == {""}  # 30 x 100 sums a replicate, of 300 cells


def test_a_single_group_is_compared_with_nothing() -> None:
    target = np.array([0, 1, 0, 1])
    found = measure(parts(np.zeros(4, dtype=np.int64), "a"), target, target, None, ["0", "1"])
    assert {(entry.value, entry.n) for entry in found} == {(None, 0)}
