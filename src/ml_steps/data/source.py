"""One data file as DuckDB reads it: its format, its columns, and the SQL that scans it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ml_steps.data import csvfile, files
from ml_steps.errors import SetupError

TEXT_TYPE = "VARCHAR"


@dataclass(frozen=True)
class Source:
    """A file under the name of its view. `natives` are the types that the file itself has, by column."""

    name: str
    path: Path
    format: files.Format
    natives: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names in file order."""
        return tuple(self.natives)

    @property
    def scan(self) -> str:
        """Return the table expression that reads the file, every CSV value as text."""
        path = literal(escaped(self.path))
        types = ", ".join(f"{literal(name)}: {literal(native)}" for name, native in self.natives.items())
        match self.format:
            case "parquet":
                return f"read_parquet({path})"
            case "jsonl":
                return f"read_json({path}, format='newline_delimited', columns={{{types}}})"
        return (
            f"read_csv({path}, columns={{{types}}}, auto_detect=false, header=true, delim=',', quote='\"', "
            "escape='\"', strict_mode=true, null_padding=false, encoding='utf-8')"
        )


def open_source(name: str, path: Path) -> Source:
    """Read a file's column names and check what DuckDB would let pass.

    Raises SetupError naming the file, and the line where there is one, when it cannot be read.
    """
    kind = files.known_format(path)
    if kind == "parquet":
        return Source(name, path, kind, _parquet_columns(path))
    if kind == "jsonl":
        return Source(name, path, kind, dict.fromkeys(_jsonl_columns(path), "JSON"))
    columns = csvfile.header(path)
    csvfile.check_bytes(path, len(columns))
    return Source(name, path, kind, dict.fromkeys(columns, TEXT_TYPE))


def literal(value: str) -> str:
    """Return a text as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def explain(source: Source) -> None:
    """Raise SetupError naming the line where a file is broken; return where plain Python finds no fault."""
    if source.format == "jsonl":
        _jsonl_columns(source.path)
    elif source.format != "parquet":
        csvfile.explain(source.path, len(source.columns))
        csvfile.explain_endings(source.path)


def escaped(path: Path) -> str:
    """Return an absolute path in which DuckDB sees no glob."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path.resolve()))


def _parquet_columns(path: Path) -> dict[str, str]:
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(escaped(path))})").fetchall()
    except duckdb.Error as error:
        raise SetupError(
            f"{path.name}: the Parquet file cannot be read ({first_line(error)}); write it again."
        ) from None
    return {str(row[0]): str(row[1]) for row in rows}


def _jsonl_columns(path: Path) -> list[str]:
    """Return the keys in the order in which they first appear; every line must be one object."""
    columns: dict[str, None] = {}
    for number, line in json_lines(path):
        try:
            record = json.loads(line, object_pairs_hook=_pairs, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise SetupError(f"{path.name}:{number}: not valid JSON ({error}); expected one object a line.") from None
        if not isinstance(record, dict):
            raise SetupError(f"{path.name}:{number}: the line is no JSON object; expected one object a line.")
        columns.update(dict.fromkeys(record))
    if len({name.casefold() for name in columns}) < len(columns):
        raise SetupError(f"{path.name}: two keys are the same but for upper and lower case; rename one.")
    return list(columns)


def json_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise SetupError(f"{path.name}:{number}: the line is not UTF-8; save the file as UTF-8.") from None
            if text.strip():
                yield number, text


def first_line(error: Exception) -> str:
    """Return the first line of DuckDB's message without its kind."""
    line = (str(error).splitlines() or [""])[0]
    return line.split(": ", 1)[-1].strip().rstrip(".")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
