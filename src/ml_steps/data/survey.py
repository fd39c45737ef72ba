"""What the data of a project looks like, in the facts from which a first contract is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml_steps.config import Evaluate
from ml_steps.data import files, ids, logical
from ml_steps.data.infer import NUMBER, infer
from ml_steps.data.leaked import leaked_target
from ml_steps.data.overlap import Side, overlap
from ml_steps.data.separating import find
from ml_steps.data.session import RAW, Session, open_session
from ml_steps.data.source import Source, literal, open_source, quoted
from ml_steps.errors import SetupError
from ml_steps.project import Project

Kind = tuple[str | None, dict[str, Any]]
"""A type and its options; None for a nested value, which has no type that is enforced."""
MOST_VALUES = 20
"""A column with more distinct values is no enumeration."""
MISSING_WORDS = ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "Null", "null", "None", "none", "-", "?", ".")
"""What is taken for a missing value in a column whose other values are of one type."""
LONGEST_VALUE = 40
"""Characters from which a value is a text, not one of an enumeration."""
_ROUGHLY = 10 * MOST_VALUES
"""Distinct values, as DuckDB estimates them, beyond which they need no exact count to be more than MOST_VALUES."""
_ROWS_A_VALUE = 10
"""Rows for each distinct value from which they are taken for an enumeration."""
_CANDIDATES: dict[str, list[Kind]] = {
    "integer": [("integer", {}), ("integer", {"format": "u64"})],
    "boolean": [("boolean", {})],
    "string": [
        ("date", {}),
        ("timestamp", {"timezone": True}),
        ("timestamp", {}),
        ("integer", {}),
        ("number", {}),
        ("boolean", {}),
    ],
}
"""The types that values of a kind may have, the narrowest first; where none fits, `_ELSE`."""
_ONLY_BESIDE_WORDS = {("string", kind) for kind in ("integer", "number", "boolean")}
"""What a text is only where a word for a missing value made a text of it."""
_ELSE: dict[str, Kind] = {"string": ("string", {}), "number": ("number", {})}
"""Numbers that are no finite ones are numbers still: no type would admit an infinite one."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column of one file."""

    name: str
    logical: str | None
    """None for a nested value, which has no type that is enforced."""
    options: dict[str, Any]
    missing: int
    infinite: int = 0
    """How many numbers are beyond what a double holds."""
    low: str | None = None
    """The smallest value, or the length of the shortest text; None where the column is empty."""
    high: str | None = None
    past: bool = False
    """True for dates and timestamps of which none is in the future."""
    values: dict[Any, int] | None = None
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
        settings = project.config.evaluate
        types = _types(session, sources, settings.target)
        train, holdout = (_file(session, source, patterns[source.name], types, settings) for source in sources)
        return [train, _with_shared(session, train, holdout, project)]


def further(data: Path, project: Project) -> list[str]:
    """Return the names of the data folder's other files that could be read."""
    patterns = (project.config.data.train, project.config.data.holdout)
    known = {part.resolve() for pattern in patterns for part in files.find(data, pattern).parts}
    return sorted(path.name for path in data.iterdir() if files.format_of(path) and path.resolve() not in known)


def _types(session: Session, sources: Sequence[Source], target: str) -> dict[str, Kind]:
    """Return the narrowest type that every value of a column has, in both files; a class is never missing."""
    names = dict.fromkeys(name for source in sources for name in source.columns)
    kinds = infer(session, sources, names)
    types = {name: _ELSE.get(kind, (None, {})) for name, kind in kinds.items()}
    for kind, candidates in _CANDIDATES.items():
        alike = [name for name in names if kinds[name] == kind]
        for name, (words, fitting) in _fitting(session, sources, alike, candidates).items():
            if words and name == target:
                continue
            allowed = (words or (kind, one) not in _ONLY_BESIDE_WORDS for one, _ in candidates)
            fitted = [one for one, *good in zip(candidates, fitting, allowed, strict=True) if all(good)]
            if fitted:
                found, options = fitted[0]
                types[name] = (found, options | ({logical.MISSING_TEXT: ["", *sorted(words)]} if words else {}))
    return types


def _fitting(
    session: Session, sources: Sequence[Source], names: Sequence[str], candidates: Sequence[Kind]
) -> dict[str, tuple[set[str], list[bool]]]:
    """Tell of the columns that hold values which words for a missing one, and which of the types all others have."""
    found: dict[str, tuple[set[str], list[bool]]] = {}
    word = f'"text" IN ({", ".join(map(literal, MISSING_WORDS))})'
    plain = f'bool_and(regexp_full_match("text", {literal(NUMBER)})) FILTER (WHERE NOT {word})'  # no 007
    fits = [
        f"count({logical.typed('text', *one)}) = count(*) FILTER (WHERE NOT {word})"
        + f" AND {plain}" * (one[0] in ("integer", "number"))
        for one in candidates
    ]
    for source in sources:
        there = [name for name in names if name in source.columns]
        aggregates = [f'list(DISTINCT "text") FILTER (WHERE {word})', f"bool_and({word})", *fits]
        for name, words, no_other, *here in _by_column(session, source, there, ", ".join(aggregates)):
            before, every = found.get(name, (set(), []))
            if not no_other:
                every = [*map(all, zip(every or here, here, strict=True))]
            found[name] = (before | set(words or ()), every)
    return {name: (words, fitting) for name, (words, fitting) in found.items() if fitting}


def _by_column(
    session: Session, source: Source, names: Sequence[str], aggregates: str, rest: str = "GROUP BY 1"
) -> list[tuple[Any, ...]]:
    """Return the name and aggregates over the values, its "text", of each column that has any.

    One query for all: hundreds of columns, one after the other, would take minutes.
    """
    if not names:
        return []
    table = logical.standing(names, f"{RAW}.{quoted(source.name)}")
    return session.rows(f'SELECT "name", {aggregates} FROM {table} {rest}')


def _file(session: Session, source: Source, pattern: str, types: Mapping[str, Kind], settings: Evaluate) -> FileFacts:
    table = f"{RAW}.{quoted(source.name)}"
    typed = ", ".join(logical.typed(name, *types[name]) for name in source.columns)
    rows, copies = session.rows(
        f"SELECT count(*), count(*) - (SELECT count(*) FROM (SELECT DISTINCT {typed} FROM {table})) FROM {table}"
    )[0]
    if not rows:
        raise SetupError(f"{source.path.name}: the file has no rows; expected at least one to write a contract from.")
    columns = _columns(session, source, rows, types)
    telling, separating = None, ""
    if settings.target in source.columns:
        telling = session.rows(leaked_target(source.name, settings.target, settings.protected).query)[0][0] or ""
        found = find(session, source, rows, settings.target, settings.protected, lambda _: {})
        separating = ", ".join(found or ())
    return FileFacts(source.name, pattern, rows, copies, columns, telling, separating)


def _columns(session: Session, source: Source, rows: int, types: Mapping[str, Kind]) -> list[ColumnFacts]:
    facts = {name: ColumnFacts(name, *types[name], missing=rows) for name in source.columns}
    alike: dict[str, list[str]] = defaultdict(list)
    for name in source.columns:
        alike[repr(types[name])].append(name)
    for names in alike.values():
        kind, options = types[names[0]]
        value = logical.typed("text", kind, options)
        measured = f"length({value})" if kind in (None, "string") else value
        before_now = f"bool_and({value} <= now())" if kind in ("date", "timestamp") else "false"
        aggregates = [
            f"count(*) FILTER (WHERE NOT {logical.missing('text', options)})",
            f"count({value})",
            f"min({measured})::VARCHAR",
            f"max({measured})::VARCHAR",
            before_now,
            f'approx_count_distinct({value}) <= {_ROUGHLY} AND max(length("text")) <= {LONGEST_VALUE}',
        ]
        found = _by_column(session, source, names, ", ".join(aggregates))
        listed = [name for name, *_, few in found if few and kind in ("string", "integer")]
        values = _values(session, source, listed, value)
        for name, count, filled, low, high, past, _ in found:
            facts[name] = ColumnFacts(
                name, kind, options, rows - count, count - filled, low, high, past, values.get(name)
            )
    return list(facts.values())


def _values(session: Session, source: Source, names: Sequence[str], value: str) -> dict[str, dict[Any, int]]:
    """Return how often each value is there of the columns that are enumerations, in order of the values."""
    counts: dict[str, dict[Any, int]] = defaultdict(dict)
    for name, found, count in _by_column(
        session, source, names, f"{value}, count(*)", f"WHERE {value} IS NOT NULL GROUP BY 1, 2 ORDER BY 2"
    ):
        counts[name][found] = count
    return {
        name: of_values
        for name, of_values in counts.items()
        if len(of_values) <= MOST_VALUES and sum(of_values.values()) >= _ROWS_A_VALUE * len(of_values)
    }


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
