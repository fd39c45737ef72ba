"""The second wall: scores that break the contract are refused, naming the row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.scores import Scores, read_scores

from . import folders

TARGETS = [0, 1, 2, 1]
GOOD = [0, 1, 1, 1]


def read(folder: Path, baseline: Path | None = None, **settings: Any) -> Scores:
    return read_scores(folders.project(**settings), folder, baseline)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return folders.scores(tmp_path / "scores", TARGETS, GOOD, classes=[0, 1, 2])


def test_labels_become_positions_in_the_classes(tmp_path: Path) -> None:
    targets, answers = ["b", "a", "b"], ["a", "a", "b"]
    found = read(folders.scores(tmp_path / "s", targets, answers, classes=["b", "a"], kind="VARCHAR"))
    assert found.targets.values.tolist() == [0, 1, 0]
    assert found.candidate.answers.values.tolist() == [1, 1, 0]


def test_truth_values_are_labels(tmp_path: Path) -> None:
    found = read(folders.scores(tmp_path / "s", [True, False], [True, True], classes=[False, True], kind="BOOLEAN"))
    assert found.targets.values.tolist() == [1, 0]


def test_regression_reads_numbers(tmp_path: Path) -> None:
    found = read(folders.scores(tmp_path / "s", [1.5, 2], [1, 2.5], kind="DOUBLE"), task="regression")
    assert found.candidate.answers.values.dtype == np.float64
    assert found.candidate.answers.values.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"row": 2, "prediction": 7}', "row 2 is 7, which is none of the classes"),
        ('{"row": 2, "prediction": "1"}', 'row 2 is "1", which is none of the classes'),
        ('{"row": 2, "prediction": true}', "row 2 is true, which is none of the classes"),
        ('{"row": 2, "prediction": NaN}', "row 2 is NaN, which is none of the classes"),
        ('{"row": 2, "prediction": null}', "row 2 is null, which is none of the classes"),
        ('{"row": 2, "prediction": [1]}', r"row 2 is \[1\], which is none of the classes"),
        ('{"row": 3, "prediction": 1}', "row 2 calls itself 3"),
        ('{"row": 2}', "row 2 is '{\"row\": 2}'; expected"),
        ("[]", r"row 2 is '\[\]'; expected"),
        ("{not json", "row 2 is '{not json'; expected"),
        ('{"row": 2, "prediction": 1, "probabilities": [0.5, 0.5]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [0.5, 0.5, 0.5]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [1.5, -0.5, 0]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [NaN, 0.5, 0.5]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": "abc"}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": 1}', "row 2 has the probabilities"),
        (f'{{"row": 2, "prediction": 1, "probabilities": [1{"0" * 400}, 0, 0]}}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [1e308, 1e308, 0]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [1e999, 0, 0]}', "row 2 has the probabilities"),
        ('{"row": 2, "prediction": 1, "probabilities": [[1], [0], [0]]}', "row 2 has the probabilities"),
        (f'{{"row": 2, "prediction": 1{"0" * 400}}}', "row 2 is 1000.*, which is none of the classes"),
        (f'{{"row": 2, "prediction": 1{"0" * 5000}}}', "row 2 is '.*; expected"),
    ],
)
def test_a_bad_prediction_names_its_row(good: Path, line: str, said: str) -> None:
    lines = (good / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    (good / "predictions.jsonl").write_text("\n".join([*lines[:2], line, lines[3]]), encoding="utf-8")
    with pytest.raises(FailedError, match=said):
        read(good)


@pytest.mark.parametrize(
    ("probabilities", "said"),
    [
        ([None, None, [0, 0, 1], None], "row 2 has probabilities, unlike row 0; expected them for every row"),
        ([[1, 0, 0], [1, 0, 0], None, [1, 0, 0]], "row 2 has no probabilities, unlike row 0"),
        (
            [[1, 0, 0], [1, 0, 0], [0.5, 0.2, 0.2], [1, 0, 0]],
            r"row 2 has the probabilities \[0.5, 0.2, 0.2\]; expected 3",
        ),
        ([[1, 0, 0], [1, 0, 0], [1, 0, None], [1, 0, 0]], "row 2 has the probabilities"),
        (["abc"] * 4, "row 0 has the probabilities"),
    ],
)
def test_probabilities_that_only_some_rows_have_or_that_are_none(
    good: Path, probabilities: list[Any], said: str
) -> None:
    folders.write_lines(good, GOOD, probabilities)
    with pytest.raises(FailedError, match=said):
        read(good)


def test_probabilities_stand_in_the_order_of_the_candidates_classes(tmp_path: Path, good: Path) -> None:
    assert read(good).candidate.answers.probabilities is None
    own: list[list[float]] = [[0.7, 0.2, 0.1], [0, 1, 0], [0.25, 0.5, 0.25], [1e-4, 1, 0]]
    folders.write_lines(good, GOOD, own)
    baseline = folders.scores(tmp_path / "b", [], GOOD, classes=[2, 0, 1])
    folders.write_lines(baseline, GOOD, [[row[2], row[0], row[1]] for row in own])
    found = read(good, baseline)
    assert found.baseline is not None
    for model in (found.candidate, found.baseline):
        assert model.answers.probabilities is not None
        assert model.answers.probabilities.tolist() == own


def test_a_file_that_no_line_explains(good: Path) -> None:
    lines = (good / "predictions.jsonl").read_text(encoding="utf-8")
    (good / "predictions.jsonl").write_text(lines.replace('"row": 2,', '"row": 2.0, "row": 2,'), encoding="utf-8")
    assert read(good).candidate.answers.values.tolist() == GOOD
    (good / "predictions.jsonl").write_text(lines.replace('"row": 2,', '"row": 5, "row": 2,'), encoding="utf-8")
    with pytest.raises(FailedError, match=r"cannot be read as predictions \(the rows are not in order\)"):
        read(good)


def test_labels_may_be_written_in_more_than_one_way(tmp_path: Path) -> None:
    folder = folders.scores(tmp_path / "s", ["é", "a"], ["é", "a"], classes=["a", "é"], kind="VARCHAR")
    text = '{"row": 0, "prediction": "\\u00e9"}\n{"prediction": "a", "row": 1, "more": {}}\n'
    (folder / "predictions.jsonl").write_text(text, encoding="utf-8")
    assert read(folder).candidate.answers.values.tolist() == [1, 0]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "null", "true", '"1.0"', "1" + "0" * 400])
def test_a_regression_that_answers_no_finite_number_names_its_row(tmp_path: Path, value: str) -> None:
    folder = folders.scores(tmp_path / "s", [1.0, 2.0], [1.0, 2.0], kind="DOUBLE")
    text = f'{{"row": 0, "prediction": 1.0}}\n{{"row": 1, "prediction": {value}}}\n'
    (folder / "predictions.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(FailedError, match=r"row 1 has the prediction .*expected a finite number"):
        read(folder, task="regression")


def test_too_few_and_too_many_predictions(good: Path) -> None:
    folders.write_lines(good, GOOD[:3])
    with pytest.raises(FailedError, match="3 predictions for 4 rows; row 3 is the first without"):
        read(good)
    folders.write_lines(good, [])
    with pytest.raises(FailedError, match="0 predictions for 4 rows; row 0 is the first without"):
        read(good)
    folders.write_lines(good, [*GOOD, 1])
    with pytest.raises(FailedError, match="more predictions than the 4 rows; row 4"):
        read(good)


def test_scoring_counted_other_rows(good: Path) -> None:
    scoring = json.loads((good / "scoring.json").read_text(encoding="utf-8"))
    folders.write(good / "scoring.json", {**scoring, "rows": 3})
    with pytest.raises(FailedError, match="3 rows were scored, but there are 4 targets"):
        read(good)


@pytest.mark.parametrize("targets", [[0, 1, 9, 1], [0, 1, None, 1]])
def test_a_target_that_the_model_does_not_know_names_its_row(tmp_path: Path, targets: list[Any]) -> None:
    with pytest.raises(FailedError, match=r"row 2 is (9|null), which is none of the classes"):
        read(folders.scores(tmp_path / "s", targets, GOOD, classes=[0, 1, 2]))


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf")])
def test_a_target_that_is_no_number_names_its_row(tmp_path: Path, bad: float | None) -> None:
    folder = folders.scores(tmp_path / "s", [1.0, bad], [1.0, 2.0], kind="DOUBLE")
    with pytest.raises(FailedError, match="row 1 has the target"):
        read(folder, task="regression")


def test_targets_with_a_row_missing(good: Path) -> None:
    (good / "targets.parquet").unlink()
    with duckdb.connect() as connection:
        rows = connection.sql("SELECT unnest([0, 1, 3, 4]) AS row, 1 AS target")
        rows.write_parquet(str(good / "targets.parquet"))
    with pytest.raises(FailedError, match="row 2 is missing"):
        read(good)


def test_no_rows(tmp_path: Path) -> None:
    folder = folders.scores(tmp_path / "s", [], [], classes=[0, 1])
    folders.write_targets(folder, [], "BIGINT", {})
    with pytest.raises(SetupError, match="there are no rows"):
        read(folder)


@pytest.mark.parametrize(
    "name", ["manifest.json", "holdout.json", "scoring.json", "predictions.jsonl", "targets.parquet"]
)
def test_a_missing_file(good: Path, name: str) -> None:
    (good / name).unlink()
    with pytest.raises(SetupError, match=rf"{name}: this file is missing"):
        read(good)


def test_an_unreadable_file(good: Path) -> None:
    (good / "targets.parquet").write_text("no parquet", encoding="utf-8")
    with pytest.raises(SetupError, match="not readable as Parquet"):
        read(good)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protocol": 2}, "protocol"),
        ({"classes": []}, "classes must list the labels"),
        ({"classes": None}, "classes must list the labels"),
        ({"classes": [0, 1, 1]}, "names a label twice"),
        ({"task": "ranking"}, "task"),
    ],
)
def test_a_manifest_that_is_none(good: Path, changes: dict[str, Any], said: str) -> None:
    folders.write(good / "manifest.json", {**folders.manifest([0, 1, 2]), **changes})
    with pytest.raises(SetupError, match=rf"manifest.json.*{said}"):
        read(good)


def test_a_model_of_another_task(good: Path) -> None:
    with pytest.raises(SetupError, match=r'built for classification, but .* task = "regression"'):
        read(good, task="regression")


def test_a_model_of_another_target(good: Path) -> None:
    with pytest.raises(SetupError, match=r'trained for the target "label", but .* target = "other"; train and score'):
        read(good, target="other")


def test_slices(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"source": ["x", None, "x", "y"], 'od"d': ["1", "1", "1", "1"]}
    folder = folders.scores(tmp_path / "s", TARGETS, GOOD, classes=[0, 1, 2], slices=columns)
    parts = read(folder, slices=("source", 'od"d'), min_rows=1).targets.parts.values()
    assert {name: rows.tolist() for each in parts for name, rows in each.slices()} == {
        "source=(missing)": [1],
        "source=x": [0, 2],
        "source=y": [3],
        'od"d=1': [0, 1, 2, 3],
    }
    with pytest.raises(SetupError, match='no column "sources"; did you mean "source"'):
        read(folder, slices=("sources",))


def test_values_with_few_rows_are_pooled_and_named(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"source": ["x", None, "x", "y"], "sex": ["f", "m", "f", "m"]}
    folder = folders.scores(tmp_path / "s", TARGETS, GOOD, classes=[0, 1, 2], slices=columns)
    parts = read(folder, slices=("source",), protected=("sex",), min_rows=2).targets.parts
    assert {name: each.pooled for name, each in parts.items()} == {"source": ["(missing)", "y"], "sex": []}
    assert {name: rows.tolist() for each in parts.values() for name, rows in each.slices()} == {
        "source=(pooled)": [1, 3],
        "source=x": [0, 2],
        "sex=f": [0, 2],
        "sex=m": [1, 3],
    }


def test_the_groups_that_rules_name(tmp_path: Path) -> None:
    folder = folders.scores(tmp_path / "s", TARGETS, GOOD, classes=[0, 1, 2], slices={"user": ["b", "a", "b", None]})
    rule = (
        '[[tool.ml-pipeline.gate]]\nid = "a"\nmetric = "accuracy"\nclaim = "shown_better"\nmargin = 0\ngroup = "user"'
    )
    assert {name: codes.tolist() for name, codes in read(folder, more=rule).targets.groups.items()} == {
        "user": [1, 0, 1, 2]
    }
    with pytest.raises(SetupError, match='no column "usr"; did you mean "user"'):
        read(folder, more=rule.replace('"user"', '"usr"'))


def test_a_slice_column_with_too_many_values(tmp_path: Path) -> None:
    users = [f"user {row}" for row in range(201)]
    folder = folders.scores(tmp_path / "s", [0] * 201, [0] * 201, classes=[0, 1], slices={"user": users})
    with pytest.raises(SetupError, match='"user" has 201 values; at most 200'):
        read(folder, slices=("user",))


def test_a_baseline_with_its_classes_in_another_order(tmp_path: Path, good: Path) -> None:
    baseline = folders.scores(tmp_path / "b", [], [2, 1, 0, 0], classes=[2, 1, 0])
    found = read(good, baseline)
    assert found.baseline is not None
    assert found.baseline.answers.values.tolist() == [2, 1, 0, 0]


def test_a_baseline_that_cannot_be_compared(tmp_path: Path, good: Path) -> None:
    other = folders.scores(tmp_path / "classes", [], GOOD, classes=[0, 1])
    with pytest.raises(SetupError, match=r"baseline's classes are \[0, 1\], the candidate's \[0, 1, 2\]"):
        read(good, other)
    number = folders.scores(tmp_path / "task", [], [1.0, 1.0, 1.0, 1.0])
    with pytest.raises(SetupError, match="baseline does regression, the candidate classification"):
        read(good, number)
    short = folders.scores(tmp_path / "rows", [], GOOD[:3], classes=[0, 1, 2])
    with pytest.raises(FailedError, match="3 rows were scored, but there are 4 targets"):
        read(good, short)
    target = folders.scores(tmp_path / "target", [], GOOD, classes=[0, 1, 2], target="churned")
    with pytest.raises(SetupError, match='baseline predicts "churned", the candidate "label"'):
        read(good, target)
    smoke = folders.scores(tmp_path / "smoke", [], GOOD, classes=[0, 1, 2], smoke=True)
    with pytest.raises(SetupError, match="baseline's model is of a smoke run"):
        read(good, smoke)


def test_a_baseline_that_was_scored_on_another_file(tmp_path: Path, good: Path) -> None:
    baseline = folders.scores(tmp_path / "b", [], GOOD, classes=[0, 1, 2])
    folders.write(baseline / "holdout.json", {"file": "older.csv", "sha256": "0123456789abcdef"})
    with pytest.raises(SetupError, match=r"the baseline was scored on older\.csv, sha256 0123456789ab…, the candidate"):
        read(good, baseline)
    (baseline / "holdout.json").unlink()  # an image is given the candidate's rows
    assert read(good, baseline).baseline is not None


def test_a_probability_that_rounding_left_above_one(good: Path) -> None:
    folders.write_lines(good, GOOD, [[1.0000001, 0, 0]] * 4)
    assert read(good).candidate.answers.probabilities is not None
    folders.write_lines(good, GOOD, [[1.01, 0, 0]] * 4)
    with pytest.raises(FailedError, match="row 0 has the probabilities"):
        read(good)
