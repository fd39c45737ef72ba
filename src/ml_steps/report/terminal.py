"""Evidence as a plain-text table: failing checks first, in full; the others a line each, the gate's a few."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from ml_steps.evidence import Check, Evidence, State
from ml_steps.report.order import RULES, failing_first, needs_attention, tally
from ml_steps.report.text import clean, clip, columns, pad, wrap
from ml_steps.stages import duration

MOST = 200
"""Checks shown; the CLI keeps only the end of a long output, and failing ones stand first."""
NARROWEST = 40
NAMED = 32
"""Columns that an id is given first."""
MEASURED, ASKED = 42, 16
"""Columns that a rule's actual and expected value are given first: a difference with its bounds, a claim's name."""
LINES_OF_A_RULE = 5
"""At most, of one that passes: a claim with its baseline and difference takes so many at 100 columns."""
UNCUT = 100_000
HEAD = ("check", "actual", "expected")
RULES_HEAD = ("rule", "actual [95 %]", "expected")
"""BRACKETS, in short."""
_GAP = "  "
_COLOUR = {
    State.PASS: "32",
    State.WARN: "33",
    State.FAIL: "31",
    State.SKIP: "2",
    State.INSUFFICIENT: "35",
    State.ERROR: "31",
}


def width_of_terminal() -> int:
    """Return $COLUMNS, else the terminal's columns, else 100."""
    return shutil.get_terminal_size(fallback=(100, 24)).columns


def in_colour(stream: TextIO) -> bool:
    """Say whether to colour: the stream is a terminal that can, and NO_COLOR is unset (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(evidence: Evidence, stream: TextIO | None = None) -> None:
    """Print the table to the stream (standard output); what is no terminal gets whole lines."""
    stream = stream or sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else UNCUT
    stream.write(table(evidence, width, color=in_colour(stream)) + "\n")


def table(evidence: Evidence, width: int | None = None, color: bool = False) -> str:
    """Return the verdict, a head and a line a check (the gate's: a few): state, id, actual, expected; no final newline.

    Failing checks stand first, with subject, detail and places beneath, and are never cut. No line
    is wider than `width` columns (default: the terminal's; at least 40).
    """
    width = max(NARROWEST, width_of_terminal() if width is None else width)
    took = f" ({duration(evidence.seconds)})" if evidence.seconds is not None else ""
    smoke = "SMOKE run: " if evidence.smoke else ""
    lines = wrap(clean(f"{smoke}{evidence.stage}: {evidence.state}, {evidence.headline}{took}"), width)
    shown = failing_first(evidence.checks)[:MOST]
    if shown:
        lines += ["", *_rows(shown, width, rules=evidence.stage == RULES)]
    # Elsewhere a check that passes or is skipped says why it matters, not what to do next.
    if evidence.stage == RULES:
        lines += _notes(shown, width)
    if len(shown) < len(evidence.checks):
        rest = len(evidence.checks) - len(shown)
        lines += wrap(f"… and {rest} more ({tally(evidence.checks)} in all); see the JSON file.", width)
    text = "\n".join(line.rstrip() for line in lines)
    return _coloured(text) if color else text


def _rows(checks: Sequence[Check], width: int, *, rules: bool) -> list[str]:
    cells = [[clean(part) for part in (check.id, _actual(check), check.expected)] for check in checks]
    head = RULES_HEAD if rules else HEAD
    state_width = max(len(_label(check)) for check in checks)
    natural = [max(columns(row[index]) for row in (head, *cells)) for index in range(3)]
    widths, most = _widths(natural, width, state_width, rules=rules), LINES_OF_A_RULE if rules else 1
    titles = (pad(clip(title, room), room) for title, room in zip(head, widths, strict=True))
    lines = [_GAP.join([" " * state_width, *titles])]
    for check, row in zip(checks, cells, strict=True):
        full = needs_attention(check)
        parts = [_lines(cell, room, None if full else most) for cell, room in zip(row, widths, strict=True)]
        for index in range(max(len(part) for part in parts)):
            first = pad(_label(check) if index == 0 else "", state_width)
            here = [part[index] if index < len(part) else "" for part in parts]
            lines.append(_GAP.join([first, *(pad(cell, room) for cell, room in zip(here, widths, strict=True))]))
        if full:
            lines += _beneath(check, width, state_width + len(_GAP))
    return lines


def _lines(text: str, width: int, most: int | None) -> list[str]:
    """Return a cell in at most so many lines, or in all that it takes."""
    lines = wrap(text, width)
    if most is None or len(lines) <= most:
        return lines
    return [*lines[: most - 1], clip(" ".join(lines[most - 1 :]), width)]


def _widths(natural: Sequence[int], width: int, state_width: int, *, rules: bool) -> list[int]:
    """Return the widths of id, actual and expected value.

    The id gives way last, from 2/5 of the room on: cut, it names no check. Of a gate's rules the actual value gives way
    before it; elsewhere both values do alike.
    """
    room = width - state_width - 3 * len(_GAP)
    first = max(fit(natural, room)[0], min(natural[0], NAMED, room * 2 // 5))
    rest = room - first
    least = min(MEASURED, max(rest - ASKED, rest // 2)) if rules else rest // 2
    second = max(fit(natural[1:], rest)[0], min(natural[1], least))
    return [first, second, min(natural[2], rest - second)]


def _notes(checks: Sequence[Check], width: int) -> list[str]:
    """Return what required checks that pass or were skipped say beyond their line, once each."""
    about: dict[str, list[str]] = {}
    for check in checks:
        if check.required and not needs_attention(check) and check.detail and check.detail != _actual(check):
            about.setdefault(check.detail, []).append(check.id)
    notes = [f"{'; '.join(ids)}: {detail}" for detail, ids in about.items()]
    return ["", *(line for note in notes for line in wrap(clean(note), width))] if notes else []


def _actual(check: Check) -> str:
    """Return the actual value; for a check that was skipped, the reason."""
    return check.actual or (check.detail if check.state is State.SKIP else "")


def _label(check: Check) -> str:
    return str(check.state) if check.required else f"({check.state})"


def _beneath(check: Check, width: int, indent: int) -> list[str]:
    advisory = "" if check.required else "advisory, does not decide"
    about = ": ".join(part for part in (check.subject, check.detail) if part)
    said = "; ".join(part for part in (advisory, about) if part)
    lines = wrap(clean(said), width - indent) if said else []
    for place in check.places:
        first, *rest = wrap(clean(place), width - indent - 3)
        lines += [f"at {first}", *(f"   {line}" for line in rest)]
    return [" " * indent + line for line in lines]


def fit(natural: Sequence[int], room: int) -> list[int]:
    """Return column widths that together take at most `room`: the widest give way first."""
    widths = [min(width, room) for width in natural]
    while sum(widths) > max(room, 2 * len(widths)):
        widest = widths.index(max(widths))
        widths[widest] -= 1
    return widths


def _coloured(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        word = line.split(" ", 1)[0]
        state = word.strip("()")
        code = _COLOUR.get(State(state)) if state in State.__members__ else None
        lines.append(f"\x1b[{code}m{word}\x1b[0m{line[len(word) :]}" if code else line)
    return "\n".join(lines)
