"""JSON Lines: one object a line, UTF-8. DuckDB reads the rows; what is wrong with a line is said here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ml_steps.errors import SetupError

MAX_LINE = 2_000_000
"""Bytes of the longest line that is read."""


def keys(path: Path) -> list[str]:
    """Return the keys in the order in which they first appear.

    Raises SetupError naming file and line for a line that is no JSON object.
    """
    found: dict[str, None] = {}
    for number, line in lines(path):
        try:
            record = json.loads(line, object_pairs_hook=_pairs, parse_constant=_refuse)
            if "\\u" in line:
                _check_escapes(record)
        except (ValueError, RecursionError) as error:
            raise SetupError(f"{path.name}:{number}: not valid JSON ({error}); expected one object a line.") from None
        if not isinstance(record, dict):
            raise SetupError(f"{path.name}:{number}: the line is no JSON object; expected one object a line.")
        if any(not name.strip() for name in record):
            raise SetupError(f"{path.name}:{number}: a key is empty; expected the name of a column.")
        found.update(dict.fromkeys(record))
    if not found:
        raise SetupError(f"{path.name}:1: the file has no key; expected one JSON object a line.")
    return list(found)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            where = f"{path.name}:{number}"
            if len(line) > MAX_LINE:
                raise SetupError(f"{where}: the line is longer than {MAX_LINE:,} bytes; expected one object a line.")
            if number == 1 and line.startswith(b"\xef\xbb\xbf"):
                raise SetupError(f"{where}: a byte order mark is no JSON; save the file as UTF-8 without it.")
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                raise SetupError(f"{where}: the line is not UTF-8; save the file as UTF-8.") from None
            if text.strip(" \t\r\n"):
                yield number, text


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _check_escapes(record: object) -> None:
    r"""Refuse what DuckDB cannot hold as text: half a surrogate pair, and NUL."""
    pending = [record]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str):
            value.encode("utf-8")
            if "\0" in value:
                raise ValueError("a text holds a NUL character")
