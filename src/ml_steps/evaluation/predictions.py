"""Reads predictions.jsonl and checks every row: the second wall behind the image's own checks.

DuckDB reads the file at once; where anything is not as it should be, the lines are gone through one by one, to say
which and why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.columns import array, coded
from ml_steps.evaluation.faults import SUM_TOLERANCE, explain
from ml_steps.evaluation.labels import Labels
from ml_steps.evaluation.resampling import Floats

# Lines that are no JSON become rows of NULL; each number is kept as the text that it is.
_READ = """
CREATE TEMP TABLE predictions AS
SELECT row, prediction, probabilities IS NOT NULL AS has, TRY_CAST(probabilities AS DOUBLE[]) AS probabilities
FROM read_json($path, format = 'newline_delimited', ignore_errors = true,
    columns = {'row': 'BIGINT', 'prediction': 'JSON', 'probabilities': 'JSON'})
"""


@dataclass(frozen=True)
class Answers:
    """What a predictor said of n rows, in order."""

    values: NDArray[Any]
    """Codes of the labels (int64), or numbers (float64); shape (n,)."""
    probabilities: Floats | None
    """Shape (n, classes), each row summing to 1 within 1e-3; None where the predictor gives only labels."""


class _Doubtful(Exception):  # noqa: N818 - it is no error yet
    """Something is not as it should be."""


def read_predictions(path: Path, labels: Labels | None, rows: int) -> Answers:
    """Read the predictions of so many rows, as codes of the labels, or as numbers where there are none.

    Raises SetupError for a missing file; FailedError, naming the row, for a line that is no JSON, a row that
    is out of order, a wrong number of rows, an unknown label, a number that is not finite, or probabilities
    that are none, or that only some rows have.
    """
    if not path.is_file():
        raise SetupError(f"{path}: this file is missing; expected the predictions; score the model first.")
    with duckdb.connect() as connection:
        try:
            connection.execute(_READ, {"path": str(path)})
            found = connection.table("predictions")
            _check_order(found, rows)
            if labels is None:
                return Answers(_numbers(found), None)
            return Answers(_labels(found, labels, path), _probabilities(found, len(labels.classes)))
        except (duckdb.Error, _Doubtful) as doubt:
            explain(path, labels, rows, str(doubt).partition("\n")[0])


def _check_order(found: duckdb.DuckDBPyRelation, rows: int) -> None:
    order = found.project("coalesce(row, -1) AS row").fetchnumpy()["row"]
    if not np.array_equal(order, np.arange(rows)):
        raise _Doubtful("the rows are not in order")


def _numbers(found: duckdb.DuckDBPyRelation) -> Floats:
    number = "json_type(prediction) IN ('BIGINT', 'UBIGINT', 'DOUBLE')"
    values = array(found, f"CASE WHEN {number} THEN TRY_CAST(prediction AS DOUBLE) END")
    if np.ma.isMaskedArray(values) or not np.isfinite(values).all():
        raise _Doubtful("a prediction is no finite number")
    return values


def _labels(found: duckdb.DuckDBPyRelation, labels: Labels, path: Path) -> NDArray[Any]:
    texts, position = coded(found, "CAST(prediction AS VARCHAR)")
    if any(text is None for text, _ in texts):
        raise _Doubtful("a prediction is missing")
    try:
        known = [labels.code(json.loads(text), row, str(path)) for text, row in texts]
    except (FailedError, ValueError):  # Python reads no whole number of more than 4,300 digits
        raise _Doubtful("a label is unknown") from None  # perhaps not the first
    return np.array(known, dtype=np.int64)[position]


def _probabilities(found: duckdb.DuckDBPyRelation, classes: int) -> Floats | None:
    counts = f"count(*), count(*) FILTER (has), count(*) FILTER (len(probabilities) = {classes})"
    [[rows, given, fitting]] = found.aggregate(counts).fetchall()
    if not given:
        return None
    if not given == fitting == rows:
        raise _Doubtful("some probabilities are missing, or are none")
    flat = found.order("row").project("unnest(probabilities) AS value").fetchnumpy()
    values: Floats = flat["value"].reshape(rows, classes)
    within = not np.ma.isMaskedArray(values) and (values >= 0).all()
    if not within or not (np.abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE).all():
        raise _Doubtful("some probabilities are none")
    return values
