"""What the statements of a contract are built from: SQL of its columns."""

from __future__ import annotations

from ml_steps.data import logical
from ml_steps.data.contract import Column, Object
from ml_steps.data.overlap import first_like
from ml_steps.data.source import quoted
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
    """Return the statement that bounds the rows that repeat an earlier one in these columns.

    Values that are not of their type are compared by their text.
    """
    texts = [text for column in columns if (text := unreadable(owner, column))]
    keys = [*(compared(owner, column) for column in columns), *texts]
    there = " OR ".join(f"{key} IS NOT NULL" for key in keys) if skip_missing else "true"
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
        aggregates=(" + ".join(f"count({key}) - count(DISTINCT {key})" for key in keys),) if alone else (),
        query="" if alone else f"SELECT coalesce(sum(copies - 1), 0) FROM ({grouped})",
        where=f'WHERE {there} QUALIFY row_number() OVER (PARTITION BY {", ".join(keys)} ORDER BY "ml-steps row") > 1',
        show=shown[0] if shown and len(shown) == len(columns) else "",
        partner=(owner.name, first_like(owner.name, [(key, key) for key in keys])),
    )


def typed(owner: Object, column: str) -> str:
    """Return the typed value of a column, as the contract types it."""
    found = owner.column(column)
    return logical.typed(column, found.logical if found else None, found.options if found else None)


def compared(owner: Object, column: str, *, mixed: bool = False) -> str:
    """Return what a column's values are compared by; `mixed` where an integer is compared with a number."""
    found = owner.column(column)
    if found and (found.logical == "number" or mixed):
        return logical.exact(column, found.logical or "", found.options)
    return typed(owner, column)


def unreadable(owner: Object, column: str) -> str:
    """Return the text of a value that is not of its column's type, else NULL; "" where there can be none."""
    found = owner.column(column)
    return logical.unreadable(column, found.logical, found.options) if found else ""


def hidden(owner: Object, column: str) -> bool:
    """True where a column's values must not be shown."""
    found = owner.column(column)
    return found is not None and found.hidden
