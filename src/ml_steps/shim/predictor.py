"""Loading the project's predictor, calling it in batches, and holding it to its contract."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from . import record

Predict = Callable[[list[dict[str, Any]]], Any]
BATCH = 256
RAISED = (Exception, SystemExit)
"""What the project's code may raise; a predictor that calls sys.exit has not answered either."""


def enter(manifest: dict[str, Any]) -> None:
    """Go where the project's code lies, as its server does."""
    os.chdir(manifest["workdir"])
    sys.path.insert(0, manifest["workdir"])


def find(manifest: dict[str, Any]) -> Callable[[str], Predict]:
    """Import `module:load`.

    Raises Stop when the module or the name is not there, or the import raises.
    """
    entry = manifest["predictor"]
    module_name, _, name = entry.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise record.Stop(
                record.SETUP,
                f'predictor "{entry}": there is no module {error.name} in the code of the project; expected '
                "`module:load`; set predictor in [tool.ml-pipeline.evaluate].",
            ) from None
        raise broken(entry, "importing it", error) from None
    except RAISED as error:
        raise broken(entry, "importing it", error) from None
    target: Any = module
    for part in name.split("."):
        target = getattr(target, part, None)
    if not callable(target):
        raise record.Stop(
            record.SETUP,
            f'predictor "{entry}": {module_name} has no function {name}; expected load(model_dir) that returns '
            "predict(rows); set predictor in [tool.ml-pipeline.evaluate].",
        )
    return target  # type: ignore[no-any-return]


def load(manifest: dict[str, Any]) -> Predict:
    """Return `predict` for the manifest's model.

    Raises Stop when the entry point is not there, raises, or returns nothing that can be called.
    """
    loader = find(manifest)
    try:
        predict = loader(manifest["model_path"])
    except RAISED as error:
        raise broken(manifest["predictor"], "load(model_dir)", error) from None
    if not callable(predict):
        raise record.Stop(
            record.FAIL,
            f'predictor "{manifest["predictor"]}": load returned {type(predict).__name__}; expected a function '
            "predict(rows).",
        )
    return predict


def call(predict: Predict, rows: list[dict[str, Any]], first: int, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Predict a batch whose first row has the number `first`; return plain, checked predictions.

    Raises Stop naming the row when predict raises or returns too few, an unknown label or NaN.
    """
    entry, last = manifest["predictor"], first + len(rows) - 1
    try:
        answers = list(predict(rows))
    except RAISED as error:
        raise broken(entry, f"predicting rows {first} to {last}", error) from None
    if len(answers) != len(rows):
        raise record.Stop(
            record.FAIL,
            f'predictor "{entry}": {len(answers)} predictions for the {len(rows)} rows {first} to {last}; '
            "expected one for each row, in order.",
        )
    return [check(answer, first + offset, manifest) for offset, answer in enumerate(answers)]


def check(answer: Any, row: int, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return {"row", "prediction", "probabilities"?} for what predict said of one row.

    An answer is a label or number, or {"label": …, "probabilities": […]} in the order of the classes.
    Raises Stop for an unknown label, a number that is not finite, or probabilities that do not fit.
    """
    where = f'predictor "{manifest["predictor"]}": row {row}'
    probabilities = None
    if isinstance(answer, dict):
        if "label" not in answer:
            raise record.Stop(
                record.FAIL, f'{where}: the answer has no "label"; it has {list(answer)[:10]}; expected "label".'
            )
        probabilities, answer = answer.get("probabilities"), answer["label"]
    value = _plain(answer)
    classes = manifest["classes"]
    if isinstance(value, float) and not math.isfinite(value):
        raise record.Stop(record.FAIL, f"{where}: predicted {value}; expected a finite number or a known label.")
    if classes is not None and not any(value == known and type(value) is type(known) for known in classes):
        raise record.Stop(record.FAIL, f"{where}: predicted {_short(value)}; expected one of {_short(classes)}.")
    if classes is None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise record.Stop(record.FAIL, f"{where}: predicted {_short(value)}; expected a number.")
    checked: dict[str, Any] = {"row": row, "prediction": value}
    if probabilities is not None and classes is not None:
        numbers = [_plain(number) for number in probabilities] if hasattr(probabilities, "__iter__") else []
        fits = len(numbers) == len(classes) and all(
            isinstance(number, (int, float)) and math.isfinite(number) and number >= 0 for number in numbers
        )
        if not fits or abs(sum(numbers) - 1) > 1e-3:
            raise record.Stop(
                record.FAIL,
                f"{where}: probabilities {_short(numbers or probabilities)}; expected {len(classes)} finite numbers "
                "that sum to 1, in the order of the classes.",
            )
        checked["probabilities"] = numbers
    return checked


def broken(entry: str, doing: str, error: BaseException) -> record.Stop:
    """Say what the project's code raised and where, without a traceback."""
    ours = str(Path(__file__).resolve().parent)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<frozen", ours)) and "importlib" not in frame.filename
    ]
    here = f"{Path.cwd()}/"
    own = [frame for frame in frames if frame.filename.startswith(here)] or frames
    place = f" at {own[-1].filename.removeprefix(here)}:{own[-1].lineno}" if own else ""
    text = " ".join(str(error).split())[:300]
    return record.Stop(
        record.FAIL, f'predictor "{entry}": {doing} raised {type(error).__name__}: {text}{place}; expected predictions.'
    )


def batches(path: Path, size: int = BATCH) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield (number of the first row, rows) from rows.jsonl, never the whole file at once."""
    first, rows = 0, []
    with path.open(encoding="utf-8") as file:
        for line in file:
            rows.append(json.loads(line))
            if len(rows) == size:
                yield first, rows
                first, rows = first + size, []
    if rows:
        yield first, rows


def _plain(value: Any) -> Any:
    """Turn a NumPy or torch scalar into Python's own, without importing either; an array of more stays one."""
    try:
        return value.item() if hasattr(value, "item") else value
    except (TypeError, ValueError, RuntimeError):
        return value.tolist() if hasattr(value, "tolist") else repr(value)


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 200 else text[:199] + "…"
