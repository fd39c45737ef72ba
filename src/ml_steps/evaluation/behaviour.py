"""Judges what the model answered to the behavioural cases."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation import cases, record
from ml_steps.evaluation.inputs import read_json
from ml_steps.evaluation.labels import Label, Labels, shown
from ml_steps.evidence import Check, Record, State, first_fault
from ml_steps.report.text import number

ROUNDING = 4 * sys.float_info.epsilon
"""Of the larger of two numbers, what their binary fractions may leave of a difference."""


class Answer(Record):
    """A line of case-predictions.jsonl: a prediction, or why there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row: int
    prediction: Label | None = None
    probabilities: tuple[float, ...] | None = None
    error: str | None = None

    def text(self) -> str:
        """Return it for a reader."""
        return self.error or shown(self.prediction)  # type: ignore[arg-type]


ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def judge_cases(folder: Path, labels: Labels | None) -> list[record.Case]:
    """Judge the cases of a scores folder, those that fail first; an empty list where none were asked.

    Raises SetupError where cases were asked and the answers are missing, or where a direction is asked of a predictor
    without probabilities; FailedError for answers that do not fit the cases.
    """
    if not (folder / cases.FILE).exists():
        return []
    asked = read_json(folder / cases.FILE, cases.Cases).cases
    answers = dict(zip((case.id for case in asked), _read_answers(folder, len(asked), labels), strict=True))
    judged = [_judge(case, answers, labels) for case in asked if case.stated]
    return sorted(judged, key=lambda case: case.passed)


def measure(judged: list[record.Case]) -> list[record.Metric]:
    """Return how many fail; nothing where none were asked."""
    failed = sum(not case.passed for case in judged)
    return [record.Metric(metric="failed_cases", value=float(failed), n=len(judged))] if judged else []


def checks(judged: list[record.Case]) -> list[Check]:
    """Return a check a case; one that fails warns, as whether that blocks is for the gate."""
    return [
        Check(
            id=f"case {case.id}",
            state=State.PASS if case.passed else State.WARN,
            subject="answer",
            actual=case.actual,
            expected=case.expected,
            detail="" if case.passed else "The gate decides on it; improve the model, or the case if it asks too much.",
            places=[] if case.passed else [case.place],
        )
        for case in judged
    ]


def _read_answers(folder: Path, count: int, labels: Labels | None) -> list[Answer]:
    path = folder / cases.PREDICTIONS
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        answers = [ANSWER.validate_json(line) for line in lines]
    except FileNotFoundError:
        raise SetupError(
            f"{path}: this file is missing; expected an answer for each of the {count} behavioural cases; score again."
        ) from None
    except ValidationError as error:
        raise FailedError(f"{path}: a line is no answer ({first_fault(error)[1]}); score again.") from None
    if [answer.row for answer in answers] != list(range(count)):
        raise FailedError(f"{path}: the answers are not those to the {count} cases, in order; score again.")
    for answer in answers:
        if (answer.prediction is None) == (answer.error is None):
            raise FailedError(f"{path}: row {answer.row} has neither a prediction nor an error; score again.")
        if labels and answer.prediction is not None:
            labels.code(answer.prediction, answer.row, str(path))
        if labels and answer.probabilities is not None and len(answer.probabilities) != len(labels.classes):
            raise FailedError(f"{path}: row {answer.row} has not {len(labels.classes)} probabilities; score again.")
    return answers


def _judge(case: cases.Case, answers: dict[str, Answer], labels: Labels | None) -> record.Case:
    own, other = answers[case.id], answers[case.other] if case.other is not None else None
    tolerance = case.tolerance or 0.0
    within = f" within {tolerance:g}" if tolerance else ""
    actual = own.text()
    if case.expect is not None:
        expected, passed = f"{shown(case.expect)}{within}", _alike(own.prediction, case.expect, labels, tolerance)
    elif case.direction is None:
        assert other is not None  # noqa: S101 - same_as
        expected = f"as {case.same_as}, {other.text()}{within}"
        passed = _alike(own.prediction, other.prediction, labels, tolerance)
    else:
        assert other is not None  # noqa: S101 - direction.of
        what = "number" if case.direction.class_ is None else f"probability of {shown(case.direction.class_)}"
        word = "above" if case.direction.change == "increase" else "below"
        ours, theirs = (_quantity(each, case, labels) for each in (own, other))
        both = [each for each in (ours, theirs) if each is not None]
        actual = actual if ours is None else number(ours, both)
        shown_other = other.text() if theirs is None else number(theirs, both)
        expected = f"{what} {word} that of {case.direction.of}, {shown_other}"
        passed = ours is not None and theirs is not None and _changed(ours, theirs, up=word == "above")
    return record.Case(id=case.id, place=case.place, passed=passed, actual=actual, expected=expected)


def _changed(ours: float, theirs: float, *, up: bool) -> bool:
    """Tell whether a number is above, or below, another by more than what binary fractions leave."""
    by = ours - theirs if up else theirs - ours
    return by > ROUNDING * max(abs(ours), abs(theirs))


def _alike(one: Label | None, other: Label | None, labels: Labels | None, tolerance: float) -> bool:
    if one is None or other is None:
        return False
    if labels is not None:
        return labels.same(one, other)
    # 1.1 is within 0.1 of 1: what binary fractions leave is no difference.
    slack = ROUNDING * max(abs(float(one)), abs(float(other))) if tolerance else 0.0
    return abs(float(one) - float(other)) <= tolerance + slack


def _quantity(answer: Answer, case: cases.Case, labels: Labels | None) -> float | None:
    """Return the number that a direction is about; None where the predictor gave none."""
    assert case.direction is not None  # noqa: S101
    if answer.prediction is None:
        return None
    if labels is None or case.direction.class_ is None:
        return float(answer.prediction)
    if answer.probabilities is None:
        raise SetupError(
            f"{case.place}: direction is about the probability of {json.dumps(case.direction.class_)}, but the "
            "predictor answers labels alone; make it answer probabilities as well, or use same_as."
        )
    return answer.probabilities[labels.code(case.direction.class_, answer.row, case.place)]
