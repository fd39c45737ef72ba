"""What a person would rather look at: confusion, recall by class, class balance, latency."""

from __future__ import annotations

import numpy as np

from ml_steps.evaluation.record import EvaluationEvidence, Quantiles
from ml_steps.evidence import Bars, Chart, Interval, Intervals, Matrix

MOST_CLASSES = 40
"""More classes than this are not drawn."""


def charts(evidence: EvaluationEvidence) -> list[Chart]:
    """Return the charts of an evaluation."""
    return [*_of_classes(evidence), *_of_slices(evidence), *_of_timings(evidence)]


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
        if entry.metric == metric and entry.value is not None
    ]
    if len(items) < 2:
        return []
    return [Intervals(title=f"{metric} by slice, with 95 % intervals", items=items[:MOST_CLASSES])]


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
