"""Metrics of a classifier against direct formulas, and intervals against the truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ml_steps.evaluation.cells import Cells, class_sums, count_cells, metrics_of, resampled
from ml_steps.evaluation.classification import measure, values_of
from ml_steps.evaluation.intervals import bias_corrected, percentiles, wilson
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import pools_of

Codes = NDArray[np.int64]


def table(entries: list[Metric]) -> dict[str, Metric]:
    return {entry.metric: entry for entry in entries}


def codes(*values: int) -> Codes:
    return np.array(values, dtype=np.int64)


TARGET = codes(0, 0, 0, 1, 1, 2, 2, 2, 2, 2)
ANSWER = codes(0, 0, 1, 1, 2, 2, 2, 2, 2, 0)


def test_values_by_direct_formulas() -> None:
    found = table(measure(TARGET, ANSWER, None, ["a", "b", "c"], replicates=100))
    values = {name: entry.value for name, entry in found.items()}
    f1 = {"a": 2 * 2 / (3 + 3), "b": 2 * 1 / (2 + 2), "c": 2 * 4 / (5 + 5)}
    expected = {
        "accuracy": 7 / 10,
        "f1_macro": sum(f1.values()) / 3,
        **{f"precision[{name}]": value for name, value in {"a": 2 / 3, "b": 1 / 2, "c": 4 / 5}.items()},
        **{f"recall[{name}]": value for name, value in {"a": 2 / 3, "b": 1 / 2, "c": 4 / 5}.items()},
        **{f"f1[{name}]": value for name, value in f1.items()},
        "majority_accuracy": 5 / 10,
        "predicted_classes": 3,
    }
    assert values == pytest.approx(expected)
    assert {name: found[name].n for name in ("accuracy", "recall[b]", "precision[a]", "f1[c]")} == {
        "accuracy": 10,
        "recall[b]": 2,
        "precision[a]": 3,
        "f1[c]": 5,
    }
    assert found["accuracy"].method == found["recall[a]"].method == "Wilson"
    assert found["f1_macro"].method == "bootstrap (100 replicates)"
    assert all(entry.difference is None and entry.baseline is None for entry in found.values())


def test_what_is_undefined_has_no_value() -> None:
    found = table(measure(codes(0, 0, 1), codes(0, 0, 0), None, ["a", "b", "c"], replicates=50))
    precision = found["precision[b]"]
    assert (precision.value, precision.low, precision.method, precision.n) == (None, None, "", 0)
    assert found["recall[b]"].value == 0
    assert found["recall[c]"].value is found["f1[c]"].value is None
    # As in scikit-learn, a class that is neither there nor answered has no part in the mean.
    assert found["f1_macro"].value == pytest.approx(f1_score([0, 0, 1], [0, 0, 0], average="macro"))
    assert found["predicted_classes"].value == 1


@pytest.mark.parametrize("classes", [3, 30])
def test_resampled_metrics_are_those_of_the_rows(classes: int) -> None:
    generator = np.random.default_rng(1)
    target, candidate, baseline = (generator.integers(classes, size=200) for _ in range(3))
    cells = count_cells(target, candidate, baseline, classes)
    assert cells.counts.sum() == 200
    for answer in (cells.candidate, cells.baseline):
        assert answer is not None
        direct = values_of(cells, answer)
        ours = statistics(cells, cells.counts[None, :], answer)
        assert {name: float(value[0]) for name, value in ours.items()} == pytest.approx(direct)
    rows = float(f1_score(target, candidate, average="macro", labels=range(classes), zero_division=np.nan))
    assert direct["f1_macro"] != pytest.approx(rows)  # that of the baseline
    assert values_of(cells, cells.candidate)["f1_macro"] == pytest.approx(rows)


def test_bootstrap_is_seeded_and_paired() -> None:
    cells = count_cells(TARGET, ANSWER, ANSWER, 3)
    own, differences = bootstrap(cells, 200, 7)
    again, _ = bootstrap(cells, 200, 7)
    other, _ = bootstrap(cells, 200, 8)
    assert np.array_equal(own["accuracy"], again["accuracy"])
    assert not np.array_equal(own["accuracy"], other["accuracy"])
    assert not differences["accuracy"].any()  # the same answers never differ
    assert own["accuracy"].std() == pytest.approx(np.sqrt(0.7 * 0.3 / 10), rel=0.2)


def test_resampling_is_in_chunks_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = count_cells(TARGET, ANSWER, None, 3)
    size = len(cells.counts)
    monkeypatch.setattr("ml_steps.evaluation.cells.CHUNK_VALUES", 40 * size)
    assert [len(chunk) for chunk in resampled(cells, 100, 1)] == [40, 40, 20]
    monkeypatch.setattr("ml_steps.evaluation.cells.TOTAL_VALUES", 600 * size)
    assert sum(len(chunk) for chunk in resampled(cells, 10_000, 1)) == 600
    monkeypatch.setattr("ml_steps.evaluation.cells.TOTAL_VALUES", 1)
    assert sum(len(chunk) for chunk in resampled(cells, 10_000, 1)) == 500


def test_a_difference_is_candidate_minus_baseline() -> None:
    baseline = codes(0, 0, 0, 1, 1, 2, 2, 2, 2, 2)
    entry = table(measure(TARGET, ANSWER, baseline, ["a", "b", "c"], replicates=20_000))["accuracy"]
    assert entry.baseline == 1
    assert entry.difference is not None
    assert entry.difference.value == pytest.approx(-0.3)
    assert entry.difference.low is not None
    assert entry.difference.high is not None
    # d x 10 rows is minus a binomial count of 10 rows at 0.3, whose 5 % quantiles are 1 and 5.
    assert (entry.difference.low, entry.difference.high) == pytest.approx((-0.5, -0.1))


def test_no_difference_where_the_baseline_is_undefined() -> None:
    found = table(measure(TARGET, ANSWER, codes(*[0] * 10), ["a", "b", "c"], replicates=50))
    assert found["precision[b]"].baseline is None
    assert found["precision[b]"].difference is None


def test_wilson_by_a_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(0, 0) is None


def test_percentiles_leave_out_what_is_undefined() -> None:
    values = np.linspace(0, 1, 101)
    assert percentiles(values, 0.05) == pytest.approx((0.05, 0.95))
    values[:10] = np.nan
    assert percentiles(values, 0.0) == pytest.approx((0.1, 1.0))
    values[:20] = np.nan
    assert percentiles(values, 0.05) is None


def test_intervals_cover_the_truth() -> None:
    """120 holdouts of 1,500 rows: 95 % ± 5 points, 2.5 standard errors of the simulation."""
    generator = np.random.default_rng(3)
    joint = np.array([[0.20, 0.08, 0.02], [0.06, 0.25, 0.09], [0.02, 0.05, 0.23]])
    truth = statistics(
        count_cells(np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3), None, 3),
        joint.reshape(1, 9),
        np.tile([0, 1, 2], 3),
    )
    wanted = ("accuracy", "recall[0]", "f1_macro")
    covered = dict.fromkeys(wanted, 0)
    for trial in range(120):
        index = generator.choice(9, size=1_500, p=joint.ravel())
        entries = measure(index // 3, index % 3, None, ["0", "1", "2"], replicates=300, seed=trial)
        for name in wanted:
            entry = table(entries)[name]
            assert entry.low is not None
            assert entry.high is not None
            covered[name] += entry.low <= truth[name][0] <= entry.high
    assert all(abs(count / 120 - 0.95) <= 0.05 for count in covered.values()), covered
