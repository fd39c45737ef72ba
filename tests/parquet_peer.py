"""Another reader of Parquet, arrow-rs by way of arro3, to compare ours with.

It panics on some broken files and aborts its process on others, so it has a process of its own.
"""

from __future__ import annotations

import io
import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from arro3.core import Scalar

Value = str | float | None
Rows = list[tuple[Value, ...]]

BEYOND = "a date that Python cannot hold"


class Peer:
    """The other reader; a process that it has aborted is replaced."""

    def __init__(self) -> None:
        """Start its process."""
        self._pool = _process()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End its process."""
        self._pool.shutdown()

    def read(self, data: bytes) -> Rows | None:
        """Return the rows of a file, or None where it refuses it in whatever way."""
        try:
            return self._pool.submit(_read, data).result()
        except BrokenProcessPool:
            self._pool = _process()
            return None


def alike(ours: list[tuple[str | None, ...]], theirs: Rows) -> bool:
    """True where our texts say the same as its values."""
    return [len(row) for row in ours] == [len(row) for row in theirs] and all(
        _same(text, value)
        for row, other in zip(ours, theirs, strict=True)
        for text, value in zip(row, other, strict=True)
    )


def _same(text: str | None, value: Value) -> bool:
    """Compare one value: fractions as numbers, of which NaN is missing; a date beyond Python's is any."""
    if isinstance(value, float):
        return text is None if math.isnan(value) else text is not None and float(text) == value
    return text == value or (value == BEYOND and text is not None)


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _silence)


def _silence() -> None:
    """Keep the panics' stack traces off the terminal."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _read(data: bytes) -> Rows | None:
    from arro3.io import read_parquet

    try:
        table = read_parquet(io.BytesIO(data)).read_all()
        columns = [[_value(one) for one in table.column(index)] for index in range(table.num_columns)]
    except BaseException:
        return None
    return list(zip(*columns, strict=True))


def _value(scalar: Scalar) -> Value:
    """Return a value as the text that DuckDB makes of it; fractions stay numbers."""
    try:
        value = scalar.as_py()
    except (OverflowError, ValueError):
        return BEYOND
    if value is None:
        return BEYOND if scalar.is_valid else None
    if isinstance(value, datetime | time) and value.microsecond:
        return str(value).rstrip("0")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return "".join(chr(one) if 31 < one < 127 and one not in b"\"'\\" else f"\\x{one:02X}" for one in value)
    return value if isinstance(value, float) else str(value)
