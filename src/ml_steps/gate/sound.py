"""Whether an evaluation can be judged at all, whatever the rules say."""

from __future__ import annotations

from collections import Counter

from ml_steps.evaluation.record import EvaluationEvidence
from ml_steps.evidence import Check, State
from ml_steps.project import Config


def faults(config: Config, evaluation: EvaluationEvidence) -> list[Check]:
    """Return an ERROR for an evaluation of another task, and for a metric that stands there twice."""
    found = []
    if evaluation.task != config.task:
        found.append(_fault("task", evaluation.task, f"{config.task}, as [tool.ml-pipeline] task in pyproject.toml"))
    entries = Counter((entry.metric, entry.slice, entry.group) for entry in evaluation.metrics)
    twice = [" ".join(filter(None, names)) for names, count in entries.items() if count > 1]
    if twice:
        found.append(_fault("metrics", f"{', '.join(twice[:3])} more than once", "each metric once"))
    return found


def _fault(subject: str, actual: str, expected: str) -> Check:
    return Check(
        id=f"evaluation_{subject}",
        state=State.ERROR,
        subject=subject,
        actual=actual,
        expected=expected,
        detail="evaluation.json is not that of this project's evaluate; evaluate again.",
    )
