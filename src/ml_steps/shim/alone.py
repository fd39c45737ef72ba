"""Ask some rows once more, each alone as production does, and compare with what was said of them in their batch."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from . import answers, predictor, record

ROWS, SECONDS = 50, 10.0
"""At most so many rows, evenly spaced; after so long no further one is asked."""
TOLERANCE = 0.01
"""How far rounding may set batches of another size apart: a step of bfloat16 is 0.008 of its value."""


def check(
    predict: predictor.Predict, rows_file: Path, predictions_file: Path, count: int, manifest: dict[str, Any]
) -> None:
    """Compare the answers to single rows with those of predictions.jsonl; both files have `count` lines, at least one.

    Raises Stop naming the first row that is answered otherwise, and as `predictor.call`.
    """
    asked: list[tuple[dict[str, Any], dict[str, Any]]] = []
    started = time.monotonic()
    for row, before in predictor.spaced(rows_file, predictions_file, count, ROWS):
        if asked and time.monotonic() - started > SECONDS:
            break
        [after] = predictor.call(predict, [row], before["row"], manifest)
        asked.append((before, after))
    differing = _differing(asked, manifest["classes"])
    if differing:
        before, after = differing[0]
        raise record.Stop(
            record.FAIL,
            f'predictor "{manifest["predictor"]}": row {before["row"]} is answered {_shown(after)} alone and '
            f"{_shown(before)} in its batch ({len(differing)} of {len(asked)} rows differ); expected the same, as "
            "production asks for single rows; take out what depends on the other rows, on earlier calls or on chance.",
        )


def _shown(answer: dict[str, Any]) -> str:
    label, probabilities = answer["prediction"], answer.get("probabilities")
    return answers.short(label if probabilities is None else {"label": label, "probabilities": probabilities})


def _differing(
    asked: list[tuple[dict[str, Any], dict[str, Any]]], classes: list[Any] | None
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if classes is not None:
        names = [repr(known) for known in classes]  # 1 and True are two classes
        return [pair for pair in asked if not _same_class(*pair, names)]
    numbers = [float(before["prediction"]) for before, _ in asked]
    spread = max(numbers) - min(numbers)
    return [
        (before, after)
        for before, after in asked
        # Of the spread as well: a number near 0 may be the difference of large ones, and is as far off as they are.
        if not math.isclose(before["prediction"], after["prediction"], rel_tol=TOLERANCE, abs_tol=TOLERANCE * spread)
    ]


def _same_class(before: dict[str, Any], after: dict[str, Any], names: list[str]) -> bool:
    """Tell whether the labels are equal or as good as tied, and the probabilities, if there are any, close."""
    labels = [names.index(repr(answer["prediction"])) for answer in (before, after)]
    said, alone = before.get("probabilities"), after.get("probabilities")
    if said is None or alone is None:
        return said is alone and labels[0] == labels[1]
    if any(abs(one - other) > TOLERANCE for one, other in zip(said, alone)):
        return False
    # Each of the two may be as far off as the tolerance.
    return labels[0] == labels[1] or abs(said[labels[0]] - said[labels[1]]) <= 2 * TOLERANCE
