"""Loading the project's predictor, calling it in batches, and holding it to its contract."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import traceback
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Callable

from . import answers, record, system

Predict = Callable[[list[dict[str, Any]]], Any]
Pair = tuple[dict[str, Any], dict[str, Any]]
"""A row, and what was said of it."""
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

    Raises Stop naming the row when predict raises or returns no list, too few, or an answer that `answers` refuses.
    """
    count = len(rows)  # the project's code may empty it
    entry, last = manifest["predictor"], first + count - 1
    try:
        said = predict(rows)
        listed = None if isinstance(said, answers.UNORDERED) else list(said)
    except RAISED as error:
        raise broken(entry, f"predicting rows {first} to {last}", error) from None
    if listed is None:
        raise record.Stop(
            record.FAIL,
            f'predictor "{entry}": predict returned {type(said).__name__} for rows {first} to {last}; expected a list '
            "with one answer for each row, in order.",
        )
    if len(listed) != count:
        raise record.Stop(
            record.FAIL,
            f'predictor "{entry}": {len(listed)} predictions for the {count} rows {first} to {last}; '
            "expected one for each row, in order.",
        )
    return [answers.check(answer, first + offset, manifest) for offset, answer in enumerate(listed)]


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
    text = record.shortened(" ".join(str(error).split()), 300)
    # A model pickled by `python -m src.train` names its classes so.
    mend = "let training import them from a module" if "<module '__main__'" in text else system.lacking(text)
    mend = mend and f"; {mend}"
    return record.Stop(
        record.FAIL,
        f'predictor "{entry}": {doing} raised {type(error).__name__}: {text}{place}; expected predictions{mend}.',
    )


def spaced(rows: Path, predictions: Path, count: int, most: int) -> list[Pair]:
    """Return at most so many rows, evenly spaced, each with what was said of it; both files have `count` lines."""
    with rows.open(encoding="utf-8") as asked, predictions.open(encoding="utf-8") as said:
        step = max(1, math.ceil(count / most)) | 1  # odd, so that the rows stand at every place of a batch
        lines = list(islice(zip(asked, said), 0, None, step))
    return [(json.loads(row), json.loads(answer)) for row, answer in lines]


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
