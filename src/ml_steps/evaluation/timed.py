"""Metrics of cost, taken from what the shim measured."""

from __future__ import annotations

from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.scores import Predicted


def measure(candidate: Predicted, baseline: Predicted | None) -> list[Metric]:
    """Return an entry for each cost that was measured: milliseconds, CPU seconds or bytes, as the name says.

    There is no interval and no paired difference: neighbours on the machine move such numbers more than
    models do.
    """
    others = {} if baseline is None else _values(baseline)
    return [
        Metric(metric=name, value=value, n=n, baseline=others[name][0] if name in others else None)
        for name, (value, n) in _values(candidate).items()
    ]


def _values(model: Predicted) -> dict[str, tuple[float, int]]:
    values = {}
    if model.timings:
        single, batch, load = model.timings.single_ms, model.timings.batch_ms_per_row, model.timings.load_ms
        values["latency_single_p50_ms"] = (single.p50, single.count)
        values["latency_batch_p50_ms_per_row"] = (batch.p50, batch.count)
        values["load_p50_ms"] = (load.p50, load.count)
        if model.timings.cpu_seconds_per_1k is not None:
            values["cpu_seconds_per_1k"] = (model.timings.cpu_seconds_per_1k, batch.count)
    values["peak_rss_bytes"] = (float(model.scoring.peak_rss_bytes), model.scoring.rows)
    return values
