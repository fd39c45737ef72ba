"""Judges one rule of the project on the evidence of an evaluation."""

from __future__ import annotations

from dataclasses import replace

from ml_steps.config import GateRule
from ml_steps.data.wording import listed
from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import State
from ml_steps.gate.cases import failing_places
from ml_steps.gate.entries import ABSENT, compares, judge_entry, no_baseline, rule_expects
from ml_steps.gate.family import is_family, judge_family, members
from ml_steps.gate.judged import Judged, Verdict, judged
from ml_steps.gate.missing import missing
from ml_steps.gate.timing import SHORT, WHY, judged_on


def judge_rule(rule: GateRule, evaluation: EvaluationEvidence) -> Judged:
    """Judge a rule; the check names metric, slice, actual with interval and n, threshold and next step."""
    if is_family(rule):
        entries = members(rule, evaluation)
        if entries and not (compares(rule) and not evaluation.baseline.compared):
            return judge_family(rule, entries, evaluation)
        return judged(rule, _absent(rule, evaluation, there=bool(entries)), rule_expects(rule))
    metric, why = judged_on(rule.metric, evaluation)
    entry = evaluation.entry(metric, rule.slice, rule.group)
    if entry is None:
        return judged(rule, _absent(rule, evaluation, there=False), rule_expects(rule))
    verdict = judge_entry(rule, entry, evaluation)
    if why:
        verdict = replace(verdict, actual=f"{SHORT[metric]} {verdict.actual} ({why})")
    if metric != rule.metric:
        verdict = replace(verdict, detail=f"{verdict.detail} {WHY}".strip())
    if rule.fairness and verdict.state is State.PASS:
        verdict = _with_small_groups(rule, verdict, entry, evaluation)
    one = judged(rule, verdict, rule_expects(rule))
    if rule.metric != "failed_cases":
        return one
    return replace(one, check=one.check.model_copy(update={"places": failing_places(evaluation)}))


def _with_small_groups(rule: GateRule, verdict: Verdict, entry: Metric, evaluation: EvaluationEvidence) -> Verdict:
    """Warn of groups with too few rows to be compared by themselves: nothing is shown of them."""
    small = evaluation.pooled.get((rule.slice or "").removesuffix("=*"))
    if not small:
        return verdict
    how = "left out" if entry.n < evaluation.rows else "taken together as one group"
    return replace(
        verdict, state=State.WARN, detail=f"Groups of too few rows are {how}: {listed(small)}; score more rows of them."
    )


def _absent(rule: GateRule, evaluation: EvaluationEvidence, *, there: bool) -> Verdict:
    """Return the verdict of a rule that has no entry to judge, or whose entries have nothing to compare with."""
    if compares(rule) and not evaluation.baseline.compared:
        # Without a baseline there are neither ratios nor differences by group.
        ungrouped = rule.group is not None and evaluation.entry(rule.metric, rule.slice) is not None
        if there or ungrouped or rule.claim is None:
            return no_baseline(rule, evaluation)
    return Verdict(ABSENT[rule.on_missing], "not in the evaluation", missing(rule, evaluation), lacks="not measured")
