"""One data file, or parts of one schema, as DuckDB reads it: its format, its columns, and the SQL that scans it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb

from ml_steps.data import csvfile, files, jsonlines
from ml_steps.errors import SetupError
from ml_steps.stages import DataFormat

TEXT_TYPE = "VARCHAR"
FLOATS = ("DOUBLE", "FLOAT")
OWN_NAMES = "ml-steps "
"""How names of ours begin in SQL; no column's may."""
MAX_COLUMNS = 2_000
"""Each column has several aggregates in the one pass; more of them do not fit the memory limit."""
_BUFFER = 4 * csvfile.MAX_LINE
"""Bytes that DuckDB reads of a CSV file at once; its default of 32 MB leaves little of a small memory limit."""
_KIND = re.compile(r"^[A-Za-z ]*(Error|Exception): ")
_FOLDERS = re.compile(r"""(['"])/[^'"]*/(?=[^'"/]+\1)""")
_VALUE = re.compile(r': value ".*')
_COMPRESSION = {"csv": "none", "csv.gz": "gzip", "csv.zst": "zstd"}


@dataclass(frozen=True)
class Source:
    """A file under the name of its view. `natives` are the types that the file itself has, by column."""

    name: str
    path: Path
    """The file, or the folder or glob of its parts."""
    format: DataFormat
    natives: dict[str, str]
    parts: tuple[Path, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names in file order."""
        return tuple(self.natives)

    def text(self, column: str) -> str:
        """Return a column's value as text; a NaN of a Parquet file is none, as data frames write what is missing."""
        name, native = quoted(column), self.natives[column]
        if native == "JSON":
            return f"{name} ->> '$'"
        text = f"CAST({name} AS VARCHAR)"
        # Not by isnan: where a file's statistics leave NaN out, as pyarrow's do, DuckDB takes it for never true.
        return f"nullif(nullif({text}, 'nan'), '-nan')" if native in FLOATS else text

    def floats_inside(self, column: str) -> bool:
        """Return whether the column's values are lists or the like that hold binary fractions."""
        native = self.natives[column]
        return is_nested(native) and any(kind in native for kind in FLOATS)

    def scan(self, *, parallel: bool = True) -> str:
        """Return the table expression that reads the parts in their order, every CSV value as text."""
        paths = _paths(*self.parts)
        types = ", ".join(f"{literal(name)}: {literal(native)}" for name, native in self.natives.items())
        match self.format:
            case "parquet":
                return _read_parquet(*self.parts)
            case "jsonl":
                return (
                    f"read_json({paths}, format='newline_delimited', columns={{{types}}}, compression='none', "
                    "hive_partitioning=false)"
                )
        # The compression is said, not told by the suffix: a link may lead to a file without one.
        return (
            f"read_csv({paths}, columns={{{types}}}, auto_detect=false, header=true, delim=',', quote='\"', "
            f"escape='\"', strict_mode=true, null_padding=false, encoding='utf-8', max_line_size={csvfile.MAX_LINE}, "
            f"buffer_size={_BUFFER}, "
            f"compression='{_COMPRESSION[self.format]}', hive_partitioning=false, "
            f"parallel={str(parallel).lower()})"
        )


def open_source(name: str, path: Path, parts: tuple[Path, ...] = ()) -> Source:
    """Read a file's column names; `parts` are its files where it is no file.

    Raises SetupError naming the file, and the line where there is one, when it cannot be read.
    """
    parts = parts or (path,)
    kind, first = files.known_format(parts[0]), files.name_of(parts[0], path, parts)
    natives = _jsonl_columns(path, parts) if kind == "jsonl" else _same_columns(path, parts, kind)
    if len(natives) > MAX_COLUMNS:
        raise SetupError(
            f"{first}:1: there are {len(natives):,} columns; expected at most {MAX_COLUMNS:,}; "
            "keep what is one value, such as an embedding, in one column (Parquet has lists)."
        )
    for column in natives:
        if column.lower().startswith(OWN_NAMES):
            raise SetupError(
                f"{first}:1: the column {column!r} begins with {OWN_NAMES!r}, as names of ours do; rename it."
            )
    return Source(name, path, kind, natives, parts)


def numbered(name: str) -> str:
    """Return the text view of a file with the number of each row, counted from 0, beside its columns."""
    return f'(SELECT *, row_number() OVER () - 1 AS "{OWN_NAMES}row" FROM _raw.{quoted(name)})'


def literal(value: str) -> str:
    """Return a text as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def check_bytes(source: Source) -> None:
    """Raise SetupError for what DuckDB would let pass; a session does this while it reads."""
    if source.format.startswith("csv"):
        for part in source.parts:
            with _in_its_folder(part, source.path, source.parts):
                csvfile.check_bytes(part, len(source.columns))


def explain(source: Source) -> None:
    """Raise SetupError naming the part, and the line, where a file is broken; return where each part can be read."""
    for part in source.parts:
        with _in_its_folder(part, source.path, source.parts):
            if source.format == "jsonl":
                jsonlines.keys(part)
            elif source.format == "parquet":
                _of_parquet(part, f"SELECT max(hash(COLUMNS(*))) FROM {_read_parquet(part)}")
            else:
                csvfile.explain(part, len(source.columns))


def escaped(path: Path) -> str:
    """Return an absolute path in which DuckDB sees no glob."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path.resolve()))


def is_nested(native: str) -> bool:
    """Return whether a Parquet type holds further values: a list, a struct, a map or a union."""
    return native.endswith("]") or native.startswith(("STRUCT", "MAP", "UNION"))


@contextmanager
def _in_its_folder(part: Path, path: Path, parts: tuple[Path, ...]) -> Iterator[None]:
    """Let a refusal that begins with the name of a part begin with its folder: train and holdout may both have one."""
    try:
        yield
    except SetupError as error:
        raise SetupError(files.name_of(part, path, parts) + str(error).removeprefix(part.name)) from None


def _same_columns(path: Path, parts: tuple[Path, ...], kind: DataFormat) -> dict[str, str]:
    first: dict[str, str] = {}
    for part in parts:
        with _in_its_folder(part, path, parts):
            found = _parquet_columns(part) if kind == "parquet" else dict.fromkeys(csvfile.header(part), TEXT_TYPE)
        first = first or found
        if list(found.items()) != list(first.items()):
            pairs = zip_longest(first.items(), found.items(), fillvalue=("nothing", ""))
            wanted, there = next((one, other) for one, other in pairs if one != other)
            differs = f"{there[0]} is {there[1]}, and {wanted[1]} there"
            if there[0] != wanted[0]:
                differs = f"{there[0]} stands where {wanted[0]} does"
            header = "" if kind == "parquet" else ":1"
            here, origin = (f"{files.name_of(one, path, parts)}{header}" for one in (part, parts[0]))
            raise SetupError(
                f"{here}: the columns are not those of {origin}: {differs}; expected parts of one schema, in one "
                "order; write it again."
            )
    return first


def _jsonl_columns(path: Path, parts: tuple[Path, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in parts:
        with _in_its_folder(part, path, parts):
            names |= dict.fromkeys(jsonlines.keys(part), "JSON")
    if len({name.casefold() for name in names}) < len(names):
        raise SetupError(
            f"{files.name_of(parts[0], path, parts)}: two keys are the same but for upper and lower case; rename one."
        )
    return names


def _parquet_columns(path: Path) -> dict[str, str]:
    rows = _of_parquet(path, f"DESCRIBE SELECT * FROM {_read_parquet(path)}")
    written = _of_parquet(path, f"SELECT name FROM parquet_schema({literal(escaped(path))})")
    found = {str(row[0]): str(row[1]) for row in rows}
    renamed = [name for name in found if (name,) not in written]
    if renamed:  # DuckDB calls the second of two columns "a" "a_1"
        name = renamed[0].rpartition("_")[0]
        raise SetupError(f"{path.name}: the column {name!r} is there twice but for its spelling; rename one.")
    return found


def _paths(*paths: Path) -> str:
    return "[" + ", ".join(literal(escaped(path)) for path in paths) + "]"


def _read_parquet(*paths: Path) -> str:
    return f"read_parquet({_paths(*paths)}, hive_partitioning=false)"


def _of_parquet(path: Path, sql: str) -> list[tuple[Any, ...]]:
    try:
        with duckdb.connect() as connection:
            return connection.execute(sql).fetchall()
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise SetupError(
            f"{path.name}: the Parquet file cannot be read ({first_line(error)}); write it again."
        ) from None


def parquet_rows(path: Path) -> int:
    """Return the number of rows that a Parquet file says it has."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(escaped(path))})").fetchone()
    return int(found[0]) if found else 0


def first_line(error: Exception) -> str:
    """Return the first line of DuckDB's message without its kind, a file's folders and a file's values."""
    line = _KIND.sub("", (str(error).splitlines() or [""])[0])
    line = _VALUE.sub("", _FOLDERS.sub(r"\1", line)).strip().rstrip(".")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line) or "it gives no reason"
