"""Which check is shown first, and a failing check in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ml_steps.evidence import BLOCKING, Check, State

WORST_FIRST = (State.ERROR, State.FAIL, State.INSUFFICIENT, State.WARN, State.SKIP, State.PASS)


RULES = "gate"
"""The stage whose checks are rules."""
BRACKETS = "in brackets: the 95 % interval of a value, or the one-sided 95 % bounds of a difference"


def blocks(check: Check) -> bool:
    """Say whether the check stops the pipeline: a failing state of a check that is required."""
    return check.required and check.state in BLOCKING


def needs_attention(check: Check) -> bool:
    """Say whether the check is shown in full: it failed or warns, required or not."""
    return check.state in BLOCKING or check.state is State.WARN


def failing_first(checks: Iterable[Check]) -> list[Check]:
    """Return the checks: those that block, failing advisory ones, warnings, skips, passes, skips that never decide."""

    def rank(check: Check) -> tuple[bool, bool, int]:
        undecided = check.state is State.SKIP and not check.required
        return not blocks(check), undecided, WORST_FIRST.index(check.state)

    return sorted(checks, key=rank)


def tally(checks: Iterable[Check]) -> str:
    """Return how many checks have which state: "2 FAIL, 1 WARN, 11 PASS"."""
    counts = Counter(check.state for check in checks)
    return ", ".join(f"{counts[state]} {state}" for state in WORST_FIRST if counts[state])


def sentence(check: Check) -> str:
    """Return a check in one line: state, id, subject, actual, expected, detail and a place that is not said yet."""
    subject = f" ({check.subject})" if check.subject and check.subject != check.id else ""
    expected = f"expected {check.expected}" if check.expected else ""
    facts = "; ".join(part for part in (check.actual, expected) if part)
    head = f"{check.state} {check.id}{subject}"
    place = next(
        (f"At {place}" for place in check.places if not check.actual.endswith(place)), ""
    )  # a family names its worst
    parts = [f"{head}: {facts}" if facts else head, check.detail, place]
    return ". ".join(part.rstrip(".") for part in parts if part)
