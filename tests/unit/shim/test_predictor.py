"""The predictor's contract, answer by answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ml_steps.shim import predictor, record

MANIFEST = {"predictor": "src.predict:load", "classes": [0, 1]}


class Scalar:
    """What a NumPy or torch scalar looks like from outside."""

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


class Array(Scalar):
    """What an array of more than one looks like, as predict_proba answers."""

    def item(self) -> object:
        raise ValueError("can only convert an array of size 1")

    def tolist(self) -> object:
        return self.value


def probable(*numbers: object) -> dict[str, object]:
    return {"label": 1, "probabilities": list(numbers)}


@pytest.mark.parametrize(
    ("answer", "classes", "expected"),
    [
        (1, [0, 1], {"prediction": 1}),
        ("b", ["a", "b"], {"prediction": "b"}),
        (True, [False, True], {"prediction": True}),
        (Scalar(1), [0, 1], {"prediction": 1}),
        ({"label": Scalar(0)}, [0, 1], {"prediction": 0}),
        (probable(0.25, Scalar(0.75)), [0, 1], {"prediction": 1, "probabilities": [0.25, 0.75]}),
        (3, None, {"prediction": 3}),
        (Scalar(2.5), None, {"prediction": 2.5}),
    ],
)
def test_good_answers(answer: Any, classes: list[Any] | None, expected: dict[str, Any]) -> None:
    assert predictor.check(answer, 4, {**MANIFEST, "classes": classes}) == {"row": 4, **expected}


@pytest.mark.parametrize(
    ("answer", "classes", "said"),
    [
        ("0", [0, 1], "predicted '0'; expected one of [0, 1]"),
        (1.0, [0, 1], "predicted 1.0; expected one of [0, 1]"),
        (True, [0, 1], "predicted True; expected one of [0, 1]"),
        (1, [False, True], "predicted 1; expected one of [False, True]"),
        (None, [0, 1], "predicted None; expected one of [0, 1]"),
        ([1], [0, 1], "predicted [1]; expected one of [0, 1]"),
        (Array([0.5, 0.5]), [0, 1], "predicted [0.5, 0.5]; expected one of [0, 1]"),
        (math.nan, [0, 1], "predicted nan; expected a finite number or a known label"),
        (Scalar(-math.inf), None, "predicted -inf; expected a finite number"),
        ("x" * 999, ["a"], "…; expected one of ['a']"),
        ({"class": 1, 2: 3}, [0, 1], "the answer has no \"label\"; it has ['class', 2]; expected"),
        ("3", None, "predicted '3'; expected a number"),
        (True, None, "predicted True; expected a number"),
        (None, None, "predicted None; expected a number"),
        (probable(1.0), [0, 1], "probabilities [1.0]; expected 2 finite numbers"),
        (probable(0.5, 0.5, 0.0), [0, 1], "probabilities [0.5, 0.5, 0.0]; expected 2 finite numbers"),
        (probable(1, 1), [0, 1], "probabilities [1, 1]; expected 2 finite numbers that sum to 1"),
        (probable(-1, 2), [0, 1], "probabilities [-1, 2]; expected"),
        (probable(math.nan, 1), [0, 1], "probabilities [nan, 1]; expected"),
        (probable("1", 0), [0, 1], "probabilities ['1', 0]; expected"),
        ({"label": 1, "probabilities": 0.5}, [0, 1], "probabilities 0.5; expected 2 finite numbers"),
    ],
)
def test_bad_answers(answer: Any, classes: list[Any] | None, said: str) -> None:
    with pytest.raises(record.Stop) as caught:
        predictor.check(answer, 4, {**MANIFEST, "classes": classes})
    assert str(caught.value).startswith('predictor "src.predict:load": row 4: ')
    assert said in str(caught.value)
    assert caught.value.exit_code == 10
    assert len(str(caught.value)) < 400
