"""The holdout beside the training file without a contract: equal numbers, ids, classes, and targets of a regression."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ml_steps import cli
from ml_steps.data.validate import validate
from ml_steps.errors import SetupError
from ml_steps.evidence import Check, State
from ml_steps.project import parse_project
from tests.unit.data.conftest import NOW, Case

LEAK = "holdout.noOverlap"
LARGE = 2**53


def judged(folder: Path, settings: str = "") -> dict[str, Check]:
    evidence = validate(folder, None, parse_project(settings, frozenset({"src"})))
    return {check.id: check for check in evidence.checks}


def numbers(folder: Path, suffix: str, train: str, holdout: str) -> dict[str, Check]:
    """Judge files of 30 rows: SQL of x, over i from 0 to 29, in each."""
    for name, sql in (("train", train), ("holdout", holdout)):
        target = folder / f"{name}{suffix}"
        query = f"SELECT {sql} AS x, 'text ' || i % 10 AS text, i % 2 AS label FROM range(30) AS t(i)"
        form = {".csv": "csv, HEADER", ".jsonl": "json", ".parquet": "parquet"}[suffix]
        duckdb.sql(f"COPY ({query}) TO '{target}' (FORMAT {form})")
    return judged(folder)


@pytest.mark.parametrize(
    ("suffix", "train", "holdout", "equal"),
    [
        (".parquet", "i", "i::DOUBLE", True),
        (".csv", "i", "i::DOUBLE", True),
        (".csv", "i", "i::DECIMAL(9, 2)", True),
        (".csv", "i % 2 = 0", "CASE WHEN i % 2 = 0 THEN 'True' ELSE 'False' END", True),
        (".jsonl", "i", "i::DOUBLE", True),
        (".parquet", "(i / 7)::FLOAT", "(i / 7)::FLOAT::DOUBLE", True),
        (".parquet", "i / 7", "(i / 7)::FLOAT", True),
        (".parquet", "i", "i + 0.5::DOUBLE", False),
        (".parquet", f"{LARGE} + 2 * i", f"{LARGE} + 1 + 2 * i", False),
        (".csv", f"{LARGE} + 2 * i", f"{LARGE} + 1 + 2 * i", False),
        (".parquet", f"{LARGE} + 1 + 2 * i", f"({LARGE} + 4 * i)::DOUBLE", False),
        (".csv", "'00' || i", "i", False),
    ],
)
def test_equal_numbers_are_equal_however_written(
    tmp_path: Path, suffix: str, train: str, holdout: str, equal: bool
) -> None:
    check = numbers(tmp_path, suffix, train, holdout)[LEAK]
    assert check.state is (State.FAIL if equal else State.PASS)
    assert check.actual.startswith("30 also" if equal else "0 also")


def test_another_type_in_parquet_is_warned_of(tmp_path: Path) -> None:
    check = numbers(tmp_path, ".parquet", "i", "(i + 100)::DOUBLE")["holdout.columns"]
    assert (check.state, check.actual) == (State.WARN, "x is BIGINT in train.parquet, DOUBLE in holdout.parquet")


def with_ids(case: Case, ours: Callable[[int], Any], theirs: Callable[[int], Any]) -> None:
    """Give both files ids, and the holdout the first rows of the training file."""
    case.train = [{"id": ours(index), **row} for index, row in enumerate(case.train)]
    case.holdout = [{**row, "id": theirs(index)} for index, row in enumerate(case.train[:20])]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda i: i, lambda i: 5000 + i),
        (lambda i: i, lambda i: i + 1),
        (lambda i: f"user-{i:04}", lambda i: f"user-{i + 500:04}"),
    ],
)
def test_a_row_under_another_id_is_the_same_row(
    case: Case, ours: Callable[[int], Any], theirs: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with_ids(case, ours, theirs)
    [check] = case.failing(contract=False)
    assert check.id == LEAK
    assert check.actual == "20 also in train of 20 (100.0 %), without id (another value in every row)"
    (case.root / "src").mkdir()
    assert cli.main(["contract", "infer", "--source", str(case.root), "--data", str(case.data)]) == 0
    text = capsys.readouterr().out
    assert "known; not id, another value in every row" in text
    assert "columns: [text, timestamp, source]}" in text


NO_IDS: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
    "measured": (lambda i: i * 7919 * 31, lambda i: i * 7919 * 37 + 1),
    "fractions": (lambda i: i + 0.25, lambda i: i + 0.75),
    "dates": (lambda i: f"{2000 + i}-01-01", lambda i: f"{3000 + i}-01-01"),
    "sentences": (lambda i: f"number {i}", lambda i: f"other number {i}"),
    "repeated in train": (lambda i: max(i, 1), lambda i: 5000 + i),
    "repeated in holdout": (lambda i: i, lambda i: 5000 + max(i, 1)),
    "missing in a row": (lambda i: i or "", lambda i: 5000 + i),
}


@pytest.mark.parametrize("name", NO_IDS)
def test_what_is_no_id_is_compared(case: Case, name: str) -> None:
    with_ids(case, *NO_IDS[name])
    checks = {check.id: check for check in case.judge(contract=False).checks}
    assert (checks[LEAK].state, checks[LEAK].actual) == (State.PASS, "0 also in train of 20 (0.0 %)")


@pytest.mark.parametrize("file", ["train", "holdout"])
def test_an_id_is_compared_where_the_rest_tells_too_few_rows_apart(case: Case, file: str) -> None:
    with_ids(case, lambda i: i, lambda i: 5000 + i)
    rows = getattr(case, file)
    for row in rows[: len(rows) // 5]:
        row.update(text="the same", timestamp=rows[0]["timestamp"], source="a")
    assert case.judge(contract=False).state is State.PASS


def test_an_id_is_compared_where_there_is_nothing_else(case: Case) -> None:
    case.train = [{"id": index, "label": index % 2} for index in range(40)]
    case.holdout = [{"id": 100 + index, "label": index % 2} for index in range(20)]
    checks = {check.id: check for check in case.judge(contract=False).checks}
    assert checks[LEAK].actual == "0 also in train of 20 (0.0 %)"
    case.holdout[3]["id"] = 7
    assert {check.id: check.places for check in case.judge(contract=False).checks}[LEAK] == [
        "holdout.csv:5 '7' = train.csv:9"
    ]


def test_a_class_that_train_has_not_fails(case: Case) -> None:
    case.holdout[2]["label"], case.holdout[5]["label"], case.holdout[6]["label"] = "O", "O", "2"
    [check] = case.failing(contract=False)
    assert (check.id, check.actual) == ("holdout.label.classes", "3 not in train.csv of 20 (15.0 %): 'O' (2), '2' (1)")
    assert check.places == ["holdout.csv:4 'O'", "holdout.csv:7 'O'", "holdout.csv:8 '2'"]
    assert 'if label is a quantity, say task = "regression"' in check.detail


def test_a_target_that_no_contract_knows_fails(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\ntarget = "lable"\n'
    checks = case.failing()
    assert [(check.id, check.detail) for check in checks] == [
        (f"{name}.target", 'did you mean "label"? name it in [tool.ml-pipeline.evaluate] target of pyproject.toml.')
        for name in ("train", "holdout")
    ]


def test_what_passes_needs_nothing_to_be_done(case: Case) -> None:
    evidence = case.judge(contract=False)
    assert {check.state for check in evidence.checks} == {State.PASS}
    assert [check.detail for check in evidence.checks if check.detail] == []


def test_a_class_that_the_holdout_has_not_is_warned_of(case: Case) -> None:
    case.train[2]["label"], case.train[5]["label"] = "7", "7"
    [check] = case.failing(contract=False)
    assert (check.id, check.state) == ("train.label.tested", State.WARN)
    assert check.actual == "2 not in holdout.csv of 40 (5.0 %): '7' (2)"
    assert check.places == ["train.csv:4 '7'", "train.csv:7 '7'"]


def test_a_slice_spelled_otherwise_than_in_train_is_warned_of(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\nslices = ["source"]\n'
    assert case.failing(contract=False) == []
    case.holdout[2]["source"] = case.holdout[2]["source"].upper()
    [check] = case.failing(contract=False)
    assert (check.id, check.state) == ("holdout.source.known", State.WARN)
    case.settings = ""
    assert case.failing(contract=False) == []


@pytest.mark.parametrize("value", ["N/A", "3,5", "+5", "1 000"])
def test_a_value_that_makes_text_of_a_column_of_numbers_is_warned_of(case: Case, value: str) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row["price"] = f"{index}.5"
    assert case.failing(contract=False) == []
    case.train[7]["price"] = value
    [check] = case.failing(contract=False)
    assert (check.id, check.state) == ("train.price.numbers", State.WARN)
    assert (check.actual, check.places) == ("1 written otherwise of 40 (2.5 %)", [f"train.csv:9 '{value}'"])


def test_a_classified_value_among_numbers_is_not_shown(case: Case) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row["price"] = f"{index}.5"
    del case.contract["schema"][1]
    case.contract["schema"][0]["properties"].append({"name": "price", "classification": "personal"})
    case.holdout[2]["price"] = "secret"
    [check] = case.failing()
    assert (check.id, check.places) == ("holdout.price.numbers", ["holdout.csv:4"])


@pytest.mark.parametrize("others", ["02134", "n{}"])
def test_codes_and_texts_are_no_column_of_numbers(case: Case, others: str) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row["code"] = str(10000 + index * 991) if index % (9 if others == "02134" else 5) else others.format(index)
    assert case.failing(contract=False) == []


def test_a_column_that_the_holdout_lacks_is_warned_of_beside_a_contract(case: Case) -> None:
    for index, row in enumerate(case.train):
        row["price"] = str(index)
    [check] = [check for check in case.judge().checks if check.id == "holdout.sameColumns"]
    assert (check.state, check.actual, check.required) == (State.WARN, "lacks price", False)
    for row in case.holdout:
        row.update(price="1", more="2")
    assert not [check for check in case.judge().checks if check.id == "holdout.sameColumns"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize(("value", "found"), [("1e308", []), ("-1e999", ["not finite: price (1)"])])
def test_an_infinite_number_of_the_holdout_is_told_by_the_validation(
    case: Case, suffix: str, value: str, found: list[str]
) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row["price"] = f"{index}.5"
    case.holdout[7]["price"] = value
    case.write()
    if suffix != ".csv":
        with duckdb.connect() as connection:
            for name in ("train", "holdout"):
                source, target = case.data / f"{name}.csv", case.data / f"{name}{suffix}"
                kind = "DOUBLE" if suffix == ".parquet" else "VARCHAR"
                read = f"read_csv('{source}', all_varchar=true)"
                connection.execute(
                    f"COPY (SELECT * REPLACE (CAST(price AS {kind}) AS price) FROM {read}) TO '{target}'"
                )
                if suffix == ".jsonl":
                    target.write_text(re.sub('"price":"([^"]+)"', r'"price":\1', target.read_text()))
                source.unlink()
    checks = validate(case.data, None, case.project, now=NOW).checks
    assert [check.actual for check in checks if check.state is State.FAIL] == found


def test_a_target_of_two_kinds_is_told_by_the_validation(case: Case) -> None:
    case.suffix = ".jsonl"
    for row in case.train:
        row["label"] = int(row["label"])
    with pytest.raises(SetupError, match=r'train.jsonl:1: the target "label" is a number, but at holdout.jsonl:1'):
        case.judge(contract=False)


def test_a_target_of_two_kinds_in_each_file_is_told_by_the_validation(case: Case) -> None:
    case.suffix = ".jsonl"
    for row in (*case.train[::2], *case.holdout[::2]):
        row["label"] = int(row["label"])
    with pytest.raises(SetupError, match=r'train.jsonl:1: the target "label" is a number, but at train.jsonl:2 it is'):
        case.judge(contract=False)


def test_a_class_written_as_another_number_is_the_same(case: Case) -> None:
    for row in case.holdout:
        row["label"] = f"{row['label']}.0"
    assert case.failing(contract=False) == []


def test_a_classified_class_is_not_shown(case: Case) -> None:
    del case.contract["schema"][1]
    case.column("label")["classification"] = "personal"
    case.holdout[2]["label"] = "secret"
    [check] = case.failing()
    assert (check.id, check.actual) == ("holdout.label.classes", "1 not in train.csv of 20 (5.0 %)")
    assert check.places == ["holdout.csv:4"]


REGRESSION = '[tool.ml-pipeline]\ntask = "regression"\n'


@pytest.mark.parametrize(
    ("value", "actual"),
    [("inf", "1 invalid of 40 (2.5 %)"), ("1,5", "1 invalid of 40 (2.5 %)"), ("+1", "a string column")],
)
def test_a_target_of_a_regression_is_a_finite_number(case: Case, value: str, actual: str) -> None:
    case.settings = REGRESSION
    for index, row in enumerate((*case.train, *case.holdout)):
        row["label"] = str(index * 37 % 61 / 8)
    assert case.failing(contract=False) == []
    case.train[3]["label"] = value
    [check] = case.failing(contract=False)
    assert (check.id, check.actual) == ("train.label.type", actual)
    assert check.places == ([f"train.csv:5 {value!r}"] if "invalid" in actual else [])


@pytest.mark.parametrize(("suffix", "other"), [(".csv", "'$' || i"), (".csv", "i || ',5'"), (".jsonl", "i::VARCHAR")])
@pytest.mark.parametrize("file", ["train", "holdout"])
def test_text_in_one_file_and_numbers_in_the_other_are_warned_of(
    tmp_path: Path, suffix: str, other: str, file: str
) -> None:
    check = numbers(tmp_path, suffix, **{"train": "i", "holdout": "i + 100"} | {file: other})[f"{file}.x.numbers"]
    assert (check.state, check.actual) == (State.WARN, "30 written otherwise of 30 (100.0 %)")
    assert check.expected == "numbers, as in the other file"


def test_text_in_both_files_is_no_column_of_numbers(tmp_path: Path) -> None:
    assert not [name for name in numbers(tmp_path, ".jsonl", "i::VARCHAR", "i::VARCHAR") if name.endswith(".numbers")]


def test_a_target_of_one_class_fails(case: Case) -> None:
    for row in (*case.train, *case.holdout):
        row["label"] = "1"
    case.write()
    check = judged(case.data)["train.label.severalClasses"]
    assert (check.state, check.actual) == (State.FAIL, "one class alone")


@pytest.mark.parametrize(("file", "state"), [("train", State.WARN), ("holdout", State.FAIL)])
def test_a_missing_target_is_told_beside_a_contract_that_does_not_ask_for_it(
    case: Case, file: str, state: State
) -> None:
    for owner in (0, 1):
        case.column("label", owner).pop("required", None)
    getattr(case, file)[3]["label"] = ""
    found = {check.id: check for check in case.judge().checks}
    assert (found[f"{file}.label.required"].state, found[f"{file}.label.required"].actual[:9]) == (state, "1 missing")


def test_white_space_around_a_name_is_seen(case: Case) -> None:
    for row in case.holdout:
        row[" source"] = row.pop("source")
    case.write()
    assert judged(case.data)["holdout.columns"].actual == "lacks source, also has ' source'"
