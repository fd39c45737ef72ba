"""Metrics of cost, taken from what the shim measured."""

from __future__ import annotations

from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.scores import Predicted, Scores
from ml_steps.evidence import Check, State


def measure(scores: Scores) -> list[Metric]:
    """Return an entry for each cost that was measured: milliseconds, CPU seconds or bytes, as the name says.

    They have no interval and no paired difference: neighbours on the machine move such numbers more than
    models do. Ratios to the baseline have one where both models were timed in turn.
    """
    others = {} if scores.baseline is None else _values(scores.baseline)
    costs = [
        Metric(metric=name, value=value, n=n, baseline=others[name][0] if name in others else None)
        for name, (value, n) in _values(scores.candidate).items()
    ]
    return costs if scores.baseline is None else [*costs, *_ratios(scores, scores.baseline)]


def checks(scores: Scores) -> list[Check]:
    """Say where there is a baseline and nothing compares its speed with the candidate's."""
    if scores.baseline is None or scores.paired:
        return []
    detail = "They were timed apart, or not at all, so that no rule can compare them; only a Dagger engine runs both."
    return [Check(id="timings", state=State.SKIP, expected="both models timed in turn", detail=detail)]


def _values(model: Predicted) -> dict[str, tuple[float, int]]:
    values = {}
    if model.timings:
        single, batch, load = model.timings.single_ms, model.timings.batch_ms_per_row, model.timings.load_ms
        for name, quantile in (("p50", single.p50), ("p95", single.p95), ("p99", single.p99)):
            if quantile is not None:
                values[f"latency_single_{name}_ms"] = (quantile, single.count)
        values["latency_batch_p50_ms_per_row"] = (batch.p50, batch.count)
        values["load_p50_ms"] = (load.p50, load.count)
        if model.timings.cpu_seconds_per_1k is not None:
            values["cpu_seconds_per_1k"] = (model.timings.cpu_seconds_per_1k, model.timings.cpu_rounds)
    values["peak_rss_bytes"] = (float(model.scoring.peak_rss_bytes), model.scoring.rows)
    return values


def _ratios(scores: Scores, baseline: Predicted) -> list[Metric]:
    """Return the ratios to the baseline. That of memory needs no turns: both scored the same rows, each alone."""
    taken = scores.paired.ratios if scores.paired else {}
    entries = [
        Metric(
            metric=name,
            value=ratio.value,
            low=ratio.low,
            high=ratio.high,
            method="" if ratio.low is None else "paired bootstrap of rounds",
            n=ratio.count,
        )
        for name, ratio in taken.items()
    ]
    candidate, peak = scores.candidate.scoring, baseline.scoring.peak_rss_bytes
    if peak:
        entries.append(Metric(metric="peak_rss_ratio", value=candidate.peak_rss_bytes / peak, n=candidate.rows))
    return entries
