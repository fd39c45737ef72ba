"""Reads targets.parquet: what is true, and the slices that each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.labels import Labels
from ml_steps.project import nearest

MOST_VALUES = 200
"""Values of a slice column; more are taken for a mistake, such as a user id."""


@dataclass(frozen=True)
class Targets:
    """The holdout's truth, n rows in order."""

    values: NDArray[Any]
    """Codes of the classes (int64), or numbers (float64); shape (n,)."""
    slices: dict[str, NDArray[np.int64]]
    """Row numbers by slice, such as `source=tweets`; sorted by name."""


def read_targets(path: Path, labels: Labels | None, columns: tuple[str, ...]) -> Targets:
    """Read the targets, as codes of the labels, or as numbers where there are none (regression).

    Raises SetupError for a file that is missing or unreadable, has no rows, lacks a slice column, or has one
    with more than 200 values; FailedError, naming the row, for a target that is missing, unknown or not
    finite.
    """
    if not path.is_file():
        raise SetupError(f"{path}: this file is missing; expected the targets beside the predictions; score again.")
    with duckdb.connect() as connection:
        try:
            relation = connection.read_parquet(str(path))
            _check_columns(path, relation.columns, columns)
            picked = ", ".join(f"CAST({_quoted(name)} AS VARCHAR)" for name in columns)
            rows = relation.project(f"row, target{', ' + picked if picked else ''}").order("row").fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise SetupError(f"{path}: not readable as Parquet ({reason}); score again.") from None
    if not rows:
        raise SetupError(f"{path}: there are no rows; expected at least one; look at the project's holdout file.")
    _check_order(path, rows)
    values = [_target(row[1], row[0], path, labels) for row in rows]
    dtype = np.int64 if labels else np.float64
    slices = {}
    for position, name in enumerate(columns, start=2):
        slices.update(_slices(name, [row[position] for row in rows]))
    return Targets(np.array(values, dtype=dtype), slices)


def _check_columns(path: Path, found: list[str], slices: tuple[str, ...]) -> None:
    for name in ("row", "target", *slices):
        if name not in found:
            raise SetupError(
                f'{path}: there is no column "{name}"; {nearest(name, found)}columns: {", ".join(found)}; '
                "look at [tool.ml-pipeline.evaluate] slices in pyproject.toml, and score again."
            )


def _check_order(path: Path, rows: list[tuple[Any, ...]]) -> None:
    for expected, row in enumerate(rows):
        if row[0] != expected:
            raise FailedError(f"{path}: row {expected} is missing or there twice; rows count from 0; score again.")


def _target(value: Any, row: int, path: Path, labels: Labels | None) -> float | int:
    if labels is not None:
        return labels.code(value, row, str(path))
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise FailedError(f"{path}: row {row} has the target {value!r}; expected a finite number; mend the holdout.")
    return number


def _slices(column: str, values: list[str | None]) -> dict[str, NDArray[np.int64]]:
    members: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        members.setdefault("(missing)" if value is None else value, []).append(row)
    if len(members) > MOST_VALUES:
        raise SetupError(
            f'pyproject.toml: [tool.ml-pipeline.evaluate] slices: the column "{column}" has '
            f"{len(members):,} values; at most {MOST_VALUES} can be slices; name a column with fewer."
        )
    return {f"{column}={value}": np.array(members[value], dtype=np.int64) for value in sorted(members)}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
