"""Rows parted by the values of a column; values of too few rows stand together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml_steps.errors import SetupError
from ml_steps.evaluation.resampling import Codes

MOST_VALUES = 200
"""Values of a slice column; more are taken for a mistake, such as a user id."""
MISSING, POOLED = "(missing)", "(pooled)"
OURS = {MISSING, POOLED, "*"}
"""What stands for values in the name of a slice; a value that reads so is written as JSON."""


@dataclass(frozen=True)
class Parts:
    """Every row is in one of the parts."""

    column: str
    names: list[str]
    codes: Codes
    """Position of each row's part in `names`; shape (n,)."""
    pooled: list[str]
    """The values in the part `(pooled)`; empty where there is none."""

    def slices(self) -> Iterator[tuple[str, Codes]]:
        """Yield each part as a slice, such as `source=tweets`, with the numbers of its rows."""
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.codes, minlength=len(self.names)))
        for name, rows in zip(self.names, np.split(order, ends[:-1]), strict=True):
            yield f"{self.column}={name}", rows

    def compared(self, min_rows: int) -> tuple[Parts, Codes]:
        """Return the parts to compare and the numbers of their rows: all but a pool that is itself too small."""
        if POOLED not in self.names or np.count_nonzero(self.codes == self.names.index(POOLED)) >= min_rows:
            return self, np.arange(len(self.codes))
        rows = np.flatnonzero(self.codes != self.names.index(POOLED))
        names = [name for name in self.names if name != POOLED]
        return Parts(self.column, names, np.unique(self.codes[rows], return_inverse=True)[1], self.pooled), rows


def part(column: str, key: str, values: list[str | None], codes: Codes, min_rows: int) -> Parts:
    """Part n rows; `codes`, shape (n,), index the distinct values (None: missing).

    Raises SetupError for more than 200 values, naming the key of [tool.ml-pipeline.evaluate].
    """
    if len(values) > MOST_VALUES:
        raise SetupError(
            f'pyproject.toml: [tool.ml-pipeline.evaluate] {key}: the column "{column}" has '
            f"{len(values):,} values; at most {MOST_VALUES} can be slices; name a column with fewer."
        )
    shown = [MISSING if value is None else named(value) for value in values]
    counts = np.bincount(codes, minlength=len(values))
    large = [name for name, count in zip(shown, counts, strict=True) if count >= min_rows]
    small = [name for name, count in zip(shown, counts, strict=True) if count < min_rows]
    names = sorted({*large, POOLED} if small else {*large})
    position = {name: place for place, name in enumerate(names)}
    of_value = np.array([position[POOLED if name in small else name] for name in shown], dtype=np.int64)
    return Parts(column, names, of_value[codes], sorted(small))


def named(value: str) -> str:
    """Return a value as it stands in the name of a slice; no two have the same name.

    As JSON where it is empty, starts with a quote, has control characters, or reads like what stands for values.
    """
    unclear = not value or value[0] == '"' or min(value) < " " or value in OURS
    return json.dumps(value, ensure_ascii=False) if unclear else value
