"""Types told from the values: alike for training, predictor and targets, and exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ml_steps.data.rows import write_rows
from ml_steps.data.training import describe_training
from ml_steps.data.validate import validate
from ml_steps.errors import SetupError
from ml_steps.evaluation.labels import Labels
from ml_steps.evaluation.targets import read_targets
from ml_steps.evidence import State
from tests.unit.data.conftest import Case, Row

FORMATS = [".csv", ".jsonl"]
SLICED = '[tool.ml-pipeline.evaluate]\nslices = ["extra"]\n'


def handed(case: Case, *, contract: bool = False) -> tuple[list[Row], dict[str, tuple[str, list[Any]]]]:
    """Return the predictor's rows, and by column of targets.parquet its type and values."""
    case.write()
    out = case.root / "out"
    write_rows(case.project, case.data, case.path if contract else None, out)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(out / "targets.parquet"))
        columns = list(zip(*found.fetchall(), strict=True))
        types = zip(found.columns, map(str, found.types), columns, strict=True)
        targets = {name: (kind, list(values)) for name, kind, values in types}
    return [json.loads(line) for line in (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()], targets


def classes(case: Case) -> list[Any]:
    case.write()
    describe_training(case.project, case.data, None, case.root / "out", smoke_rows=None)
    found: list[Any] = json.loads((case.root / "out" / "training-data.json").read_text(encoding="utf-8"))["classes"]
    return found


def fill(case: Case, name: str, values: list[Any]) -> None:
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row[name] = values[index % len(values)]


@pytest.mark.parametrize(
    ("labels", "kind", "told"),
    [
        ([0, 1], "BIGINT", [0, 1]),
        ([False, True], "BOOLEAN", [False, True]),
        (["0", "1"], "VARCHAR", ["0", "1"]),
        ([0.5, 1], "DOUBLE", [0.5, 1]),
        ([1, 1.0, 2], "DOUBLE", [1, 2]),
        ([1, 2**64 - 1], "UBIGINT", [1, 2**64 - 1]),
    ],
)
def test_labels_of_json_lines_are_the_classes_that_training_is_told(
    case: Case, labels: list[Any], kind: str, told: list[Any]
) -> None:
    case.suffix = ".jsonl"
    fill(case, "label", labels)
    _, targets = handed(case)
    assert targets["target"] == (kind, [labels[index % len(labels)] for index in range(20)])
    found = classes(case)
    assert (found, [type(label) is bool for label in found]) == (told, [type(label) is bool for label in told])
    codes = read_targets(case.root / "out" / "targets.parquet", Labels(found), case.project).values
    assert [found[code] for code in codes] == targets["target"][1]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("values", "kind", "exact"),
    [
        ([-(2**63), 2**63 - 1], "BIGINT", True),
        ([2**63, 2**63 + 1, 2**64 - 1, 0], "UBIGINT", True),
        ([-1, 2**63], "VARCHAR", False),
        ([2**64, 2**64 + 1], "VARCHAR", False),
        ([10**200, 1], "VARCHAR", False),
    ],
)
def test_whole_numbers_are_exact(case: Case, suffix: str, values: list[int], kind: str, exact: bool) -> None:
    case.suffix, case.settings = suffix, SLICED
    fill(case, "extra", values)
    rows, targets = handed(case)
    wanted = [values[index % len(values)] if exact else str(values[index % len(values)]) for index in range(20)]
    assert [row["extra"] for row in rows] == wanted
    assert targets["extra"] == (kind, wanted)
    parts = read_targets(case.root / "out" / "targets.parquet", Labels(classes(case)), case.project).parts
    assert sorted({*parts["extra"].pooled}) == sorted(map(str, values))


def test_the_other_file_tells_that_whole_numbers_are_unsigned_or_text(case: Case) -> None:
    for value, kind in ((2**64 - 1, int), (2**64, str)):
        fill(case, "extra", [7])
        case.train[0]["extra"] = value
        rows, _ = handed(case)
        assert type(rows[0]["extra"]) is kind


def test_a_decimal_beside_a_large_whole_number_makes_numbers_of_both(case: Case) -> None:
    fill(case, "extra", [2**64, 0.5])
    rows, _ = handed(case)
    assert [row["extra"] for row in rows[:2]] == [2.0**64, 0.5]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".5", 0.5), ("-.25", -0.25), ("1e-120", 1e-120), ("1.5e+006", 1.5e6), ("-0.5E2", -50.0),
        ("007", "007"), ("+1.5", "+1.5"), ("1.", "1."), (".", "."), ("1e", "1e"),
    ],
)  # fmt: skip
def test_how_numbers_of_a_csv_file_are_written(case: Case, text: str, value: float | str) -> None:
    """As programs write them; what they do not write so is a text."""
    fill(case, "extra", [text, "0.7", ""])
    rows, _ = handed(case)
    assert [row["extra"] for row in rows[:3]] == [value, "0.7" if isinstance(value, str) else 0.7, None]


def test_a_contract_says_that_whole_numbers_are_text(case: Case) -> None:
    fill(case, "extra", [2**63, 2**63 + 1])
    for owner in case.contract["schema"]:
        owner["properties"].append({"name": "extra", "logicalType": "string"})
    rows, _ = handed(case, contract=True)
    assert [row["extra"] for row in rows[:2]] == [str(2**63), str(2**63 + 1)]


def test_a_column_without_a_type_in_the_contract_is_exact_too(case: Case) -> None:
    fill(case, "extra", [2**63, 2**63 + 1])
    for owner in case.contract["schema"]:
        owner["properties"].append({"name": "extra"})
    rows, _ = handed(case, contract=True)
    assert [row["extra"] for row in rows[:2]] == [2**63, 2**63 + 1]


@pytest.mark.parametrize(
    ("value", "kind"), [("1", "a text"), (True, "true or false"), ([1], "a list"), ({"a": 1}, "an object")]
)
@pytest.mark.parametrize("role", ["train", "holdout"])
def test_a_target_of_two_kinds_is_refused(case: Case, value: object, kind: str, role: str) -> None:
    case.suffix = ".jsonl"
    fill(case, "label", [0, 1])
    {"train": case.train, "holdout": case.holdout}[role][3]["label"] = value
    for command, own in ((handed, "holdout"), (classes, "train")):
        with pytest.raises(
            SetupError,
            match=rf'^{own}\.jsonl:1: the target "label" is a number, but at {role}\.jsonl:4 it is {kind}; expected',
        ):
            command(case)
    assert not (case.root / "out" / "rows.jsonl").exists()


def test_a_target_of_another_kind_in_the_other_file_is_refused(case: Case) -> None:
    case.suffix = ".jsonl"
    fill(case, "label", [0, 1])
    for row in case.holdout:
        row["label"] = str(row["label"])
    with pytest.raises(SetupError, match=r"^train.jsonl:1: .* is a number, but at holdout.jsonl:1 it is a text; "):
        classes(case)


def test_a_contract_makes_a_target_of_two_kinds_one(case: Case) -> None:
    case.suffix = ".jsonl"
    fill(case, "label", [0, "1"])
    _, targets = handed(case, contract=True)
    assert targets["target"] == ("BIGINT", [0, 1] * 10)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_target_that_is_a_list_is_refused(case: Case, suffix: str) -> None:
    case.suffix = ".jsonl"
    fill(case, "label", [[0], [1]])
    case.write()
    if suffix == ".parquet":
        for name in ("train", "holdout"):
            store(case.data / f"{name}.parquet", "SELECT 'a' AS text, [i] AS label FROM range(4) r(i)")
            (case.data / f"{name}.jsonl").unlink()
    place = {".jsonl": r"holdout\.jsonl:1", ".parquet": r"holdout\.parquet row 1"}[suffix]
    with pytest.raises(SetupError, match=rf'^{place}: the target "label" is a (list|BIGINT\[\]); expected a text'):
        write_rows(case.project, case.data, None, case.root / "out")


def test_integers_here_and_floats_there_are_one_kind(case: Case) -> None:
    case.data.mkdir()
    for name, kind in (("train", "BIGINT"), ("holdout", "DOUBLE")):
        store(case.data / f"{name}.parquet", f"SELECT 'a' AS text, CAST(i % 2 AS {kind}) AS label FROM range(4) r(i)")
    write_rows(case.project, case.data, None, case.root / "out")
    describe_training(case.project, case.data, None, case.root / "out", smoke_rows=None)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_an_infinite_number_is_refused_and_a_nan_is_none(case: Case, suffix: str) -> None:
    case.data.mkdir()
    large = "1" * 400
    for name in ("train", "holdout"):
        path = case.data / f"{name}{suffix}"
        if suffix == ".parquet":
            numbers = "CASE i WHEN 0 THEN 'nan' WHEN 1 THEN '-inf' ELSE '0.5' END::DOUBLE"
            store(path, f"SELECT {numbers} AS x, i % 2 AS label FROM range(4) r(i)")
        elif suffix == ".jsonl":
            path.write_text(f'{{"x": 0.5, "label": 0}}\n{{"x": -{large}.5, "label": 1}}\n', encoding="utf-8")
        else:
            path.write_text("x,label\n0.5,0\n-1e400,1\n", encoding="utf-8")
    place = {".csv": "holdout.csv:3", ".jsonl": "holdout.jsonl:2", ".parquet": "holdout.parquet row 2"}[suffix]
    with pytest.raises(SetupError, match=rf'^{place}: the row has an infinite number in column "x", .* mend the row'):
        write_rows(case.project, case.data, None, case.root / "out")
    assert not (case.root / "out" / "rows.jsonl").exists()


@pytest.mark.parametrize(
    ("nested", "bad"),
    [
        ("[0.5, {}::DOUBLE]", True),
        ("{{'v': {}::FLOAT, 't': 'a'}}", True),
        ("{{'t': 'a \"Infinity NaN', 'v': if({} = 'nan'::DOUBLE, 1.5::DOUBLE, 2.5)}}", False),
        ("[if({} = 'nan'::DOUBLE, 'Infinity', 'NaN')]", None),
    ],
)
@pytest.mark.parametrize("value", ["'inf'", "'-inf'", "'nan'"])
def test_numbers_in_a_list_are_finite(case: Case, nested: str, bad: bool | None, value: str) -> None:
    case.data.mkdir()
    for name in ("train", "holdout"):
        third = nested.format(f"(CASE WHEN i = 2 AND '{name}' = 'holdout' THEN {value} ELSE '1.5' END)")
        store(case.data / f"{name}.parquet", f"SELECT {third} AS x, i AS id, i % 2 AS label FROM range(40) r(i)")
    checks = validate(case.data, None, case.project).checks
    finite = [(check.state, check.actual) for check in checks if check.id == "holdout.finiteLists"]
    said = (State.FAIL, "not finite: x (1)") if bad else (State.PASS, "all are finite")
    assert finite == ([said] if bad is not None else [])
    if not bad:
        write_rows(case.project, case.data, None, case.root / "out")
        return
    with pytest.raises(SetupError, match=r"^holdout.parquet row 3: the row has an infinite number, or NaN, in column"):
        write_rows(case.project, case.data, None, case.root / "out")


def test_what_no_predictor_can_be_handed_is_told_beside_a_contract_too(case: Case) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row["price"] = f"{index}.5"
    case.holdout[7]["price"] = "-1e999"
    assert [(check.id, check.actual) for check in case.failing()] == [("holdout.finite", "not finite: price (1)")]


def test_what_the_contract_says_is_missing_is_no_infinite_number(case: Case) -> None:
    missing = {"property": "missingText", "value": ["", "Infinity", "1e999"]}
    for owner in case.contract["schema"]:
        owner["properties"].append({"name": "price", "customProperties": [missing]})
    for index, row in enumerate((*case.train, *case.holdout)):
        row["price"] = f"{index}.5"
    case.holdout[7]["price"], case.holdout[8]["price"] = "Infinity", "1e999"
    assert case.failing() == []


def test_equal_lists_of_another_width_are_equal_rows(case: Case) -> None:
    case.data.mkdir()
    for name, kind in (("train", "FLOAT"), ("holdout", "DOUBLE")):
        values = f"[(i / 10)::DECIMAL(9, 1)::{kind}]"
        store(case.data / f"{name}.parquet", f"SELECT {values} AS x, i % 2 AS label FROM range(40) r(i)")
    checks = {check.id: check for check in validate(case.data, None, case.project).checks}
    assert checks["holdout.noOverlap"].actual.startswith("40 ")


def test_classes_of_a_decimal_target_are_those_that_a_predictor_answers(case: Case) -> None:
    case.data.mkdir()
    for name in ("train", "holdout"):
        query = f"SELECT '{name}' || i AS x, ((i % 3 + 1) / 10)::DECIMAL(3, 1) AS label FROM range(40) r(i)"
        store(case.data / f"{name}.parquet", query)
    (case.root / "out").mkdir()
    describe_training(case.project, case.data, None, case.root / "out", smoke_rows=None)
    found = json.loads((case.root / "out" / "training-data.json").read_text(encoding="utf-8"))["classes"]
    write_rows(case.project, case.data, None, case.root / "out")
    codes = read_targets(case.root / "out" / "targets.parquet", Labels(found), case.project).values
    assert (found, codes.tolist()[:4]) == ([0.1, 0.2, 0.3], [0, 1, 2, 0])


def store(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
