"""Which latency a rule is judged on: a tail says little of a model on a machine with noisy neighbours."""

from __future__ import annotations

from ml_steps.evaluation.record import EvaluationEvidence

TAILS = ("latency_single_p95_ms", "latency_single_p99_ms")
INSTEAD = "latency_single_p50_ms"
SHORT = {INSTEAD: "p50", "latency_single_p95_ms": "p95", "latency_single_p99_ms": "p99"}
WHY = "The tail itself is judged only where two p95 of the same model agree within a tenth: neighbours move it."
QUIET = 1.1
"""Two p95 of the same model that differ by at most this factor show a quiet machine."""


def judged_on(metric: str, evaluation: EvaluationEvidence) -> tuple[str, str]:
    """Return the metric to judge, and for a tail why it or another is: a tail only where the machine was quiet."""
    if metric not in TAILS:
        return metric, ""
    ratio = evaluation.timings.quiet_ratio if evaluation.timings else None
    if ratio is None:
        return INSTEAD, "no quiet A/A run"
    if not ratio <= QUIET:
        return INSTEAD, f"not quiet: A/A ratio {ratio:.3g}"
    return metric, f"quiet: A/A ratio {ratio:.3g}"
