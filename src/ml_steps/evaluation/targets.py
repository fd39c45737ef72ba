"""Reads targets.parquet: what is true, and the slices and groups that each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml_steps.data.source import quoted
from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.columns import array, coded, codes
from ml_steps.evaluation.labels import Labels
from ml_steps.evaluation.resampling import Codes, Floats
from ml_steps.evaluation.slices import Parts, part
from ml_steps.project import Project, nearest


@dataclass(frozen=True)
class Targets:
    """The holdout's truth, n rows in order."""

    values: NDArray[Any]
    """Codes of the classes (int64), or numbers (float64); shape (n,)."""
    parts: dict[str, Parts]
    """By column, sliced or protected."""
    groups: dict[str, Codes]
    """By column that a rule groups by: rows of equal code belong together; shape (n,)."""


def read_targets(path: Path, labels: Labels | None, project: Project) -> Targets:
    """Read the targets, as codes of the labels, or as numbers where there are none (regression).

    Raises SetupError for a file that is missing or unreadable, has no rows, lacks a column that the project names,
    or has one with more values than can be slices; FailedError, naming the row, for a target that is missing,
    unknown or not finite.
    """
    if not path.is_file():
        raise SetupError(f"{path}: this file is missing; expected the targets beside the predictions; score again.")
    with duckdb.connect() as connection:
        try:
            relation = connection.read_parquet(str(path))
            _check_columns(path, relation.columns, project)
            carried = [f"CAST({quoted(name)} AS VARCHAR) AS {quoted(f'of {name}')}" for name in project.carried]
            relation.project(", ".join(["row", "target", *carried])).create("targets")
            found = connection.table("targets")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise SetupError(f"{path}: not readable as Parquet ({reason}); score again.") from None
        _check_order(path, array(found, "coalesce(row, -1)"))
        values = _numbers(found, path) if labels is None else _labels(found, labels, path)
        groups = {name: codes(found, quoted(f"of {name}")) for name in project.groups}
        return Targets(values, _parts(found, project), groups)


def _check_columns(path: Path, found: list[str], project: Project) -> None:
    for name in ("row", "target", *project.carried):
        if name not in found:
            raise SetupError(
                f'{path}: there is no column "{name}"; {nearest(name, found)}columns: {", ".join(found)}; look at '
                "slices and protected of [tool.ml-pipeline.evaluate] and at group of the gate's rules in "
                "pyproject.toml, and score again."
            )


def _check_order(path: Path, rows: Codes) -> None:
    if not len(rows):
        raise SetupError(f"{path}: there are no rows; expected at least one; look at the project's holdout file.")
    wrong = np.flatnonzero(rows != np.arange(len(rows)))
    if len(wrong):
        raise FailedError(f"{path}: row {wrong[0]} is missing or there twice; rows count from 0; score again.")


def _labels(found: duckdb.DuckDBPyRelation, labels: Labels, path: Path) -> Codes:
    values, position = coded(found, "target")
    known = {row: labels.code(value, row, str(path)) for value, row in sorted(values, key=lambda each: each[1])}
    return np.array([known[row] for _, row in values], dtype=np.int64)[position]


def _numbers(found: duckdb.DuckDBPyRelation, path: Path) -> Floats:
    values: Floats = array(found, "coalesce(TRY_CAST(target AS DOUBLE), 'nan'::DOUBLE)")
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        row = int(wrong[0])
        [[value]] = found.filter(f"row = {row}").project("target").fetchall()
        raise FailedError(f"{path}: row {row} has the target {value!r}; expected a finite number; mend the holdout.")
    return values


def _parts(found: duckdb.DuckDBPyRelation, project: Project) -> dict[str, Parts]:
    settings, parts = project.config.evaluate, {}
    for key, names in (("slices", settings.slices), ("protected", settings.protected)):
        for name in names:
            values, position = coded(found, quoted(f"of {name}"))
            parts[name] = part(name, key, [value for value, _ in values], position, settings.min_rows)
    return parts
