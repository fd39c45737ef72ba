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
    made = between(owner, other, keys, show, bad=_also(other, keys), judge=judge_count(NONE, noun=f"also in {other}"))
    return replace(
        made,
        id=f"{owner}.noOverlap",
        expected=f"no row of {other} by {_names(keys)}",
        partner=(other, first_like(other, _pairs(keys))),
    )


def shared_groups(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that no group, a value of the one key column, is in both files."""
    bad = _also(other, keys)
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
    return f"({filled} AND NOT {_matched(other, [(ours.typed, theirs.typed) for ours, theirs in keys.values()], '=')})"


def between(  # noqa: PLR0913 - one fact each
    owner: str, other: str, keys: Keys, show: str, *, bad: str, judge: Judge, more: tuple[str, ...] = ()
) -> Statement:
    """Return the statement that no row is bad, still without what it is called and expects.

    It fails where a key column has no value on either side: then nothing was compared.
    """
    ours, theirs = (f"[{', '.join(f'bool_or({pair[side].there})' for pair in keys.values())}]" for side in (0, 1))
    measures = [*counted(bad), *more, ours, f"(SELECT {theirs} FROM _raw.{quoted(other)})"]
    reads = [(name, pair[side].column) for side, name in enumerate((owner, other)) for pair in keys.values()]
    return Statement(
        id="",
        object=owner,
        subject=next(iter(keys)) if len(keys) == 1 else "rows",
        expected="",
        judge=_judge_compared(judge, reads),
        query=f"SELECT {', '.join(measures)} FROM _raw.{quoted(owner)} AS r",
        where=f"WHERE {bad}",
        show=show,
        reads=tuple(reads),
    )


def _also(other: str, keys: Keys) -> str:
    """True where a row has a value in some key column, and `other` has a row with the same ones."""
    filled = " OR ".join(ours.there for ours, _ in keys.values())
    return f"(({filled}) AND {_matched(other, _pairs(keys), 'IS NOT DISTINCT FROM')})"


def _pairs(keys: Keys) -> list[tuple[str, str]]:
    """Return what must be equal, as SQL of both files."""
    texts = [(ours.unreadable, theirs.unreadable) for ours, theirs in keys.values() if ours.unreadable]
    return [*((ours.typed, theirs.typed) for ours, theirs in keys.values()), *texts]


def first_like(other: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the SQL of the number of the first row of `other` with the same values."""
    return f'(SELECT min("{OWN_NAMES}row") {_like(numbered(other), pairs, f""", "{OWN_NAMES}row" """)})'


def _matched(other: str, pairs: Sequence[tuple[str, str]], equals: str) -> str:
    """True where `other` has a row with the same values, given as SQL of both files."""
    return f"EXISTS (SELECT 1 {_like(f'_raw.{quoted(other)}', pairs, equals=equals)})"


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
