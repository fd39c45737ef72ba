"""Leakage: no row of one file may be a row of another."""

from __future__ import annotations

from ml_steps.data.source import quoted
from ml_steps.data.statement import NONE, Statement, counted, judge_count


def overlap(owner: str, other: str, keys: dict[str, tuple[str, str]], show: str) -> Statement:
    """Return the statement that no row of `owner` equals a row of `other` in the key columns.

    `keys` are the columns, each with its SQL expression in the one file and in the other. Two missing
    values are equal, but rows with nothing in any key column are no leak.
    """
    theirs = ", ".join(f'{expression} AS "key {index}"' for index, (_, expression) in enumerate(keys.values()))
    equal = " AND ".join(
        f'o."key {index}" IS NOT DISTINCT FROM {expression}' for index, (expression, _) in enumerate(keys.values())
    )
    filled = " OR ".join(f"{expression} IS NOT NULL" for expression, _ in keys.values())
    bad = f"(({filled}) AND EXISTS (SELECT 1 FROM (SELECT {theirs} FROM _raw.{quoted(other)}) AS o WHERE {equal}))"
    names = ", ".join(keys) if len(keys) <= 4 else f"{len(keys)} columns"
    return Statement(
        id=f"{owner}.noOverlap",
        object=owner,
        subject=next(iter(keys)) if len(keys) == 1 else "rows",
        expected=f"no row of {other} by {names}",
        judge=judge_count(NONE, noun=f"also in {other}"),
        query=f"SELECT {counted(bad)[0]} FROM _raw.{quoted(owner)} AS r",
        where=f"WHERE {bad}",
        show=show,
    )
