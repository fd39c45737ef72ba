"""A row asked alone is answered as in its batch, up to rounding."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_steps.shim import alone, record

from .shims import PREDICT, Shim

STANDARDISED = """\
def load(model_dir):
    def predict(rows):
        lengths = [len(row["text"]) for row in rows]
        mean = sum(lengths) / len(lengths)
        return [length - mean for length in lengths]
    return predict
"""


def score(shim: Shim, text: str, rows: int = 600, **changes: Any) -> Any:
    shim.write({"src/predict.py": text})
    files = ["--manifest", str(shim.manifest(**changes)), "--rows", str(shim.rows(rows))]
    return shim.run("score", *files, "--alone")


def test_a_predictor_that_looks_at_other_rows_fails(shim: Shim) -> None:
    ran = score(shim, STANDARDISED, classes=None)
    assert ran.exit_code == 10
    assert ran.sentence() == (
        'ml-pipeline: predictor "src.predict:load": row 0 is answered 0.0 alone and -127.5 in its batch (46 of 47 rows '
        "differ); expected the same, as production asks for single rows; take out what depends on the other rows, on "
        "earlier calls or on chance."
    )
    assert ran.left() == set()


def test_one_that_answers_each_row_for_itself_passes(shim: Shim) -> None:
    ran = score(shim, PREDICT)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.left() == {"predictions.jsonl", "scoring.json"}


def test_it_is_asked_only_where_that_is_wanted(shim: Shim) -> None:
    """A baseline is in production already: what replaces it must not fail by it."""
    assert shim.predictor("score", STANDARDISED, classes=None).exit_code == 0


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        ("calls = []", "calls.append(1) or len(calls) % 2"),
        ("import random", "random.randint(0, 1)"),
    ],
    ids=["earlier calls", "chance"],
)
def test_one_that_remembers_or_throws_dice_fails(shim: Shim, before: str, answer: str) -> None:
    text = f"{before}\ndef load(m):\n    def predict(rows):\n        return [{answer} for row in rows]\n    return predict\n"
    ran = score(shim, text, rows=99)
    assert ran.exit_code == 10
    assert "alone and" in ran.sentence()


def test_one_that_takes_no_single_row_fails(shim: Shim) -> None:
    ran = score(shim, "def load(m):\n    return lambda rows: [0] * len(rows) if len(rows) > 1 else 0\n")
    assert ran.exit_code == 10
    assert "predicting rows 0 to 0 raised TypeError" in ran.sentence()


def compare(folder: Path, before: list[dict[str, Any]], after: list[Any], classes: list[Any] | None) -> list[int]:
    """Return the rows that were asked, whose answers in their batch and alone are these."""
    rows, predictions = folder / "rows.jsonl", folder / "predictions.jsonl"
    rows.write_text("".join(json.dumps({"at": at}) + "\n" for at in range(len(before))))
    predictions.write_text("".join(json.dumps({"row": at, **said}) + "\n" for at, said in enumerate(before)))
    asked = []

    def predict(single: list[dict[str, Any]]) -> list[Any]:
        [row] = single
        asked.append(row["at"])
        return [after[row["at"]]]

    alone.check(predict, rows, predictions, len(before), {"predictor": "p:load", "classes": classes})
    return asked


def test_fifty_rows_evenly_spaced_are_asked_at_most(tmp_path: Path) -> None:
    # Every eleventh, not tenth: of an even step a batch of 256 would show its even places alone.
    assert compare(tmp_path, [{"prediction": 1}] * 500, [1] * 500, [1]) == list(range(0, 500, 11))
    assert len(compare(tmp_path, [{"prediction": 1}] * 501, [1] * 501, [1])) <= 50
    assert compare(tmp_path, [{"prediction": 1}] * 3, [1] * 3, [1]) == [0, 1, 2]


def test_slow_ones_are_asked_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "SECONDS", -1.0)
    assert compare(tmp_path, [{"prediction": 1}] * 50, [1] * 50, [1]) == [0]


def said(label: object, *probabilities: float) -> dict[str, Any]:
    return {"prediction": label, "probabilities": list(probabilities)}


def answered(label: object, *probabilities: float) -> dict[str, Any]:
    return {"label": label, "probabilities": list(probabilities)}


NUMBERS = [{"prediction": 0.0}, {"prediction": 100.0}]
ALIKE = {
    "rounded": (NUMBERS, [0.9, 99.1], None),
    "a share of itself, where there is no spread": ([{"prediction": 100.0}], [100.9], None),
    "whole numbers": ([{"prediction": 3}], [3], None),
    "the largest numbers": ([{"prediction": -(10**308)}, {"prediction": 10**308}], [-(10**308), 10**308], None),
    "rounded probabilities": ([said(1, 0.3, 0.7)], [answered(1, 0.309, 0.691)], [0, 1]),
    "a tie within twice the tolerance": ([said(1, 0.493, 0.507)], [answered(0, 0.502, 0.498)], [0, 1]),
    "a tie": ([said(1, 0.499, 0.501)], [answered(0, 0.501, 0.499)], [0, 1]),
    "classes that are equal in Python": ([said(True, 0.3, 0.7)], [answered(True, 0.3, 0.7)], [1, True]),
}


@pytest.mark.parametrize(("before", "after", "classes"), ALIKE.values(), ids=ALIKE.keys())
def test_rounding_is_let_through(
    tmp_path: Path, before: list[dict[str, Any]], after: list[Any], classes: list[Any] | None
) -> None:
    assert compare(tmp_path, before, after, classes)


OTHER = {
    "a number": (NUMBERS, [1.1, 100.0], None, "row 0 is answered 1.1 alone and 0.0 in its batch (1 of 2 rows differ)"),
    "small numbers": ([{"prediction": 1e-5}, {"prediction": 3e-5}], [2e-5, 2e-5], None, "(2 of 2 rows differ)"),
    "a label": ([{"prediction": 1}] * 2, [1, 0], [0, 1], "row 1 is answered 0 alone and 1 in its batch (1 of 2 rows"),
    "a probability": ([said(1, 0.3, 0.7)], [answered(1, 0.311, 0.689)], [0, 1], "[0.311, 0.689]} alone and {'label': 1, "),
    "a label of the same probabilities": ([said(1, 0.3, 0.7)], [answered(0, 0.3, 0.7)], [0, 1], "row 0"),
    "no probabilities": ([said(1, 0.3, 0.7)], [1], [0, 1], "row 0 is answered 1 alone and {'label': 1, "),
    "probabilities": ([{"prediction": 1}], [answered(1, 0.3, 0.7)], [0, 1], "row 0"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "classes", "words"), OTHER.values(), ids=OTHER.keys())
def test_another_answer_is_refused(
    tmp_path: Path, before: list[dict[str, Any]], after: list[Any], classes: list[Any] | None, words: str
) -> None:
    with pytest.raises(record.Stop) as caught:
        compare(tmp_path, before, after, classes)
    assert words in str(caught.value)
    assert caught.value.exit_code == 10
