"""Evidence that must not pass: faults that other gates are known for, and evidence that was tampered with."""
# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from ml_steps.evaluation.record import Baseline, Difference, EvaluationEvidence, Metric
from ml_steps.evidence import State
from ml_steps.gate.judge import judge

from .evidences import compared, decide, evaluation, metric, project

NAN = float("nan")
CLAIM = {"metric": "accuracy", "claim": "not_shown_worse", "margin": "5%"}
WIDE = {"claim": "not_shown_worse", "margin": 0.99}


def forged(entry: Metric, **changes: Any) -> Metric:
    """Return an entry as its model would refuse it."""
    return Metric.model_construct(**{**dict(entry), **changes})


def test_mlflow_lets_a_nan_candidate_pass_a_relative_rule() -> None:
    # Its rule blocks where `candidate < baseline * (1 - share)`, which a NaN is not.
    difference = Difference.model_construct(None, value=NAN, low=NAN, high=NAN, error=NAN)
    entry = forged(compared("accuracy", 0.7, 0.0, 0.0, 0.0), value=NAN, difference=difference)
    check, evidence = decide_on(CLAIM, entry)
    assert (check.state, evidence.decision) == (State.FAIL, "block")
    check, evidence = decide_on(CLAIM, forged(entry, value=0.7))  # only the difference is
    assert (check.state, evidence.decision) == (State.FAIL, "block")


def test_tfma_makes_nan_of_a_zero_baseline() -> None:
    # (candidate - baseline) / baseline is then neither above nor below any threshold.
    check, evidence = decide({**CLAIM, "metric": "r2"}, compared("r2", 0.0, -0.1, -0.2, -0.05))
    assert (check.state, evidence.decision, evidence.exit_code()) == (State.ERROR, "block", 11)
    assert "give an absolute margin" in check.detail


def decide_on(rule: dict[str, Any], entry: Metric) -> Any:
    evidence = evaluation()
    evidence.metrics = [entry]
    judged = judge(project(rule), evidence)
    return judged.checks[0], judged


@pytest.mark.parametrize("value", [None, NAN, float("inf"), -float("inf")])
@pytest.mark.parametrize("rule", [{"min": 1e-9}, {"metric": "rmse", "max": 1e308}, WIDE])
@pytest.mark.parametrize("slice_", [None, "source=a"])
def test_a_value_that_is_no_number(value: float | None, rule: dict[str, Any], slice_: str | None) -> None:
    name = rule.get("metric", "accuracy")
    entry = forged(compared(name, 0.7, 0.0, 0.0, 0.0, slice=slice_), value=value)
    wanted = {"metric": name, "on_missing": "skip", "on_insufficient": "warn"}
    family = {"slice": "source=*"} if slice_ else {}
    assert decide_on({**wanted, **rule, **family}, entry)[0].state is State.FAIL


def test_a_value_that_is_no_number_is_not_excused_by_a_first_release() -> None:
    entry = forged(metric("accuracy", 0.7), value=NAN)
    evidence = evaluation(baseline=False)
    evidence.metrics = [entry]
    assert judge(project(CLAIM), evidence).checks[0].state is State.FAIL


@pytest.mark.parametrize("rule", [{"min": 1e-9}, WIDE])
def test_no_rows_say_nothing(rule: dict[str, Any]) -> None:
    for value in (None, 1.0):
        entry = forged(compared("accuracy", 0.7, 0.0, 0.0, 0.0), n=0, value=value)
        assert decide_on({"metric": "accuracy", **rule}, entry)[0].state is State.FAIL
        reviewed = {"metric": "accuracy", "on_insufficient": "review", **rule}
        assert decide_on(reviewed, entry)[1].decision == "review"


def test_a_first_release_with_few_rows_is_a_first_release() -> None:
    rule = {**CLAIM, "min_rows": 5_000}
    assert decide(rule, metric("accuracy", 0.7), baseline=False)[0].state is State.SKIP


@pytest.mark.parametrize(
    "broken",
    [
        {"baseline": None},
        {"difference": None},
        {"difference": Difference(value=0, low=None, high=None)},
        {"difference": Difference(value=0, low=0.1, high=-0.1, error=0.01)},
        {"difference": Difference(value=0, low=0, high=0, error=-1)},
        {"difference": Difference.model_construct(None, value=0.0, low=0.0, high=0.0, error=NAN)},
        {"difference": Difference.model_construct(None, value=0.0, low=0.0, high=0.0, error=float("inf"))},
    ],
)
def test_half_a_comparison_passes_no_claim(broken: dict[str, Any]) -> None:
    entry = forged(compared("accuracy", 0.7, 0.0, 0.0, 0.0), **broken)
    assert decide_on(CLAIM, entry)[0].state is State.FAIL
    assert decide_on({**CLAIM, "slice": "s=*"}, forged(entry, slice="s=a"))[0].state is State.FAIL


@pytest.mark.parametrize("claim", ["not_shown_worse", "shown_not_worse"])
def test_a_baseline_that_is_the_candidate_is_seen(claim: str) -> None:
    itself = Baseline(note="app:1", compared=True, model_digest="sha256:aa")
    rule = {**CLAIM, "claim": claim}
    same = compared("accuracy", 0.7, 0.0, -0.0019, 0.0019, n=100)  # by the half rows of the bootstrap never 0
    for entry in (same, compared("accuracy", 0.7, 0.0, 0.0, 0.0), compared("accuracy", 0.7, 0.0, -0.03, 0.03)):
        found = judge(project(rule), evaluation(entry, baseline=itself))
        assert (found.checks[0].state, found.decision) == (State.WARN, "pass")
        assert "compares it with itself" in found.checks[0].detail
        assert found.rows_needed == {}
    other_code = judge(project(rule), evaluation(compared("accuracy", 0.7, 0.001, -0.001, 0.003), baseline=itself))
    assert other_code.checks[0].state is State.PASS
    other_model = itself.model_copy(update={"model_digest": "sha256:bb"})
    alike = judge(project(rule), evaluation(compared("accuracy", 0.7, 0.0, 0.0, 0.0), baseline=other_model))
    assert alike.checks[0].state is State.PASS


def test_an_evaluation_of_another_task_is_an_error() -> None:
    rule = {"metric": "failed_cases", "max": 1}
    found = judge(project(rule, task="regression"), evaluation(metric("failed_cases", 0)))
    assert (found.state, found.decision, found.exit_code()) == (State.ERROR, "block", 11)
    assert found.checks[0].actual == "classification"
    assert found.checks[0].expected == "regression, as [tool.ml-pipeline] task in pyproject.toml"
    smoke = judge(project(rule, task="regression"), evaluation(metric("failed_cases", 0), smoke=True))
    assert smoke.state is State.ERROR


def test_a_metric_that_stands_there_twice_is_an_error() -> None:
    found = judge(
        project({"metric": "accuracy", "min": 0.5}), evaluation(metric("accuracy", 0.9), metric("accuracy", 0.1))
    )
    assert (found.state, found.exit_code()) == (State.ERROR, 11)
    assert found.checks[0].actual == "accuracy more than once"
    grouped = [metric("accuracy", 0.9), metric("accuracy", 0.9, group="g"), metric("accuracy", 0.9, slice="s=a")]
    assert judge(project({"metric": "accuracy", "min": 0.5}), evaluation(*grouped)).state is State.PASS


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("accuracy", 1.5, State.FAIL),
        ("recall[0]", 70, State.FAIL),
        ("f1_macro", -0.1, State.FAIL),
        ("accuracy", 1.0, State.PASS),
        ("log_loss", 1.5, State.PASS),
    ],
)
def test_a_value_that_the_metric_cannot_have(name: str, value: float, state: State) -> None:
    # A bound that too large a value keeps, so that nothing but what the metric can be stands in its way.
    check, _ = decide({"metric": name, **({"max": 99} if name == "log_loss" else {"min": 1e-9})}, metric(name, value))
    assert check.state is state
    assert ("has this value" in check.detail) is (state is State.FAIL)


def test_json_that_was_tampered_with_is_refused() -> None:
    good = json.loads(evaluation(metric("accuracy", 0.7)).to_json())
    EvaluationEvidence.model_validate_json(json.dumps(good))
    for changes in ({"value": "0.7"}, {"value": True}, {"n": -1}, {"n": 1.5}, {"margin": 1}, {"low": "0"}):
        bad = {**good, "metrics": [{**good["metrics"][0], **changes}]}
        with pytest.raises(ValidationError):
            EvaluationEvidence.model_validate_json(json.dumps(bad))
    for text in ("NaN", "Infinity", "1e999"):
        with pytest.raises(ValidationError):
            EvaluationEvidence.model_validate_json(json.dumps(good).replace('"value": 0.7', f'"value": {text}'))


@pytest.mark.parametrize("name", ["ece", "brier", "log_loss"])
def test_probabilities_that_the_predictor_does_not_give(name: str) -> None:
    check, _ = decide({"metric": name, "max": 0.9}, metric("accuracy", 0.7))
    assert check.state is State.FAIL
    assert check.detail == f"{name} needs probabilities, and the predictor gives only labels; let predict return both."


def test_cases_that_nobody_wrote() -> None:
    check, _ = decide({"metric": "failed_cases", "max": 0}, metric("accuracy", 0.7))
    assert (check.state, check.detail) == (
        State.FAIL,
        "No behavioural cases were run; write cases.jsonl, and evaluate again.",
    )


PLAIN = compared("accuracy", 0.7, 0, 0, 0)
ALIKE = compared("accuracy", 0.7, 0, 0, 0, group="user_id")
WORSE = compared("accuracy", 0.9, -0.2, -0.3, -0.1, group="user_id")


@pytest.mark.parametrize(
    ("entries", "baseline", "state", "said"),
    [
        ([PLAIN], True, State.FAIL, 'Rows were not resampled by "user_id"; evaluate again'),
        ([ALIKE], True, State.PASS, ""),
        ([PLAIN, WORSE], True, State.FAIL, "worse"),
        ([metric("accuracy", 0.7)], False, State.SKIP, "There is no baseline"),
        ([], False, State.FAIL, 'There is no metric "accuracy"'),
    ],
)
def test_a_claim_by_groups_is_judged_on_them_alone(
    entries: list[Metric], state: State, said: str, *, baseline: bool
) -> None:
    check, _ = decide({**CLAIM, "group": "user_id"}, *entries, baseline=baseline)
    assert (check.state, check.subject) == (state, "accuracy by user_id")
    assert said in check.detail


@pytest.mark.parametrize("rule", [{"min": 0.8}, {"claim": "not_shown_worse", "margin": 0.01}])
def test_a_class_that_is_never_answered_lacks_no_rows(rule: dict[str, Any]) -> None:
    # The model itself decides how many rows its precision rests on.
    entry = metric("precision[1]", None, n=0, baseline=0.9)
    check, evidence = decide({"metric": "precision[1]", "min_rows": 50, "on_insufficient": "warn", **rule}, entry)
    assert (check.state, evidence.decision) == (State.FAIL, "block")
    assert check.detail == "The model never answers this class; look at its training."


@pytest.mark.parametrize(("n", "how"), [(1_582, "taken together as one group"), (1_500, "left out")])
def test_groups_too_small_to_compare_are_no_silent_pass(n: int, how: str) -> None:
    rule = {"id": "fair", "metric": "selection_rate_ratio[1]", "slice": "sex=*", "min": 0.8}
    entry = metric("selection_rate_ratio[1]", 0.9, slice="sex=*", n=n)
    found = evaluation(entry, pooled={"sex": ["x", "y"]})
    check = next(check for check in judge(project(rule), found).checks if check.id == "fair")
    assert (check.state, check.detail) == (
        State.WARN,
        f"Groups of too few rows are {how}: x, y; score more rows of them.",
    )


CONFUSION = {"confusion": [[500, 82], [300, 700]]}
ACCURACY = 1_200 / 1_582
SOUND = compared("accuracy", ACCURACY, 0.0, -0.01, 0.01)


@pytest.mark.parametrize(
    ("entries", "changes", "subject", "said"),
    [
        ([SOUND], {}, "", ""),
        ([forged(SOUND, baseline=0.5)], {}, "differences", "accuracy: another"),
        ([forged(SOUND, value=0.76, baseline=0.76)], {}, "confusion", "other rows, another accuracy or recall"),
        ([SOUND], {"rows": 1_583}, "confusion", "other rows, another accuracy or recall"),
        ([SOUND], {"confusion": [[500, 82], [300, 701]]}, "confusion", "other rows, another accuracy or recall"),
        ([SOUND], {"confusion": [[500, 83], [299, 700]]}, "", ""),
        ([SOUND, metric("recall[0]", 500 / 582), metric("recall[1]", 0.7)], {}, "", ""),
        ([SOUND, metric("recall[1]", 0.72)], {}, "confusion", "other rows, another accuracy or recall"),
        ([SOUND], {"baseline": False}, "baseline", "not compared, beside differences"),
        ([metric("f1_macro", 0.7)], {"confusion": []}, "confusion", "other rows, another accuracy or recall"),
        ([metric("f1_macro", 0.7)], {"confusion": [[1_000], [582]]}, "confusion", "other rows, another accuracy or recall"),
        (
            [SOUND, *(metric(name, 0.7, slice=f"s={value}") for name, value in [("a", "x"), ("b", "x"), ("a", "y")])],
            {},
            "slices",
            "no b of s=y",
        ),
        ([SOUND, *(metric(name, 0.7, slice=slice_) for name, slice_ in [("a", "s=x"), ("a", "t=x"), ("selection_rate_ratio[1]", "s=*"), ("equalized_odds_difference[1]", "age>=40=*")])], {}, "", ""),
        ([SOUND, *(metric("a", 0.7, slice=f"s={value}", group=group) for value, group in [("x", None), ("x", "u"), ("y", None)])], {}, "", ""),
    ],
)  # fmt: skip
def test_an_evaluation_that_contradicts_itself(
    entries: list[Metric], changes: dict[str, Any], subject: str, said: str
) -> None:
    """As one does in which a figure was changed by hand, or left out."""
    evidence = evaluation(**{**CONFUSION, **changes})
    evidence.metrics = entries
    found = judge(project({"metric": "accuracy", "min": 0.5}), evidence)
    faults = [(check.subject, check.actual) for check in found.checks if check.state is State.ERROR]
    assert faults == ([(subject, said)] if subject else [])
    assert found.exit_code() == (11 if subject else 0)


@pytest.mark.parametrize(("least", "faults"), [(582, []), (581, ["too few in the slices of source"])])
def test_a_slice_that_was_taken_out(least: int, faults: list[str]) -> None:
    parts = {"source=a": 1_000, "source=b": least}
    found = judge(
        project({"metric": "accuracy", "min": 0.5}, evaluate={"slices": ["source"], "protected": ["source"]}),
        evaluation(metric("accuracy", 0.7), *(metric("accuracy", 0.7, slice=name, n=n) for name, n in parts.items())),
    )
    assert [check.actual for check in found.checks if check.state is State.ERROR] == faults


def test_a_slice_that_was_taken_out_is_not_made_up_by_rows_held_together() -> None:
    entries = [metric("mae", 0.7, slice="source=a", n=1_000, group=group) for group in (None, "user")]
    found = judge(
        project({"metric": "mae", "max": 5}, task="regression", evaluate={"slices": ["source"]}),
        evaluation(metric("mae", 0.7), *entries, task="regression", classes=None),
    )
    assert [check.id for check in found.checks if check.state is State.ERROR] == ["evaluation_rows"]


def test_a_metric_that_was_taken_out_is_not_a_slip_in_the_rule() -> None:
    check, _ = decide({"metric": "accuracy", "min": 0.5}, metric("accuracy", 0.7, group="user_id"))
    assert (check.state, check.detail) == (State.FAIL, 'There is no metric "accuracy"; evaluate again.')
