"""Rows of one file that match rows of another: leakage, shared groups, and references between files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ml_steps.data.source import OWN_NAMES, numbered, quoted
from ml_steps.data.statement import NONE, Judge, Statement, Verdict, counted, judge_count
from ml_steps.data.wording import listed, plural
from ml_steps.evidence import State

_FUNCTIONS = re.compile(
    r'(?<![.\w"])"(user|(current|session)_user|current_(catalog|date|role|schema|time|timestamp)|localtime(stamp)?)"',
    re.IGNORECASE,
)
"""Columns that DuckDB takes for functions of its own where a query inside another one names them unqualified."""


class Side(NamedTuple):
    """A column of one file that is compared, as SQL."""

    column: str
    typed: str
    unreadable: str = ""
    """The text of a value that is not of its type, else NULL; "" where there can be none."""

    @property
    def there(self) -> str:
        """True where it has a value."""
        return f"{self.typed} IS NOT NULL" + (f" OR {self.unreadable} IS NOT NULL" if self.unreadable else "")


Keys = dict[str, tuple[Side, Side]]
"""The columns that are compared, each in the one file and in the other."""


def overlap(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that no row of `owner` equals a row of `other` in the key columns.

    Two missing values are equal, but rows with nothing in any key column are no leak. Values that are not of their
    type are compared by their text.
    """
    bad = _also(_rows(other), keys)
    made = between(owner, other, keys, show, bad=bad, judge=judge_count(NONE, noun=f"also in {other}"))
    ours, own = _named(owner, "our", [ours for ours, _ in keys.values()])
    theirs, others = _named(other, "their", [theirs for _, theirs in keys.values()])
    named = dict(zip(keys, zip(ours, theirs, strict=True), strict=True))
    return replace(
        made,
        id=f"{owner}.noOverlap",
        expected=f"no row of {other} by {_names(keys)}",
        query=_query(own, others, named, _also(others, named)),
        partner=(other, first_like(other, _pairs(keys))),
    )


def shared_groups(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that no group, a value of the one key column, is in both files."""
    bad = _also(_rows(other), keys)
    ((ours, _),) = keys.values()
    groups = " + ".join(f"count(DISTINCT {one}) FILTER (WHERE {bad})" for one in (ours.typed, ours.unreadable) if one)
    made = between(owner, other, keys, show, bad=bad, judge=_judge_groups(other), more=(groups,))
    return replace(made, id=f"{owner}.noSharedGroups", expected=f"no {_names(keys)} of {other}")


def references(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that every row of `owner` with a value in all key columns has its row in `other`."""
    bad = unmatched(other, keys)
    made = between(owner, other, keys, show, bad=bad, judge=judge_count(NONE, noun=f"not in {other}"))
    return replace(made, id=f"{owner}.references", expected=f"every {_names(keys)} in {other}")


def unmatched(other: str, keys: Keys) -> str:
    """True where a row has a value in all key columns, and `other` has no row with the same ones."""
    filled = " AND ".join(f"{ours.typed} IS NOT NULL" for ours, _ in keys.values())
    pairs = [(ours.typed, theirs.typed) for ours, theirs in keys.values()]
    return f"({filled} AND NOT {_matched(_rows(other), pairs, '=')})"


def between(  # noqa: PLR0913 - one fact each
    owner: str, other: str, keys: Keys, show: str, *, bad: str, judge: Judge, more: tuple[str, ...] = ()
) -> Statement:
    """Return the statement that no row is bad, still without what it is called and expects.

    It fails where a key column has no value on either side: then nothing was compared.
    """
    reads = [(name, pair[side].column) for side, name in enumerate((owner, other)) for pair in keys.values()]
    return Statement(
        id="",
        object=owner,
        subject=next(iter(keys)) if len(keys) == 1 else "rows",
        expected="",
        judge=_judge_compared(judge, reads),
        query=_query(_rows(owner), _rows(other), keys, bad, more),
        where=f"WHERE {bad}",
        show=show,
        reads=tuple(reads),
    )


def _query(own: str, others: str, keys: Keys, bad: str, more: tuple[str, ...] = ()) -> str:
    """Return the query over the rows of both files, given as SQL: what is bad, and which columns have values."""
    ours, theirs = (f"[{', '.join(f'bool_or({pair[side].there})' for pair in keys.values())}]" for side in (0, 1))
    return f"SELECT {', '.join([*counted(bad), *more, ours])}, (SELECT {theirs} FROM {others}) FROM {own} AS r"


def _rows(name: str) -> str:
    return f"_raw.{quoted(name)}"


def _named(table: str, whose: str, sides: Sequence[Side]) -> tuple[list[Side], str]:
    """Return the columns by names, and the SQL of the rows that have these: of hundreds each must be planned once."""
    named = [
        Side(
            side.column,
            quoted(f"{OWN_NAMES}{whose} {index}"),
            side.unreadable and quoted(f"{OWN_NAMES}{whose} text {index}"),
        )
        for index, side in enumerate(sides)
    ]
    pairs = zip(named, sides, strict=True)
    values = [f"{sql} AS {name}" for one, side in pairs for name, sql in zip(one[1:], side[1:], strict=True) if sql]
    return named, f"(SELECT {', '.join(values)} FROM {_rows(table)})"


def _also(others: str, keys: Keys) -> str:
    """True where a row has a value in some key column, and one of the others has the same ones."""
    filled = " OR ".join(ours.there for ours, _ in keys.values())
    return f"(({filled}) AND {_matched(others, _pairs(keys), 'IS NOT DISTINCT FROM')})"


def _pairs(keys: Keys) -> list[tuple[str, str]]:
    """Return what must be equal, as SQL of both files."""
    texts = [(ours.unreadable, theirs.unreadable) for ours, theirs in keys.values() if ours.unreadable]
    return [*((ours.typed, theirs.typed) for ours, theirs in keys.values()), *texts]


def first_like(other: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the SQL of the number of the first row of `other` with the same values."""
    return f'(SELECT min("{OWN_NAMES}row") {_like(numbered(other), pairs, f""", "{OWN_NAMES}row" """)})'


def _matched(others: str, pairs: Sequence[tuple[str, str]], equals: str) -> str:
    """True where one of the other rows has the same values, given as SQL of both files."""
    return f"EXISTS (SELECT 1 {_like(others, pairs, equals=equals)})"


def _like(table: str, pairs: Sequence[tuple[str, str]], more: str = "", equals: str = "IS NOT DISTINCT FROM") -> str:
    # Names that no column of a file has: unqualified, ours would be taken for theirs.
    names = [quoted(f"{OWN_NAMES}{index}") for index in range(len(pairs))]
    theirs = ", ".join(f"{expression} AS {name}" for name, (_, expression) in zip(names, pairs, strict=True))
    ours = [_FUNCTIONS.sub(r"r.\g<0>", expression) for expression, _ in pairs]
    equal = " AND ".join(f"{name} {equals} {expression}" for name, expression in zip(names, ours, strict=True))
    return f'FROM (SELECT {theirs}{more} FROM {table}) AS "{OWN_NAMES}other" WHERE {equal}'


def _judge_compared(judge: Judge, reads: Sequence[tuple[str, str]]) -> Judge:
    """Judge where every column that is read has a value, as the last two measures say of the one file and the other."""

    def judged(measured: tuple[Any, ...], rows: int) -> Verdict:
        there = [*measured[-2], *measured[-1]]
        empty = [".".join(read) for read, value in zip(reads, there, strict=True) if not value]
        if empty:
            return Verdict(State.FAIL, f"no valid value to compare in {listed(empty)}")
        return judge(measured, rows)

    return judged


def _judge_groups(other: str) -> Judge:
    count = judge_count(NONE)

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        verdict, groups = count(measured, rows), int(measured[1])
        return Verdict(verdict.state, f"{verdict.actual} in {plural(groups, 'group')} that {other} has")

    return judge


def _names(keys: Keys) -> str:
    return ", ".join(keys) if len(keys) <= 4 else f"{len(keys)} columns"
