"""Makes evidence and projects for the gate, without computing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ml_steps.config import Config
from ml_steps.evaluation.record import Baseline, Difference, EvaluationEvidence, Metric, Relative, Scoring
from ml_steps.evidence import Check, Evidence, State
from ml_steps.gate.judge import judge
from ml_steps.gate.record import GateEvidence
from ml_steps.project import Project, parse_project

NO_BASELINE = "There is no baseline to compare with (a first release); evaluate with --baseline once there is one."


def project(*rules: dict[str, Any], **tables: Any) -> Project:
    """A project with these rules, whose names are not checked: an evaluation may be of other settings."""
    gate = [{"id": f"rule {number}", **rule} for number, rule in enumerate(rules)]
    bare = parse_project("", frozenset({"pyproject.toml"}))
    return replace(bare, config=Config.model_validate({"gate": gate, **tables}))


def metric(name: str, value: float | None, **changes: Any) -> Metric:
    near = {} if value is None else {"low": value - 0.02, "high": value + 0.02, "method": "Wilson"}
    return Metric(**{"metric": name, "value": value, "n": 1_582, **near, **changes})


def compared(name: str, baseline: float, *difference: float | None, **changes: Any) -> Metric:
    """A metric with the paired difference candidate - baseline: its value, and its lower and upper bound."""
    value, low, high = difference
    assert value is not None
    share = None
    if baseline and low is not None and high is not None:
        one = abs(baseline)
        share = Relative(low=low / one, high=high / one, error=(high - low) / 2 / 1.645 / one)
    paired = Difference(value=value, low=low, high=high, relative=share)
    return metric(name, baseline + value, **{"baseline": baseline, "difference": paired, **changes})


def evaluation(*metrics: Metric, baseline: bool | Baseline = True, **changes: Any) -> EvaluationEvidence:
    if isinstance(baseline, bool):
        baseline = Baseline(note="app:1" if baseline else "a first release", compared=baseline)
    scoring = Scoring(protocol=1, rows=1_582, load_seconds=0, seconds=0, peak_rss_bytes=1, python="3.13")
    given = {
        "state": State.PASS,
        "headline": "accuracy 0.712 on 1,582 rows",
        "task": "classification",
        "rows": 1_582,
        "classes": ["0", "1"],
        "model_digest": "sha256:aa",
        "metrics": list(metrics),
        "scoring": scoring,
        "baseline": baseline,
    }
    return EvaluationEvidence(**{**given, **changes})


def ruled(evidence: GateEvidence) -> list[Check]:
    """Return the checks without those of reports that were not given."""
    return [check for check in evidence.checks if check.actual != "not given: not judged"]


def report(stage: str, state: State) -> Evidence:
    return Evidence(stage=stage, state=state, headline="what it found")


def decide(rule: dict[str, Any], *metrics: Metric, baseline: bool = True) -> tuple[Check, GateEvidence]:
    """Judge one rule beside one that always passes; return its check and the decision."""
    always = {"id": "always", "metric": "always", "min": 0}
    evidence = judge(project(rule, always), evaluation(*metrics, metric("always", 1), baseline=baseline))
    return evidence.checks[0], evidence
