"""What the statements of a contract are built from: SQL of its columns, values and patterns."""

from __future__ import annotations

from typing import Any

import duckdb

from ml_steps.data import logical
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.source import first_line, literal, quoted
from ml_steps.data.statement import NONE, Bound, Statement, counted, judge_count


def violation(owner: Object, column: Column, rule: str, bad: str, *, expected: str, noun: str) -> Statement:  # noqa: PLR0913 - one fact each
    """Return the statement that no row of a column is bad."""
    return Statement(
        id=f"{owner.name}.{column.name}.{rule}",
        object=owner.name,
        subject=column.name,
        expected=expected,
        judge=judge_count(NONE, noun=noun),
        aggregates=counted(bad),
        where=f"WHERE {bad}",
        show="" if column.hidden else column.name,
    )


def duplicates(  # noqa: PLR0913 - one fact each
    owner: Object,
    name: str,
    columns: tuple[str, ...],
    bound: Bound,
    *,
    percent: bool = False,
    skip_missing: bool = False,
) -> Statement:
    """Return the statement that bounds the rows that repeat an earlier one in these columns."""
    keys = [typed(owner, column) for column in columns]
    there = " AND ".join(f"{key} IS NOT NULL" for key in keys) if skip_missing else "true"
    table = f"_raw.{quoted(owner.name)} AS r"
    grouped = f"SELECT count(*) AS copies FROM {table} WHERE {there} GROUP BY {', '.join(keys)}"
    shown = [name for name in columns if not hidden(owner, name)]
    alone = len(columns) == 1 and skip_missing
    return Statement(
        id=f"{owner.name}.{name}",
        object=owner.name,
        subject=columns[0] if len(columns) == 1 else "rows",
        expected=f"repeated: {bound.text('%' if percent else '')}" if bound != NONE else "no repeated values",
        judge=judge_count(bound, percent, "repeated"),
        # A single column is counted in the one pass over the file, several are grouped in another.
        aggregates=(f"count({keys[0]}) - count(DISTINCT {keys[0]})",) if alone else (),
        query="" if alone else f"SELECT coalesce(sum(copies - 1), 0) FROM ({grouped})",
        where=f'WHERE {there} QUALIFY row_number() OVER (PARTITION BY {", ".join(keys)} ORDER BY "ml-steps row") > 1',
        show=shown[0] if shown and len(shown) == len(columns) else "",
    )


def pattern(contract: Contract, place: tuple[str | int, ...], value: object) -> str:
    """Return a regular expression as an SQL string; it is searched for, so anchor it with ^ and $.

    Raises SetupError naming file and line for one that is not valid (RE2 has no look-around).
    """
    text = literal(str(value))
    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT regexp_matches('', {text})")
    except duckdb.Error as error:
        raise contract.document.error(
            place, f"{value!r} is no regular expression of RE2 ({first_line(error)})"
        ) from None
    return text


def values(contract: Contract, column: Column, place: tuple[str | int, ...], given: Any) -> list[str]:
    """Return values of a contract as SQL literals of the column's type; raises SetupError for another type."""
    if not isinstance(given, list) or not given:
        raise contract.document.error(place, "expected a list of at least one value")
    kind = logical.sql_type(column.logical, column.options)
    for index, value in enumerate(given):
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        fits = numeric if column.logical in ("integer", "number") else not isinstance(value, list | dict | None)
        if not fits or (column.logical == "integer" and not isinstance(value, int)):
            raise contract.document.error(
                (*place, index), f"{value!r} is no value of {column.name}, which is {column.logical or 'a text'}"
            )
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in given]
    return [f"CAST({literal(text)} AS {kind})" for text in texts]


def typed(owner: Object, column: str) -> str:
    """Return the typed value of a column, as the contract types it."""
    found = owner.column(column)
    return logical.typed(column, found.logical if found else None, found.options if found else None)


def hidden(owner: Object, column: str) -> bool:
    """True where a column's values must not be shown."""
    found = owner.column(column)
    return found is not None and found.hidden
