"""Behavioural cases count whatever the project's rules speak of."""

from __future__ import annotations

from typing import Any

from ml_steps.evaluation.record import Case
from ml_steps.evidence import State
from ml_steps.gate.judge import judge
from ml_steps.gate.record import GateEvidence

from .evidences import evaluation, metric, project, ruled

RULE = {"metric": "accuracy", "min": 0.5}


def case(number: int, *, passed: bool) -> Case:
    place = f"cases.jsonl:{number}"
    return Case(id=f"negation-{number}", place=place, passed=passed, actual="positive", expected="negative")


def judged(*outcomes: bool, rules: tuple[dict[str, Any], ...] = (RULE,), **tables: Any) -> GateEvidence:
    cases = [case(number, passed=passed) for number, passed in enumerate(outcomes, start=1)]
    entries = [metric("accuracy", 0.7), metric("failed_cases", outcomes.count(False), n=len(outcomes))]
    return judge(project(*rules, **tables), evaluation(*entries, cases=cases))


def test_cases_that_pass_are_a_line() -> None:
    evidence = judged(True, True)
    assert [check.id for check in ruled(evidence)] == ["rule 0", "behavioural_cases"]
    check = evidence.checks[1]
    assert (check.state, check.actual, check.required) == (State.PASS, "0 of 2 failed", True)
    assert evidence.headline == "2 of 2 required rules pass"


def test_a_failing_case_blocks_though_no_rule_names_it() -> None:
    evidence = judged(True, False)
    assert (evidence.decision, evidence.checks[1].state) == ("block", State.FAIL)
    assert evidence.checks[1].places == ["cases.jsonl:2 negation-2: positive, expected negative"]
    assert evidence.reasons[0].startswith("behavioural_cases: failed_cases is 1 of 2 failed, expected 0 failed. Mend")


def test_five_failing_cases_are_listed() -> None:
    check = judged(*[False] * 7).checks[1]
    assert (len(check.places), check.actual) == (5, "7 of 7 failed")


def test_a_rule_on_failed_cases_takes_their_place() -> None:
    evidence = judged(True, False, rules=(RULE, {"id": "some", "metric": "failed_cases", "max": 1}))
    assert ([check.id for check in ruled(evidence)], evidence.decision) == (["rule 0", "some"], "pass")


def test_an_advisory_rule_does_not_take_their_place() -> None:
    advisory = {"id": "some", "metric": "failed_cases", "max": 1, "severity": "advisory"}
    assert judged(True, False, rules=(RULE, advisory)).decision == "block"


def test_fail_fast_skips_no_case() -> None:
    few = {**RULE, "min": 0.9}
    evidence = judged(True, False, rules=(few, RULE), decision={"fail_fast": True})
    assert [check.state for check in ruled(evidence)] == [State.FAIL, State.SKIP, State.FAIL]


def test_a_rule_on_failed_cases_names_them() -> None:
    evidence = judged(True, False, False, rules=(RULE, {"id": "none", "metric": "failed_cases", "max": 0}))
    assert evidence.checks[1].state is State.FAIL
    assert evidence.checks[1].places == [
        "cases.jsonl:2 negation-2: positive, expected negative",
        "cases.jsonl:3 negation-3: positive, expected negative",
    ]


def test_default_rules_judge_cases_too() -> None:
    assert "behavioural_cases" in [check.id for check in judged(False, rules=()).checks]


def test_without_cases_there_is_no_line() -> None:
    assert [check.id for check in ruled(judged())] == ["rule 0"]


def test_cases_that_were_not_run_fail() -> None:
    evidence = judged(evaluate={"cases": "cases.jsonl"})
    assert (evidence.decision, evidence.checks[1].actual) == ("block", "not run")
    assert evidence.checks[1].detail == "cases.jsonl was not run in this evaluation; evaluate again."


def test_in_a_smoke_run_cases_do_not_decide() -> None:
    cases = [case(1, passed=False)]
    evidence = judge(project(RULE), evaluation(metric("accuracy", 0.7), cases=cases, smoke=True))
    assert (evidence.checks[1].state, evidence.decision) == (State.FAIL, "pass")


def test_cases_are_no_rule_that_decides() -> None:
    evidence = judged(True, rules=({**RULE, "severity": "advisory"},))
    assert (evidence.state, evidence.exit_code()) == (State.ERROR, 11)
