"""CSV in the dialect decided here: comma, double quote, UTF-8, a header; BOM and CRLF are valid.

DuckDB reads the rows. What it would let pass (a trailing comma too many, NUL bytes) or explain badly
is found here, in plain Python, which also names the line.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from ml_steps.data.zstandard import zstd
from ml_steps.errors import SetupError

MAX_LINE = 2_000_000
"""Bytes of the longest row that is read."""
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 16
"""Bytes that are looked at together; few, so that their copies stay in the processor's cache."""
_AROUND_QUOTE = tuple(re.compile(pattern) for pattern in (rb'" +[,\r\n]', rb', +"', rb'\n +"'))
_UNQUOTED = re.compile(r'(?:^|,)(?:"(?:[^"]|"")*"|([^",][^,]*)?)')
"""A value of a row; the group is what stands there without quotes."""
_EMPTY_ENDS = (b",", b",\r", b',""', b',""\r')
_EMPTY_END, _EMPTY_END_CR, _EMPTY_END_QUOTED = re.compile(rb",\n"), re.compile(rb",\r"), re.compile(rb',""\r?\n')


def header(path: Path) -> tuple[str, ...]:
    """Return the column names of the first line.

    Raises SetupError naming file and line when there is none, or a name is missing or there twice
    (upper and lower case count as the same, because SQL does not tell them apart).
    """
    with closing(records(path)) as found:
        _, names = next(found, (1, list[str]()))
    if not names:
        raise SetupError(f"{path.name}:1: the header is missing; expected the column names, separated by commas.")
    for other in (";", "\t", "|"):
        if len(names) == 1 and other in names[0]:
            raise SetupError(f"{path.name}:1: the header is separated by {other!r}; expected commas; export it again.")
    seen: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise SetupError(
                f"{path.name}:1: column {number} of {len(names)} has no name; expected a header in line 1."
            )
        if name.casefold() in seen:
            raise SetupError(
                f"{path.name}:1: the column {name!r} is there twice (as {seen[name.casefold()]!r}); rename one."
            )
        seen[name.casefold()] = name
    return tuple(names)


def looks_like_data(names: tuple[str, ...]) -> bool:
    """True where a header's names look like values: a number, a date or a whole sentence."""
    return any(name.strip()[:1].isdigit() or len(name) > 64 for name in names)


def check_bytes(path: Path, columns: int) -> None:
    """Find in one fast pass over the bytes what DuckDB lets pass, or takes for something else.

    Raises SetupError naming file and line for NUL bytes, for rows with an empty value too many at the end, for spaces
    around quotes, for a last line that ends otherwise than the first, and for a line that is too long.
    """
    crlf, last = None, b""
    with open_bytes(path) as file:
        while chunk := _read(file, path):
            rest = _read(file, path, line=1)  # so that no line is cut in two
            chunk += rest
            if len(rest) > MAX_LINE - _CHUNK or _suspicious(b"\n" + chunk + b"\n", columns):
                explain(path, columns)
                return
            crlf = chunk[: chunk.find(b"\n") + 1].endswith(b"\r\n") if crlf is None else crlf
            last = chunk[-2:]
    if last.endswith(b"\r") or (last.endswith(b"\n") and (last == b"\r\n") != crlf):
        explain(path, columns)


def _suspicious(lines: bytes, columns: int) -> bool:
    """True where these lines need a closer look. Searching for what begins with a fixed byte is what makes it fast."""
    quotes, returns = b'"' in lines, b"\r" in lines
    if b"\0" in lines or (quotes and any(pattern.search(lines) for pattern in _AROUND_QUOTE)):
        return True
    empty = _EMPTY_END.search(lines) or (returns and _EMPTY_END_CR.search(lines))
    if not empty and not (quotes and _EMPTY_END_QUOTED.search(lines)):
        return False
    ending = (line for line in lines.split(b"\n") if line.endswith(_EMPTY_ENDS))
    return not all(line.count(b",") == columns - 1 and b'"' not in line for line in ending)


def explain(path: Path, columns: int) -> None:
    """Read strictly, row by row, and raise SetupError for the first fault, naming file and line."""
    for line, row in records(path):
        if len(row) != columns:
            raise SetupError(
                f"{path.name}:{line}: the row has {len(row)} values; expected {columns}, as the header has; "
                "mend the row, or quote a value that holds a comma."
            )


def records(path: Path) -> Generator[tuple[int, list[str]]]:
    """Yield every record, the header included, with the number of its first line.

    Blank lines are passed over, as DuckDB does, unless the file has one column: then they are empty values.

    Raises SetupError naming file and line for what is no CSV.
    """
    csv.field_size_limit(MAX_LINE)  # for the whole process: two threads may read at once
    lines = _Lines(path)
    line, single, first = 1, False, ""
    try:
        with closing(iter(lines)) as each:
            reader = csv.reader(each, strict=True)
            for row in reader:
                raw = lines.take()
                first = first or raw
                if line == 1:
                    single = len(row) == 1
                    _check_names(row, raw, path)
                _check_raw(raw, first, f"{path.name}:{line}")
                if row or line == 1:
                    yield line, row
                elif single:
                    yield line, [""]
                line = reader.line_num + 1
    except csv.Error as error:
        raise SetupError(f"{path.name}:{line}: {_reason(str(error))}.") from None


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacked where its name ends in .gz or .zst."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path))
    return cast("IO[bytes]", zstd.open(path)) if name.endswith(".zst") else path.open("rb")


class _Lines:
    """The lines of a file as text, each checked; `take` returns those since the last call."""

    def __init__(self, path: Path) -> None:
        self.path, self._taken, self._bytes = path, list[str](), 0

    def __iter__(self) -> Generator[str]:
        with open_bytes(self.path) as file:
            number = 0
            while line := _read(file, self.path, number + 1):
                number += 1
                if number == 1:
                    _check_encoding(line, self.path)
                    line = line.removeprefix(_BOM)
                text = self._text(line, number)
                self._taken.append(text)
                self._bytes += len(line)
                if self._bytes > MAX_LINE:
                    start = f"{self.path.name}:{number - len(self._taken) + 1}"
                    raise SetupError(f"{start}: the row is longer than {MAX_LINE:,} bytes; close its quote.")
                yield text

    def take(self) -> str:
        """Return the text of the record that was just read."""
        raw = "".join(self._taken)
        self._taken.clear()
        self._bytes = 0
        return raw

    def _text(self, line: bytes, number: int) -> str:
        where = f"{self.path.name}:{number}"
        if len(line) > MAX_LINE:
            raise SetupError(f"{where}: the line is longer than {MAX_LINE:,} bytes; close its quote or end the line.")
        if line.endswith(b"\r"):
            raise SetupError(f"{where}: the line ends in CR alone; expected LF or CRLF; save the file with LF.")
        if b"\0" in line:
            raise SetupError(f"{where}: the line holds a NUL byte; expected UTF-8 text; export the file again.")
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SetupError(
                f"{where}: byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8; save the file as UTF-8."
            ) from None


def _read(file: IO[bytes], path: Path, line: int = 0) -> bytes:
    """Read a chunk, or a line where one is counted."""
    try:
        return file.readline(MAX_LINE + 1) if line else file.read(_CHUNK)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError) as error:
        raise SetupError(f"{path.name}: the packed file is broken or cut off ({error}); produce it again.") from None


def _check_raw(raw: str, first: str, where: str) -> None:
    """Refuse what the csv module lets pass and DuckDB reads otherwise."""
    if ' "' in raw and any(value.lstrip(" ").startswith('"') for value in _UNQUOTED.findall(raw)):
        raise SetupError(f"{where}: a space stands before an opening quote; take it out, or quote the whole value.")
    crlf = first.endswith("\r\n")
    if raw.endswith("\n") and raw.endswith("\r\n") != crlf:
        raise SetupError(
            f"{where}: this row ends in {'LF' if crlf else 'CRLF'}, the first in {'CRLF' if crlf else 'LF'}; "
            "save the file with one kind of line end."
        )


def _check_names(names: list[str], raw: str, path: Path) -> None:
    """Refuse a line end within a name that is of another kind than the header's own: DuckDB then reads no row."""
    own = "\r\n" if raw.endswith("\r\n") else "\n"
    for name in names if raw.endswith("\n") else ():
        if any(end != own for end in re.findall(r"\r?\n", name)):
            raise SetupError(
                f"{path.name}:1: a line end within the column's name {name!r} is another than that of the rows; "
                "take it out, or save the file with one kind of line end."
            )


def _check_encoding(line: bytes, path: Path) -> None:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SetupError(f"{path.name}:1: the file is UTF-16; save it as UTF-8.")
    if b"\r" in line.removesuffix(b"\n").removesuffix(b"\r"):
        raise SetupError(f"{path.name}:1: lines end in CR alone; expected LF or CRLF; save the file with LF.")


def _reason(error: str) -> str:
    if "unexpected end of data" in error:
        return 'a quoted value that begins here does not end; close it with ", or double a quote inside a value'
    if "expected after" in error:
        return 'text follows a closing quote; double a quote inside a value ("")'
    if "field larger" in error:
        return f"a value is longer than {MAX_LINE:,} bytes; close its quote"
    return f"this is no CSV ({error})"
