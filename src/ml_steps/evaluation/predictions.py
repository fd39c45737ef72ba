"""Reads predictions.jsonl and checks every row: the second wall behind the image's own checks."""

from __future__ import annotations

import json
import math
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.labels import Labels

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may sum from 1; float16 models reach about 1e-3."""


def read_predictions(path: Path, labels: Labels | None, rows: int) -> NDArray[Any]:
    """Read the predictions, shape (rows,), as codes of the labels (int64) or as numbers (float64).

    Raises SetupError for a missing file; FailedError, naming the row, for a line that is no JSON, a row that
    is out of order, a wrong number of rows, an unknown label, a number that is not finite, or probabilities
    that are none.
    """
    dtype = np.int64 if labels else np.float64
    values = np.empty(rows, dtype=dtype)
    try:
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
                values[row] = _prediction(line, row, path, labels)
    except FileNotFoundError:
        raise SetupError(f"{path}: this file is missing; expected the predictions; score the model first.") from None
    return values


def _prediction(line: str, row: int, path: Path, labels: Labels | None) -> float | int:
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
        return _number(value, row, path)
    probabilities = entry.get("probabilities")
    if probabilities is not None:
        _check_probabilities(probabilities, row, path, len(labels.classes))
    return labels.code(value, row, str(path))


def _number(value: Any, row: int, path: Path) -> float:
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
    return float(value)


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
