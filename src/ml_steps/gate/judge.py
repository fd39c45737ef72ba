"""Decides whether a model may be released: every rule is judged and shown, the required ones decide once."""

from __future__ import annotations

from collections import Counter

from ml_steps.evaluation.record import EvaluationEvidence
from ml_steps.evidence import Check, Evidence, State
from ml_steps.gate.cases import judge_cases
from ml_steps.gate.charts import charts
from ml_steps.gate.defaults import judge_defaults
from ml_steps.gate.judged import Judged
from ml_steps.gate.record import Decision, GateEvidence
from ml_steps.gate.rules import judge_rule
from ml_steps.gate.sound import faults
from ml_steps.project import Project

GOOD = (State.PASS, State.WARN)
FINE = (*GOOD, State.SKIP)


def judge(
    project: Project,
    evaluation: EvaluationEvidence,
    data_report: Evidence | None = None,
    test_report: Evidence | None = None,
) -> GateEvidence:
    """Decide by the project's rules, or by the defaults where it states none. Pure: nothing is read.

    A report that is given and did not pass blocks, and so does a behavioural case that fails. A report that is not
    given is shown as not judged. In an evaluation of a smoke run the rules do not decide.
    """
    config, smoke = project.config, evaluation.smoke
    rules = [judge_rule(rule, evaluation) for rule in config.gate] or judge_defaults(evaluation)
    if config.decision.fail_fast and not smoke:
        rules = _up_to_the_first_failure(rules)
    judged = [*rules, *judge_cases(config, evaluation)]
    checks = [one.check for one in judged]
    if smoke:
        checks = [check.model_copy(update={"required": False}) for check in checks]
    elif not any(map(_decides, rules)):
        checks.append(_nothing_decides())
    checks = [*faults(config, evaluation, data_report), *checks]
    given = [report for report in (evaluation, data_report, test_report) if report is not None]
    reports = [_report(report) for report in given if report is not evaluation or report.state not in GOOD]
    decision, state = _decide([*reports, *checks])
    expected = (("validate_data", "--data-report", data_report), ("test", "--test-report", test_report))
    return GateEvidence(
        state=state,
        headline=_headline(checks, reports, _lacking(judged, smoke), smoke, default=not config.gate),
        smoke=smoke,
        decision=decision,
        reasons=[_reason(check) for check in [*reports, *checks] if check.required and check.state not in FINE],
        default_rules=not config.gate,
        model_digest=evaluation.model_digest,
        baseline=evaluation.baseline.note,
        rows_needed={one.check.id: one.rows_needed for one in judged if one.rows_needed is not None},
        facts={
            "decision": "none, a smoke run" if smoke and decision == "pass" else decision,
            "rules": "the project's" if config.gate else "defaults",
            "model": evaluation.model_digest,
            "baseline": evaluation.baseline.note,
            "rows": evaluation.rows,
        },
        checks=[
            *reports,
            *checks,
            *(_not_given(stage, option) for stage, option, report in expected if report is None),
        ],
        charts=charts(judged),
    )


def _up_to_the_first_failure(judged: list[Judged]) -> list[Judged]:
    """Skip what comes after the first required rule that fails; after one that needs review another may block."""
    blocking = (State.FAIL, State.ERROR)
    stops = [index for index, one in enumerate(judged) if one.check.required and one.check.state in blocking]
    first = stops[0] + 1 if stops else len(judged)
    detail = "fail_fast stopped before it; mend the first rule that fails, and run again."
    told = {"state": State.SKIP, "actual": "not judged", "detail": detail, "places": []}
    skipped = [Judged(one.check.model_copy(update=told), one.metric, lacks="fail_fast") for one in judged[first:]]
    return [*judged[:first], *skipped]


def _decide(checks: list[Check]) -> tuple[Decision, State]:
    states = {check.state for check in checks if check.required}
    if State.ERROR in states:
        return "block", State.ERROR
    if State.FAIL in states:
        return "block", State.FAIL
    return ("review", State.INSUFFICIENT) if State.INSUFFICIENT in states else ("pass", State.PASS)


def _report(report: Evidence) -> Check:
    good = report.state in GOOD
    return Check(
        id=f"{report.stage}_report",
        state=State.PASS if good else State.ERROR if report.state is State.ERROR else State.FAIL,
        subject=report.stage,
        actual=f"{report.state}: {report.headline}",
        expected="PASS or WARN",
        detail="" if good else f"See the report of {report.stage}, and run it again once it is mended.",
    )


def _not_given(stage: str, option: str) -> Check:
    return Check(
        id=f"{stage}_report",
        state=State.SKIP,
        subject=stage,
        actual="not given: not judged",
        expected="PASS or WARN",
        detail=f"Give {option} to have it judged.",
        required=False,
    )


def _decides(one: Judged) -> bool:
    """False for a rule that is advisory, skipped, or let through with a warning as there was too little to judge."""
    let_through = one.check.state is State.WARN and one.lacks
    return one.check.required and one.check.state is not State.SKIP and not let_through


def _nothing_decides() -> Check:
    return Check(
        id="rules",
        state=State.ERROR,
        subject="[[tool.ml-pipeline.gate]]",
        actual='no rule decides: all are skipped, advisory, or let through by on_insufficient = "warn"',
        expected="at least one required rule that applies",
        detail="Add one, for example with min, or remove all rules to get the default ones.",
    )


def _lacking(judged: list[Judged], smoke: bool) -> str:
    """Return why rules that would decide were skipped, where it is the same for all of them."""
    why = {one.lacks for one in judged if one.check.state is State.SKIP and (one.check.required or smoke)}
    return f" ({why.pop()})" if len(why) == 1 else ""


def _headline(checks: list[Check], reports: list[Check], lacking: str, smoke: bool, *, default: bool) -> str:
    shown = [check for check in checks if check.required or smoke]
    states = Counter(check.state for check in shown)
    advised = 0 if smoke else sum(not check.required and check.state not in FINE for check in checks)
    kind = "default " if default else "" if smoke else "required "
    text = f"{states[State.PASS]} of {len(shown)} {kind}rules pass"
    text += f", {states[State.WARN]} warn" if states[State.WARN] else ""
    text += f", {advised} advisory {'does' if advised == 1 else 'do'} not" if advised else ""
    text += f", {states[State.SKIP]} skipped{lacking}" if states[State.SKIP] else ""
    blocking = [check.subject for check in reports if check.state not in GOOD]
    text = f"{', '.join(blocking)} did not pass; {text}" if blocking else text
    return f"SMOKE, not a decision: {text}" if smoke else text


def _reason(check: Check) -> str:
    actual = f" is {check.actual}," if check.actual else ""
    return f"{check.id}: {check.subject}{actual} expected {check.expected}. {check.detail}".strip()
