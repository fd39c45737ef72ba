"""The values of a file, or of a sample of its rows, in a table in memory: what its distributions are counted from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml_steps.data import drawn, logical
from ml_steps.data.contract import Object
from ml_steps.data.model import ColumnProfile, FileProfile
from ml_steps.data.session import RAW, Session
from ml_steps.data.source import quoted

MOST_ROWS = 100_000
"""Rows that are kept; of a larger file a random sample of about so many, always the same one."""
LONGEST = 64
"""Characters of a text that are kept beside its length; texts that begin alike are one category."""
NUMERIC = ("integer", "number")
_TEXTUAL = ("string", "boolean")


@dataclass(frozen=True)
class Stored:
    """Columns n0, t1, l1, …: the number, the text and the length in characters of the file's column 0, 1, …"""

    session: Session
    profile: FileProfile
    rows: int
    """Rows that are kept."""

    def select(self, expressions: str, rest: str = "") -> list[tuple[Any, ...]]:
        """Return the rows of a query over the table."""
        return self.session.rows(f"SELECT {expressions} FROM {_table(self.profile)} {rest}")

    def value(self, column: str, kind: str) -> str | None:
        """Return the SQL of a column's value: a number, a category, a length or as stored; None where there is none."""
        names = [found.name for found in self.profile.columns]
        if column not in names:
            return None
        index = names.index(column)
        kept = _kept(self.profile.columns[index], index)
        if f"n{index}" in kept:
            text = f"format('{{:.15g}}', n{index} + 0)"  # so that -0 is 0
            length = f"CAST(length({text}) AS DOUBLE)"
            return {"number": f"n{index}", "category": text, "length": length, "stored": f"n{index}"}[kind]
        if f"t{index}" in kept:
            number = _finite(f"t{index}")
            return {"number": number, "category": f"t{index}", "length": f"l{index}", "stored": f"t{index}"}[kind]
        return f"l{index}" if f"l{index}" in kept and kind == "length" else None

    def categories(self, column: str, rest: str) -> dict[str, int]:
        """Count the rows of each category, v, of a column that has some; `rest` ends the query."""
        value, label = (self.value(column, kind) for kind in ("stored", "category"))
        # Equal numbers are counted before they are formatted: to format every row's takes ten times longer.
        equal = f"SELECT {value}, count(*) AS equal FROM {_table(self.profile)} WHERE {value} IS NOT NULL GROUP BY 1"
        query = f"SELECT {label} AS v, CAST(sum(equal) AS BIGINT) AS rows FROM ({equal}) GROUP BY 1 {rest}"
        return dict(self.session.rows(query))


def store(session: Session, profile: FileProfile, agreed: Object | None = None) -> Stored:
    """Read a file, or a sample of a large one, and keep what its columns may show; its rows are counted already.

    `agreed` is the contract's object, which may say what is missing.
    """
    kept: dict[str, str] = {}
    for index, column in enumerate(profile.columns):
        kept |= _kept(column, index, agreed.options(column.name) if agreed else None)
    columns = ", ".join([*(f"{sql} AS {name}" for name, sql in kept.items()), "true AS kept"])
    source = f"{RAW}.{quoted(profile.name)}"
    if profile.rows > MOST_ROWS:
        source = drawn.sample(session, profile.name, profile.rows, MOST_ROWS)
    session.rows(f"CREATE TEMP TABLE {_table(profile)} AS SELECT {columns} FROM {source}")
    return Stored(session, profile, int(session.rows(f"SELECT count(*) FROM {_table(profile)}")[0][0]))


def _table(profile: FileProfile) -> str:
    return quoted(f"values of {profile.name}")


def _kept(column: ColumnProfile, index: int, options: dict[str, Any] | None = None) -> dict[str, str]:
    """Return the SQL of what is kept of a column; of one that is hidden, the length of a text and nothing else."""
    name, there = quoted(column.name), f"CASE WHEN NOT {logical.missing(column.name, options)} THEN"
    if column.type in NUMERIC and not column.hidden:
        return {f"n{index}": _finite(logical.listed_as_null(column.name, options))}
    length = {f"l{index}": f"{there} CAST(length({name}) AS DOUBLE) END"}
    if column.hidden:
        return length if column.type == "string" else {}
    if column.type not in _TEXTUAL:
        return {}
    text = f"lower({name})" if column.type == "boolean" else f"left({name}, {LONGEST})"
    return {**length, f"t{index}": f"{there} {text} END"}


def _finite(text: str) -> str:
    double = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({double}) THEN {double} END"
