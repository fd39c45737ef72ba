"""A column by which the classes of the target lie apart: an easy problem, or a leak of many values a class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ml_steps.data import logical
from ml_steps.data.apart import LEAST_ROWS, MOST_CLASSES, ROWS_A_VALUE, Cell, Measured, enough
from ml_steps.data.source import Source, quoted
from ml_steps.data.statement import Ask, Statement, Verdict
from ml_steps.data.wording import listed
from ml_steps.evidence import State

FIRST_ROWS = 2_000
"""What meets in these meets in all: the whole file is read only for the columns that are left."""
Options = Callable[[str], dict[str, Any]]
"""Returns what the contract says of a column's type and of what is missing in it."""


@dataclass(frozen=True)
class _Way:
    """A column as one kind of value, in SQL."""

    column: str
    how: str
    text: str
    """NULL where it is missing."""
    typed: str
    """NULL where it is not of the kind; a time in seconds."""
    by_value: bool = False


def separating_column(source: Source, target: str, unseen: Collection[str], options: Options) -> Statement:
    """Return the statement that by no other column the classes of the target lie wholly apart; broken, it warns.

    `unseen` are columns that no predictor sees.
    """
    return Statement(
        id=f"{source.name}.{target}.separates",
        object=source.name,
        subject=target,
        expected="no other column by which its values lie apart",
        judge=_judge,
        measure=lambda ask: (find(ask, source, target, unseen, options),),
        required=False,
        detail="Keep the column if it is known at prediction time; else take it out of the data, or name it in "
        "[tool.ml-pipeline.evaluate] protected, so that no predictor sees it.",
    )


def _judge(measured: tuple[Any, ...], _: int) -> Verdict:
    [found] = measured
    if found is None:
        needed = f"2 to {MOST_CLASSES} values, {LEAST_ROWS} rows, {ROWS_A_VALUE} a value"
        return Verdict(State.SKIP, f"not judged: it takes {needed}, {ROWS_A_VALUE} beside the commonest value")
    return Verdict(State.FAIL, f"apart by {listed(found)}") if found else Verdict(State.PASS, "there is none")


def find(ask: Ask, source: Source, target: str, unseen: Collection[str], options: Options) -> list[str] | None:
    """Return the columns by which the classes of the target lie apart, and how; None where that is not judged.

    By its range: all values are numbers, dates or timestamps, and those of one class lie below all of the next.
    By its values: each of few has one class in every row. A column that tells the target one to one is left out.
    """
    ways = [way for name in source.columns if name not in (target, *unseen) for way in _ways(name, options(name))]
    label = logical.typed(target, None, options(target))
    rows = f"SELECT * FROM _raw.{quoted(source.name)} WHERE {label} IS NOT NULL"
    classes, measured = _measure(ask, f"{rows} LIMIT {FIRST_ROWS}", label, ways)
    if len(classes) > MOST_CLASSES:
        return None
    left = [way for way in ways if measured[way].apart()]
    if sum(classes) == FIRST_ROWS:
        if not left:
            return []
        classes, measured = _measure(ask, rows, label, left)
        left = [way for way in left if measured[way].apart()]
    if not enough(classes):
        return None
    same = {way.column for way in left if measured[way].one_to_one()}
    told = {way.column: way.how for way in left if measured[way].sound() and way.column not in same}
    return [f"{name} ({how})" for name, how in told.items()]


def _ways(name: str, options: dict[str, Any]) -> list[_Way]:
    text = logical.typed(name, None, options)
    number, date, time = (
        logical.typed(name, kind, {**options, "timezone": None}) for kind in ("number", "date", "timestamp")
    )
    ranges = [number, f"epoch({date})", f"epoch({time})"]
    return [
        _Way(name, "its values", text, text, by_value=True),
        *(_Way(name, "its range", text, one) for one in ranges),
    ]


def _measure(ask: Ask, rows: str, label: str, ways: Sequence[_Way]) -> tuple[list[int], dict[_Way, Measured]]:
    """Return how many rows each class has, of no more than one class too many, and what was measured of each way."""
    values = "".join(f', {way.text} AS "text {n}", {way.typed} AS "value {n}"' for n, way in enumerate(ways))
    ends = {
        True: 'count(DISTINCT "value {0}"), count(DISTINCT "value {0}")',
        False: 'min("value {0}"), max("value {0}")',
    }
    cells = "".join(
        f', [count("text {n}"), count("value {n}"), {ends[way.by_value].format(n)}]' for n, way in enumerate(ways)
    )
    (count, *every), *classes = ask(
        f'SELECT count(*){cells} FROM (SELECT {label} AS "class"{values} FROM ({rows})) '
        f'GROUP BY GROUPING SETS (("class"), ()) ORDER BY grouping("class") DESC LIMIT {MOST_CLASSES + 2}'
    )
    return [one[0] for one in classes], {
        way: Measured(way.by_value, count, Cell(*every[n]), [Cell(*one[n + 1]) for one in classes])
        for n, way in enumerate(ways)
    }
