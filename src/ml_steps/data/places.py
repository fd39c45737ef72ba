"""Where a statement fails: the first rows at fault, as `file:line value-shortened`."""

from __future__ import annotations

from collections.abc import Iterable

from ml_steps.data import csvfile
from ml_steps.data.session import RAW, Session
from ml_steps.data.source import Source, json_lines, quoted
from ml_steps.data.statement import Statement

MAX_PLACES = 5
MAX_VALUE = 40


def find(session: Session, statement: Statement) -> list[str]:
    """Return up to five places of a failing statement; none where it is about the file as a whole."""
    if not statement.where:
        return []
    value = quoted(statement.show) if statement.show else "NULL"
    view = f"{RAW}.{quoted(statement.object)}"
    rows = session.rows(
        f'SELECT "ml-steps row", {value} FROM (SELECT *, row_number() OVER () - 1 AS "ml-steps row" FROM {view}) AS r '
        f'{statement.where} ORDER BY "ml-steps row" LIMIT {MAX_PLACES}'
    )
    source = session.sources[statement.object]
    lines = locate(source, [int(row[0]) for row in rows])
    return [f"{lines[int(number)]} {shortened(text) if statement.show else ''}".rstrip() for number, text in rows]


def locate(source: Source, ordinals: Iterable[int]) -> dict[int, str]:
    """Return where rows, counted from 0, stand in the file: `file:line`, or the row of a Parquet file."""
    wanted = set(ordinals)
    if source.format == "parquet":
        return {ordinal: f"{source.path.name} row {ordinal + 1}" for ordinal in wanted}
    found: dict[int, str] = {}
    if source.format == "jsonl":
        lines = (line for line, _ in json_lines(source.path))
    else:
        lines = (line for line, _ in csvfile.records(source.path))
        next(lines)  # the header
    for ordinal, line in enumerate(lines):
        if ordinal in wanted:
            found[ordinal] = f"{source.path.name}:{line}"
            if len(found) == len(wanted):
                break
    return found


def shortened(value: str | None) -> str:
    """Return a value on one line, at most 40 characters, in quotes."""
    if value is None:
        return "(empty)"
    text = " ".join(value.split()) if value.strip() else value
    return repr(text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…")
