"""`ml-steps contract`: a first contract holds for the data it came from, and a contract is checked alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ml_steps import cli
from ml_steps.data.validate import validate
from ml_steps.evidence import State
from tests.unit.data.conftest import Case


def short_form(form: dict[str, Any]) -> dict[str, Any]:
    return {"type": "custom", "engine": "ml-pipeline", "implementation": form}


NO_LEAK = short_form({"rule": "noLeak"})


def inferred(
    case: Case, capsys: pytest.CaptureFixture[str], warned: Sequence[str] = (), failed: Sequence[str] = ()
) -> tuple[str, dict[str, Any]]:
    """Return the text that `contract infer` prints, which must hold for the data but for these, and what it says.

    A test's data may well say the target twice: where it is not about that, noLeak may warn.
    """
    (case.root / "src").mkdir(exist_ok=True)
    assert cli.main(["contract", "infer", "--source", str(case.root), "--data", str(case.data)]) == 0
    text = capsys.readouterr().out
    path = case.root / "first.yaml"
    path.write_text(text, encoding="utf-8")
    evidence = validate(case.data, path, case.project)
    found = [check for check in evidence.checks if check.state not in (State.PASS, State.SKIP)]
    found = [check for check in found if check.id in warned or not check.id.endswith(".noLeak")]
    assert [(check.id, check.state) for check in found] == [
        *((name, State.FAIL) for name in failed),
        *((name, State.WARN) for name in warned),
    ]
    return text, yaml.safe_load(text)


def column(said: dict[str, Any], name: str, owner: int = 0) -> dict[str, Any]:
    [found] = [entry for entry in said["schema"][owner]["properties"] if entry["name"] == name]
    return dict(found)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".jsonl"])
def test_a_first_contract_holds_for_its_own_data(case: Case, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    case.suffix = suffix
    case.write()
    text, said = inferred(case, capsys)
    assert [found["name"] for found in said["schema"]] == ["train", "holdout"]
    assert {"metric": "rowCount", "mustBeGreaterOrEqualTo": 20} in said["schema"][0]["quality"]
    assert column(said, "text") == {"name": "text", "logicalType": "string", "required": True}
    balance = {"rule": "classBalance", "classes": [0, 1], "minShare": 0.25}
    listed = {"metric": "invalidValues", "arguments": {"validValues": [0, 1]}, "mustBe": 0}
    if suffix in (".csv", ".csv.gz"):  # in the others the label of these tests is a text
        label = column(said, "label")
        assert label["logicalType"] == "integer"
        assert label["quality"] == [listed, short_form(balance), NO_LEAK]
    time = column(said, "timestamp", owner=1)
    assert (time["logicalType"], time["logicalTypeOptions"]) == ("timestamp", {"timezone": True})
    assert time["quality"][0]["implementation"] == {"rule": "notInFuture"}
    overlap = {"rule": "noOverlap", "with": "train", "columns": ["text", "timestamp", "source"]}
    assert said["schema"][1]["quality"][-1]["implementation"] == overlap
    assert "# REVIEW: half of the 40 seen" in text


def test_columns_of_which_the_same_is_said_are_said_once(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.write()
    text, said = inferred(case, capsys)
    assert text.count("name: timestamp") == 1
    assert said["schema"][0]["properties"] == said["schema"][1]["properties"]
    case.holdout[3]["source"] = ""
    case.write()
    text, _ = inferred(case, capsys)
    assert text.count("name: timestamp") == 2


@pytest.mark.parametrize(("copies", "share"), [(0, 1), (1, 5), (2, 10), (16, 50)])
def test_the_share_of_duplicates_leaves_room(
    case: Case, copies: int, share: int, capsys: pytest.CaptureFixture[str]
) -> None:
    case.train[:copies] = [dict(case.train[copies]) for _ in range(copies)]
    case.write()
    assert inferred(case, capsys)[1]["schema"][0]["quality"][1]["mustBeLessOrEqualTo"] == share


def test_what_fails_without_a_contract_is_to_be_reviewed(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for number, row in enumerate(case.train):
        row.update(price=f"{number}.5", more=str(number))
    for number, row in enumerate(case.holdout):
        row.update(price="1e400" if number == 3 else f"{number}.5", label=str(number % 2 * 2))
    case.write()
    text, said = inferred(case, capsys, failed=["holdout.price.type"])
    assert column(said, "price")["logicalType"] == "number"
    _, holdout = text.split("  - name: holdout\n")
    assert "    # REVIEW: 1 of price infinite, which fails: mend the data\n" in holdout
    assert "    # REVIEW: it lacks more, which train has: no predictor is handed it\n" in holdout
    assert "    # REVIEW: no row of train is of the class [2]: no model can learn it\n" in holdout


def test_a_contract_is_utf_8_whatever_the_terminal_can_show(case: Case) -> None:
    for row in (*case.train, *case.holdout):
        row["größe"] = "grün"
    case.write()
    (case.root / "src").mkdir()
    argv = ["contract", "infer", "--source", str(case.root), "--data", str(case.data)]
    done = subprocess.run(
        [sys.executable, "-m", "ml_steps", *argv],
        check=True, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert "größe" in done.stdout.decode("utf-8")


def test_files_of_which_nothing_is_said_are_named(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.write()
    assert "nothing is said of" not in inferred(case, capsys)[0]
    (case.data / "users.csv").write_text("id\n1\n", encoding="utf-8")
    (case.data / "notes.txt").write_text("none", encoding="utf-8")
    assert "# REVIEW: nothing is said of users.csv: add an object for each." in inferred(case, capsys)[0]


@pytest.mark.parametrize("name", ["more", "a\nb: # c"])
def test_a_leak_is_told_and_warned_of(case: Case, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for row in case.train:
        row[name] = "yes" if row["label"] == "1" else "no"
    for number, row in enumerate(case.holdout):
        row[name] = "yes" if number % 3 else "no"
    case.write()
    text, said = inferred(case, capsys, warned=["train.label.noLeak"])
    [line] = [line for line in text.splitlines() if "says the same, and" in line]
    assert line.strip().startswith("# REVIEW: ")
    assert name.splitlines()[0] in line
    assert NO_LEAK | {"severity": "warning"} in column(said, "label", 0)["quality"]
    assert NO_LEAK in column(said, "label", 1)["quality"]


def test_a_leak_that_no_predictor_sees_is_none(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\nprotected = ["same", "apart"]'
    (case.root / "pyproject.toml").write_text(case.settings, encoding="utf-8")
    for number, row in enumerate((*case.train, *case.holdout)):
        row.update(same=f"x{row['label']}", apart=str(number + 100 * int(row["label"])))
    case.write()
    text, said = inferred(case, capsys)
    assert [NO_LEAK in column(said, "label", owner)["quality"] for owner in (0, 1)] == [True, True]
    assert "lies apart" not in text


def test_a_column_by_which_the_classes_lie_apart_is_a_comment(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for number, row in enumerate((*case.train, *case.holdout)):
        row["more"] = str(number + 100 * int(row["label"]))
    case.write()
    text, _ = inferred(case, capsys, ["train.label.separates", "holdout.label.separates"])
    assert (
        text.count("# REVIEW: it lies apart by more (its range): is that known at prediction time?") == 1
    )  # said once


def test_without_its_target_a_file_has_no_rule_of_it(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\ntarget = "other"'
    (case.root / "pyproject.toml").write_text(case.settings, encoding="utf-8")
    for index, row in enumerate(case.train):
        row["other"] = str(int(index % 5 == 0))
    case.write()
    _, said = inferred(case, capsys, failed=["holdout.target"])
    assert [NO_LEAK in column(said, "label", owner)["quality"] for owner in (0, 1)] == [False, False]
    assert NO_LEAK in column(said, "other")["quality"]


TYPES: dict[str, tuple[list[str], str, dict[str, Any]]] = {
    "date": (["2026-01-01", "2026-02-28"], "date", {}),
    "no such day": (["2026-01-01", "2026-02-30"], "string", {}),
    "mixed zones": (["2026-01-01T00:00:00Z", "2026-01-01 00:00:00"], "timestamp", {}),
    "number": (["1.5", "2"], "number", {}),
    "leading zeros": (["007", "008"], "string", {}),
    "boolean": (["true", "FALSE"], "boolean", {}),
    "unsigned": (["1", "18446744073709551615"], "integer", {"format": "u64"}),
    "too large": (["1", "99999999999999999999"], "string", {}),
    "too large beside decimals": (["1.5", "99999999999999999999"], "number", {}),
    "empty": ([""], "string", {}),
    "yaml words": (["yes", "null", "# no", "a: b", "'", '"', "{}", "ü", " - x", "x\x85", "\u2028x"], "string", {}),
}


@pytest.mark.parametrize("name", TYPES)
def test_types(case: Case, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    values, kind, options = TYPES[name]
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row["extra"] = values[index % len(values)]
    case.write()
    found = column(inferred(case, capsys)[1], "extra")
    assert (found["logicalType"], found.get("logicalTypeOptions", {})) == (kind, options)
    assert ("required" in found) is (name != "empty")


LINE_ENDS = ["a\x85", "a\u2028b", "a\u2029"]


@pytest.mark.parametrize(
    "name", ["a\nb", "a: b", "# c", "yes", '"', "'", "x" * 300, "[1]", "ü 🤦🏼", "-", "%a", "1", *LINE_ENDS]
)
def test_any_name_of_a_column(case: Case, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for row in (*case.train, *case.holdout):
        row[name] = row.pop("source")
    case.write()
    assert column(inferred(case, capsys)[1], name)["quality"][0]["arguments"] == {"validValues": ["a", "b"]}


def test_types_are_those_of_both_files(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row.update(one=str(index) if index < 40 else "", other=str(index) if index < 41 else "x")
    case.write()
    _, said = inferred(case, capsys)
    assert [column(said, "one", owner)["logicalType"] for owner in (0, 1)] == ["integer", "integer"]
    assert [column(said, "other", owner)["logicalType"] for owner in (0, 1)] == ["string", "string"]
    assert "required" not in column(said, "one", 1)


def test_what_the_data_breaks_is_told_and_rows_of_both_files_warned_of(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    case.holdout[3] = dict(case.train[7])
    case.train[4] = dict(case.train[5])
    case.train[6]["timestamp"] = "2999-01-01T00:00:00Z"
    case.write()
    text, said = inferred(case, capsys, warned=["holdout.noOverlap"])
    assert "# REVIEW: 1 row is in train too" in text
    assert said["schema"][1]["quality"][-1]["severity"] == "warning"
    assert said["schema"][0]["quality"][1]["mustBeLessOrEqualTo"] == 5
    assert "quality" not in column(said, "timestamp")


def test_native_types_and_nested_values(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.data.mkdir()
    query = """SELECT range AS id, range::HUGEINT * 10 ** 20 AS large, range / 2 AS half, range % 2 = 0 AS even,
        DATE '2026-01-01' + range::INT AS day, TIMESTAMPTZ '2026-01-01 00:00:00Z' AS at, [range] AS list,
        {'a': range} AS pair, CASE range % 2 WHEN 0 THEN 'a' ELSE ' ' END AS label FROM range({start}, {end})"""
    for name, start, end in (("train", 0, 50), ("holdout", 50, 90)):
        with duckdb.connect() as connection:
            select = query.replace("{start}", str(start)).replace("{end}", str(end))
            connection.execute(f"COPY ({select}) TO '{case.data / name}.parquet'")
    text, said = inferred(
        case, capsys, warned=["train.label.required"], failed=["train.label.severalClasses", "holdout.label.required"]
    )
    assert "# REVIEW: mend the data, a holdout with such a row is not scored: 25 of 50 values are missing" in text
    kinds = {found["name"]: found.get("logicalType") for found in said["schema"][0]["properties"]}
    assert kinds == {
        "id": "integer", "large": "number", "half": "number", "even": "boolean", "day": "date", "at": "timestamp",
        "list": None, "pair": None, "label": "string",
    }  # fmt: skip


def test_no_contract_is_written_from_no_rows(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.train.clear()
    case.write()
    (case.root / "src").mkdir()
    assert cli.main(["contract", "infer", "--source", str(case.root)]) == 11
    assert "train.csv: the file has no rows" in capsys.readouterr().err


def test_a_contract_is_checked_without_data(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.column("text")["description"] = "x"
    case.write()
    (case.data / "train.csv").unlink()
    assert cli.main(["contract", "check", str(case.path)]) == 0
    line = case.path.read_text().splitlines().index("    description: x") + 1
    assert capsys.readouterr().out.splitlines() == [
        "contract.yaml 1.0.0: 2 objects, 27 checks besides their columns",
        f"not enforced: description (contract.yaml:{line})",
    ]


@pytest.mark.parametrize(
    ("query", "words"), [("SELECT (", "syntax error"), ("SET threads = 1", "not one SELECT"), ("", "not one SELECT")]
)
def test_sql_that_cannot_run_is_found_without_data(
    case: Case, query: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case.column("text")["quality"][0]["query"] = query
    case.write()
    line = next(n for n, text in enumerate(case.path.read_text().splitlines(), start=1) if "query:" in text)
    assert cli.main(["contract", "check", str(case.path)]) == 11
    [message] = capsys.readouterr().err.splitlines()
    assert message.startswith(f"ml-steps: contract.yaml:{line}: the SQL rule train.text.median cannot run: ")
    assert words in message


def test_a_contract_that_is_not_there_is_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contract", "check", str(tmp_path / "gone.yaml")]) == 11
    assert "gone.yaml: the data contract is missing" in capsys.readouterr().err


def test_a_rule_against_a_reference_is_checked_without_data(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    form = {"rule": "drift", "maxDistanc": 0.1}
    case.column("label").setdefault("quality", []).append(
        {"type": "custom", "engine": "ml-pipeline", "implementation": form}
    )
    case.write()
    assert cli.main(["contract", "check", str(case.path)]) == 11
    assert "maxDistance" in capsys.readouterr().err


MISSING = {
    "integer": ("NA", ["1", "2"], "integer"),
    "number": ("-", ["1.5", "2.25"], "number"),
    "date": ("NULL", ["2026-01-31", "2026-02-01"], "date"),
    "boolean": ("?", ["true", "false"], "boolean"),
    "codes": ("NA", ["007", "012"], "string"),
    "texts": ("NA", ["one", "two"], "string"),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_word_for_a_missing_value_makes_no_text_of_a_column(
    case: Case, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    word, values, kind = MISSING[name]
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row["extra"] = word if index % 5 == 0 else values[index % 2]
    case.write()
    text, said = inferred(case, capsys)
    found = column(said, "extra")
    assert found["logicalType"] == kind
    stated = [{"property": "missingText", "value": ["", word]}]
    assert found.get("customProperties", []) == (stated if kind != "string" else [])
    assert ("required" in found) is (kind == "string")
    assert ("# REVIEW: required? 8 of 40 values are missing" in text) is (kind != "string")
    assert (f"is {word} a missing one" in text) is (kind == "string")


def test_a_class_is_not_taken_for_a_missing_value(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row["label"] = ("0", "1", "none")[index % 3]
    case.write()
    found = column(inferred(case, capsys)[1], "label")
    assert (found["logicalType"], found["required"]) == ("string", True)


def test_a_column_of_nothing_but_words_for_missing_values_is_text(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    for index, row in enumerate((*case.train, *case.holdout)):
        row.update(none="NA", here=str(index) if index < 40 else "NA")
    case.write()
    _, said = inferred(case, capsys)
    assert [column(said, name, 1)["logicalType"] for name in ("none", "here")] == ["string", "integer"]
