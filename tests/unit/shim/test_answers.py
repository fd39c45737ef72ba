"""The predictor's contract, answer by answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from ml_steps.shim import answers, record

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

    def __iter__(self) -> Iterator[object]:
        return iter(self.value)  # type: ignore[call-overload, no-any-return]


class Unshown:
    """An object of the project's own that raises whatever it is asked."""

    def __eq__(self, other: object) -> bool:
        raise LookupError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise LookupError

    def __iter__(self) -> Iterator[object]:
        raise LookupError

    def item(self) -> object:
        raise LookupError


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
        (10**300, None, {"prediction": 10**300}),
        (-0.0, [0.0, 1.0], {"prediction": -0.0}),
        ({"label": 1, "probabilities": None}, [0, 1], {"prediction": 1}),
        ({"label": 1.5, "probabilities": None}, None, {"prediction": 1.5}),
        (probable(0.152, 0.242, 0.605), [0, 1, 2], {"prediction": 1, "probabilities": [0.152, 0.242, 0.605]}),
        (probable(-0.0, 1), [0, 1], {"prediction": 1, "probabilities": [-0.0, 1]}),
        ({"label": 1, "probabilities": Array([0.25, 0.75])}, [0, 1], {"prediction": 1, "probabilities": [0.25, 0.75]}),
    ],
)
def test_good_answers(answer: Any, classes: list[Any] | None, expected: dict[str, Any]) -> None:
    assert answers.check(answer, 4, {**MANIFEST, "classes": classes}) == {"row": 4, **expected}


@pytest.mark.parametrize(
    ("answer", "classes", "said"),
    [
        ("0", [0, 1], "predicted '0'; expected one of [0, 1]"),
        (1.0, [0, 1], "predicted 1.0 (float, the class is int); expected one of [0, 1]"),
        (True, [0, 1], "predicted True (bool, the class is int); expected one of [0, 1]"),
        (1, [False, True], "predicted 1 (int, the class is bool); expected one of [False, True]"),
        (None, [0, 1], "predicted None; expected one of [0, 1]"),
        ([1], [0, 1], "predicted [1]; expected one of [0, 1]"),
        (Array([0.5, 0.5]), [0, 1], "predicted [0.5, 0.5]; expected one of [0, 1]"),
        (math.nan, [0, 1], "predicted nan; expected a finite number or a known label"),
        (Scalar(-math.inf), None, "predicted -inf; expected a finite number"),
        ("x" * 999, ["a"], "…; expected one of ['a']"),
        ({"minutes": 20.0}, None, "the answer has the key 'minutes'; expected the number alone"),
        ({"label": 0, "proba": [0.5, 0.5]}, [0, 1], "the answer has the key 'proba'; did you mean \"probabilities\"?"),
        ({"labels": 0}, [0, 1], 'the answer has the key \'labels\'; did you mean "label"? expected "label" and'),
        ({"label": 0, 2: 3}, [0, 1], 'the answer has the key 2; expected "label" and, where there are any, "prob'),
        ({"label": 0, None: 3}, [0, 1], "the answer has the key None; expected"),
        (
            {"label": 1.5, "probabilities": [1]},
            None,
            "the answer has probabilities; expected of a regression the number",
        ),
        ({"label": 0, "k" * 999: 3}, [0, 1], "the answer has the key 'kkk"),
        ({"probabilities": [0, 1]}, [0, 1], "the answer has no \"label\", only ['probabilities']; expected"),
        ({}, [0, 1], 'the answer has no "label", only []; expected "label".'),
        ({}, None, 'the answer has no "label", only []; expected the number alone.'),
        ("3", None, "predicted '3'; expected a finite number"),
        ("NaN", None, "predicted 'NaN'; expected a finite number"),
        ("NaN", [0, 1], "predicted 'NaN'; expected one of [0, 1]"),
        (True, None, "predicted True; expected a finite number"),
        (None, None, "predicted None; expected a finite number"),
        ([[1.5]], None, "predicted [[1.5]]; expected a finite number"),
        (10**400, None, "predicted 1000000"),
        (Scalar(-(10**5000)), None, "predicted a value of the type int that cannot be shown; expected a finite number"),
        (Scalar(10**5000), [0, 1], "predicted a value of the type int that cannot be shown; expected one of [0, 1]"),
        (Unshown(), [0, 1], "expected one of [0, 1]"),
        (probable(1.0), [0, 1], "probabilities [1.0]; expected 2 finite numbers"),
        (probable(0.5, 0.5, 0.0), [0, 1], "probabilities [0.5, 0.5, 0.0]; expected 2 finite numbers"),
        (probable(1, 1), [0, 1], "probabilities [1, 1]; expected 2 finite numbers that sum to 1"),
        (probable(-1, 2), [0, 1], "probabilities [-1, 2]; expected"),
        (probable(math.nan, 1), [0, 1], "probabilities [nan, 1]; expected"),
        (probable("1", 0), [0, 1], "probabilities ['1', 0]; expected"),
        (probable("NaN", 1), [0, 1], "probabilities ['NaN', 1]; expected"),
        (probable(10**400, 0), [0, 1], "probabilities [10000"),
        (probable(10**5000, 0.5), [0, 1], "probabilities a value of the type list that cannot be shown; expected"),
        (probable(1e308, 1e308), [0, 1], "probabilities [1e+308, 1e+308]; expected"),
        (probable(10**308, 10**308, 0.5), [0, 1, 2], "expected 3 finite numbers that sum to 1"),
        (probable(math.inf, 0), [0, 1], "probabilities [inf, 0]; expected"),
        (probable(True, False), [0, 1], "probabilities [True, False]; expected 2 finite numbers"),
        (probable([0.5, 0.5]), [0, 1], "probabilities [[0.5, 0.5]]; expected 2 finite numbers"),
        (probable([0.5], [0.5]), [0, 1], "probabilities [[0.5], [0.5]]; expected 2 finite numbers"),
        ({"label": 1, "probabilities": {0: 0.3, 1: 0.7}}, [0, 1], "probabilities {0: 0.3, 1: 0.7}; expected 2 finite"),
        ({"label": 1, "probabilities": Unshown()}, [0, 1], "of the type Unshown that cannot be shown; expected 2"),
        ({"label": 1, "probabilities": 0.5}, [0, 1], "probabilities 0.5; expected 2 finite numbers"),
    ],
)
def test_bad_answers(answer: Any, classes: list[Any] | None, said: str) -> None:
    with pytest.raises(record.Stop) as caught:
        answers.check(answer, 4, {**MANIFEST, "classes": classes})
    assert str(caught.value).startswith('predictor "src.predict:load": row 4: ')
    assert said in str(caught.value)
    assert caught.value.exit_code == 10
    assert len(str(caught.value)) < 420
