"""What the data of a project looks like, in the facts from which a first contract is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml_steps.config import Evaluate
from ml_steps.data import files, ids, logical
from ml_steps.data.infer import infer
from ml_steps.data.leaked import leaked_target
from ml_steps.data.overlap import Side, overlap
from ml_steps.data.separating import find
from ml_steps.data.session import RAW, Session, open_session
from ml_steps.data.source import Source, open_source, quoted
from ml_steps.errors import SetupError
from ml_steps.project import Project

MOST_VALUES = 20
"""A column with more distinct values is no enumeration."""
LONGEST_VALUE = 40
"""Characters from which a value is a text, not one of an enumeration."""
_ROWS_A_VALUE = 10
"""Rows for each distinct value from which they are taken for an enumeration."""
_CANDIDATES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "string": [("date", {}), ("timestamp", {"timezone": True}), ("timestamp", {}), ("string", {})],
    "integer": [("integer", {}), ("integer", {"format": "u64"})],
    "other": [],
}
"""The types that values of a kind may have, the narrowest first; of other kinds, that kind."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column of one file."""

    name: str
    logical: str | None
    """None for a nested value, which has no type that is enforced."""
    options: dict[str, Any]
    missing: int
    infinite: int
    """How many numbers are beyond what a double holds."""
    low: str | None
    """The smallest value, or the length of the shortest text; None where the column is empty."""
    high: str | None
    past: bool
    """True for dates and timestamps of which none is in the future."""
    values: dict[Any, int] | None
    """How often each value of an enumeration is there, in order of the values."""


@dataclass(frozen=True)
class FileFacts:
    """One file, under its role: train or holdout."""

    name: str
    pattern: str
    rows: int
    repeated: int
    """Rows that are the same as an earlier one."""
    columns: list[ColumnFacts]
    telling: str | None = None
    """The columns that say the target in other words, empty for none; None where the target is no column."""
    separating: str = ""
    """The columns by which the target's values lie apart, and how."""
    shared: tuple[list[str], int] | None = None
    """Of the holdout: the input columns with values in both files, and how many of its rows are in train by them."""
    ids: tuple[str, ...] = ()
    """Input columns that `shared` leaves out: they have another value in every row."""


def survey(data: Path, project: Project) -> list[FileFacts]:
    """Measure the training and the holdout file.

    Raises SetupError when a file is missing or cannot be read.
    """
    patterns = {"train": project.config.data.train, "holdout": project.config.data.holdout}
    sources = [open_source(role, *files.find(data, pattern)) for role, pattern in patterns.items()]
    with open_session(sources) as session:
        session.set_now(datetime.now(UTC))
        session.lock()
        types = _types(session, sources)
        settings = project.config.evaluate
        train, holdout = (_file(session, source, patterns[source.name], types, settings) for source in sources)
        return [train, _with_shared(session, train, holdout, project)]


def further(data: Path, project: Project) -> list[str]:
    """Return the names of the data folder's other files that could be read."""
    patterns = (project.config.data.train, project.config.data.holdout)
    known = {part.resolve() for pattern in patterns for part in files.find(data, pattern).parts}
    return sorted(path.name for path in data.iterdir() if files.format_of(path) and path.resolve() not in known)


def _types(session: Session, sources: Sequence[Source]) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """Return the narrowest type that every value of a column has, in both files."""
    names = list(dict.fromkeys(name for source in sources for name in source.columns))
    found: dict[str, tuple[str | None, dict[str, Any]]] = {}
    for name, kind in infer(session, sources, names).items():
        candidates = _CANDIDATES.get(kind, [(kind, {})])
        holders = [source for source in sources if name in source.columns]
        fitting = [one for one in candidates if _fits(session, holders, name, one)]
        # Numbers that none fits are numbers still, some of them infinite: no type would admit these.
        found[name] = fitting[0] if fitting else ("number", {}) if kind == "number" else (None, {})
    return found


def _fits(session: Session, sources: Sequence[Source], name: str, kind: tuple[str, dict[str, Any]]) -> bool:
    """True where there are values and all of them are of the type; text fits anything."""
    filled, bad = 0, 0
    for source in sources:
        counts = session.rows(
            f"SELECT count({logical.typed(name, *kind)}), count(*) FILTER (WHERE {logical.invalid(name, *kind)}) "
            f"FROM {RAW}.{quoted(source.name)}"
        )[0]
        filled, bad = filled + counts[0], bad + counts[1]
    return kind[0] == "string" or (filled > 0 and not bad)


def _file(
    session: Session,
    source: Source,
    pattern: str,
    types: dict[str, tuple[str | None, dict[str, Any]]],
    settings: Evaluate,
) -> FileFacts:
    table = f"{RAW}.{quoted(source.name)}"
    typed = ", ".join(logical.typed(name, *types[name]) for name in source.columns)
    rows, copies = session.rows(
        f"SELECT count(*), count(*) - (SELECT count(*) FROM (SELECT DISTINCT {typed} FROM {table})) FROM {table}"
    )[0]
    if not rows:
        raise SetupError(f"{source.path.name}: the file has no rows; expected at least one to write a contract from.")
    columns = [_column(session, table, name, *types[name]) for name in source.columns]
    telling, separating = None, ""
    if settings.target in source.columns:
        telling = session.rows(leaked_target(source.name, settings.target, settings.protected).query)[0][0] or ""
        found = find(session, source, rows, settings.target, settings.protected, lambda _: {})
        separating = ", ".join(found or ())
    return FileFacts(source.name, pattern, rows, copies, columns, telling, separating)


def _column(session: Session, table: str, name: str, kind: str | None, options: dict[str, Any]) -> ColumnFacts:
    value = logical.typed(name, kind, options)
    measured = f"length({value})" if kind in (None, "string") else value
    later = f"bool_and({value} <= now())" if kind in ("date", "timestamp") else "NULL"
    beyond = logical.invalid(name, kind) if kind == "number" else "false"
    missing, infinite, filled, low, high, past = session.rows(
        f"SELECT count(*) FILTER (WHERE {logical.missing(name)}), count(*) FILTER (WHERE {beyond}), count({value}), "
        f"min({measured})::VARCHAR, max({measured})::VARCHAR, {later} FROM {table}"
    )[0]
    values = None
    if kind in ("string", "integer"):
        counts = session.rows(
            f"SELECT {value}, count(*) FROM {table} WHERE {value} IS NOT NULL GROUP BY 1 ORDER BY 1 "
            f"LIMIT {MOST_VALUES + 1}"
        )
        few = 0 < len(counts) <= MOST_VALUES and filled >= _ROWS_A_VALUE * len(counts)
        short = all(len(str(found)) <= LONGEST_VALUE for found, _ in counts)
        values = dict(counts) if few and short else None
    return ColumnFacts(name, kind, options, missing, infinite, low, high, bool(past), values)


def _with_shared(session: Session, train: FileFacts, holdout: FileFacts, project: Project) -> FileFacts:
    seen = project.config.evaluate.inputs(column.name for column in train.columns if column.low is not None)
    shared = [column for column in holdout.columns if column.name in seen and column.low is not None]
    if not shared:
        return holdout
    out = ids.left_out(session, train.name, holdout.name, [column.name for column in shared])
    shared = [column for column in shared if column.name not in out]
    sides = [Side(column.name, logical.typed(column.name, column.logical, column.options)) for column in shared]
    keys = {side.column: (side, side) for side in sides}
    [[count, *_]] = session.rows(overlap(holdout.name, train.name, keys, "").query)
    names = [column.name for column in shared]
    return replace(holdout, shared=(names, count), ids=tuple(out))
