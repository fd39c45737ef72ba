"""Behavioural cases: inputs with what the model must make of them.

After Ribeiro, Wu, Guestrin & Singh (2020), Beyond accuracy: behavioral testing of NLP models with CheckList, ACL:
`expect` is its minimum functionality test, `same_as` its invariance test, `direction` its directional expectation.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ml_steps.errors import SetupError
from ml_steps.evaluation.labels import Label, Labels
from ml_steps.evidence import canonical, first_fault
from ml_steps.model.training import TrainingData
from ml_steps.project import nearest

ROWS, FILE, PREDICTIONS = "case-rows.jsonl", "cases.json", "case-predictions.jsonl"
CHECKS = ("expect", "same_as", "direction")
KEYS = ["id", "input", *CHECKS, "tolerance"]


class Line(BaseModel):
    """Base of what the file holds: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Direction(Line):
    """The probability of a class (regression: the number) is above or below that of another case."""

    of: str
    class_: Label | None = Field(default=None, alias="class")
    change: Literal["increase", "decrease"]


class Case(Line):
    """One line of the file; `place`, its `file:line`, and an `id` are added where it is read."""

    id: str = Field(min_length=1)
    place: str
    input: dict[str, Any] = Field(min_length=1)
    """By column; those left out are null."""
    expect: Label | None = None
    same_as: str | None = None
    direction: Direction | None = None
    tolerance: float | None = Field(default=None, ge=0)
    """How far the number may be off, for a regression; 0 where it is not stated."""

    @model_validator(mode="after")
    def _one_check(self) -> Self:
        if len(self.stated) > 1:
            raise ValueError(f"a case states one of {', '.join(CHECKS)}, not {' and '.join(self.stated)}")
        if self.tolerance is not None and (self.direction is not None or not self.stated):
            raise ValueError("tolerance goes with expect or same_as")
        return self

    @property
    def stated(self) -> list[str]:
        """What it states; empty for one that only others refer to."""
        return [name for name in CHECKS if getattr(self, name) is not None]

    @property
    def other(self) -> str | None:
        """The id of the case that it is compared with."""
        return self.direction.of if self.direction else self.same_as


class Cases(Line):
    """cases.json: what is asked of the model, in the order of case-rows.jsonl."""

    cases: tuple[Case, ...]


def write_cases(path: Path, name: str, model: TrainingData, out: Path, *, protected: Collection[str]) -> None:
    """Write `out`/case-rows.jsonl, which the predictor is asked, and `out`/cases.json, which says what it must answer.

    `protected` are columns that the model is never handed. Raises SetupError as read_cases, and for a column that the
    model does not take, or a label that it does not know.
    """
    cases = read_cases(path, name)
    labels = None if model.task == "regression" else Labels(model.classes or ())
    for case in cases:
        _check_input(case, model.input_columns, protected)
        _check_answer(case, labels)
    rows = [{column: case.input.get(column) for column in model.input_columns} for case in cases]
    out.mkdir(parents=True, exist_ok=True)
    (out / ROWS).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    payload = Cases(cases=tuple(cases)).model_dump(mode="json", by_alias=True)
    (out / FILE).write_text(canonical(payload), encoding="utf-8")


def read_cases(path: Path, name: str) -> list[Case]:
    """Read and check all of the cases that needs no model; `name` is how the file is called in messages.

    Raises SetupError, naming file and line, for a file that is missing or holds no case, a line that is none, an id
    that is there twice, or a case that refers to none.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # JSON text may hold what splitlines takes for an end
    except (OSError, ValueError) as error:
        raise SetupError(
            f'pyproject.toml: [tool.ml-pipeline.evaluate] cases = "{name}" cannot be read ({error}); expected a file '
            "in UTF-8 with a JSON object a line; write it, correct the name, or drop the setting."
        ) from None
    cases = [_parsed(line, f"{name}:{number}", number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not cases:
        raise SetupError(f"{name}: the file holds no case; expected a JSON object a line; add one, or remove the file.")
    known: dict[str, Case] = {}
    for case in cases:
        if case.id in known:
            _refuse(case, f'the id "{case.id}" is that of {known[case.id].place} too; give it another')
        known[case.id] = case
    referred = {case.other for case in cases}
    for case in cases:
        _check_reference(case, known, referred)
    return cases


def _parsed(line: str, place: str, number: int) -> Case:
    try:
        found = json.loads(line, parse_constant=_no_number, object_pairs_hook=_keys_once)
    except ValueError as error:
        raise SetupError(f"{place}: this is not JSON ({error}); expected one object on the line.") from None
    if not isinstance(found, dict):
        raise SetupError(f'{place}: this is {line.strip()[:60]}; expected an object such as {{"input": {{…}}, …}}.')
    strange = [key for key in found if key not in KEYS]
    if strange:
        hint = nearest(strange[0], KEYS)
        raise SetupError(f'{place}: a case has no key "{strange[0]}"; {hint}keys: {", ".join(KEYS)}.')
    try:
        return Case.model_validate({"id": f"line {number}", **found, "place": place})
    except ValidationError as error:
        where, fault = first_fault(error)
        about = "" if where == "the file" else f"{where}: "
        raise SetupError(f"{place}: {about}{fault}; mend the case.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _check_input(case: Case, columns: list[str], protected: Collection[str]) -> None:
    for column in case.input:
        if column in protected:
            _refuse(case, f'input: the column "{column}" is protected and never handed to the model; leave it out')
        if column not in columns:
            hint = nearest(column, columns)
            _refuse(case, f'input: the model takes no column "{column}"; {hint}columns: {", ".join(columns)}')


def _check_reference(case: Case, known: dict[str, Case], referred: set[str | None]) -> None:
    key = "direction.of" if case.direction else "same_as"
    if case.other == case.id:
        _refuse(case, f"{key} names the case itself; name another")
    if case.other is not None and case.other not in known:
        _refuse(case, f'{key}: there is no case "{case.other}"; {nearest(case.other, list(known))}mend it')
    if not case.stated and case.id not in referred:
        _refuse(case, f"it states none of {', '.join(CHECKS)}, and no other case refers to it; state one")


def _check_answer(case: Case, labels: Labels | None) -> None:
    asked = case.direction.class_ if case.direction else None
    if labels is None:
        if case.expect is not None and (isinstance(case.expect, bool | str)):
            _refuse(case, f"expect: {json.dumps(case.expect)} is no number, which a regression predicts")
        if asked is not None:
            _refuse(case, "direction: a regression has no class; drop it")
        return
    if case.tolerance is not None:
        _refuse(case, "tolerance is for numbers, and this model predicts classes; drop it")
    if case.direction and asked is None:
        _refuse(case, 'direction: "class" is missing: the class whose probability changes')
    for key, label in (("expect", case.expect), ("direction.class", asked)):
        if label is not None and not labels.knows(label):
            _refuse(case, f"{key}: {json.dumps(label)} is none of the model's classes: {json.dumps(labels.classes)}")


def _refuse(case: Case, fault: str) -> NoReturn:
    raise SetupError(f"{case.place}: {fault}.")
