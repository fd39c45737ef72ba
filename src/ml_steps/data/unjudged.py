"""Verdicts that nothing stands behind: a statement whose columns are not there, or could not be read. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ml_steps.data.plan import Part
from ml_steps.evidence import Check, State


def withhold(parts: Sequence[Part], judged: Sequence[list[Check]]) -> None:
    """Make SKIP of what was judged without a column that it reads, or passed over values that are not of their type.

    `judged` has the checks of each part as checks.judge returns them; they are changed in place.
    """
    lacking = {(part.source.name, name) for part in parts for name in part.lacking}
    pairs = [
        (statement, check)
        for part, found in zip(parts, judged, strict=True)
        for statement, check in zip(part.statements, found[len(part.checks) :], strict=True)
    ]
    unreadable = {
        (statement.object, statement.subject): check.actual
        for statement, check in pairs
        if statement.id == f"{statement.object}.{statement.subject}.type" and check.state is State.FAIL
    }
    for statement, check in pairs:
        reasons = [f"{owner} has no column {name}" for owner, name in statement.reads if (owner, name) in lacking]
        if check.state is State.PASS and not reasons:
            reasons = [f"{'.'.join(read)}: {unreadable[read]}" for read in statement.reads if read in unreadable]
        if reasons:
            check.state, check.actual, check.places = State.SKIP, f"not judged: {', '.join(reasons)}", []
