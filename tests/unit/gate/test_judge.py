"""The decision: defaults, reports, smoke runs, and what a light process it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ml_steps.evaluation.record import Baseline, EvaluationEvidence, Metric
from ml_steps.evidence import Check, Evidence, State
from ml_steps.gate.judge import judge
from ml_steps.gate.record import GateEvidence
from ml_steps.report.terminal import table
from ml_steps.report.text import number

from .evidences import compared, evaluation, metric, project, report, ruled

RULE = {"metric": "accuracy", "min": 0.5}
GOOD = evaluation(metric("accuracy", 0.7))
SMOKE = GOOD.model_copy(update={"smoke": True})


def default(*changed: Metric, baseline: bool = True) -> EvaluationEvidence:
    """An evaluation of a good classifier, with some of its entries changed."""
    entries = {
        "accuracy": compared("accuracy", 0.7, 0.0, -0.02, 0.02) if baseline else metric("accuracy", 0.7),
        "majority_accuracy": metric("majority_accuracy", 0.6, low=None, high=None),
        "predicted_classes": metric("predicted_classes", 2, low=None, high=None),
        "recall[1]": metric("recall[1]", 0.4),
    }
    entries.update({entry.metric: entry for entry in changed})
    return evaluation(*entries.values(), baseline=baseline)


def states(evidence: GateEvidence) -> dict[str, State]:
    return {check.id: check.state for check in ruled(evidence)}


def test_all_pass() -> None:
    evidence = judge(project(RULE, RULE | {"id": "other"}), GOOD)
    assert (evidence.state, evidence.decision, evidence.reasons) == (State.PASS, "pass", [])
    assert evidence.headline == "2 of 2 required rules pass"
    assert (evidence.default_rules, evidence.model_digest, evidence.baseline) == (False, "sha256:aa", "app:1")
    assert evidence.exit_code() == 0


def test_every_rule_is_judged_and_one_failure_blocks() -> None:
    evidence = judge(project(RULE | {"min": 0.9}, RULE | {"metric": "zzz"}, RULE), GOOD)
    assert list(states(evidence).values()) == [State.FAIL, State.FAIL, State.PASS]
    assert (evidence.state, evidence.decision, len(evidence.reasons)) == (State.FAIL, "block", 2)
    assert evidence.headline == "1 of 3 required rules pass"
    assert evidence.exit_code() == 10


def test_review_waits_for_a_person() -> None:
    few = RULE | {"min_rows": 9_999, "on_insufficient": "review"}
    evidence = judge(project(RULE, few | {"id": "few"}), GOOD)
    assert (evidence.state, evidence.decision, evidence.exit_code()) == (State.INSUFFICIENT, "review", 10)
    assert evidence.reasons[0].startswith("few: accuracy is 0.7")
    worse = judge(project(RULE | {"min": 0.9}, few | {"id": "few"}), GOOD)
    assert worse.decision == "block"


def test_the_order_of_rules_does_not_matter() -> None:
    claim = {"id": "c", "metric": "accuracy", "claim": "shown_better", "margin": 0, "on_no_baseline": "fail"}
    rules = [RULE | {"id": "a"}, RULE | {"id": "b", "min": 0.9}, claim]
    one, other = judge(project(*rules), GOOD), judge(project(*rules[::-1]), GOOD)
    assert (one.decision, one.state, one.headline) == (other.decision, other.state, other.headline)
    assert states(one) == states(other)


@pytest.mark.parametrize(
    "rule",
    [
        {"metric": "accuracy", "claim": "not_shown_worse", "margin": 0},
        {"metric": "zzz", "min": 0, "on_missing": "skip"},
        {"metric": "accuracy", "min": 0, "severity": "advisory"},
    ],
)
def test_rules_of_which_none_decides_are_an_error(rule: dict[str, object]) -> None:
    evidence = judge(project(rule), evaluation(metric("accuracy", 0.7), baseline=False))
    assert (evidence.state, evidence.decision, evidence.exit_code()) == (State.ERROR, "block", 11)
    assert "no rule decides" in evidence.reasons[0]


def test_a_rule_that_is_let_through_for_want_of_rows_does_not_decide() -> None:
    few = RULE | {"id": "few", "min_rows": 9_999, "on_insufficient": "warn"}
    evidence = judge(project(few), GOOD)
    assert (evidence.state, evidence.exit_code()) == (State.ERROR, 11)
    assert "let through by on_insufficient" in evidence.reasons[-1]
    assert judge(project(few, RULE), GOOD).decision == "pass"
    family = few | {"slice": "source=*"}
    slices = [metric("accuracy", 0.7, slice=f"source={value}", n=rows) for value, rows in (("a", 50), ("b", 9_999))]
    assert judge(project(family), evaluation(*slices)).decision == "pass"
    assert judge(project(family), evaluation(slices[0])).state is State.ERROR
    claim = {"metric": "accuracy", "claim": "not_shown_worse", "margin": 0.01, "on_insufficient": "warn"}
    unbounded = compared("accuracy", 0.7, 0.0, None, None)
    assert judge(project(claim), evaluation(unbounded)).state is State.ERROR


FAST = {"decision": {"fail_fast": True}}


def test_fail_fast_skips_what_comes_after_the_first_failure() -> None:
    rules = [
        RULE | {"id": "a", "min": 0.9, "severity": "advisory"},
        RULE | {"id": "b", "min_rows": 9_999, "on_insufficient": "warn"},
        RULE | {"id": "c", "min": 0.9},
        RULE | {"id": "d", "min": 0.9},
        RULE | {"id": "e"},
    ]
    evidence = judge(project(*rules, **FAST), GOOD)
    assert list(states(evidence).values()) == [State.FAIL, State.WARN, State.FAIL, State.SKIP, State.SKIP]
    last = ruled(evidence)[-1]
    assert (last.actual, last.expected) == ("not judged", ">= 0.5")
    assert last.detail == "fail_fast stopped before it; mend the first rule that fails, and run again."
    assert evidence.headline == "0 of 4 required rules pass, 1 warn, 1 advisory does not, 2 skipped (fail_fast)"
    assert (evidence.decision, len(evidence.reasons)) == ("block", 1)
    assert State.SKIP not in states(judge(project(*rules), GOOD)).values()


def test_fail_fast_takes_the_order_of_the_file() -> None:
    good, bad = RULE | {"id": "good"}, RULE | {"id": "bad", "min": 0.9}
    assert list(states(judge(project(good, bad, **FAST), GOOD)).values()) == [State.PASS, State.FAIL]
    assert list(states(judge(project(bad, good, **FAST), GOOD)).values()) == [State.FAIL, State.SKIP]


def test_fail_fast_goes_on_after_what_needs_review_for_another_may_block() -> None:
    few = RULE | {"id": "few", "min_rows": 9_999, "on_insufficient": "review"}
    evidence = judge(project(few, RULE | {"min": 0.9}, RULE | {"id": "last"}, **FAST), GOOD)
    assert list(states(evidence).values()) == [State.INSUFFICIENT, State.FAIL, State.SKIP]
    assert evidence.decision == "block"


def test_fail_fast_skips_nothing_in_a_smoke_run_where_nothing_decides() -> None:
    evidence = judge(project(RULE | {"min": 0.9}, RULE, **FAST), SMOKE)
    assert list(states(evidence).values()) == [State.FAIL, State.PASS]


def test_fail_fast_draws_nothing_of_what_it_skips() -> None:
    charts = judge(project(RULE | {"min": 0.9}, RULE, **FAST), GOOD).charts
    assert [len(chart.items) for chart in charts] == [1]  # type: ignore[union-attr]


def test_defaults_pass_a_first_release_and_an_equal_one() -> None:
    first = judge(project(), default(baseline=False))
    assert states(first) == {
        "finite_metrics": State.PASS,
        "more_than_one_class": State.PASS,
        "every_class_answered": State.PASS,
        "better_than_majority": State.PASS,
        "not_worse_than_baseline": State.SKIP,
    }
    assert (first.decision, first.default_rules) == ("pass", True)
    assert first.headline == "4 of 5 default rules pass, 1 skipped (no baseline)"
    assert judge(project(), default()).headline == "5 of 5 default rules pass"


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        (metric("recall[1]", None), "finite_metrics"),
        (metric("predicted_classes", 1), "more_than_one_class"),
        (metric("predicted_classes", None, n=0), "more_than_one_class"),
        (metric("majority_accuracy", 0.69), "better_than_majority"),
        (compared("accuracy", 0.7, 0.0, -0.02, 0.02, low=0.6), "better_than_majority"),
        (compared("accuracy", 0.7, 0.0, -0.02, 0.02, low=None), "better_than_majority"),
        (compared("accuracy", 0.73, -0.03, -0.04, -0.011), "not_worse_than_baseline"),
    ],
)
def test_each_default_blocks(changed: Metric, failing: str) -> None:
    evidence = judge(project(), default(changed))
    assert [name for name, state in states(evidence).items() if state is not State.PASS] == [failing]
    assert evidence.decision == "block"
    assert evidence.checks[list(states(evidence)).index(failing)].detail


@pytest.mark.parametrize(("rows", "state", "decision"), [(5, State.FAIL, "block"), (4, State.WARN, "pass")])
def test_a_class_that_is_never_answered_blocks_and_a_handful_of_rows_warns(
    rows: int, state: State, decision: str
) -> None:
    lost = (metric("recall[1]", 0.0, n=rows), metric("precision[1]", None, n=0))
    evidence = judge(project(), default(*lost))
    [check] = [check for check in evidence.checks if check.id == "every_class_answered"]
    assert (check.state, check.actual, evidence.decision) == (state, f"never answered: 1 ({rows} rows)", decision)


def test_a_class_without_rows_need_not_be_answered() -> None:
    none = (metric("recall[1]", None, n=0), metric("precision[1]", None, n=0))
    assert states(judge(project(), default(*none)))["every_class_answered"] is State.PASS


@pytest.mark.parametrize(
    ("majority", "said"),
    [(1.0, "The holdout has one class"), (0.69, "It is better, but not shown"), (0.7, "It does not beat")],
)
def test_what_to_do_about_a_model_that_a_constant_answer_equals(majority: float, said: str) -> None:
    evidence = judge(project(), default(metric("majority_accuracy", majority)))
    [check] = [check for check in evidence.checks if check.id == "better_than_majority"]
    assert check.detail.startswith(said)


def test_the_share_of_the_most_frequent_class_has_the_digits_that_decide() -> None:
    accuracy = metric("accuracy", 0.8238, low=0.81561, high=0.8318)
    evidence = judge(project(), evaluation(accuracy, metric("majority_accuracy", 0.815642)))
    [check] = [check for check in evidence.checks if check.id == "better_than_majority"]
    assert check.state is State.FAIL
    assert "[0.81561, " in check.actual
    assert check.expected.startswith("lower end of the interval > 0.81564,")


def test_a_metric_without_rows_does_not_count_as_undefined() -> None:
    assert judge(project(), default(metric("recall[1]", None, n=0))).decision == "pass"


@pytest.mark.parametrize("entries", [[], [metric("accuracy", 0.7)]])
def test_defaults_on_evidence_that_lacks_what_they_need(entries: list[Metric]) -> None:
    found = states(judge(project(), evaluation(*entries)))
    assert found["more_than_one_class"] is found["better_than_majority"] is State.FAIL
    assert found["finite_metrics"] is (State.PASS if entries else State.FAIL)


@pytest.mark.parametrize(
    ("r2", "rmse", "failing"),
    [
        (0.5, compared("rmse", 10, 0.5, 0.05, 1), []),
        (0.0, compared("rmse", 10, 0.5, 0.05, 1), ["better_than_mean"]),
        (0.01, compared("rmse", 10, 0.5, 0.05, 1), ["better_than_mean"]),  # not shown: -0.01 to 0.03
        (None, compared("rmse", 10, 0.5, 0.05, 1), ["finite_metrics", "better_than_mean"]),
        (0.5, compared("rmse", 10, 0.5, 0.2, 1), ["not_worse_than_baseline"]),
    ],
)
def test_defaults_of_a_regression(r2: float | None, rmse: Metric, failing: list[str]) -> None:
    evidence = judge(project(task="regression"), evaluation(metric("r2", r2), rmse, task="regression", classes=None))
    assert [name for name, state in states(evidence).items() if state is not State.PASS] == failing
    [beaten] = [check.detail for check in evidence.checks if check.id == "better_than_mean"]
    undefined = "R² is undefined, as for one row or a constant target; score rows of different targets."
    not_shown = "It is not shown to beat a constant answer; improve the model, or score more rows."
    assert beaten == {0.5: "", None: undefined}.get(r2, not_shown)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("stage", ["validate_data", "test", "evaluate"])
def test_a_report_that_did_not_pass_blocks(stage: str, state: State) -> None:
    reports = {name: report(name, state) for name in ("validate_data", "test") if name == stage}
    given = evaluation(metric("accuracy", 0.7), state=state) if stage == "evaluate" else GOOD
    evidence = judge(project(RULE), given, reports.get("validate_data"), reports.get("test"))
    if state in {State.PASS, State.WARN}:
        assert (evidence.decision, evidence.headline) == ("pass", "1 of 1 required rules pass")
    else:
        assert evidence.decision == "block"
        assert evidence.checks[0].id == f"{stage}_report"
        assert evidence.headline == f"{stage} did not pass; 1 of 1 required rules pass"


def test_a_report_that_is_not_given_is_said_to_be_not_judged() -> None:
    def absent(*reports: Evidence | None) -> dict[str, State]:
        checks = judge(project(RULE), GOOD, *reports).checks
        return {check.id: check.state for check in checks if check.actual == "not given: not judged"}

    data, test = report("validate_data", State.PASS), report("test", State.PASS)
    skipped = {"validate_data_report": State.SKIP, "test_report": State.SKIP}
    assert absent() == skipped
    assert absent(data) == {"test_report": State.SKIP}
    assert absent(None, test) == {"validate_data_report": State.SKIP}
    assert absent(data, test) == {}
    alone = judge(project(RULE), GOOD)
    assert (alone.decision, alone.headline) == ("pass", "1 of 1 required rules pass")
    assert "not given: not judged" in table(alone, 80)


def test_a_smoke_run_shows_and_does_not_decide() -> None:
    rules = project(RULE, RULE | {"id": "high", "min": 0.99}, RULE | {"id": "typo", "metric": "zzz"})
    evidence = judge(rules, SMOKE)
    assert (evidence.state, evidence.decision, evidence.smoke) == (State.PASS, "pass", True)
    assert evidence.headline == "SMOKE, not a decision: 1 of 3 rules pass"
    assert list(states(evidence).values()) == [State.PASS, State.FAIL, State.FAIL]
    assert not any(check.required for check in evidence.checks)
    assert evidence.facts["decision"] == "none, a smoke run"
    assert evidence.reasons == []


def test_a_smoke_run_does_not_excuse_broken_evidence() -> None:
    broken = evaluation(metric("accuracy", 0.7), state=State.ERROR, smoke=True)
    assert judge(project(RULE), broken).state is State.ERROR
    assert judge(project(RULE), SMOKE, None, report("test", State.FAIL)).state is State.FAIL


def test_a_smoke_run_needs_no_rule_that_decides() -> None:
    advisory = project(RULE | {"severity": "advisory"})
    assert judge(advisory, SMOKE).state is State.PASS


def test_the_headline_is_short() -> None:
    few = RULE | {"min_rows": 9_999, "on_insufficient": "warn"}
    advisory = RULE | {"id": "c", "min": 0.9, "severity": "advisory"}
    evidence = judge(project(RULE, few | {"id": "b"}, advisory), GOOD)
    assert evidence.headline == "1 of 2 required rules pass, 1 warn, 1 advisory does not"
    assert len(evidence.headline) <= 60


SKIPPED = {"id": "old", "metric": "accuracy", "claim": "not_shown_worse", "margin": 0}


def test_the_headline_counts_what_was_skipped_and_says_why() -> None:
    first = evaluation(metric("accuracy", 0.7), baseline=False)
    absent = RULE | {"id": "zzz", "metric": "zzz", "on_missing": "skip"}
    for rules, said in (
        ((RULE, SKIPPED, SKIPPED | {"id": "older"}), "1 of 3 required rules pass, 2 skipped (no baseline)"),
        ((RULE, absent), "1 of 2 required rules pass, 1 skipped (not measured)"),
        ((RULE, SKIPPED, absent), "1 of 3 required rules pass, 2 skipped"),
        ((RULE, SKIPPED, absent | {"severity": "advisory"}), "1 of 2 required rules pass, 1 skipped (no baseline)"),
    ):
        assert judge(project(*rules), first).headline == said
    smoke = judge(project(RULE, SKIPPED), first.model_copy(update={"smoke": True}))
    assert smoke.headline == "SMOKE, not a decision: 1 of 2 rules pass, 1 skipped (no baseline)"


@pytest.mark.parametrize(("note", "said"), [("", ""), ("a first release", " (a first release)")])
def test_a_rule_that_is_skipped_says_why_and_what_next(note: str, said: str) -> None:
    first = evaluation(metric("accuracy", 0.7), baseline=Baseline(note=note, compared=False))
    check = judge(project(SKIPPED, RULE), first).checks[0]
    assert (check.state, check.actual) == (State.SKIP, "not compared; 0.7 [0.68, 0.72], n 1,582")
    assert check.detail == f"There is no baseline to compare with{said}; evaluate with --baseline once there is one."


def test_the_evidence_is_json() -> None:
    evidence = judge(project(), default())
    assert GateEvidence.model_validate_json(evidence.to_json()) == evidence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.71234, "0.7123"),
        (1, "1"),
        (-0.0004567, "-0.0004567"),
        (123_456_789, "123,456,789"),
        (1234.5, "1234"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_the_gate_is_a_light_process() -> None:
    code = (
        "import sys, ml_steps.gate.judge, ml_steps.evaluation.record\n"
        "heavy = {'numpy', 'sklearn', 'scipy', 'duckdb', 'dagger', 'htpy', 'statistics'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_perfect_regression_beside_another_is_not_worse() -> None:
    entries = [compared("rmse", 0.0, 0.0, 0.0, 0.0), metric("r2", 1.0), metric("mae", 0.0)]
    evidence = judge(project(), evaluation(*entries, task="regression", classes=None))
    assert states(evidence)["not_worse_than_baseline"] is State.PASS


def test_a_regression_beside_one_that_hardly_errs_is_judged_by_the_difference_itself() -> None:
    """In some samples the baseline's error is 0, so that no share of it is a margin."""
    for found, state in (((-0.4, -0.7, -0.1), State.PASS), ((0.4, 0.1, 0.7), State.FAIL)):
        rmse = compared("rmse", 0.5, *found)
        assert rmse.difference is not None
        rmse = rmse.model_copy(update={"difference": rmse.difference.model_copy(update={"relative": None})})
        evidence = judge(project(), evaluation(rmse, metric("r2", 0.9), task="regression", classes=None))
        assert states(evidence)["not_worse_than_baseline"] is state


def test_a_regression_without_bounds_keeps_its_margin() -> None:
    rmse = compared("rmse", 0.5, 0.1, None, None)
    evidence = judge(project(), evaluation(rmse, metric("r2", 0.9), task="regression", classes=None))
    check = next(check for check in evidence.checks if check.id == "not_worse_than_baseline")
    assert check.expected.endswith("margin 1%")


@pytest.mark.parametrize("validated", ["sha256:other", None])
def test_a_report_of_other_data_than_were_scored_is_an_error(validated: str | None) -> None:
    scored = evaluation(metric("accuracy", 0.7), data_digest="sha256:bb")
    of_these, of_others = (
        report("validate_data", State.PASS).model_copy(update={"facts": {"holdout digest": digest}} if digest else {})
        for digest in ("sha256:bb", validated)
    )
    assert judge(project(RULE), scored, of_these).decision == "pass"
    evidence = judge(project(RULE), scored, of_others)
    assert (evidence.state, evidence.decision) == (State.ERROR, "block")
    [reason] = evidence.reasons
    assert reason.startswith("evaluation_data: holdout is sha256:bb, expected")
    assert ("names no holdout" in reason) is (validated is None)


def test_an_evaluation_that_contradicts_itself_is_an_error() -> None:
    raised, fine = metric("accuracy", 0.99, low=0.66, high=0.71), metric("accuracy", 0.7)
    lowered = metric("rmse", 0.1, low=0.44, high=0.53)
    for given in (
        evaluation(raised),
        evaluation(fine, lowered),
        evaluation(fine, checks=[Check(id="server", state=State.FAIL)]),
    ):
        evidence = judge(project(RULE), given)
        assert (evidence.state, evidence.decision) == (State.ERROR, "block")
        assert evidence.checks[0].id in {"evaluation_values", "evaluation_checks"}
    beside = metric("log_loss", 0.74, low=0.66, high=0.71)  # no share: resampling may leave its value outside
    assert judge(project(RULE), evaluation(fine, beside)).decision == "pass"
    alike = metric("rmse", 2.0000000000000004, low=2.0, high=2.0)
    assert judge(project(RULE), evaluation(fine, alike)).decision == "pass"
    sliced = [metric("accuracy", 0.7, slice=f"source={name}") for name in "ab"]
    grouped = compared("macro_f1", 0.7, 0.0, -0.02, 0.02, slice="source=a", group="user")
    assert judge(project(RULE), evaluation(fine, *sliced, grouped)).decision == "pass"
    more = metric("macro_f1", 0.7, slice="source=a")
    assert judge(project(RULE), evaluation(fine, *sliced, more)).checks[0].id == "evaluation_slices"
    advised = Check(id="server", state=State.FAIL, required=False)
    assert judge(project(RULE), evaluation(fine, checks=[advised])).decision == "pass"
