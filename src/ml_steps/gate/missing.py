"""What to say where the evaluation lacks what a rule names."""

from __future__ import annotations

import unicodedata

from ml_steps import metrics
from ml_steps.config import GateRule
from ml_steps.data.wording import listed
from ml_steps.evaluation.record import EvaluationEvidence
from ml_steps.project import nearest

IN_TURN = tuple(name for name in metrics.RATIOS if name != "peak_rss_ratio")
"""Ratios of time; that of memory needs no turns."""
NO_SLICES = "none; name columns in [tool.ml-pipeline.evaluate] slices"


def missing(rule: GateRule, evaluation: EvaluationEvidence) -> str:
    """Return in one sentence what is not there and how to get it."""
    if rule.group is not None and any(
        entry.metric == rule.metric and rule.covers(entry.slice) for entry in evaluation.metrics
    ):
        return f'Rows were not resampled by "{rule.group}"; evaluate again with this rule in pyproject.toml.'
    if unmeasured := _unmeasured(rule, evaluation):
        return unmeasured
    if unknown := _unknown_class(rule, evaluation):
        return unknown
    column, _, value = (rule.slice or "").partition("=")
    if value in evaluation.pooled.get(column, []):
        return (
            f'"{rule.slice}" has too few rows to be a slice and is part of "{column}=(pooled)"; '
            "score more rows of it, or lower min_rows of [tool.ml-pipeline.evaluate]."
        )
    slices = sorted({entry.slice for entry in evaluation.metrics if entry.slice})
    if rule.slice is not None and not any(map(rule.covers, slices)):
        known = f"{listed(slices)}; mend this rule in pyproject.toml" if slices else NO_SLICES
        return f'There is no slice "{rule.slice}"; {nearest(rule.slice, slices)}slices: {known}.'
    names = list(dict.fromkeys(entry.metric for entry in evaluation.metrics if rule.covers(entry.slice)))
    hint = nearest(rule.metric, names) or f"metrics: {', '.join(names[:12])}; "
    mend = "evaluate again" if rule.metric in names else f"{hint}mend this rule in pyproject.toml"
    return f'There is no metric "{rule.metric}"; {mend}.'


def _unknown_class(rule: GateRule, evaluation: EvaluationEvidence) -> str:
    """Return which classes there are, where a metric of one class names another."""
    name, _, rest = rule.metric.partition("[")
    wanted, classes = rest.removesuffix("]"), evaluation.classes or []
    if name not in metrics.BY_CLASS or not classes or wanted in classes:
        return ""
    known = ", ".join(classes[:12]) + (", …" if len(classes) > 12 else "")
    hint = nearest(unicodedata.normalize("NFC", wanted), classes)
    return f'There is no class "{wanted}" for {name}; {hint}classes: {known}; mend this rule in pyproject.toml.'


def _unmeasured(rule: GateRule, evaluation: EvaluationEvidence) -> str:
    """Return what a kind of metric takes that was not there for any of its kind."""
    column = (rule.slice or "").partition("=")[0]
    if rule.metric in metrics.CALIBRATION and evaluation.entry(rule.metric) is None:
        return f"{rule.metric} needs probabilities, and the predictor gives only labels; let predict return both."
    if rule.fairness and not any(entry.slice == rule.slice for entry in evaluation.metrics):
        return f'Fairness over "{column}" was not measured; evaluate again with protected = ["{column}"].'
    if rule.metric == "failed_cases":
        return "No behavioural cases were run; write cases.jsonl, and evaluate again."
    if rule.metric in IN_TURN and evaluation.baseline.compared:
        return (
            "The candidate and the baseline were not timed in turn; only a Dagger engine runs both: "
            'evaluate with dagger, or say on_missing = "skip".'
        )
    if rule.metric in metrics.TIMED:
        return 'It was not measured in this evaluation; take timings, or say on_missing = "skip".'
    return ""
