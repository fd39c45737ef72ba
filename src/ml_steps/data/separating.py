"""A column by which the values of the target lie apart, or in a line: an easy problem, or a leak of many values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ml_steps.data import logical
from ml_steps.data.apart import MOST_CLASSES, MOST_MISSING, ROWS_A_VALUE, Cell, Measured, Presence, enough
from ml_steps.data.drawn import sample
from ml_steps.data.session import Session
from ml_steps.data.source import OWN_NAMES, Source, quoted
from ml_steps.data.statement import Statement, Verdict
from ml_steps.data.wording import listed
from ml_steps.evidence import State

FIRST_ROWS = 1_000
"""What meets in these meets in all: only the columns that are left are looked at in the rest of the file."""
MOST_CELLS = 200_000
"""Values that are looked at together; of a file that has more, a sample of the rows."""
STRAIGHT = 0.999
"""Correlation, either way, from which a column says a number in another unit, or rounded; that of the ranks, from which
it says it on another scale, such as its logarithm. NaN, of a constant, is above any number in SQL."""
_CLASS = f"{OWN_NAMES}class"
Options = Callable[[str], dict[str, Any]]
"""Returns what the contract says of a column's type and of what is missing in it."""


_KINDS = {
    "number": logical.typed("text", "number"),
    "date": f"epoch({logical.typed('text', 'date')})",
    "timestamp": f"epoch({logical.typed('text', 'timestamp')})",
}
"""What has ranges, as SQL over a text; a time in seconds."""
_VALUES, _PRESENCE = "value", "presence"


def separating_column(source: Source, target: str, unseen: Collection[str], options: Options) -> Statement:
    """Return the statement that by no other column the classes of the target lie wholly apart; broken, it warns.

    `unseen` are columns that no predictor sees.
    """
    return Statement(
        id=f"{source.name}.{target}.separates",
        object=source.name,
        subject=target,
        expected="no other column that alone separates its values",
        judge=_judge,
        measure=lambda session, rows: (find(session, source, rows, target, unseen, options),),
        required=False,
        detail="Keep the column if it is known at prediction time; else take it out of the data, or name it in "
        "[tool.ml-pipeline.evaluate] protected, so that no predictor sees it.",
    )


def _judge(measured: tuple[Any, ...], _: int) -> Verdict:
    [found] = measured
    if found is None:
        classes = f"2 to {MOST_CLASSES} values, {ROWS_A_VALUE} rows for each, {ROWS_A_VALUE} beside the commonest value"
        return Verdict(State.SKIP, f"not judged: it takes {classes}, or more values that are all numbers")
    return Verdict(State.FAIL, f"separated by {listed(found)}") if found else Verdict(State.PASS, "none found")


def find(  # noqa: PLR0913, PLR0917 - one fact each
    session: Session, source: Source, rows: int, target: str, unseen: Collection[str], options: Options
) -> list[str] | None:
    """Return the columns by which the values of the target lie apart, and how; None where that is not judged.

    A target of many numbers: see `_in_line`. Of a few classes:
    By its range: all values are numbers, dates or timestamps, and those of one class lie below all of the next.
    By its values: each of few has one class in every row. A column that then tells the target one to one is left out.
    By its presence: it is there in all rows of some classes, and missing in those of the others.
    """
    texts = {name: logical.typed(name, None, options(name)) for name in source.columns if name not in (target, *unseen)}
    if not texts:
        return []
    label, table, sampled = logical.typed(target, None, options(target)), f"_raw.{quoted(source.name)}", ""
    every = texts
    first = min(FIRST_ROWS, MOST_CELLS // len(texts))
    classes, measured = _look(session, f"{table} LIMIT {first}", label, texts)
    if rows > first and len(classes) <= MOST_CLASSES:
        if not measured:
            return []
        texts = {name: texts[name] for name in texts if any(name == left for left, _ in measured)}
        most = MOST_CELLS // len(texts)
        if rows > most:
            table = sample(session, source.name, rows, most)
        classes, measured = _look(session, table, label, texts)
        sampled = f", in a sample of {sum(classes):,} rows" if rows > most else ""
    if len(classes) > MOST_CLASSES:
        return _in_line(session, source, rows, label, every)
    if not enough(classes):
        return None
    same = {name for (name, _), one in measured.items() if one.one_to_one()}
    told = {name: kind for (name, kind), one in measured.items() if one.sound(len(classes)) and name not in same}
    ways = {_VALUES: "its values", _PRESENCE: "whether it is there"}
    return [f"{name} ({ways.get(kind, 'its range')}{sampled})" for name, kind in sorted(told.items())]


def _in_line(session: Session, source: Source, rows: int, label: str, texts: Mapping[str, str]) -> list[str] | None:
    """Return the columns of numbers that lie on a straight line, or in one order, with a target of numbers.

    And those of few values each of which has a range of the target for itself, as a column that was cut from it has.
    None for another target.
    """
    most = MOST_CELLS // len(texts)
    table = sample(session, source.name, rows, most) if rows > most else f"_raw.{quoted(source.name)}"
    filled, target = _filled(table, label), logical.typed(_CLASS, "number")
    [[there, numbers]] = session.rows(
        f'SELECT count("{_CLASS}"), count({target}) FROM (SELECT {label} AS "{_CLASS}" FROM ({filled}))'
    )
    if numbers < there:
        return None
    upright, enough_there = _standing(filled, label, texts), f"{1 - MOST_MISSING} * {there}"
    numbered = f'SELECT {target} AS "{_CLASS}", "name", {_KINDS["number"]} AS number'
    ranks = ", ".join(
        f'rank() OVER (PARTITION BY "name" ORDER BY {value}) AS {rank}'
        for value, rank in ((f'"{_CLASS}"', "one"), ("number", "other"))
    )
    found = session.rows(
        f'SELECT "name", abs(corr(number, "{_CLASS}")) BETWEEN {STRAIGHT} AND 2 AS straight '
        f"FROM (SELECT *, {ranks} FROM ({numbered} FROM {upright})) "
        f'GROUP BY "name" HAVING count(number) = count(*) AND count(*) >= {enough_there} '
        f'AND (straight OR abs(corr(one, other)) BETWEEN {STRAIGHT} AND 2) ORDER BY "name"'
    )
    sampled = f", in a sample of {there:,} rows" if rows > most else ""
    ways = {True: "on a straight line", False: "in the same or the opposite order"}
    by_value = f'SELECT "name", count(*) AS there, min({target}) AS low, max({target}) AS high FROM {upright}'
    below = 'lag(high) OVER (PARTITION BY "name" ORDER BY low, high) AS below'
    cut = session.rows(
        f'SELECT "name" FROM (SELECT *, {below} FROM ({by_value} GROUP BY "name", "text")) GROUP BY "name" '
        f"HAVING count(*) BETWEEN 2 AND {MOST_CLASSES} AND min(there) >= {ROWS_A_VALUE} "
        f'AND sum(there) >= {enough_there} AND bool_and(below IS NULL OR below < low) ORDER BY "name"'
    )
    how = {name: "each of its values has a range of the target for itself" for [name] in cut}
    how |= {name: ways[straight] for name, straight in found}
    return [f"{name} ({way}{sampled})" for name, way in sorted(how.items())]


def _look(
    session: Session, table: str, label: str, texts: Mapping[str, str]
) -> tuple[list[int], dict[tuple[str, str], Measured | Presence]]:
    """Return the number of rows of each class, of no more classes than one too many, and what lies apart."""
    rows = _filled(table, label)
    counts = session.rows(f"SELECT {label}, count(*) FROM ({rows}) GROUP BY 1 LIMIT {MOST_CLASSES + 1}")
    classes = dict(counts)
    measured = _apart(session, rows, label, texts, classes) if len(classes) <= MOST_CLASSES else {}
    return list(classes.values()), measured


def _filled(table: str, label: str) -> str:
    """Return the SQL of the rows that have a target."""
    return f"SELECT * FROM (FROM {table}) WHERE {label} IS NOT NULL"


def _standing(rows: str, label: str, texts: Mapping[str, str]) -> str:
    """Return the SQL of the columns stood on end, a row for each value that is there: the class, "name" and "text".

    An aggregate for each column by itself takes too much memory.
    """
    columns = ", ".join(f"{text} AS {quoted(name)}" for name, text in texts.items())
    wide = f'SELECT {label} AS "{_CLASS}", {columns} FROM ({rows})'
    return f'(UNPIVOT ({wide}) ON * EXCLUDE ("{_CLASS}") INTO NAME "name" VALUE "text")'


def _apart(
    session: Session, rows: str, label: str, texts: Mapping[str, str], sizes: Mapping[Any, int]
) -> dict[tuple[str, str], Measured | Presence]:
    """Return, of the columns by which the classes lie apart in these rows, what was measured, by column and kind."""
    ranges = "".join(f", count({kind}), min({kind}), max({kind})" for kind in _KINDS)
    typed = ", ".join(f"{sql} AS {kind}" for kind, sql in _KINDS.items())
    found = session.rows(
        f'SELECT "name", "{_CLASS}", count(*), count(DISTINCT "text"){ranges} '
        f'FROM (SELECT "{_CLASS}", "name", "text", {typed} FROM {_standing(rows, label, texts)}) '
        f'GROUP BY GROUPING SETS (("name", "{_CLASS}"), ("name")) ORDER BY grouping("{_CLASS}") DESC'
    )
    cells: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    of_classes = dict.fromkeys(texts, 0)
    for name, of, there, values, *ends in found:
        of_classes[name] += sizes.get(of, 0)  # none for the sum over all classes
        cells[name, _VALUES].append(Cell(there, there, values, values))
        for index, kind in enumerate(_KINDS):
            cells[name, kind].append(Cell(there, *ends[3 * index : 3 * index + 3]))
    count = sum(sizes.values())
    measured: dict[tuple[str, str], Measured | Presence] = {
        (name, kind): Measured(kind == _VALUES, count, every, classes)
        for (name, kind), (every, *classes) in cells.items()
    }
    for name, rows_there in of_classes.items():
        there = cells[name, _VALUES][0].there if (name, _VALUES) in cells else 0
        measured[name, _PRESENCE] = Presence(count, there, rows_there)
    return {way: one for way, one in measured.items() if one.apart()}
