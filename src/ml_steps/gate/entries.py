"""Judges one entry of the evaluation by one rule."""

from __future__ import annotations

import math

from ml_steps import metrics
from ml_steps.config import Claim, GateRule
from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import Interval, State
from ml_steps.gate import claims
from ml_steps.gate.judged import Verdict
from ml_steps.gate.text import measured, of_class, with_interval
from ml_steps.report.text import exact, number

INSUFFICIENT = {"fail": State.FAIL, "review": State.INSUFFICIENT, "warn": State.WARN}
FEWEST_GROUPS, FEWEST_ROWS = 40, 5
"""As in evaluation.resampling, which a light process does not load."""
ABSENT = {"fail": State.FAIL, "skip": State.SKIP}


def judge_entry(rule: GateRule, entry: Metric, evaluation: EvaluationEvidence, tests: int = 1) -> Verdict:
    """Judge an entry by its value, or by its difference to the baseline where the rule claims something.

    `tests` is how many slices the rule is judged in, which rows_needed goes by.
    """
    ends = (end for end in (rule.min, rule.max) if end is not None)
    actual = measured(entry, [end for end in ends if not _equal(entry.value, end)])
    if entry.baseline is not None:
        actual += f"; baseline {number(entry.baseline)}"
    unanswered = entry.value is None and _is_there(entry, evaluation)  # more rows would not mend it
    # More rows would: a group of one class has no error rate of the others.
    one_sided = entry.value is None and entry.metric.startswith("equalized_odds_difference")
    fewest = max(rule.min_rows, metrics.FEWEST_DEFINED.get(entry.metric, 1))
    if (entry.n >= fewest and not one_sided) or unanswered:
        if entry.value is None or not math.isfinite(entry.value):
            detail = "The value is undefined; look at the predictions."
            detail = "The model never answers this class; look at its training." if unanswered else detail
            return Verdict(State.FAIL, actual, detail)
        if not metrics.possible(entry.metric, entry.value):
            return Verdict(State.FAIL, actual, f"No {entry.metric} has this value; evaluate again.")
    if compares(rule) and not evaluation.baseline.compared:
        return no_baseline(rule, evaluation, actual)
    if entry.n < fewest or entry.value is None:
        detail = f"{entry.n:,} rows{of_class(entry.metric)}, expected at least {fewest:,}; {_more_rows(rule)}"
        needed: int | None = fewest
        if rule.fairness and (not entry.n or entry.n >= fewest):
            lacking = "Fewer than two groups have rows enough to be compared"
            if entry.n:
                lacking = f"A group has no row{of_class(entry.metric)}, or none of another class"
            detail, needed = f"{lacking}; {_more_rows(rule, 'more rows of each')}", None
        state = INSUFFICIENT[rule.on_insufficient]
        return Verdict(state, actual, detail, rows_needed=needed, lacks="too few rows")
    if rule.claim is None:
        return _bounded(rule, entry, entry.value, actual)
    return _claimed(rule, rule.claim, entry, evaluation, actual, tests)


def _is_there(entry: Metric, evaluation: EvaluationEvidence) -> bool:
    """Tell of a precision, which rests on the answers, whether the slice has rows of the class."""
    name, _, class_ = entry.metric.partition("[")
    support = evaluation.entry(f"recall[{class_}", entry.slice)
    return name == "precision" and (support is None or support.n > 0)


def compares(rule: GateRule) -> bool:
    """Tell whether a rule needs a baseline."""
    return rule.claim is not None or rule.metric in metrics.RATIOS


def no_baseline(rule: GateRule, evaluation: EvaluationEvidence, actual: str = "") -> Verdict:
    """Return the verdict of a rule that compares, on an evaluation without a baseline."""
    note = f" ({evaluation.baseline.note})" if evaluation.baseline.note else ""
    detail = f"There is no baseline to compare with{note}; evaluate with --baseline once there is one."
    told = f"not compared; {actual}" if actual else "not compared"
    return Verdict(ABSENT[rule.on_no_baseline], told, detail, lacks="no baseline")


def _equal(value: float | None, end: float) -> bool:
    """Tell whether only rounding lies between: 60 of 100 over 75 of 100 is four fifths, and as a float less."""
    return value is not None and math.isclose(value, end, rel_tol=1e-12, abs_tol=1e-15)


def _bounded(rule: GateRule, entry: Metric, value: float, actual: str) -> Verdict:
    too_low = rule.min is not None and not (value >= rule.min or _equal(value, rule.min))
    too_high = rule.max is not None and not (value <= rule.max or _equal(value, rule.max))
    state, detail, lacks = State.PASS, "", ""
    if too_low or too_high:
        side = "min" if too_low else "max"
        state = State.FAIL
        guard = metrics.guarding_bound(entry.metric)
        improve = "Improve it" if guard in (side, None) else "It is better than expected: look for leaked answers"
        detail = f"{improve}, or change {side} of this rule in pyproject.toml if the threshold is wrong."
    if too_high and entry.metric in metrics.RATIOS and entry.low is not None and entry.low <= (rule.max or 0):
        state, lacks = INSUFFICIENT[rule.on_insufficient], "too noisy"
        detail = "Its interval holds the threshold: too noisy to tell; measure again on a quieter machine."
    slack = min(math.inf if rule.min is None else value - rule.min, math.inf if rule.max is None else rule.max - value)
    threshold = rule.max if too_high or rule.min is None else rule.min
    drawn = Interval(
        label=_label(rule, entry), value=value, low=entry.low, high=entry.high, threshold=threshold, state=state
    )
    return Verdict(state, actual, detail, slack=slack, drawn=drawn, lacks=lacks)


def _claimed(  # noqa: PLR0913, PLR0917 - one fact each
    rule: GateRule, claim: Claim, entry: Metric, evaluation: EvaluationEvidence, actual: str, tests: int
) -> Verdict:
    margin, relative = rule.margin_value()
    relative = relative and margin > 0
    if relative and entry.baseline == 0:
        detail = f'A margin of "{rule.margin}" of a baseline of 0 is none; give an absolute margin.'
        return Verdict(State.ERROR, actual, detail)
    judged = claims.by_share(entry) if relative else entry
    difference, bounds = judged.difference, claims.bounds_of(judged)
    if bounds is None or difference is None or entry.baseline is None:
        lacking = difference is None or difference.low is None or difference.high is None
        state = INSUFFICIENT[rule.on_insufficient] if lacking else State.FAIL  # NaN: no lack
        detail = _without_bounds(rule, entry)
        if relative and claims.bounds_of(entry) is not None:
            detail = f'The baseline is 0 in some samples, of which "{rule.margin}" is none; give an absolute margin.'
        return Verdict(state, actual, detail, lacks="no bounds" if lacking else "")
    allowed = margin * (abs(entry.baseline) if relative else 1)
    beside = [end for end in (allowed, -allowed) if not _equal(difference.value, end)]
    shown = with_interval(difference.value, difference.low, difference.high, beside)
    actual = f"difference {shown}; {actual}"
    held = claims.holds(claim, bounds, allowed)
    detail, needed = "", None
    if not held or claim == "not_shown_worse":
        detail, needed = claims.advice(claim, bounds, allowed, entry, tests)
    state = State.PASS if held else State.FAIL
    if held and _itself(evaluation):
        state, needed = State.WARN, None
        detail = "The baseline is this very model, so that the claim compares it with itself."
    threshold = allowed if claim == "shown_better" else -allowed
    return Verdict(
        state,
        actual,
        detail,
        claims.expected(claim, rule.metric, allowed),
        # Not the p-value, which is 1 of every slice far from the margin, whatever its drop.
        slack=claims.distance(bounds, allowed) if claim == "not_shown_worse" else bounds.low - threshold,
        p_harm=claims.p_harm(bounds, allowed),
        rows_needed=needed,
        drawn=Interval(
            label=_label(rule, entry),
            value=bounds.value,
            low=bounds.low,
            high=bounds.high,
            threshold=threshold,
            state=state,
        ),
    )


def _more_rows(rule: GateRule, rows: str = "more rows") -> str:
    """Return what to do about too few rows; nobody can wave a review through by hand."""
    if rule.on_insufficient != "review":
        return f"score {rows}."
    return f"score {rows} and run again, or commit a change of on_insufficient."


def _without_bounds(rule: GateRule, entry: Metric) -> str:
    """Return why a difference has no bounds, and what to do."""
    if entry.metric in metrics.CALIBRATION and entry.baseline is None:
        return "The baseline answers labels alone, without probabilities; use min or max, or drop the rule."
    fewest = metrics.FEWEST_FOR_BOUNDS.get(entry.metric, FEWEST_ROWS)
    if entry.group is None and entry.difference and (entry.n < fewest or entry.metric in metrics.CALIBRATION):
        classes = f", and {FEWEST_ROWS} of each class" if entry.metric in metrics.CALIBRATION else ""
        more = (
            'more rows, or let it pass with on_insufficient = "warn"' if rule.on_insufficient == "fail" else "more rows"
        )
        return f"The difference has no bounds: it takes {fewest} rows{classes}; {_more_rows(rule, more)}"
    if entry.group is None or entry.difference is None:
        return f"The difference to the baseline is undefined on these rows; use min or max, or {_more_rows(rule)}"
    # Only r2 is undefined in resamples whose target is constant.
    other = ", or r2 is undefined in many resamples" if entry.metric == "r2" else ""
    return (
        f"The difference has no bounds: fewer than {FEWEST_GROUPS} groups in {entry.group} hold rows"
        f"{of_class(entry.metric)}{other}; at least {FEWEST_GROUPS} are needed: "
        f"{_more_rows(rule, 'rows of more groups')}"
    )


def _itself(evaluation: EvaluationEvidence) -> bool:
    """Tell whether nothing differs: the same model, and by other code around it no metric is another in any slice.

    Judged by the differences, as their bounds are never 0: see evaluation.bootstrap on half rows.
    """
    if evaluation.model_digest != evaluation.baseline.model_digest:
        return False
    return all(entry.difference.value == 0 for entry in evaluation.metrics if entry.difference is not None)


def _label(rule: GateRule, entry: Metric) -> str:
    return f"{rule.id} [{entry.slice}]" if entry.slice else rule.id


def rule_expects(rule: GateRule) -> str:
    """Return what a rule asks for, before anything is compared."""
    if rule.claim is not None:
        return f"{rule.claim}, margin {rule.margin}"
    ends = [(">=", rule.min), ("<=", rule.max)]
    return " and ".join(f"{operator} {exact(end)}" for operator, end in ends if end is not None)
