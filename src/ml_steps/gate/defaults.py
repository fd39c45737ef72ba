"""The rules of a project that states none: is it a model at all, and is it not worse than the last one?"""

from __future__ import annotations

import math

from ml_steps.config import GateRule
from ml_steps.data.wording import listed, plural
from ml_steps.evaluation.record import EvaluationEvidence
from ml_steps.evidence import Check, Interval, State
from ml_steps.gate.judged import Judged
from ml_steps.gate.rules import judge_rule
from ml_steps.gate.text import with_interval
from ml_steps.report.text import number

NOT_WORSE = {
    "classification": GateRule(id="not_worse_than_baseline", metric="accuracy", claim="not_shown_worse", margin=0.01),
    "regression": GateRule(id="not_worse_than_baseline", metric="rmse", claim="not_shown_worse", margin="1%"),
}

FEWEST_ROWS = 5
"""Rows of a class from which it is no chance that a model never answers it."""

_BEATS_NOTHING = "It does not beat a constant answer; improve the model."
_NOT_SHOWN = "It is better, but not shown to be: score more rows, of the rarer classes above all, or improve the model."
_MEAN_BEATEN = "It is not shown to beat a constant answer; improve the model, or score more rows."
_MEAN_UNDEFINED = "R² is undefined, as for one row or a constant target; score rows of different targets."
_ONE_ANSWER = (
    "The model answers one class whatever it is asked; look at its training, and whether the holdout "
    "has rows of others."
)
_ONE_CLASS = "The holdout has one class, so that nothing can beat a constant answer; add rows of the others."


def judge_defaults(evaluation: EvaluationEvidence) -> list[Judged]:
    """Judge the default rules of the evaluation's task."""
    if evaluation.task == "classification":
        own = [_several_classes(evaluation), _every_class(evaluation), _better_than_majority(evaluation)]
    else:
        own = [_better_than_mean(evaluation)]
    return [_finite(evaluation), *own, judge_rule(_not_worse(evaluation), evaluation)]


def _not_worse(evaluation: EvaluationEvidence) -> GateRule:
    rule = NOT_WORSE[evaluation.task]
    entry = evaluation.entry(rule.metric)
    if evaluation.task == "classification" or entry is None or entry.difference is None:
        return rule
    # No share of 0 is a margin, and in some samples the errors of a baseline that hardly errs are 0.
    unshared = entry.difference.low is not None and entry.difference.relative is None
    perfect = entry.baseline == 0 or unshared
    return rule.model_copy(update={"margin": 0.0}) if perfect else rule


def _finite(evaluation: EvaluationEvidence) -> Judged:
    """Every metric over all rows has a value wherever there are rows to compute it from."""
    metrics = [entry for entry in evaluation.metrics if entry.slice is None and entry.n > 0]
    bad = [entry.metric for entry in metrics if entry.value is None or not math.isfinite(entry.value)]
    good = bool(metrics) and not bad
    check = Check(
        id="finite_metrics",
        state=State.PASS if good else State.FAIL,
        subject="every metric",
        actual=f"undefined: {', '.join(bad[:5])}" if bad else f"{len(metrics)} finite",
        expected="a finite value",
        detail="" if good else "Look at the predictions and at the targets.",
    )
    return Judged(check, check.subject)


def _several_classes(evaluation: EvaluationEvidence) -> Judged:
    entry = evaluation.entry("predicted_classes")
    value = entry.value if entry else None
    good = value is not None and value > 1
    check = Check(
        id="more_than_one_class",
        state=State.PASS if good else State.FAIL,
        subject="predicted_classes",
        actual=with_interval(value, None, None),
        expected="> 1",
        detail="" if good else _ONE_ANSWER,
    )
    return Judged(check, check.subject)


def _every_class(evaluation: EvaluationEvidence) -> Judged:
    """Every class of the holdout is answered at least once; one of fewer rows than FEWEST_ROWS only warns."""
    rows_of = {entry.metric: entry.n for entry in evaluation.metrics if entry.slice is None and entry.group is None}
    lost = {
        name: rows
        for name in evaluation.classes or []
        if (rows := rows_of.get(f"recall[{name}]", 0)) and rows_of.get(f"precision[{name}]") == 0
    }
    few = all(rows < FEWEST_ROWS for rows in lost.values())
    named = [f"{name} ({plural(rows, 'row')})" for name, rows in sorted(lost.items(), key=lambda one: -one[1])]
    check = Check(
        id="every_class_answered",
        state=State.FAIL if not few else State.WARN if lost else State.PASS,
        subject="precision of each class",
        actual=f"never answered: {listed(named)}" if lost else "every class is answered",
        expected="an answer of every class of the holdout",
        detail="The model has lost these classes; look at their rows in training, or state rules of your own."
        if lost
        else "",
    )
    return Judged(check, check.subject)


def _better_than_majority(evaluation: EvaluationEvidence) -> Judged:
    entry, majority = evaluation.entry("accuracy"), evaluation.entry("majority_accuracy")
    share = majority.value if majority else None
    if entry is None or entry.value is None or entry.low is None or share is None:
        check = Check(
            id="better_than_majority",
            state=State.FAIL,
            subject="accuracy",
            actual="undefined",
            expected="shown to be above that of the most frequent class",
            detail="Evaluate again.",
        )
        return Judged(check, check.subject)
    state = State.PASS if entry.low > share else State.FAIL
    check = Check(
        id="better_than_majority",
        state=state,
        subject="accuracy",
        actual=f"{with_interval(entry.value, entry.low, entry.high, [share])}, n {entry.n:,}",
        expected=f"lower end of the interval > {number(share, [entry.low])}, the share of the most frequent class",
        detail="" if state is State.PASS else _why_not_shown(entry.value, share),
    )
    drawn = Interval(label=check.id, value=entry.value, low=entry.low, high=entry.high, threshold=share, state=state)
    return Judged(check, check.subject, (drawn,))


def _why_not_shown(accuracy: float, share: float) -> str:
    if share == 1:
        return _ONE_CLASS
    return _NOT_SHOWN if accuracy > share else _BEATS_NOTHING


def _better_than_mean(evaluation: EvaluationEvidence) -> Judged:
    entry = evaluation.entry("r2")
    value = entry.value if entry else None
    low = entry.low if entry else None
    state = State.PASS if low is not None and low > 0 else State.FAIL
    check = Check(
        id="better_than_mean",
        state=state,
        subject="r2",
        actual="undefined" if entry is None else with_interval(value, entry.low, entry.high),
        expected="lower end of the interval > 0, that of always answering the mean",
        detail="" if state is State.PASS else _MEAN_UNDEFINED if value is None else _MEAN_BEATEN,
    )
    if entry is None or value is None:
        return Judged(check, check.subject)
    drawn = Interval(label=check.id, value=value, low=entry.low, high=entry.high, threshold=0, state=state)
    return Judged(check, check.subject, (drawn,))
