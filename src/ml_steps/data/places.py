"""Where a statement fails: the first rows at fault, as `file:line value-shortened`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml_steps.data import csvfile, files, jsonlines
from ml_steps.data.session import Session
from ml_steps.data.source import Source, numbered, parquet_rows, quoted
from ml_steps.data.statement import Statement

MAX_PLACES = 5
MAX_VALUE = 40


def find(session: Session, statement: Statement) -> tuple[list[str], str | None]:
    """Return up to five places of a failing statement, and the value at the first where it may be shown.

    There is none where it is about the file as a whole.
    """
    if not statement.where:
        return [], None
    value = quoted(statement.show) if statement.show else "NULL"
    other, like = statement.partner
    rows = session.rows(
        f'SELECT "ml-steps row", {value}, {like or "NULL"} FROM (SELECT * FROM {numbered(statement.object)} AS r '
        f'{statement.where} ORDER BY "ml-steps row" LIMIT {MAX_PLACES}) AS r ORDER BY "ml-steps row"'
    )
    lines = locate(session.sources[statement.object], [int(row[0]) for row in rows])
    alike = locate(session.sources[other], [int(row[2]) for row in rows]) if other else {}
    found = []
    for number, text, partner in rows:
        place = f"{lines[number]} {shortened(text) if statement.show else ''}".rstrip()
        found.append(f"{place} = {alike[partner]}" if other else place)
    return found, rows[0][1] if rows else None


def locate(source: Source, ordinals: Iterable[int]) -> dict[int, str]:
    """Return where rows, counted from 0 over all parts, stand: `file:line`, or the row of a Parquet file."""
    wanted = sorted(set(ordinals), reverse=True)
    found: dict[int, str] = {}
    start = 0
    for part in source.parts:
        name = files.name_of(part, source.path, source.parts)
        if source.format == "parquet":
            rows = parquet_rows(part) if len(source.parts) > 1 else sys.maxsize
            while wanted and wanted[-1] < start + rows:
                ordinal = wanted.pop()
                found[ordinal] = f"{name} row {ordinal - start + 1}"
            start += rows
            continue
        for line in _lines(source, part):
            if not wanted:
                return found
            if wanted[-1] == start:
                found[wanted.pop()] = f"{name}:{line}"
            start += 1
    return found


def _lines(source: Source, part: Path) -> Iterator[int]:
    """Yield the number of each row's first line."""
    if source.format == "jsonl":
        return (line for line, _ in jsonlines.lines(part))
    records = csvfile.records(part)
    next(records)  # the header
    return (line for line, _ in records)


def shortened(value: str | None) -> str:
    """Return a value on one line, at most 40 characters, in quotes; white space is shown as it is."""
    if value is None:
        return "(empty)"
    return repr(value if len(value) <= MAX_VALUE else value[: MAX_VALUE - 1] + "…")
