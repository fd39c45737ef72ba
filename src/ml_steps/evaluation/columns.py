"""Columns of a DuckDB relation as NumPy arrays, in the order of its column `row`."""

from __future__ import annotations

from typing import Any

import duckdb
from numpy.typing import NDArray

from ml_steps.evaluation.resampling import Codes


def array(relation: duckdb.DuckDBPyRelation, expression: str) -> NDArray[Any]:
    """Return an expression over n rows, shape (n,); masked where it is NULL."""
    values: NDArray[Any] = relation.project(f"row, {expression} AS value").order("row").fetchnumpy()["value"]
    return values


def coded(relation: duckdb.DuckDBPyRelation, expression: str) -> tuple[list[tuple[Any, int]], Codes]:
    """Return the distinct values, sorted, each with the first row that has it, and which of them each row has.

    The codes have shape (n,); a missing value is None and one of the values.
    """
    found = relation.aggregate(f"{expression} AS value, min(row)", expression).order("value")
    return found.fetchall(), codes(relation, expression)


def codes(relation: duckdb.DuckDBPyRelation, expression: str) -> Codes:
    """Return for each row the position of its value among the distinct ones, sorted; shape (n,)."""
    return array(relation, f"dense_rank() OVER (ORDER BY {expression}) - 1")
