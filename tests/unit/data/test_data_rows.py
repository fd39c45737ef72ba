"""What is handed to the predictor and to training."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ml_steps.data.reference import Profile
from ml_steps.data.rows import write_rows
from ml_steps.data.session import open_session
from ml_steps.data.source import open_source
from ml_steps.data.training import describe_training
from ml_steps.data.validate import validate
from ml_steps.errors import SetupError
from tests.unit.data.conftest import Case, Row
from tests.unit.data.conftest import write as write_file

SETTINGS = '[tool.ml-pipeline.evaluate]\nslices = ["source"]\nprotected = ["timestamp"]'


def rows_of(case: Case, *, contract: bool = True, limit: int | None = None) -> tuple[list[Row], list[tuple[Any, ...]]]:
    case.write()
    out = case.root / "out"
    write_rows(case.project, case.data, case.path if contract else None, out, limit=limit)
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    with duckdb.connect() as connection:
        return rows, connection.execute(f"SELECT * FROM '{out / 'targets.parquet'}'").fetchall()


def described(case: Case, *, contract: bool = True, smoke_rows: int | None = None) -> dict[str, Any]:
    case.write()
    out = case.root / "out"
    describe_training(case.project, case.data, case.path if contract else None, out, smoke_rows=smoke_rows)
    found: dict[str, Any] = json.loads((out / "training-data.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_rows_are_typed_in_file_order_without_target_and_protected(case: Case, suffix: str) -> None:
    case.suffix, case.settings = suffix, SETTINGS
    case.holdout[2]["text"] = 'a "quoted"\ntext, ü'
    rows, targets = rows_of(case)
    assert rows == [{"text": row["text"], "source": row["source"]} for row in case.holdout]
    assert [row[:3] for row in targets] == [(i, int(row["label"]), row["source"]) for i, row in enumerate(case.holdout)]


def test_the_digest_is_that_of_the_file(case: Case) -> None:
    rows_of(case)
    digest = hashlib.sha256((case.data / "holdout.csv").read_bytes()).hexdigest()
    found = json.loads((case.root / "out" / "holdout.json").read_text(encoding="utf-8"))
    assert found == {"file": "holdout.csv", "sha256": digest, "smoke": False}
    rows_of(case, limit=3)
    assert json.loads((case.root / "out" / "holdout.json").read_text(encoding="utf-8"))["smoke"] is True


def test_what_a_rule_groups_by_goes_with_the_targets_and_a_protected_column_not_to_the_predictor(case: Case) -> None:
    for number, row in enumerate(case.train + case.holdout):
        row.update(user=f"u{number // 3}", sex="f")
    case.settings = (
        '[tool.ml-pipeline.evaluate]\nslices = ["source"]\nprotected = ["sex"]\n'
        '[[tool.ml-pipeline.gate]]\nid = "a"\nmetric = "accuracy"\nclaim = "shown_better"\nmargin = 0\ngroup = "user"'
    )
    rows, targets = rows_of(case, contract=False)
    assert all(set(row) == {"text", "timestamp", "source", "user"} for row in rows)
    assert targets == [(i, int(row["label"]), row["source"], "f", row["user"]) for i, row in enumerate(case.holdout)]
    case.settings = case.settings.replace('"user"', '"usr"')
    with pytest.raises(
        SetupError, match=r'holdout.csv has no column "usr", which group of a .* rule of pyproject.toml names'
    ):
        rows_of(case, contract=False)


def test_the_contract_says_what_is_text_and_what_a_number(case: Case) -> None:
    for number, rows in enumerate((case.train, case.holdout)):
        for row in rows:
            row.update(zip="12345", size="1", ratio="2", flag="TRUE")
        kinds = {"zip": "string", "size": "integer", "ratio": "number", "flag": "boolean"}
        case.contract["schema"][number]["properties"] += [{"name": n, "logicalType": kind} for n, kind in kinds.items()]
    rows, _ = rows_of(case)
    first = rows[0]
    assert [first[name] for name in ("zip", "size", "ratio", "flag")] == ["12345", 1, 2.0, True]
    assert isinstance(first["ratio"], float)


def test_without_a_contract_types_are_told_carefully(case: Case) -> None:
    values = {"zip": "01234", "size": "12", "ratio": "1.5", "flag": "true", "mixed": "7", "empty": ""}
    for row in case.train + case.holdout:
        row.update(values)
    case.train[0]["mixed"] = "A7"  # only the training file shows that it is a text
    case.holdout[0]["size"] = ""
    rows, _ = rows_of(case, contract=False)
    assert {name: rows[1][name] for name in values} == {**values, "size": 12, "ratio": 1.5, "flag": True, "empty": None}
    assert rows[0]["size"] is None


def test_json_lines_keep_their_own_types(case: Case) -> None:
    case.suffix = ".jsonl"
    for row in case.train + case.holdout:
        row.update(code="7", size=7, tags=["a", {"b": 1}], none=None)
    rows, _ = rows_of(case, contract=False)
    assert [rows[0][name] for name in ("code", "size", "tags", "none")] == ["7", 7, ["a", {"b": 1}], None]


@pytest.mark.parametrize("contract", [False, True])
def test_a_timestamp_of_parquet_is_handed_over_as_iso_8601(case: Case, contract: bool) -> None:
    case.suffix = ".parquet"
    rows_of(case)
    zoned = "'2024-06-01 15:18:37.5+02'::TIMESTAMPTZ"
    select = (
        f"SELECT text, label, source, CASE WHEN source = 'a' THEN NULL ELSE {zoned} END AS timestamp, "
        "TIMESTAMP_NS '2024-06-01 13:18:37' AS plain FROM read_parquet('{}')"
    )
    for name in ("train", "holdout"):
        path = case.data / f"{name}.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t AS {select.format(path)}")
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    write_rows(case.project, case.data, case.path if contract else None, case.root / "out")
    lines = (case.root / "out" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert {row["plain"] for row in map(json.loads, lines)} == {"2024-06-01T13:18:37"}
    [moment] = {row["timestamp"] for row in map(json.loads, lines)} - {None}
    assert moment == "2024-06-01T13:18:37.500000+00:00"
    assert datetime.fromisoformat(moment) == datetime(2024, 6, 1, 13, 18, 37, 500_000, UTC)


def test_parquet_keeps_its_types_and_nan_is_null(case: Case) -> None:
    case.write()
    path = case.data / "holdout.parquet"
    (case.data / "holdout.csv").unlink()
    with duckdb.connect() as connection:
        select = "SELECT 'a text' AS text, 1::TINYINT AS label, 'nan'::DOUBLE AS x, [1, 2] AS v, true AS f, '01' AS s"
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    write_rows(case.project, case.data, None, case.root / "out")
    row = json.loads((case.root / "out" / "rows.jsonl").read_text())
    assert row == {"text": "a text", "x": None, "v": [1, 2], "f": True, "s": "01"}


def test_a_limit_keeps_every_class_and_the_order(case: Case) -> None:
    for row in case.holdout[:-1]:
        row["label"] = "0"
    first, targets = rows_of(case, limit=5)
    again, _ = rows_of(case, limit=5)
    assert first == again == [{k: v for k, v in case.holdout[i].items() if k != "label"} for i in (0, 1, 2, 3, 19)]
    assert targets == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1)]
    assert len(rows_of(case, limit=1)[0]) == 1


def lose(name: str) -> Any:
    def change(case: Case) -> None:
        for row in case.holdout:
            del row[name]

    return change


BAD: dict[str, tuple[Any, str, str]] = {
    "no target": (lose("label"), "", 'holdout.csv has no column "label", which .* target of pyproject'),
    "no slice": (lambda case: None, 'slices = ["sorce"]', 'no column "sorce", .* slices .* did you mean "source"'),
    "no protected": (lambda case: None, 'protected = ["agee"]', 'no column "agee", .* protected'),
    "a row without target": (
        lambda case: case.holdout[3].update(label=""),
        "",
        'holdout.csv:5: the row has no valid target "label"',
    ),
    "no rows": (lambda case: case.holdout.clear(), "", "holdout.csv: the file has no rows"),
    "name that is taken": (lambda case: None, 'slices = ["row"]', 'The column "row" has a name'),
    "no input": (lambda case: None, 'protected = ["text", "timestamp", "source"]', "no input column is left"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("contract", [True, False])
def test_rows_that_cannot_be_written(case: Case, name: str, contract: bool) -> None:
    change, settings, message = BAD[name]
    case.settings = f"[tool.ml-pipeline.evaluate]\n{settings}"
    change(case)
    with pytest.raises(SetupError, match=message):
        rows_of(case, contract=contract)
    assert not (case.root / "out" / "rows.jsonl").exists()


def test_a_value_that_breaks_its_type_is_not_made_null(case: Case) -> None:
    case.holdout[3]["timestamp"] = "yesterday"
    with pytest.raises(SetupError, match=r"holdout\.csv:5: the row holds no timestamp in column"):
        rows_of(case)


def test_no_rows_are_written_of_a_file_that_duckdb_lets_pass(case: Case) -> None:
    case.write()
    path = case.data / "holdout.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",b\n", ",b,\n"), encoding="utf-8")
    with pytest.raises(SetupError, match=r"holdout\.csv:4: the row has 5 values; expected 4"):
        write_rows(case.project, case.data, None, case.root / "out")
    assert not (case.root / "out" / "rows.jsonl").exists()


def test_regression_needs_numbers(case: Case) -> None:
    case.settings = '[tool.ml-pipeline]\ntask = "regression"\nevaluate.target = "text"'
    with pytest.raises(SetupError, match='target "text" is string; expected numbers'):
        rows_of(case)


def test_training_is_described(case: Case) -> None:
    case.settings = SETTINGS
    assert described(case) == {
        "schema_version": 1,
        "file": "train.csv",
        "rows": 40,
        "input_columns": ["text", "source"],
        "classes": [0, 1],
        "target": "label",
        "task": "classification",
        "sha256": hashlib.sha256((case.data / "train.csv").read_bytes()).hexdigest(),
    }


def test_training_needs_the_training_file_alone(case: Case) -> None:
    case.write()
    (case.data / "holdout.csv").unlink()
    describe_training(case.project, case.data, case.path, case.root / "out", smoke_rows=None)
    assert (case.root / "out" / "training-data.json").exists()


def test_the_other_files_pattern_is_none(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.data]\nholdout = "**x"\n'
    case.write()
    with pytest.raises(SetupError, match=r"'\*\*x' is no file name or glob"):
        describe_training(case.project, case.data, case.path, case.root / "out", smoke_rows=None)


@pytest.mark.parametrize("contract", [True, False])
def test_the_profile_of_the_training_file_is_the_one_that_validation_leaves(case: Case, *, contract: bool) -> None:
    described(case, contract=contract)
    profile = Profile.load(case.root / "out" / "profile.json")
    judged = validate(case.data, case.path if contract else None, case.project, against=case.root / "out")
    [train] = [file for file in judged.files if file.name == "train"]
    assert profile.files == [train.model_copy(update={"passes": 1})]
    assert any(column.distribution for column in profile.files[0].columns)


def test_regression_has_no_classes(case: Case) -> None:
    case.settings = '[tool.ml-pipeline]\ntask = "regression"'
    assert described(case)["classes"] is None


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_a_training_file_that_is_missing_or_empty(case: Case, change: Any) -> None:
    case.write()
    change(case.data / "train.csv")
    with pytest.raises(SetupError, match=r"no file matches|is empty"):
        describe_training(case.project, case.data, None, case.root / "out", smoke_rows=None)


def test_a_training_file_without_rows(case: Case) -> None:
    case.train.clear()
    with pytest.raises(SetupError, match="no rows"):
        described(case)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".jsonl"])
def test_smoke_cuts_the_file_in_its_own_format(case: Case, suffix: str, tmp_path: Path) -> None:
    case.suffix = suffix
    for row in case.train[:-1]:
        row["label"] = "0"
    case.train[1]["text"] = 'a "quoted"\ntext, 007'
    full = described(case, smoke_rows=6)
    assert (full["rows"], full["classes"]) == (6, [0, 1])
    cut = case.root / "out" / "data" / f"train{suffix}"
    again = Case(tmp_path / "again", suffix=suffix)
    again.root.mkdir()
    again.train = [case.train[index] for index in (0, 1, 2, 3, 4, 39)]
    again.write()
    write_file(again.data / f"train{suffix}", again.train)
    found = []
    for path in (cut, again.data / f"train{suffix}"):
        with open_session([open_source("t", path)]) as session:
            found.append(session.rows("SELECT * FROM _raw.t"))
    assert found[0] == found[1]


def test_a_column_named_as_in_our_sql_is_a_column(case: Case) -> None:
    for row in case.train + case.holdout:
        row.update({"x": "1", "native x": "2"})
    rows, _ = rows_of(case, contract=False)
    assert (rows[0]["x"], rows[0]["native x"]) == (1, 2)


def listing_na(case: Case) -> None:
    """State a number and a text of which N/A says that there is none, and a label of which ? does."""
    said = [{"property": "missingText", "value": ["", "N/A", "-999"]}]
    for rows in (case.train, case.holdout):
        for row in rows:
            row.update(size="1.5", note="x")
        rows[2].update(size="N/A", note="N/A")
        rows[3].update(size="-999", note="  ")
    for owner in case.contract["schema"]:
        owner["properties"] += [
            {"name": "size", "logicalType": "number", "customProperties": said},
            {"name": "note", "customProperties": said},
        ]


def test_what_the_contract_lists_as_missing_is_missing_everywhere(case: Case) -> None:
    listing_na(case)
    assert case.failing() == []
    rows, _ = rows_of(case)
    assert [(row["size"], row["note"]) for row in rows[1:5]] == [(1.5, "x"), (None, None), (None, None), (1.5, "x")]
    evidence = case.judge()
    for file in evidence.files:
        size, note = ({one.name: one for one in file.columns}[name] for name in ("size", "note"))
        assert (size.missing, note.missing, note.min_length) == (2, 2, 1)
        assert size.distribution is not None
        assert (size.distribution.empty, size.distribution.rows) == (2, file.rows)
        assert note.distribution is not None
        assert note.distribution.empty == 2
    for owner in (0, 1):
        case.column("size", owner)["required"] = True
    assert [check.id for check in case.failing()] == ["train.size.required", "holdout.size.required"]


def test_a_type_is_told_from_the_values_that_are_not_missing(case: Case) -> None:
    listing_na(case)
    for owner in (0, 1):
        del case.column("size", owner)["logicalType"]
    rows, _ = rows_of(case)
    assert [row["size"] for row in rows[1:5]] == [1.5, None, None, 1.5]
    assert {column.name: column.type for column in case.judge().files[1].columns}["size"] == "number"


def test_a_target_that_is_missing_is_no_class(case: Case) -> None:
    said = [{"property": "missingText", "value": ["?"]}]
    case.contract["schema"][0]["properties"][1] = {"name": "label", "customProperties": said}
    case.train[3]["label"] = "?"
    assert described(case)["classes"] == [0, 1]
    case.contract["schema"][0]["properties"][1]["customProperties"] = [{"property": "missingText", "value": "null"}]
    assert described(case)["classes"] == ["0", "1", "?"]


@pytest.mark.parametrize("value", ["N/A", [], [None], [1], {"a": 1}])
def test_what_is_missing_is_said_in_words_or_a_list_of_texts(case: Case, value: object) -> None:
    case.column("text")["customProperties"] = [{"property": "missingText", "value": value}]
    with pytest.raises(
        SetupError, match=r"contract\.yaml:\d+: missingText is .*expected one of blank, empty, null, or"
    ):
        case.judge()


@pytest.mark.parametrize("role", ["train", "holdout"])
def test_an_object_with_other_files_than_the_role_is_refused(case: Case, role: str) -> None:
    case.settings = f'[tool.ml-pipeline.data]\n{role} = "{role}-a.csv"\n'
    case.contract["schema"][role == "holdout"]["physicalName"] = f"{role}-*.csv"
    case.write()
    for name in ("a", "b"):
        write_file(case.data / f"{role}-{name}.csv", case.train)
    commands: dict[str, Any] = {
        "train": lambda: describe_training(case.project, case.data, case.path, case.root / "out", smoke_rows=None),
        "holdout": lambda: write_rows(case.project, case.data, case.path, case.root / "out"),
    }
    message = rf"contract\.yaml:\d+: .* names {role}-\*\.csv, which are not the same files as {role} = "
    for command in (commands[role], lambda: validate(case.data, case.path, case.project)):
        with pytest.raises(SetupError, match=message):
            command()


@pytest.mark.parametrize("pattern", ["**x", "../train.csv"])
def test_a_pattern_of_the_contract_is_mended_there(case: Case, pattern: str) -> None:
    case.contract["schema"][1]["physicalName"] = pattern
    case.write()
    with pytest.raises(
        SetupError, match=r'name the file in physicalName of the object "holdout" \(contract\.yaml:\d+\)'
    ):
        write_rows(case.project, case.data, case.path, case.root / "out")


def test_validation_names_the_very_rows_that_are_scored(case: Case) -> None:
    rows_of(case)
    scored = json.loads((case.root / "out" / "holdout.json").read_text(encoding="utf-8"))
    assert case.judge().facts["holdout digest"] == f"sha256:{scored['sha256']}"
    case.holdout[0]["text"] += "!"
    assert case.judge().facts["holdout digest"] != f"sha256:{scored['sha256']}"


@pytest.mark.parametrize("name", ["Target", "ROW"])
def test_a_column_with_a_name_of_ours_is_told_in_any_case(case: Case, name: str) -> None:
    case.settings = f'[tool.ml-pipeline.evaluate]\nslices = ["{name}"]\n'
    for row in case.train + case.holdout:
        row[name] = "a"
    with pytest.raises(SetupError, match=f'The column "{name}" has a name that targets.parquet uses itself'):
        rows_of(case, contract=False)
