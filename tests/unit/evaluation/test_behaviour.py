"""What the model answered to the cases is judged, and refused where it does not fit them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.behaviour import checks, judge_cases, measure
from ml_steps.evaluation.labels import Labels
from ml_steps.evidence import State

from . import folders

LABELS = Labels([0, 1])
FIRST = {"id": "a", "expect": 1}
SURE, UNSURE = ({"prediction": 1, "probabilities": [1 - p, p]} for p in (0.9, 0.6))
CLOSE = {"prediction": 1, "probabilities": [0.10001, 0.89999]}
NEARLY = {"prediction": 1, "probabilities": [0.09999999999999987, 0.9000000000000001]}


def judged(folder: Path, case: dict[str, Any], answers: list[dict[str, Any]], labels: Labels | None = LABELS) -> Any:
    """Judge a case beside another; return whether it passed, with actual and expected."""
    folders.write_cases(folder, [FIRST, {"id": "b", **case}], answers)
    [found] = [each for each in judge_cases(folder, labels) if each.id == "b"]
    return found.passed, found.actual, found.expected


ONE, ZERO, BROKEN = {"prediction": 1}, {"prediction": 0}, {"error": "it raised"}


@pytest.mark.parametrize(
    ("case", "answers", "expected"),
    [
        ({"expect": 0}, [ONE, ZERO], (True, "0", "0")),
        ({"expect": 0}, [ONE, ONE], (False, "1", "0")),
        ({"expect": 0}, [ONE, BROKEN], (False, "it raised", "0")),
        ({"same_as": "a"}, [ONE, ONE], (True, "1", "as a, 1")),
        ({"same_as": "a"}, [ONE, ZERO], (False, "0", "as a, 1")),
        ({"same_as": "a"}, [BROKEN, ZERO], (False, "0", "as a, it raised")),
        ({"same_as": "a"}, [BROKEN, BROKEN], (False, "it raised", "as a, it raised")),
    ],
)
def test_labels(tmp_path: Path, case: dict[str, Any], answers: list[dict[str, Any]], expected: object) -> None:
    assert judged(tmp_path, case, answers) == expected


@pytest.mark.parametrize(
    ("change", "answers", "expected"),
    [
        ("increase", [UNSURE, SURE], (True, "0.9", "probability of 1 above that of a, 0.6")),
        ("increase", [SURE, UNSURE], (False, "0.6", "probability of 1 above that of a, 0.9")),
        ("increase", [SURE, SURE], (False, "0.9", "probability of 1 above that of a, 0.9")),
        ("decrease", [SURE, UNSURE], (True, "0.6", "probability of 1 below that of a, 0.9")),
        ("decrease", [UNSURE, SURE], (False, "0.9", "probability of 1 below that of a, 0.6")),
        ("decrease", [NEARLY, SURE], (False, "0.9", "probability of 1 below that of a, 0.9000000000000001")),
        ("increase", [SURE, CLOSE], (False, "0.89999", "probability of 1 above that of a, 0.9")),
        ("decrease", [SURE, BROKEN], (False, "it raised", "probability of 1 below that of a, 0.9")),
        ("decrease", [BROKEN, SURE], (False, "0.9", "probability of 1 below that of a, it raised")),
    ],
)
def test_a_direction(tmp_path: Path, change: str, answers: list[dict[str, Any]], expected: object) -> None:
    case = {"direction": {"of": "a", "class": 1, "change": change}}
    assert judged(tmp_path, case, answers) == expected


@pytest.mark.parametrize(
    ("case", "values", "expected"),
    [
        ({"expect": 2}, [1.0, 2.0], (True, "2.0", "2")),
        ({"expect": 2}, [1.0, 2.1], (False, "2.1", "2")),
        ({"expect": 2, "tolerance": 0.5}, [1.0, 2.5], (True, "2.5", "2 within 0.5")),
        ({"expect": 2, "tolerance": 0.5}, [1.0, 2.6], (False, "2.6", "2 within 0.5")),
        ({"expect": 1, "tolerance": 0.1}, [1.0, 1.1], (True, "1.1", "1 within 0.1")),  # 1.1 - 1 > 0.1 in binary
        ({"expect": 1e9, "tolerance": 0.5}, [1.0, 1e9 + 1.4], (False, "1000000001.4", "1000000000.0 within 0.5")),
        ({"expect": 1e-10, "tolerance": 1e-11}, [1.0, -8e-10], (False, "-8e-10", "1e-10 within 1e-11")),
        ({"expect": 2e6, "tolerance": 0.3}, [1.0, 2e6 + 0.3], (True, "2000000.3", "2000000.0 within 0.3")),
        ({"expect": 1, "tolerance": 0.1}, [1.0, 1.1001], (False, "1.1001", "1 within 0.1")),
        ({"expect": 1}, [1.0, 1.0 + 1e-12], (False, "1.000000000001", "1")),
        ({"same_as": "a", "tolerance": 0.5}, [1.0, 1.6], (False, "1.6", "as a, 1.0 within 0.5")),
        ({"direction": {"of": "a", "change": "increase"}}, [1.0, 1.6], (True, "1.6", "number above that of a, 1")),
    ],
)
def test_numbers(tmp_path: Path, case: dict[str, Any], values: list[float], expected: object) -> None:
    assert judged(tmp_path, case, [{"prediction": value} for value in values], None) == expected


def test_failing_ones_stand_first_and_are_counted(tmp_path: Path) -> None:
    cases: list[dict[str, Any]] = [FIRST, {"id": "anchor"}, {"id": "b", "expect": 0}]
    folders.write_cases(tmp_path, cases, [ONE, ZERO, ONE])
    found = judge_cases(tmp_path, LABELS)
    assert [(case.id, case.passed, case.place) for case in found] == [
        ("b", False, "cases.jsonl:3"),
        ("a", True, "cases.jsonl:1"),
    ]
    [entry] = measure(found)
    assert (entry.metric, entry.value, entry.n) == ("failed_cases", 1, 2)
    assert [(check.id, check.state, check.places) for check in checks(found)] == [
        ("case b", State.WARN, ["cases.jsonl:3"]),
        ("case a", State.PASS, []),
    ]


def test_none_were_asked(tmp_path: Path) -> None:
    assert judge_cases(tmp_path, LABELS) == []
    assert measure([]) == []
    assert checks([]) == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([ONE], "not those to the 2 cases"),
        ([ONE, ONE, ONE], "not those to the 2 cases"),
        ([{"row": 1, **ONE}, ONE], "not those to the 2 cases"),
        ([ONE, {}], "row 1 has neither a prediction nor an error"),
        ([ONE, {"prediction": 7}], "row 1 is 7, which is none of the classes"),
        ([ONE, {"prediction": [1]}], "a line is no answer"),
        ([ONE, {"answer": 1}], "a line is no answer"),
        ([ONE, {"prediction": 1, "probabilities": [1.0]}], "row 1 has not 2 probabilities"),
    ],
)
def test_answers_that_do_not_fit(tmp_path: Path, answers: list[dict[str, Any]], said: str) -> None:
    folders.write_cases(tmp_path, [FIRST, {"id": "b", "expect": 1}], answers)
    with pytest.raises(FailedError, match=said):
        judge_cases(tmp_path, LABELS)


def test_cases_without_answers(tmp_path: Path) -> None:
    folders.write_cases(tmp_path, [FIRST], [ONE])
    (tmp_path / "case-predictions.jsonl").unlink()
    with pytest.raises(SetupError, match="expected an answer for each of the 1 behavioural cases; score again"):
        judge_cases(tmp_path, LABELS)


def test_a_direction_needs_probabilities(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"cases.jsonl:2: direction is about the probability of 1, but the predictor"):
        judged(tmp_path, {"direction": {"of": "a", "class": 1, "change": "increase"}}, [ONE, ONE])
