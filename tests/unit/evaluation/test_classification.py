"""Metrics of a classifier against direct formulas, and intervals against the truth."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ml_steps.evaluation.bootstrap import resampled, with_halves
from ml_steps.evaluation.cells import class_sums, count_cells, metrics_of
from ml_steps.evaluation.classification import measure, values_of
from ml_steps.evaluation.intervals import expanded, paired, percentiles, wilson
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import each_row

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
        "random_accuracy": 0.3**2 + 0.2**2 + 0.5**2,
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
    assert found["f1_macro"].method == "bootstrap over rows (100 replicates)"
    assert all(entry.difference is None and entry.baseline is None for entry in found.values())


def test_a_class_without_rows_has_no_bounds() -> None:
    """Its f1 is 0, of both, and nothing was drawn of it."""
    target = np.array([0, 1] * 50)
    answer = np.where(np.arange(100) < 7, 2, target)
    entry = next(entry for entry in measure(target, answer, answer, ["a", "b", "c"]) if entry.metric == "f1[c]")
    assert (entry.value, entry.n, entry.low, entry.high) == (0, 0, None, None)
    assert entry.difference is not None
    assert (entry.difference.low, entry.difference.high, entry.difference.units) == (None, None, None)


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
    cells = count_cells(target, [candidate, baseline], classes)
    assert cells.counts.sum() == 200
    each = each_row(len(cells.counts))
    for answer in cells.answers:
        direct = values_of(cells, answer)
        ours = metrics_of(cells.counts[None, :] @ class_sums(cells.target, answer, each, classes))
        assert {name: float(value[0]) for name, value in ours.items()} == pytest.approx(direct)
    rows = float(f1_score(target, candidate, average="macro", labels=range(classes), zero_division=np.nan))
    assert direct["f1_macro"] != pytest.approx(rows)  # that of the baseline
    assert values_of(cells, cells.answers[0])["f1_macro"] == pytest.approx(rows)


def test_bootstrap_is_seeded() -> None:
    def measured(seed: int) -> Metric:
        return table(measure(TARGET, ANSWER, ANSWER, ["a", "b", "c"], replicates=200, seed=seed))["f1_macro"]

    assert measured(7) == measured(7)
    assert measured(7) != measured(8)


@pytest.mark.parametrize("n", [30, 1_500, 60_000])
def test_that_the_same_answers_never_differ_is_known_only_so_well(n: int) -> None:
    """Rule of three: where none of n rows differs, up to about 3 / n of all rows may."""
    target, answer = np.tile([0, 1], n // 2), np.tile([0, 0, 1], n // 3)
    difference = table(measure(target, answer, answer, ["0", "1"]))["accuracy"].difference
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    assert difference.value == 0
    assert -4 / n < difference.low <= -1.5 / (n + 2)  # the 5 % quantile of one half less the other
    assert 1.5 / (n + 2) <= difference.high < 4 / n


def test_fifteen_rows_that_agree_do_not_show_that_nine_of_ten_do() -> None:
    """With one in ten changed for the worse, no row of 15 is in 0.9^15 = 21 % of samples."""
    target = np.repeat([0, 1], [285, 15])
    answer = np.where(np.arange(300) % 7 == 0, 1 - target, target)
    difference = table(measure(target, answer, answer, ["0", "1"]))["recall[1]"].difference
    assert difference is not None
    assert difference.low is not None
    assert -0.13 < difference.low < -0.1


def test_the_halves_answer_the_next_class_present() -> None:
    sums = [np.zeros((20_000, 12)), np.zeros((20_000, 12))]
    first, second = with_halves(sums, codes(0, 2, 3), 0.5, np.random.default_rng(1))
    assert not any(each.any() for each in sums)
    true, predicted, right = np.split(first.mean(axis=0), 3)
    assert true == pytest.approx([1, 0, 1, 1], rel=0.05)
    assert right == pytest.approx([0.5, 0, 0.5, 0.5], rel=0.05)
    assert predicted == pytest.approx([1, 0, 1, 1], rel=0.05)
    assert (first[:, :4] == second[:, :4]).all()
    assert (first[:, 8:] + second[:, 8:] == first[:, :4]).all()  # what one gets right, the other does not
    [alone] = with_halves([np.zeros((1_000, 6))], codes(1), 0.5, np.random.default_rng(1))
    assert alone[:, 2].sum() == alone[:, 1].sum() - alone[:, 5].sum() > 0
    only = [np.zeros((10, 3))]
    assert with_halves(only, codes(0), 0.5, np.random.default_rng(1)) is only  # there is no wrong answer


@pytest.mark.parametrize("grouped", [False, True])
def test_bounds_do_not_depend_on_how_many_classes_there_are(grouped: bool) -> None:
    generator = np.random.default_rng(4)
    right, baseline_right = generator.random((2, 1_000)) < [[0.75], [0.85]]
    users = np.arange(1_000) // 2 if grouped else None
    found = []
    for classes in (2, 200):
        target = generator.integers(classes, size=1_000)
        candidate, baseline = (np.where(each, target, (target + 1) % classes) for each in (right, baseline_right))
        names = [str(code) for code in range(classes)]
        entry = measure(target, candidate, baseline, names, groups=users, group="u", replicates=2_000)[0]
        assert entry.difference is not None
        found.append(entry.difference)
    few, many = found
    assert few.low is not None
    assert few.high is not None
    assert many.error == pytest.approx(few.error, rel=0.06)
    assert (many.low, many.high) == pytest.approx((few.low, few.high), abs=0.003)


@pytest.mark.parametrize(("classes", "n"), [(2, 1_500), (20, 1_500), (100, 1_500), (100, 500), (20, 30)])
def test_the_interval_of_the_macro_f1_holds_its_value_and_the_truth(classes: int, n: int) -> None:
    """30 holdouts, each class right on 90 %: 95 % may come out as low as 25 of 30 (2.5 standard errors)."""
    generator = np.random.default_rng(5)
    names, truth, covered = [str(code) for code in range(classes)], 0.9, 0
    for trial in range(30):
        target = generator.integers(classes, size=n)
        other = (target + generator.integers(1, classes, size=n)) % classes
        entry = measure(
            target, np.where(generator.random(n) < truth, target, other), None, names, replicates=200, seed=trial
        )[1]
        assert entry.value is not None
        assert entry.low is not None
        assert entry.high is not None
        assert entry.low <= entry.value <= entry.high
        covered += entry.low <= truth <= entry.high
    assert covered >= 25 or n == 30  # where most classes have a row or two


@pytest.mark.parametrize("n", [12, 80, 1_000])
def test_intervals_hold_their_value(n: int) -> None:
    target = np.arange(n, dtype=np.int64) % 4
    for answer in (target, (target + 1) % 4, np.where(target == 1, 2, target)):
        for entry in measure(target, answer, None, list("abcd"), replicates=400):
            if entry.value is not None and entry.low is not None and entry.high is not None:
                assert entry.low <= entry.value <= entry.high, entry.metric


def test_the_standard_error_is_that_of_the_formula() -> None:
    generator = np.random.default_rng(2)
    target = generator.integers(2, size=2_000)
    changed = generator.permutation(2_000) < 300
    baseline = np.where(generator.permutation(2_000) < 500, 1 - target, target)
    entry = table(measure(target, np.where(changed, 1 - baseline, baseline), baseline, ["0", "1"]))["accuracy"]
    assert entry.difference is not None
    # Each row adds 1, 0 or -1 to the difference: 1 or -1 on the changed ones.
    expected = np.sqrt((300 / 2_000 - entry.difference.value**2) / 2_000)
    assert entry.difference.error == pytest.approx(expected, rel=0.03)


def test_resampling_is_in_chunks_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_steps.evaluation.bootstrap.CHUNK_VALUES", 120)
    chunks = list(resampled(codes(1, 5, 4), 100, np.random.default_rng(1)))
    assert [len(chunk) for chunk in chunks] == [40, 40, 20]
    assert all((chunk.sum(axis=1) == 10).all() for chunk in chunks)


def test_more_cells_than_pools_are_resampled_as_rows_with_the_same_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    target, candidate, baseline = (generator.integers(3, size=6_000) for _ in range(3))
    names = ["a", "b", "c"]
    by_cells = table(measure(target, candidate, baseline, names, replicates=2_000))["f1_macro"]
    monkeypatch.setattr("ml_steps.evaluation.classification.MOST_POOLS", 26)  # one less than the cells
    by_rows = table(measure(target, candidate, baseline, names, replicates=2_000))["f1_macro"]
    assert by_cells.method == "bootstrap over rows (2,000 replicates)"
    assert by_rows.method == "bootstrap over pools of rows (2,000 replicates)"
    assert by_cells.difference is not None
    assert by_rows.difference is not None
    assert by_rows.difference.error == pytest.approx(by_cells.difference.error, rel=0.1)
    assert (by_rows.low, by_rows.high) == pytest.approx((by_cells.low, by_cells.high), abs=0.002)


def test_a_difference_is_candidate_minus_baseline() -> None:
    target = np.tile(TARGET, 50)
    entry = table(measure(target, np.tile(ANSWER, 50), target, ["a", "b", "c"], replicates=20_000))["accuracy"]
    assert entry.baseline == 1
    assert entry.difference is not None
    assert entry.difference.value == pytest.approx(-0.3)
    # -d x 500 is about binomial of 500 rows at 0.3, whose 5 % quantiles are 133 and 167; the half rows move it by 1.
    assert (entry.difference.low, entry.difference.high) == pytest.approx((-167 / 500, -133 / 500), abs=0.005)


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


@pytest.mark.parametrize(
    ("tail", "n", "t"), [(0.05, 15, 1.7613), (0.025, 15, 2.1448), (0.05, 40, 1.6849), (0.05, 150, 1.6551)]
)
def test_expanded_percentiles_of_a_mean_are_student_s_interval(tail: float, n: int, t: float) -> None:
    """Replicates of a mean as they are with endless draws; t with n - 1 degrees of freedom from a printed table."""
    normal = np.array([NormalDist().inv_cdf((rank + 0.5) / 20_000) for rank in range(20_000)])
    replicates = 0.7 + math.sqrt((n - 1) / n) * normal  # of rows with variance n by divisor n - 1
    assert percentiles(replicates, expanded(tail, n)) == pytest.approx((0.7 - t, 0.7 + t), abs=1e-3)
    difference = paired(0.7, 0.0, replicates, np.zeros_like(replicates), n)
    assert (difference.low, difference.high) == percentiles(replicates, expanded(0.05, n))
    assert difference.relative is None


def test_the_error_of_a_share_is_that_of_a_ratio_of_means() -> None:
    """Of samples of a baseline near 0 the ratios' own explodes, and would let a family pass real harm."""
    generator = np.random.default_rng(5)
    baseline = generator.normal(0.1, 0.03, 10_000)
    candidate = baseline - 0.3 + generator.normal(0, 0.03, 10_000)
    share = paired(-0.2, 0.1, candidate, baseline, 500).relative
    assert share is not None
    assert share.error == pytest.approx(np.hypot(0.03, 3 * 0.03) / 0.1, rel=0.03)
    assert np.std((candidate - baseline) / np.abs(baseline)) > 2 * share.error


def test_a_baseline_that_is_0_in_a_sample_has_no_share() -> None:
    """Leaving those out would leave out the largest harm."""
    baseline = np.r_[np.zeros(20), np.full(980, 0.4)]
    assert paired(0.0, 0.4, np.full(1_000, 0.4), baseline, 50).relative is None


def test_a_share_whose_error_overflows_is_none() -> None:
    """One answer of 1e80 makes R² so negative that the squares of its replicates are infinite."""
    candidate = np.linspace(-1e160, -1e155, 1_000)
    difference = paired(-1e158, 0.5, candidate, np.full(1_000, 0.5), 300)
    assert difference.relative is None
    assert difference.low is not None


def test_expanded_percentiles_of_one_row_are_the_extremes() -> None:
    assert percentiles(np.linspace(0, 1, 101), expanded(0.05, 1)) == (0, 1)
    assert expanded(0.05, 1_000_000) == pytest.approx(0.05, abs=1e-6)


def test_intervals_cover_the_truth() -> None:
    """120 holdouts of 1,500 rows: 95 % ± 5 points, 2.5 standard errors of the simulation."""
    generator = np.random.default_rng(3)
    joint = np.array([[0.20, 0.08, 0.02], [0.06, 0.25, 0.09], [0.02, 0.05, 0.23]])
    each = each_row(9)
    truth = metrics_of(joint.reshape(1, 9) @ class_sums(np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3), each, 3))
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
