"""Which latency a rule is judged on: a tail says little of a model on a machine with noisy neighbours."""

from __future__ import annotations

import math

from ml_steps.evaluation.record import EvaluationEvidence

TAILS = ("latency_single_p95_ms", "latency_single_p99_ms")
INSTEAD = "latency_single_p50_ms"
QUIET = 1.1
"""Two p95 of the same model that differ by less than this factor show a quiet machine."""


def judged_on(metric: str, evaluation: EvaluationEvidence) -> tuple[str, str]:
    """Return the metric to judge, and why it is another than asked for: a tail only where the machine was quiet."""
    if metric not in TAILS:
        return metric, ""
    ratio = evaluation.timings.quiet_ratio if evaluation.timings else None
    if ratio is None:
        return INSTEAD, "p50 is judged: no A/A run shows that the machine was quiet"
    if not (math.isfinite(ratio) and 1 / QUIET <= ratio <= QUIET):
        return INSTEAD, f"p50 is judged: the machine was not quiet, two p95 of this model differ by {ratio:.3g}"
    return metric, ""
