"""Judges one rule of the project on the evidence of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import Check, Interval, State
from ml_steps.gate import claims
from ml_steps.gate.text import number, with_interval
from ml_steps.metrics import TIMED
from ml_steps.project import Claim, GateRule, nearest

INSUFFICIENT = {"fail": State.FAIL, "review": State.INSUFFICIENT, "warn": State.WARN}
ABSENT = {"fail": State.FAIL, "skip": State.SKIP}


@dataclass(frozen=True)
class Judged:
    """A judged rule, with what is drawn of it."""

    check: Check
    drawn: Interval | None = None
    paired: bool = False
    """What is drawn is a difference to the baseline."""


def judge_rule(rule: GateRule, evaluation: EvaluationEvidence) -> Judged:
    """Judge a rule; the check names metric, slice, actual with interval and n, threshold and next step."""
    entry = evaluation.entry(rule.metric, rule.slice)
    if entry is None:
        return _judged(rule, ABSENT[rule.on_missing], "not in the evaluation", _missing(rule, evaluation))
    return _on_entry(rule, entry, evaluation)


def _on_entry(rule: GateRule, entry: Metric, evaluation: EvaluationEvidence) -> Judged:
    actual = f"{with_interval(entry.value, entry.low, entry.high)}, n {entry.n:,}"
    if entry.baseline is not None:
        actual += f"; baseline {number(entry.baseline)}"
    if entry.n < rule.min_rows:
        detail = f"{entry.n:,} rows, expected at least {rule.min_rows:,}; score more rows."
        return _judged(rule, INSUFFICIENT[rule.on_insufficient], actual, detail)
    if entry.value is None or not math.isfinite(entry.value):
        detail = "The value is undefined; look at the confusion matrix, or at the predictions."
        return _judged(rule, State.FAIL, actual, detail)
    if rule.claim is None:
        return _bounded(rule, entry, entry.value, actual)
    if not evaluation.baseline.compared:
        detail = f"There is no baseline to compare with ({evaluation.baseline.note})."
        return _judged(rule, ABSENT[rule.on_no_baseline], actual, detail)
    return _claimed(rule, rule.claim, entry, actual)


def _bounded(rule: GateRule, entry: Metric, value: float, actual: str) -> Judged:
    too_low = rule.min is not None and not value >= rule.min
    too_high = rule.max is not None and not value <= rule.max
    if too_low or too_high:
        side = "min" if too_low else "max"
        detail = f"Improve it, or change {side} of this rule in pyproject.toml if the threshold is wrong."
        judged = _judged(rule, State.FAIL, actual, detail)
    else:
        judged = _judged(rule, State.PASS, actual, "")
    threshold = rule.max if too_high or rule.min is None else rule.min
    state = judged.check.state
    drawn = Interval(label=rule.id, value=value, low=entry.low, high=entry.high, threshold=threshold, state=state)
    return Judged(judged.check, drawn)


def _claimed(rule: GateRule, claim: Claim, entry: Metric, actual: str) -> Judged:
    bounds, difference = claims.bounds_of(entry), entry.difference
    if bounds is None or difference is None or entry.baseline is None:
        detail = "The difference to the baseline is undefined on these rows; use min or max, or more rows."
        lacking = difference is None or difference.low is None or difference.high is None
        state = INSUFFICIENT[rule.on_insufficient] if lacking else State.FAIL  # NaN is no lack of rows
        return _judged(rule, state, actual, detail)
    actual += f", difference {with_interval(difference.value, difference.low, difference.high)}"
    margin, relative = rule.margin_value()
    if relative and entry.baseline == 0:
        detail = f'A margin of "{rule.margin}" of a baseline of 0 is none; give an absolute margin.'
        return _judged(rule, State.ERROR, actual, detail)
    margin *= abs(entry.baseline) if relative else 1
    held = claims.holds(claim, bounds, margin)
    state = State.PASS if held else State.FAIL
    detail = "" if held else claims.next_step(claim, bounds, margin)
    judged = _judged(rule, state, actual, detail, claims.expected(claim, rule.metric, margin))
    threshold = margin if claim == "shown_better" else -margin
    drawn = Interval(
        label=rule.id, value=bounds.value, low=bounds.low, high=bounds.high, threshold=threshold, state=state
    )
    return Judged(judged.check, drawn, paired=True)


def _judged(rule: GateRule, state: State, actual: str, detail: str, expected: str = "") -> Judged:
    """Return the check of a rule; `why` is told where the rule does not pass."""
    told = f"{rule.why.rstrip('.')}. {detail}" if rule.why and state is not State.PASS else detail
    return Judged(
        Check(
            id=rule.id,
            state=state,
            subject=f"{rule.metric} [{rule.slice}]" if rule.slice else rule.metric,
            actual=actual,
            expected=expected or _expected(rule),
            detail=told,
            required=rule.severity == "required",
        )
    )


def _expected(rule: GateRule) -> str:
    if rule.claim is not None:
        return f"{rule.claim}, margin {rule.margin}"
    ends = [(">=", rule.min), ("<=", rule.max)]
    return " and ".join(f"{operator} {number(end)}" for operator, end in ends if end is not None)


def _missing(rule: GateRule, evaluation: EvaluationEvidence) -> str:
    slices = sorted({entry.slice for entry in evaluation.metrics if entry.slice})
    names = list(dict.fromkeys(entry.metric for entry in evaluation.metrics if entry.slice == rule.slice))
    if rule.slice is not None and rule.slice not in slices:
        known = ", ".join(slices[:8]) or "none; name columns in [tool.ml-pipeline.evaluate] slices"
        return f'There is no slice "{rule.slice}"; {nearest(rule.slice, slices)}slices: {known}.'
    if rule.metric in TIMED and rule.slice is None:
        return 'It was not measured in this evaluation; take timings, or say on_missing = "skip".'
    hint = nearest(rule.metric, names) or f"metrics: {', '.join(names[:12])}; "
    return f'There is no metric "{rule.metric}"; {hint}mend this rule in pyproject.toml.'
