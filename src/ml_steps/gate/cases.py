"""The behavioural cases: they count whether or not a rule speaks of them."""

from __future__ import annotations

from ml_steps.config import Config
from ml_steps.evaluation.record import Case, EvaluationEvidence
from ml_steps.evidence import Check, State
from ml_steps.gate.judged import Judged

MOST_PLACES = 5


def judge_cases(config: Config, evaluation: EvaluationEvidence) -> list[Judged]:
    """Judge all cases as one check: none where there are no cases, or where a required rule judges `failed_cases`."""
    ruled = any(rule.metric == "failed_cases" and rule.severity == "required" for rule in config.gate)
    if ruled or not (evaluation.cases or config.evaluate.cases):
        return []
    failing = _failing(evaluation)
    state, detail = (State.FAIL, "Mend the model, or the cases that ask too much.") if failing else (State.PASS, "")
    if not evaluation.cases:
        state, detail = State.FAIL, f"{config.evaluate.cases} was not run in this evaluation; evaluate again."
    check = Check(
        id="behavioural_cases",
        state=state,
        subject="failed_cases",
        actual=f"{len(failing):,} of {len(evaluation.cases):,} failed" if evaluation.cases else "not run",
        expected="0 failed",
        detail=detail,
        places=failing_places(evaluation),
    )
    return [Judged(check, "failed_cases")]


def failing_places(evaluation: EvaluationEvidence) -> list[str]:
    """Return the first failing cases: where they stand, what was answered and what was expected."""
    failing = _failing(evaluation)[:MOST_PLACES]
    return [f"{case.place} {case.id}: {case.actual}, expected {case.expected}" for case in failing]


def _failing(evaluation: EvaluationEvidence) -> list[Case]:
    return [case for case in evaluation.cases if not case.passed]
