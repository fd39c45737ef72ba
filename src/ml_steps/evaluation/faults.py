"""Goes through predictions.jsonl line by line, to say which row is not as it should be, and why."""

from __future__ import annotations

import json
import math
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn

from ml_steps.errors import FailedError
from ml_steps.evaluation.labels import Labels

SUM_TOLERANCE = 1e-3 + 1e-9
"""How far the probabilities of a row may sum from 1; float16 models reach about 1e-3."""


def explain(path: Path, labels: Labels | None, rows: int, doubt: str) -> NoReturn:
    """Raise FailedError naming the first row that is not as it should be; `doubt` is told where no line is wrong."""
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
        good = len(values) == classes and all(0 <= value <= 1 + SUM_TOLERANCE for value in values)
        good = good and abs(math.fsum(values) - 1) <= SUM_TOLERANCE
    except TypeError:
        good = False
    if not good:
        raise FailedError(
            f"{path}: row {row} has the probabilities {json.dumps(values)[:80]}; expected {classes} "
            "numbers from 0 to 1 that sum to 1, in the order of the model's classes; look at the predictor."
        )
