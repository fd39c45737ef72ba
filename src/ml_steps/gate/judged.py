"""A judged rule, as it is shown and drawn."""

from __future__ import annotations

from dataclasses import dataclass

from ml_steps.config import GateRule
from ml_steps.evidence import Check, Interval, State


@dataclass(frozen=True)
class Verdict:
    """What a rule says of one entry of the evaluation."""

    state: State
    actual: str
    detail: str = ""
    expected: str = ""
    """Empty: as the rule says it."""
    slack: float | None = None
    """How far what the rule judges is from failing, less is worse; None where there was nothing to compare."""
    p_harm: float | None = None
    """For a claim: see claims.p_harm."""
    rows_needed: int | None = None
    drawn: Interval | None = None
    lacks: str = ""
    """What there was not to judge, in two words; empty where it was judged."""


@dataclass(frozen=True)
class Judged:
    """A rule's check, and what is drawn of it."""

    check: Check
    metric: str
    drawn: tuple[Interval, ...] = ()
    paired: bool = False
    """What is drawn are differences to the baseline."""
    rows_needed: int | None = None
    lacks: str = ""
    """See Verdict."""


def judged(rule: GateRule, verdict: Verdict, expected: str, *, drawn: tuple[Interval, ...] = ()) -> Judged:
    """Return a rule with its verdict; `why` is told where it does not pass. `drawn`: instead of the verdict's."""
    told = verdict.detail
    if rule.why and verdict.state is not State.PASS:
        told = f"{rule.why.rstrip('.')}. {told}"
    check = Check(
        id=rule.id,
        state=verdict.state,
        subject=subject(rule),
        actual=verdict.actual,
        expected=verdict.expected or expected,
        detail=told,
        required=rule.severity == "required",
    )
    own = (verdict.drawn,) if verdict.drawn else ()
    return Judged(check, rule.metric, drawn or own, rule.claim is not None, verdict.rows_needed, verdict.lacks)


def subject(rule: GateRule) -> str:
    """Return metric, slice and group of a rule: `accuracy [source=web] by user_id`."""
    slice_ = f" [{rule.slice}]" if rule.slice else ""
    return f"{rule.metric}{slice_}" + (f" by {rule.group}" if rule.group else "")
