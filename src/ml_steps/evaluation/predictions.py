"""Reads predictions.jsonl and checks every row: the second wall behind the image's own checks.

DuckDB reads the file at once; where anything is not as it should be, the lines are gone through one by one, to say
which and why.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.columns import array, coded
from ml_steps.evaluation.labels import Labels
from ml_steps.evaluation.resampling import Floats

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may sum from 1; float16 models reach about 1e-3."""

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
            _explain(path, labels, rows, str(doubt).partition("\n")[0])


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
    except FailedError:
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
    off = np.abs(values.sum(axis=1) - 1)
    if np.ma.isMaskedArray(values) or not ((values >= 0) & (values <= 1)).all() or not (off <= SUM_TOLERANCE).all():
        raise _Doubtful("some probabilities are none")
    return values


def _explain(path: Path, labels: Labels | None, rows: int, doubt: str) -> NoReturn:
    """Find the first row that is not as it should be."""
    given: bool | None = None
    with path.open(encoding="utf-8", errors="replace") as lines:
        for row, line in zip_longest(range(rows), lines):
            if line is None:
                raise FailedError(
                    f"{path}: there are {row:,} predictions for {rows:,} rows; row {row} is the first "
                    "without; expected one for every row; look at the predictor."
                )
            if row is None:
                raise FailedError(
                    f"{path}: there are more predictions than the {rows:,} rows; row {rows} is not "
                    "there to predict; expected one for every row; look at the predictor."
                )
            has = _check_line(line, row, path, labels)
            given = has if given is None else given
            if labels is not None and has != given:
                raise FailedError(
                    f"{path}: row {row} has {'' if has else 'no '}probabilities, unlike row 0; "
                    "expected them for every row or for none; look at the predictor."
                )
    raise FailedError(f"{path}: the file cannot be read as predictions ({doubt}); score again.")


def _check_line(line: str, row: int, path: Path, labels: Labels | None) -> bool:
    """Say whether a line has probabilities; raise FailedError where anything of it is wrong."""
    try:
        entry = json.loads(line)
        number, value = entry["row"], entry["prediction"]
    except (ValueError, TypeError, KeyError):
        raise FailedError(
            f'{path}: row {row} is {line.strip()[:60]!r}; expected {{"row": {row}, "prediction": …}}; score again.'
        ) from None
    if number != row:
        raise FailedError(f"{path}: row {row} calls itself {number!r}; rows count from 0, in order; score again.")
    if labels is None:
        _check_number(value, row, path)
        return False
    probabilities = entry.get("probabilities")
    if probabilities is not None:
        _check_probabilities(probabilities, row, path, len(labels.classes))
    labels.code(value, row, str(path))
    return probabilities is not None


def _check_number(value: Any, row: int, path: Path) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        good = good and math.isfinite(value)
    except OverflowError:  # a whole number past the largest float
        good = False
    if not good:
        raise FailedError(
            f"{path}: row {row} has the prediction {json.dumps(value)[:60]}; expected a finite number; "
            "look at the predictor."
        )


def _check_probabilities(values: Any, row: int, path: Path, classes: int) -> None:
    try:
        good = len(values) == classes and all(0 <= value <= 1 for value in values)
        good = good and abs(math.fsum(values) - 1) <= SUM_TOLERANCE
    except TypeError:
        good = False
    if not good:
        raise FailedError(
            f"{path}: row {row} has the probabilities {json.dumps(values)[:80]}; expected {classes} "
            "numbers from 0 to 1 that sum to 1, in the order of the model's classes; look at the predictor."
        )
