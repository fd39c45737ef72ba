"""What a person would rather look at: confusion, recall by class, slices, calibration, fairness, latency."""

from __future__ import annotations

import numpy as np

from ml_steps.evaluation.record import EvaluationEvidence, Metric, Quantiles
from ml_steps.evidence import Bars, Chart, Interval, Intervals, Matrix, Pairs, Table
from ml_steps.metrics import MEANING

MOST_CLASSES = 40
"""More classes than this are not drawn."""


def charts(evidence: EvaluationEvidence) -> list[Chart]:
    """Return the charts of an evaluation."""
    beside = _beside_the_baseline(evidence)
    return [
        *beside,
        *_of_classes(evidence),
        *([] if beside else _over_all_rows(evidence)),
        *_of_slices(evidence),
        *_of_fairness(evidence),
        *_of_calibration(evidence),
        *_of_timings(evidence),
    ]


def _beside_the_baseline(evidence: EvaluationEvidence) -> list[Chart]:
    """Return what both were measured by over all rows; nothing without a baseline."""
    rows: list[list[str | float | None]] = []
    for entry in _overall(evidence):
        if entry.baseline is not None:
            found = entry.difference
            bounds = (found.value, found.low, found.high) if found else (None, None, None)
            rows.append([entry.metric, entry.value, entry.baseline, *bounds, MEANING[entry.metric]])
    head = ["Metric", "Candidate", "Baseline", "Difference", "At least", "At most", "What it is"]
    title = "Candidate beside baseline, and their difference with one-sided 95 % bounds"
    return [Table(title=title, head=head, rows=rows)] if rows else []


def _over_all_rows(evidence: EvaluationEvidence) -> list[Chart]:
    """Return every metric over all rows."""
    rows: list[list[str | float | None]] = [
        [entry.metric, entry.value, entry.low, entry.high, MEANING[entry.metric]] for entry in _overall(evidence)
    ]
    head = ["Metric", "Value", "From", "To", "What it is"]
    return [Table(title="Metrics over all rows, with 95 % intervals", head=head, rows=rows)]


def _overall(evidence: EvaluationEvidence) -> list[Metric]:
    """Return the metrics of all rows and of no single class."""
    found = [entry for entry in evidence.metrics if (entry.slice, entry.group) == (None, None)]
    return [entry for entry in found if "[" not in entry.metric]


def _of_classes(evidence: EvaluationEvidence) -> list[Chart]:
    names, confusion = evidence.classes, evidence.confusion
    if names is None or confusion is None or len(names) > MOST_CLASSES:
        return []
    counts = np.array(confusion)
    balance = [values for name, *values in zip(names, counts.sum(axis=1), counts.sum(axis=0), strict=True)]
    items = []
    for name in names:
        entry = evidence.entry(f"recall[{name}]")
        if entry is not None and entry.value is not None:
            items.append(Interval(label=name, value=entry.value, low=entry.low, high=entry.high))
    return [
        Matrix(title="Confusion matrix", rows=names, columns=names, counts=confusion),
        Intervals(title="Recall by class, with 95 % intervals", items=items),
        Bars(
            title="Class balance, actual and predicted",
            labels=[f"{name} {kind}" for name in names for kind in ("actual", "predicted")],
            values=[float(count) for pair in balance for count in pair],
            unit="rows",
        ),
    ]


def _of_slices(evidence: EvaluationEvidence) -> list[Chart]:
    metric = "accuracy" if evidence.task == "classification" else "rmse"
    items = [
        Interval(label=entry.slice or "all rows", value=entry.value, low=entry.low, high=entry.high)
        for entry in evidence.metrics
        if entry.metric == metric and entry.group is None and entry.value is not None
    ]
    if len(items) < 2:
        return []
    return [Intervals(title=f"{metric} by slice, with 95 % intervals", items=items[:MOST_CLASSES])]


def _of_fairness(evidence: EvaluationEvidence) -> list[Chart]:
    drawn: list[Chart] = []
    for metric, title in (
        ("selection_rate_ratio", "Selection rates of groups, lowest over highest, with 95 % intervals"),
        ("equalized_odds_difference", "Largest difference between groups in true or false positive rates"),
    ):
        items = [
            Interval(
                label=f"{(entry.slice or '').removesuffix('=*')}, class {entry.metric.partition('[')[2][:-1]}",
                value=entry.value,
                low=entry.low,
                high=entry.high,
            )
            for entry in evidence.metrics
            if entry.metric.startswith(f"{metric}[") and entry.value is not None
        ]
        if items:
            drawn.append(Intervals(title=title, items=items[:MOST_CLASSES]))
    return drawn


def _of_calibration(evidence: EvaluationEvidence) -> list[Chart]:
    bins = evidence.calibration
    if not bins:
        return []
    return [
        Pairs(
            title="Reliability: how sure the most probable class is, and how often it is right",
            series=("mean probability", "share right"),
            labels=[f"{each.count:,} rows" for each in bins],
            values=[(each.confidence, each.accuracy) for each in bins],
        )
    ]


def _of_timings(evidence: EvaluationEvidence) -> list[Chart]:
    timings = evidence.timings
    if timings is None:
        return []
    return [
        _latency("Latency of a single row", "ms", timings.single_ms),
        _latency("Latency in batches", "ms a row", timings.batch_ms_per_row),
    ]


def _latency(title: str, unit: str, quantiles: Quantiles) -> Bars:
    named = {"p50": quantiles.p50, "p95": quantiles.p95, "p99": quantiles.p99}
    shown = {name: value for name, value in named.items() if value is not None}
    return Bars(
        title=f"{title} ({quantiles.count:,} times)",
        labels=list(shown),
        values=list(shown.values()),
        unit=unit,
    )
