"""Behavioural cases: a file that is none is refused with file and line; a good one becomes rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_steps.errors import SetupError
from ml_steps.evaluation.cases import read_cases, write_cases
from ml_steps.model.training import TrainingData

GOOD = """\
{"id": "plain", "input": {"text": "good"}, "expect": 1}

{"input": {"text": "so good", "source": "web"}, "same_as": "plain"}
{"id": "worse", "input": {"text": "good, not"}, "direction": {"of": "anchor", "class": 1, "change": "decrease"}}
{"id": "anchor", "input": {"text": "it is"}}
"""


def model(task: str = "classification") -> TrainingData:
    return TrainingData(
        schema_version=1,
        file="train.csv",
        rows=9,
        input_columns=["text", "source"],
        classes=[0, 1] if task == "classification" else None,
        target="label",
        task=task,
        sha256="",
    )


def written(tmp_path: Path, text: str, task: str = "classification") -> tuple[list[Any], list[Any]]:
    (tmp_path / "cases.jsonl").write_text(text, encoding="utf-8")
    write_cases(tmp_path / "cases.jsonl", "cases.jsonl", model(task), tmp_path / "out", protected=("sex",))
    rows = (tmp_path / "out" / "case-rows.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(row) for row in rows], json.loads((tmp_path / "out" / "cases.json").read_text())["cases"]


def test_cases_become_rows_with_the_models_columns(tmp_path: Path) -> None:
    rows, cases = written(tmp_path, GOOD)
    assert rows == [
        {"text": "good", "source": None},
        {"text": "so good", "source": "web"},
        {"text": "good, not", "source": None},
        {"text": "it is", "source": None},
    ]
    assert [(case["id"], case["place"]) for case in cases] == [
        ("plain", "cases.jsonl:1"),
        ("line 3", "cases.jsonl:3"),
        ("worse", "cases.jsonl:4"),
        ("anchor", "cases.jsonl:5"),
    ]


def test_what_takes_no_model_is_told_without_one(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(GOOD, encoding="utf-8")
    assert [case.id for case in read_cases(path, "cases.jsonl")] == ["plain", "line 3", "worse", "anchor"]
    for wrong, said in (
        (GOOD.replace('"expect"', '"expects"'), r'cases.jsonl:1: a case has no key "expects"'),
        (
            GOOD.replace('"id": "anchor"', '"id": "plain"'),
            r'cases.jsonl:5: the id "plain" is that of cases.jsonl:1 too',
        ),
        (GOOD.replace('"of": "anchor"', '"of": "ancor"'), r'cases.jsonl:4: direction.of: there is no case "ancor"'),
    ):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(SetupError, match=said):
            read_cases(path, "cases.jsonl")


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_a_text_may_hold_what_ends_a_line_elsewhere(tmp_path: Path, char: str) -> None:
    path = tmp_path / "cases.jsonl"
    first = json.dumps({"input": {"text": f"a{char}b"}, "expect": 1}, ensure_ascii=False)
    path.write_text(f'{first}\r\n{{"input": {{"text": "c"}}, "expect": 0}}\n', encoding="utf-8")
    assert [(case.place, case.input["text"]) for case in read_cases(path, "cases.jsonl")] == [
        ("cases.jsonl:1", f"a{char}b"),
        ("cases.jsonl:2", "c"),
    ]


def line(**keys: Any) -> str:
    return json.dumps({"input": {"text": "a"}, **keys})


UP = {"of": "a", "class": 1, "change": "increase"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"cases.jsonl: the file holds no case"),
        ("\n \n", r"cases.jsonl: the file holds no case"),
        ("{", r"cases.jsonl:2: this is not JSON"),
        ('{"input": {"text": "a"}, "expect": 1, "expect": 0}', r"this is not JSON \(a key is there twice\)"),
        ('{"input": {"text": NaN}, "expect": 1}', r"cases.jsonl:2: this is not JSON \(NaN is no number\)"),
        ("[1]", r"cases.jsonl:2: this is \[1\]; expected an object"),
        (line(expects=1), r'cases.jsonl:2: a case has no key "expects"; did you mean "expect"\?'),
        (line(expect=1, place="x"), r'no key "place"'),
        ('{"expect": 1}', r"cases.jsonl:2: input: Field required"),
        ('{"input": {}, "expect": 1}', r"cases.jsonl:2: input: "),
        ('{"input": "a", "expect": 1}', r"cases.jsonl:2: input: "),
        (line(id="", expect=1), r"cases.jsonl:2: id: "),
        (line(id="a", expect=1), r'the id "a" is that of cases.jsonl:1 too'),
        (line(), r"it states none of expect, same_as, direction, and no other case refers to it"),
        (line(expect=1, same_as="a"), r"a case states one of .*, not expect and same_as"),
        (line(input={"texts": "a"}, expect=1), r'input: the model takes no column "texts"; did you mean "text"\?'),
        (
            line(input={"text": "a", "sex": "f"}, expect=1),
            r'the column "sex" is protected and never handed to the model',
        ),
        (line(input={"label": 1}, expect=1), r'input: the model takes no column "label"; '),
        (line(expect=2), r"expect: 2 is none of the model's classes: \[0, 1\]"),
        (line(expect="1"), r'expect: "1" is none of the model'),
        (line(expect=True), r"expect: true is none of the model"),
        (line(expect=1, tolerance=1), r"tolerance is for numbers, and this model predicts classes"),
        (line(same_as="b"), r'same_as: there is no case "b"; '),
        (line(id="me", same_as="me"), r"same_as names the case itself"),
        (line(direction={**UP, "of": "aa"}), r'direction.of: there is no case "aa"; did you mean "a"\?'),
        (line(direction={**UP, "class": 3}), r"direction.class: 3 is none of the model's classes"),
        (line(direction={"of": "a", "change": "increase"}), r'direction: "class" is missing'),
        (line(direction={**UP, "change": "up"}), r"direction.change: Input should be 'increase' or 'decrease'"),
        (line(direction={**UP, "by": 1}), r"direction.by: "),
    ],
)
def test_a_case_that_is_none_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    first = line(id="a", expect=0) + "\n" if text.strip() else ""
    with pytest.raises(SetupError, match=said):
        written(tmp_path, first + text)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line(expect="1"), r'expect: "1" is no number'),
        (line(expect=True), r"expect: true is no number"),
        (line(expect=1, tolerance=-1), r"tolerance: "),
        (line(direction=UP, tolerance=1), r"tolerance goes with expect or same_as"),
        (line(tolerance=1), r"tolerance goes with expect or same_as"),
        (line(direction=UP), r"direction: a regression has no class"),
    ],
)
def test_cases_of_a_regression(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SetupError, match=rf"cases.jsonl:2: {said}"):
        written(tmp_path, line(id="a", expect=0.5, tolerance=0.1) + "\n" + text, "regression")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r'cases = "my.jsonl" cannot be read .*; write it, correct the name, or drop'):
        write_cases(tmp_path / "my.jsonl", "my.jsonl", model(), tmp_path, protected=())
    (tmp_path / "my.jsonl").write_bytes(b"\xff")
    with pytest.raises(SetupError, match="cannot be read"):
        write_cases(tmp_path / "my.jsonl", "my.jsonl", model(), tmp_path, protected=())
