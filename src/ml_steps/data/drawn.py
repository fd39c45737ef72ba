"""A random sample of the rows of a large file, always the same one, in which every row is as likely as another.

DuckDB samples with a seed in one thread, and so would parse a CSV file again from end to end, serially. Text is drawn
line by line instead, and only what is drawn is parsed; of Parquet the rows are chosen by their numbers, in parallel.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, compress
from pathlib import Path
from typing import IO

from ml_steps.data.session import RAW, Session
from ml_steps.data.source import OWN_NAMES, Source, quoted

_SEED = 1
_ROW_OF_PARQUET = ("file_index", "file_row_number")
"""Columns that DuckDB adds, unless the file has one of that name."""


def sample(session: Session, name: str, rows: int, most: int) -> str:
    """Return the table expression, values as text, of about `most` of the `rows` of a file, which has more."""
    source = session.sources[name]
    if source.format in ("csv", "jsonl"):
        index = list(session.sources).index(name)
        drawn = by_line(source, rows, most, session.folder / f"{index}.{source.format}")
        if drawn:
            session.add(drawn)
            return f"{RAW}.{quoted(drawn.name)}"
    if source.format == "parquet" and not {*_ROW_OF_PARQUET} & {column.lower() for column in source.columns}:
        texts = ", ".join(f"{source.text(column)} AS {quoted(column)}" for column in source.columns)
        chosen = f"hash({', '.join(_ROW_OF_PARQUET)}) < {most * 2**64 // rows}::UBIGINT"
        session.passes[name] += 1  # that no view is in
        return f"(SELECT {texts} FROM {source.scan()} WHERE {chosen})"
    return f"{RAW}.{quoted(name)} USING SAMPLE {100 * most / rows:.6f} PERCENT (bernoulli, {_SEED})"


def by_line(source: Source, rows: int, most: int, path: Path) -> Source | None:
    """Write about `most` lines, and the header, to a file that is read as the source is.

    None where a line may not be a row, which is so where there are more lines than `rows`: a line is blank, or a value
    holds a line end. None too where the file cannot be written.
    """
    flags = bytearray(rows + 1)  # one more than rows, so that a line too many is noticed
    for number in _chosen(rows, most / rows):
        flags[number] = 1
    left = iter(flags)
    try:
        with path.open("wb") as drawn:
            if source.format == "csv":
                with source.parts[0].open("rb") as first:
                    drawn.write(_ended(next(first)))
            drawn.writelines(map(_ended, compress(chain.from_iterable(_bodies(source)), left)))
    except OSError:
        return None
    if sum(1 for _ in left) != 1:
        return None
    return replace(source, name=f"{OWN_NAMES}drawn of {source.name}", parts=(path,))


def _chosen(rows: int, share: float) -> Iterator[int]:
    """Yield the numbers of the rows: the gaps between independent draws are geometric (Devroye 1986, X.2)."""
    uniform, scale, number = random.Random(_SEED).random, math.log1p(-share), -1  # noqa: S311 - no secret
    while (number := number + 1 + int(math.log(1 - uniform()) / scale)) < rows:
        yield number


def _bodies(source: Source) -> Iterator[IO[bytes]]:
    """Yield the parts, open behind their headers."""
    for part in source.parts:
        with part.open("rb") as file:
            if source.format == "csv":
                next(file)
            yield file


def _ended(line: bytes) -> bytes:
    """Let parts agree on their line ends, and end a last line that does not."""
    return line.removesuffix(b"\n").removesuffix(b"\r") + b"\n"
