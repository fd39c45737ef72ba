"""What is said of a file, and of one of its columns, beside the reference's. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ml_steps.data import drift
from ml_steps.data.distribution import Categories, Distribution
from ml_steps.data.drift import LEAST_ROWS, Cells, Decision
from ml_steps.data.expectations import Expectation, Limit
from ml_steps.data.infer import KINDS
from ml_steps.data.model import ColumnProfile, FileProfile
from ml_steps.data.wording import listed, number, percentage, plural
from ml_steps.evidence import Check, State

_VALUES = {"number": "a number", "length": "a text", "category": "a value"}
"""What a row without one lacks, by the kind of a distribution."""


@dataclass(frozen=True)
class Compared:
    """One column on both sides, in the same cells."""

    object: str
    column: str
    limit: Limit
    now: Distribution
    cells: Cells


def cells(before: Distribution, now: Distribution) -> Cells:
    """Return the counts of both sides; `now` is counted like `before`, with its own categories after the other's."""
    new = (0,) * (len(now.counts) - len(before.counts))
    reference, current = (before.empty, *before.counts, *new), (now.empty, *now.counts)
    if isinstance(before, Categories) and isinstance(now, Categories):
        return Cells(False, reference, current, (before.rare, now.rare))
    return Cells(True, reference, current)


def _check(owner: str, column: str, limit: Limit, state: State) -> Check:
    """Return a check of a limit: what fails a limit that is not required only warns."""
    name = f"{owner}.{column}.{limit.id}" if column else f"{owner}.{limit.id}"
    shown = State.WARN if state is State.FAIL and not limit.required else state
    detail = " ".join(part for part in (limit.detail, limit.asked) if part) if state is State.FAIL else limit.detail
    return Check(id=name, state=shown, subject=column or "rows", detail=detail, required=limit.required)


def skipped(owner: str, column: str, limit: Limit, why: str) -> Check:
    """Say that a stated limit was not judged."""
    return _check(owner, column, limit, State.SKIP).model_copy(update={"actual": f"not judged: {why}"})


def row_change(owner: str, limit: Limit, rows: tuple[int, int]) -> Check:
    """Judge how the number of rows changed, from the reference's to the file's."""
    before, now = rows
    if not before:
        state, actual = State.INSUFFICIENT, f"{plural(now, 'row')}; the reference has none"
    else:
        change = Fraction(now - before, before)
        least, most = -Fraction(str(limit.max_decrease)), Fraction(str(limit.max_increase))
        state = State.PASS if least <= change <= most else State.FAIL
        share = percentage(100 * abs(float(change)), [100 * limit.max_decrease, 100 * limit.max_increase])
        by = f"{share} {'fewer' if change < 0 else 'more'} than" if change else "as in"
        actual = f"{plural(now, 'row')}, {by} the reference's {before:,}"
    expected = f"at most {100 * limit.max_decrease:g} % fewer or {100 * limit.max_increase:g} % more"
    return _check(owner, "", limit, state).model_copy(update={"actual": actual, "expected": expected})


def too_few(owner: str, column: str, limit: Limit, rows: tuple[int, int]) -> Check:
    """Say that there are too few rows, in the reference or in the file, to tell drift from chance."""
    made = _check(owner, column, limit, State.INSUFFICIENT)
    made.actual = f"{plural(rows[1], 'row')} here, {rows[0]:,} in the reference"
    made.expected = f"at least {LEAST_ROWS:,} on either side"
    return made


def gone(expected: Expectation, there: FileProfile, here: FileProfile) -> Iterator[Check]:
    """Yield a failing check for each column that the reference has and the file has not."""
    known = {column.name for column in here.columns}
    for column in there.columns:
        limit = expected.of(column.name)
        if column.name not in known and limit:
            made = _check(expected.object, column.name, limit, State.FAIL)
            yield made.model_copy(update={"actual": "the column is not there", "expected": "as in the reference"})


def left_out(expected: Expectation, there: FileProfile, here: FileProfile, compared: set[str]) -> Iterator[Check]:
    """Yield a check of each column that a stated rule should judge and cannot, and one that names the others."""
    before = {column.name: column for column in there.columns}
    now = {column.name: column for column in here.columns}
    others = []
    for name in dict.fromkeys([*now, *(name for name in expected.columns if name not in before)]):
        limit = expected.of(name)
        if name in compared or not limit:
            continue
        reason = _reason(before.get(name), now.get(name))
        if name not in before and name not in expected.columns:
            yield _check(expected.object, name, limit, State.WARN).model_copy(
                update={"actual": "the column is new", "expected": "as in the reference", "required": False}
            )
        elif limit.stated and (name in expected.columns or _meant(before.get(name), now[name])):
            made = _check(expected.object, name, limit, State.INSUFFICIENT)
            yield made.model_copy(
                update={"actual": f"not compared: {reason}", "expected": "a distribution on either side"}
            )
        else:
            others.append(f"{name} ({reason})")
    if others:
        yield Check(
            id=f"{expected.object}.drift",
            state=State.SKIP,
            subject="columns",
            actual=f"not compared: {listed(others)}",
            required=False,
        )


def _meant(before: ColumnProfile | None, now: ColumnProfile) -> bool:
    """True where a rule of the whole file means a column: one with a distribution, here or, unless hidden, there."""
    here = now.type == "string" if now.hidden else now.type in KINDS
    return here or (not now.hidden and before is not None and before.distribution is not None)


def _reason(before: ColumnProfile | None, now: ColumnProfile | None) -> str:
    if before is None or now is None:
        return "new" if now else "neither here nor in the reference"
    if before.hidden or now.hidden:
        return "classified"
    if before.type != now.type:
        return f"{now.type}; {before.type} in the reference"
    return f"{now.type}, without a distribution in the reference" if now.type in KINDS else now.type


def judged(one: Compared, decision: Decision) -> Check:
    """Say what was decided of a column."""
    difference, limit = decision.difference, one.limit
    state = State.FAIL if decision.drifted else State.PASS
    chance = "p < 0.0001" if decision.p_adjusted < 0.0001 else f"p {decision.p_adjusted:.2g}"
    by_chance = difference.distance > limit.max_distance and not decision.drifted
    made = _check(one.object, one.column, limit, state)
    moved = percentage(100 * difference.distance, [100 * limit.max_distance])
    lengths = "lengths: " if one.now.kind == "length" else ""
    made.actual = f"{lengths}{moved} moved, {chance}{', may be chance' if by_chance else ''}"
    made.expected = f"at most {100 * limit.max_distance:g} % of the rows moved"
    if decision.drifted:
        made.detail = f"{most(one)} {made.detail}".strip()
    return made


def most(one: Compared) -> str:
    """Say where the difference is largest."""
    index, before, now = drift.widest(one.cells)
    return f"{_cell(one.now, index)}: {percentage(100 * now)} of the rows, {percentage(100 * before)} in the reference."


def _cell(now: Distribution, index: int) -> str:
    nothing = f"without {_VALUES[now.kind]}"
    if index == 0:
        return nothing
    if isinstance(now, Categories):
        return repr(now.names[index - 1])
    empty = f"{nothing} or " if now.empty else ""
    unit = " characters" if now.kind == "length" else ""
    return f"{empty}at most {number(now.edges[index - 1])}{unit}"
