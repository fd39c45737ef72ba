"""Rows of one file that match rows of another: leakage, shared groups, and references between files."""

from __future__ import annotations

from typing import Any

from ml_steps.data.source import quoted
from ml_steps.data.statement import NONE, Judge, Statement, Verdict, counted, judge_count
from ml_steps.evidence import State

Keys = dict[str, tuple[str, str]]
"""The columns that are compared, each with its SQL expression in the one file and in the other."""


def overlap(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that no row of `owner` equals a row of `other` in the key columns.

    Two missing values are equal, but rows with nothing in any key column are no leak.
    """
    filled = " OR ".join(f"{expression} IS NOT NULL" for expression, _ in keys.values())
    bad = f"(({filled}) AND {_matched(other, keys, 'IS NOT DISTINCT FROM')})"
    return Statement(
        id=f"{owner}.noOverlap",
        object=owner,
        subject=_subject(keys),
        expected=f"no row of {other} by {_names(keys)}",
        judge=judge_count(NONE, noun=f"also in {other}"),
        query=f"SELECT {counted(bad)[0]} FROM _raw.{quoted(owner)} AS r",
        where=f"WHERE {bad}",
        show=show,
    )


def shared_groups(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that no group, a value of the one key column, is in both files."""
    bad = _matched(other, keys, "=")
    ((ours, _),) = keys.values()
    return Statement(
        id=f"{owner}.noSharedGroups",
        object=owner,
        subject=_subject(keys),
        expected=f"no {_names(keys)} of {other}",
        judge=_judge_groups(other),
        query=f"SELECT {counted(bad)[0]}, count(DISTINCT {ours}) FILTER (WHERE {bad}) FROM _raw.{quoted(owner)} AS r",
        where=f"WHERE {bad}",
        show=show,
    )


def references(owner: str, other: str, keys: Keys, show: str) -> Statement:
    """Return the statement that every row of `owner` with a value in all key columns has its row in `other`."""
    filled = " AND ".join(f"{expression} IS NOT NULL" for expression, _ in keys.values())
    bad = f"({filled} AND NOT {_matched(other, keys, '=')})"
    return Statement(
        id=f"{owner}.references",
        object=owner,
        subject=_subject(keys),
        expected=f"every {_names(keys)} in {other}",
        judge=judge_count(NONE, noun=f"not in {other}"),
        query=f"SELECT {counted(bad)[0]} FROM _raw.{quoted(owner)} AS r",
        where=f"WHERE {bad}",
        show=show,
    )


def _matched(other: str, keys: Keys, equals: str) -> str:
    """True where `other` has a row with the same keys."""
    theirs = ", ".join(f'{expression} AS "key {index}"' for index, (_, expression) in enumerate(keys.values()))
    equal = " AND ".join(
        f'o."key {index}" {equals} {expression}' for index, (expression, _) in enumerate(keys.values())
    )
    return f"EXISTS (SELECT 1 FROM (SELECT {theirs} FROM _raw.{quoted(other)}) AS o WHERE {equal})"


def _judge_groups(other: str) -> Judge:
    count = judge_count(NONE, noun=f"with a group of {other}")

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        rows_verdict = count(measured, rows)
        if rows_verdict.state is State.PASS:
            return rows_verdict
        return Verdict(rows_verdict.state, f"{int(measured[1]):,} groups: {rows_verdict.actual}")

    return judge


def _subject(keys: Keys) -> str:
    return next(iter(keys)) if len(keys) == 1 else "rows"


def _names(keys: Keys) -> str:
    return ", ".join(keys) if len(keys) <= 4 else f"{len(keys)} columns"
