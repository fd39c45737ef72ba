"""Every state of a rule, and what its line says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ml_steps.evaluation import resampling
from ml_steps.evaluation.classification import measure
from ml_steps.evaluation.record import Difference, Metric, Relative
from ml_steps.evidence import State
from ml_steps.gate.entries import FEWEST_GROUPS, FEWEST_ROWS
from ml_steps.gate.judge import judge

from .evidences import compared, decide, evaluation, metric, project

ACCURACY = metric("accuracy", 0.7)
RMSE = "rmse"


@pytest.mark.parametrize(
    ("name", "bounds", "state", "expected"),
    [
        ("accuracy", {"min": 0.7}, State.PASS, ">= 0.7"),
        ("accuracy", {"min": 0.71}, State.FAIL, ">= 0.71"),
        ("log_loss", {"max": 0.7}, State.PASS, "<= 0.7"),
        ("log_loss", {"max": 0.69}, State.FAIL, "<= 0.69"),
        ("accuracy", {"min": 0.6, "max": 0.8}, State.PASS, ">= 0.6 and <= 0.8"),
        ("accuracy", {"min": 0.75, "max": 0.8}, State.FAIL, ">= 0.75 and <= 0.8"),
        ("accuracy", {"min": 0.6, "max": 0.69}, State.FAIL, ">= 0.6 and <= 0.69"),
    ],
)
def test_bounds(name: str, bounds: dict[str, float], state: State, expected: str) -> None:
    check, evidence = decide({"metric": name, **bounds}, metric(name, 0.7))
    assert (check.state, check.expected) == (state, expected)
    assert evidence.decision == ("pass" if state is State.PASS else "block")


@pytest.mark.parametrize(
    ("bounds", "value", "state"),
    [
        ({"min": 0.8}, 0.6 / 0.75, State.PASS),  # 0.7999999999999999
        ({"max": 0.1}, 0.8 - 0.7, State.PASS),  # 0.10000000000000009
        ({"max": 0}, 2.8e-17, State.PASS),
        ({"max": 0}, 1e-14, State.FAIL),
        ({"min": 0.8}, 0.8 - 1e-11, State.FAIL),
        ({"max": 0.1}, 0.1 + 1e-11, State.FAIL),
    ],
)
def test_rounding_decides_nothing(bounds: dict[str, float], value: float, state: State) -> None:
    name = "accuracy" if "min" in bounds else "log_loss"
    check, _ = decide({"metric": name, **bounds}, metric(name, value))
    assert check.state is state
    assert state is State.FAIL or not check.actual.startswith(("0.79", "0.1000"))


def test_a_failing_line_says_all_of_it() -> None:
    rule = {"id": "tweets", "metric": "f1_macro", "slice": "source=tweets", "min": 0.7, "why": "They come most."}
    entry = compared("f1_macro", 0.66, -0.02, -0.03, -0.01, slice="source=tweets", n=1_234)
    check, evidence = decide(rule, entry)
    assert check.id == "tweets"
    assert check.subject == "f1_macro [source=tweets]"
    assert check.actual == "0.64 [0.62, 0.66], n 1,234; baseline 0.66"
    assert check.expected == ">= 0.7"
    assert check.detail == (
        "They come most. Improve it, or change min of this rule in pyproject.toml if the threshold is wrong."
    )
    assert evidence.reasons == [f"tweets: f1_macro [source=tweets] is {check.actual}, expected >= 0.7. {check.detail}"]


def test_a_failing_claim_says_all_of_it() -> None:
    rule = {"metric": "accuracy", "claim": "not_shown_worse", "margin": 0.01}
    check, _ = decide(rule, compared("accuracy", 0.72, -0.04, -0.06, -0.02))
    assert check.actual == "difference -0.04 [-0.06, -0.02]; 0.68 [0.66, 0.7], n 1,582; baseline 0.72"
    assert check.expected == "not_shown_worse: upper bound of the difference >= -0.01"
    assert check.detail.startswith("It is worse on the same rows")


CLAIMS = [
    # bounds of the difference, not_shown_worse, shown_not_worse, shown_better; margin 0.01
    ((-0.05, -0.011), False, False, False),
    ((-0.05, -0.01), True, False, False),
    ((-0.05, 0.05), True, False, False),
    ((-0.01, 0.05), True, False, False),
    ((-0.009, 0.05), True, True, False),
    ((0.0, 0.0), True, True, False),
    ((0.01, 0.05), True, True, False),
    ((0.011, 0.05), True, True, True),
]


@pytest.mark.parametrize(("ends", "not_shown_worse", "shown_not_worse", "shown_better"), CLAIMS)
@pytest.mark.parametrize("name", ["accuracy", RMSE])
def test_claims(
    name: str, ends: tuple[float, float], *, not_shown_worse: bool, shown_not_worse: bool, shown_better: bool
) -> None:
    low, high = ends if name == "accuracy" else (-ends[1], -ends[0])  # of an error, less is better
    entry = compared(name, 0.7, (low + high) / 2, low, high)
    found = {}
    for claim in ("not_shown_worse", "shown_not_worse", "shown_better"):
        found[claim] = decide({"metric": name, "claim": claim, "margin": 0.01}, entry)[0].state
    passes = {True: State.PASS, False: State.FAIL}
    assert found == {
        "not_shown_worse": passes[not_shown_worse],
        "shown_not_worse": passes[shown_not_worse],
        "shown_better": passes[shown_better],
    }


def test_where_less_is_better_the_line_is_turned() -> None:
    entry = compared(RMSE, 10, 2, 1, 3)
    said = {
        claim: decide({"metric": RMSE, "claim": claim, "margin": "5%"}, entry)[0].expected
        for claim in ("not_shown_worse", "shown_not_worse", "shown_better")
    }
    assert said == {
        "not_shown_worse": "not_shown_worse: lower bound of the difference <= 0.5",
        "shown_not_worse": "shown_not_worse: upper bound of the difference < 0.5",
        "shown_better": "shown_better: upper bound of the difference < -0.5",
    }


@pytest.mark.parametrize(("claim", "advice"), [("shown_not_worse", "cannot show it"), ("shown_better", "do not show")])
def test_a_claim_that_too_few_rows_cannot_show_says_so(claim: str, advice: str) -> None:
    check, _ = decide({"metric": "accuracy", "claim": claim, "margin": 0.01}, compared("accuracy", 0.7, 0, -0.1, 0.1))
    assert check.state is State.FAIL
    assert advice in check.detail


@pytest.mark.parametrize("baseline", [0.5, -0.5])
def test_a_relative_margin_is_of_the_absolute_baseline(baseline: float) -> None:
    entry = compared("r2", baseline, -0.03, -0.05, -0.011)
    rule = {"metric": "r2", "claim": "not_shown_worse"}
    assert decide({**rule, "margin": "2%"}, entry)[0].state is State.FAIL  # 0.01
    assert decide({**rule, "margin": "3%"}, entry)[0].state is State.PASS  # 0.015


@pytest.mark.parametrize("claim", ["not_shown_worse", "shown_not_worse", "shown_better"])
def test_a_relative_margin_of_nothing_is_an_error(claim: str) -> None:
    entry = compared("r2", 0.0, 0.5, 0.4, 0.6)
    check, evidence = decide({"metric": "r2", "claim": claim, "margin": "2%"}, entry)
    assert check.state is State.ERROR
    assert "give an absolute margin" in check.detail
    assert (evidence.state, evidence.decision, evidence.exit_code()) == (State.ERROR, "block", 11)
    assert decide({"metric": "r2", "claim": claim, "margin": 0.1}, entry)[0].state is State.PASS
    assert decide({"metric": "r2", "claim": claim, "margin": "0%"}, entry)[0].state is State.PASS


def test_a_relative_margin_goes_by_the_bounds_of_the_share() -> None:
    """Those of the difference alone take the baseline's value for exact."""
    entry = compared("rmse", 10, 1.0, 0.9, 1.1)
    rule = {"metric": "rmse", "claim": "shown_not_worse", "margin": "10.8%"}
    assert decide(rule, entry)[0].state is State.FAIL
    assert entry.difference is not None
    entry.difference.relative = Relative(low=0.098, high=0.102, error=0.001)
    check, _ = decide(rule, entry)
    assert (check.state, check.actual[:27]) == (State.PASS, "difference 1 [0.98, 1.02]; ")
    assert decide({**rule, "margin": 1.08}, entry)[0].state is State.FAIL
    entry.difference.relative = None
    check, _ = decide({**rule, "on_insufficient": "review"}, entry)
    assert check.state is State.INSUFFICIENT
    assert check.detail.startswith('The baseline is 0 in some samples, of which "10.8%" is none; give an absolute')


@pytest.mark.parametrize(("said", "state"), [({}, State.SKIP), ({"on_no_baseline": "fail"}, State.FAIL)])
def test_without_a_baseline(said: dict[str, str], state: State) -> None:
    rule = {"metric": "accuracy", "claim": "not_shown_worse", "margin": 0.01, **said}
    check, _ = decide(rule, ACCURACY, baseline=False)
    assert check.state is state
    assert "a first release" in check.detail


INSUFFICIENT = [
    ({}, State.FAIL, "block"),
    ({"on_insufficient": "fail"}, State.FAIL, "block"),
    ({"on_insufficient": "review"}, State.INSUFFICIENT, "review"),
    ({"on_insufficient": "warn"}, State.WARN, "pass"),
]


@pytest.mark.parametrize(("said", "state", "decision"), INSUFFICIENT)
def test_too_few_rows(said: dict[str, str], state: State, decision: str) -> None:
    rule = {"metric": "accuracy", "min": 0.1, "min_rows": 1_583, **said}
    check, evidence = decide(rule, ACCURACY)
    assert (check.state, evidence.decision) == (state, decision)
    next_step = " and run again, or commit a change of on_insufficient." if decision == "review" else "."
    assert check.detail == f"1,582 rows, expected at least 1,583; score more rows{next_step}"
    assert decide({**rule, "min_rows": 1_582}, ACCURACY)[0].state is State.PASS


@pytest.mark.parametrize(("said", "state", "decision"), INSUFFICIENT)
def test_a_difference_without_bounds(said: dict[str, str], state: State, decision: str) -> None:
    rule = {"metric": "precision[1]", "claim": "not_shown_worse", "margin": 0.01, **said}
    for entry in (compared("precision[1]", 0.5, 0.1, None, None), metric("precision[1]", 0.5)):
        check, evidence = decide(rule, entry)
        assert (check.state, evidence.decision) == (state, decision)
        assert ("run again" in check.detail) is (decision == "review")


def grouped(name: str, groups: int) -> Metric:
    """Three rows of each of so many users, whom the candidate answers better."""
    target = np.tile([0, 1, 1], groups)
    users = np.repeat(np.arange(groups), 3)
    found = measure(target, target, 1 - target, ["0", "1"], slice_=None, groups=users, group="user_id", replicates=50)
    return next(entry for entry in found if entry.metric == name)


@pytest.mark.parametrize(
    ("name", "said"),
    [("accuracy", "hold rows; "), ("recall[1]", "hold rows of class 1; "), ("precision[0]", "hold rows answered 0; ")],
)
def test_too_few_groups_are_called_so(name: str, said: str) -> None:
    rule = {"metric": name, "claim": "shown_better", "margin": 0, "group": "user_id"}
    check, _ = decide(rule, grouped(name, FEWEST_GROUPS - 1))
    assert check.state is State.FAIL
    assert check.detail == (
        f"The difference has no bounds: fewer than 40 groups in user_id {said}at least 40 are needed: "
        "score rows of more groups."
    )
    assert decide(rule, grouped(name, FEWEST_GROUPS))[0].state is State.PASS
    assert FEWEST_GROUPS == resampling.FEWEST_GROUPS


@pytest.mark.parametrize(
    ("name", "n", "said"),
    [("absolute_error_p95", 19, "takes 20 rows;"), ("absolute_error_p90", 9, "takes 10 rows;"), ("mae", 4, "5 rows;")],
)
def test_why_few_rows_have_no_bounds(name: str, n: int, said: str) -> None:
    rule = {"metric": name, "claim": "shown_better", "margin": 0}
    assert said in decide(rule, compared(name, 0.5, 0.1, None, None, n=n))[0].detail


def test_a_baseline_of_labels_alone_lacks_no_rows() -> None:
    check, _ = decide({"metric": "brier", "claim": "not_shown_worse", "margin": 0.1}, metric("brier", 0.2))
    assert check.detail == "The baseline answers labels alone, without probabilities; use min or max, or drop the rule."


def test_a_value_too_good_is_not_to_be_improved() -> None:
    rule = {"metric": "accuracy", "max": 0.95}
    high, low = (decide({**rule, **bounds}, ACCURACY)[0].detail for bounds in ({"min": 0.1, "max": 0.2}, {"min": 0.9}))
    assert high.startswith("It is better than expected: look for leaked answers, or change max")
    assert low.startswith("Improve it, or change min")


def test_a_failing_value_never_reads_like_its_threshold() -> None:
    check, _ = decide({"metric": "accuracy", "min": 0.89996}, metric("accuracy", 0.89995))
    assert (check.actual, check.expected) == ("0.89995 [0.88, 0.92], n 1,582", ">= 0.89996")
    check, _ = decide(
        {"metric": "accuracy", "claim": "shown_not_worse", "margin": 0.01},
        compared("accuracy", 0.7, 0, -0.0100001, 0.1),
    )
    assert (check.state, check.actual.partition(";")[0]) == (State.FAIL, "difference 0 [-0.0100001, 0.1]")
    check, _ = decide({"metric": "peak_rss_bytes", "max": 9_999.6}, metric("peak_rss_bytes", 10_000.0))
    assert check.expected == "<= 9,999.6"


def test_a_value_may_end_like_a_family() -> None:
    rule = {"metric": "accuracy", "slice": "s=a=*", "min": 0.5}
    bad, good = metric("accuracy", 0.1, slice="s=a=b"), metric("accuracy", 0.9, slice="s=a=*")
    check, _ = decide(rule, bad, good)
    assert (check.state, check.actual) == (State.PASS, "0.9 [0.88, 0.92], n 1,582")


@pytest.mark.parametrize("on_missing", ["fail", "skip"])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rule", [{"min": 1e-9}, {"claim": "not_shown_worse", "margin": 0.99}])
def test_an_undefined_value_fails(value: float | None, on_missing: str, rule: dict[str, Any]) -> None:
    given = {**compared("accuracy", 0.7, 0, 0, 0).model_dump(), "value": value}
    entry = Metric.model_construct(**{**given, "difference": Difference(value=0, low=0, high=0)})
    check, _ = decide_unchecked({"metric": "accuracy", "on_missing": on_missing, **rule}, entry)
    assert check.state is State.FAIL
    assert "undefined" in check.detail


@pytest.mark.parametrize("end", ["value", "low", "high"])
def test_a_difference_that_is_no_number_fails(end: str) -> None:
    difference = Difference.model_construct(None, **{"value": 0.0, "low": 0.0, "high": 0.0, end: math.nan})
    entry = Metric.model_construct(**{**dict(compared("accuracy", 0.7, 0, 0, 0)), "difference": difference})
    rule = {"metric": "accuracy", "claim": "not_shown_worse", "margin": 0.99, "on_insufficient": "warn"}
    check, _ = decide_unchecked(rule, entry)
    assert check.state is State.FAIL


def decide_unchecked(rule: dict[str, Any], entry: Metric) -> Any:
    """Judge evidence that its model would refuse to be."""
    evidence = evaluation(ACCURACY)
    evidence.metrics = [entry]
    judged = judge(project(rule), evidence)
    return judged.checks[0], judged


@pytest.mark.parametrize(("on_missing", "state"), [("fail", State.FAIL), ("skip", State.SKIP)])
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"metric": "acuracy"}, 'There is no metric "acuracy"; did you mean "accuracy"?'),
        ({"metric": "zzz"}, 'There is no metric "zzz"; metrics: accuracy, always;'),
        ({"metric": "accuracy", "slice": "source=tweet"}, 'no slice "source=tweet"; did you mean "source=tweets"?'),
        (
            {"metric": "accuracy", "slice": "a=b"},
            'There is no slice "a=b"; slices: source=tweets; mend this rule in pyproject.toml.',
        ),
        ({"metric": "f1_mac", "slice": "source=tweets"}, 'There is no metric "f1_mac"; did you mean "f1_macro"?'),
        ({"metric": "recall[neutral]"}, 'There is no class "neutral" for recall; classes: 0, 1; mend this rule'),
        ({"metric": "recall[00]"}, 'There is no class "00" for recall; did you mean "0"? classes: 0, 1; mend'),
        ({"metric": "load_p50_ms"}, "It was not measured in this evaluation"),
    ],
)
def test_what_is_not_there(wanted: dict[str, str], said: str, on_missing: str, state: State) -> None:
    rule = {**wanted, "min": 0.5, "max": 1, "on_missing": on_missing}
    check, _ = decide(rule, ACCURACY, metric("f1_macro", 0.7, slice="source=tweets"))
    assert check.state is state
    assert said in check.detail


def test_an_advisory_rule_is_shown_and_does_not_decide() -> None:
    check, evidence = decide({"metric": "accuracy", "min": 0.9, "severity": "advisory"}, ACCURACY)
    assert (check.state, check.required) == (State.FAIL, False)
    assert (evidence.decision, evidence.state) == ("pass", State.PASS)
    assert evidence.headline == "1 of 1 required rules pass, 1 advisory does not"


def test_charts_draw_each_rule_against_its_threshold() -> None:
    rules: list[dict[str, Any]] = [
        {"id": "good", "metric": "accuracy", "slice": "s=a", "min": 0.6},
        {"id": "fast", "metric": "latency_single_p50_ms", "max": 100},
        {"id": "better", "metric": "accuracy", "claim": "shown_better", "margin": 0.01},
        {"id": "lower", "metric": RMSE, "claim": "not_shown_worse", "margin": "1%"},
        {"id": "typical", "metric": "absolute_error_p50", "claim": "not_shown_worse", "margin": "1%"},
        {"id": "classes", "metric": "predicted_classes", "min": 2},
        {"id": "calibrated", "metric": "ece", "max": 0.1},
        {"id": "sure", "metric": "log_loss", "max": 2},
        {"id": "near", "metric": "mae", "max": 20},
    ]
    metrics = [
        metric("accuracy", 0.7, slice="s=a"),
        metric("latency_single_p50_ms", 40, low=None, high=None),
        compared("accuracy", 0.7, 0.05, 0.02, 0.08),
        compared(RMSE, 10, 2, 1, 3),
        compared("absolute_error_p50", 10, 2, 1, 3),
        metric("predicted_classes", 3),
        metric("ece", 0.01975, low=None, high=None),
        metric("log_loss", 1.5, low=None, high=None),
        metric("mae", 15, low=None, high=None),
    ]
    found = judge(project(*rules), evaluation(*metrics))
    drawn = {chart.title: [item.model_dump(mode="json") for item in chart.items] for chart in found.charts}  # type: ignore[union-attr]

    def line(label: str, ends: tuple[float | None, ...], threshold: float, state: str = "PASS") -> Any:
        given = dict(zip(("value", "low", "high"), ends, strict=True))
        return pytest.approx({"label": label, **given, "threshold": threshold, "state": state})

    assert drawn == {
        "Scores against their thresholds": [
            line("good [s=a]", (0.7, 0.68, 0.72), 0.6),
            line("calibrated", (0.01975, None, None), 0.1),
        ],
        "log_loss": [line("sure", (1.5, None, None), 2)],
        "mae, in the target's unit": [line("near", (15, None, None), 20)],
        "Costs as a share of the most that is allowed, which is 1": [line("fast", (0.4, None, None), 1.0)],
        "Difference to the baseline (positive is better)": [line("better", (0.05, 0.02, 0.08), 0.01)],
        "Difference to the baseline (positive is better), in the target's unit": [
            line("lower", (-2, -3, -1), -0.1, "FAIL"),
            line("typical", (-2, -3, -1), -0.1, "FAIL"),
        ],
        "predicted_classes": [line("classes", (3, 2.98, 3.02), 2)],
    }


CHOSEN = {"fail": State.FAIL, "review": State.INSUFFICIENT, "warn": State.WARN}


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("slice_", ["source=b", "source=*"])
def test_r2_of_a_single_row_lacks_rows(chosen: str, slice_: str) -> None:
    rule = {"metric": "r2", "slice": slice_, "min": 0.5, "on_insufficient": chosen}
    check, _ = decide(rule, metric("r2", None, slice="source=b", n=1))
    assert (check.state, check.detail.partition(";")[0]) == (CHOSEN[chosen], "1 rows, expected at least 2")
    assert decide(rule, metric("r2", None, slice="source=b", n=2))[0].state is State.FAIL


@pytest.mark.parametrize("chosen", CHOSEN)
def test_a_slice_without_a_class_lacks_its_rows(chosen: str) -> None:
    rule = {"metric": "precision[1]", "slice": "source=b", "min": 0.5, "on_insufficient": chosen}
    there = {"slice": "source=b", "n": 0}
    check, _ = decide(rule, metric("precision[1]", None, **there), metric("recall[1]", None, **there))
    assert (check.state, check.detail.partition(";")[0]) == (CHOSEN[chosen], "0 rows answered 1, expected at least 1")
    check, _ = decide(rule, metric("precision[1]", None, **there), metric("recall[1]", 0.0, slice="source=b", n=9))
    assert (check.state, check.detail) == (State.FAIL, "The model never answers this class; look at its training.")


@pytest.mark.parametrize("chosen", CHOSEN)
def test_groups_that_cannot_be_compared(chosen: str) -> None:
    rule = {"metric": "selection_rate_ratio[1]", "slice": "sex=*", "min": 0.8, "on_insufficient": chosen}
    check, evidence = decide(rule, metric("selection_rate_ratio[1]", None, slice="sex=*", n=0))
    assert check.state is CHOSEN[chosen]
    assert check.detail.startswith("Fewer than two groups have rows enough to be compared; score more rows of each")
    assert evidence.rows_needed == {}
    few = metric("selection_rate_ratio[1]", None, slice="sex=*", n=50)
    assert decide({**rule, "min_rows": 60}, few)[1].rows_needed == {"rule 0": 60}
    check, _ = decide(rule, metric("selection_rate_ratio[1]", None, slice="sex=*"))
    assert (check.state, check.detail) == (State.FAIL, "The value is undefined; look at the predictions.")


@pytest.mark.parametrize("chosen", CHOSEN)
def test_a_group_of_one_class_has_no_error_rates(chosen: str) -> None:
    name = "equalized_odds_difference[1]"
    rule = {"metric": name, "slice": "sex=*", "max": 0.1, "on_insufficient": chosen}
    check, evidence = decide(rule, metric(name, None, slice="sex=*"))
    assert check.state is CHOSEN[chosen]
    assert check.detail.startswith("A group has no row of class 1, or none of another class; score more rows of each")
    assert evidence.rows_needed == {}


@pytest.mark.parametrize(
    ("name", "n", "said"), [("mae", 4, "it takes 5 rows;"), ("brier", 90, "it takes 5 rows, and 5 of each class;")]
)
def test_too_few_rows_for_bounds(name: str, n: int, said: str) -> None:
    rule = {"metric": name, "claim": "not_shown_worse", "margin": 0.01, "on_insufficient": "review"}
    check, _ = decide(rule, compared(name, 0.5, 0.1, None, None, n=n))
    assert check.state is State.INSUFFICIENT
    assert f"The difference has no bounds: {said} score more rows" in check.detail
    assert FEWEST_ROWS == resampling.FEWEST_ROWS


def test_a_difference_of_just_the_margin_has_no_digits_of_rounding() -> None:
    entry = compared("accuracy", 0.8, 0.79 - 0.8, -0.02, 0.001)
    check, _ = decide({"metric": "accuracy", "claim": "not_shown_worse", "margin": 0.01}, entry)
    assert check.actual.startswith("difference -0.01 [")
