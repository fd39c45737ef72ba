"""The evidence of the gate."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ml_steps.evidence import Evidence

Decision = Literal["pass", "review", "block"]


class GateEvidence(Evidence):
    """The decision on a model. A smoke run decides nothing, and is never published whatever stands here."""

    stage: str = "gate"
    decision: Decision
    reasons: list[str]
    """One sentence for each required check that stands in the way; empty for pass."""
    default_rules: bool
    """True where the project states no rules of its own."""
    model_digest: str
    """The model that was decided on."""
    baseline: str
    """What it was compared with, or why with nothing."""
    rows_needed: dict[str, int] = Field(default_factory=dict)
    """By rule, about how many rows would settle what these leave open; see power.rows_needed.

    Of a metric of one class, the rows of that class (precision: answered so); of a family, the rows of the slice that
    takes most of them, as each takes its own.
    """
