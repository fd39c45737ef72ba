"""A value of a classified column, planted in the data, is in nothing that the command leaves or says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_steps import cli
from tests.unit.data.conftest import Case

PLANTED = "77123456"
"""Digits, so that it can stand in a text, in a number, and inside a time."""
TIME = "2099-07-07T12:34:56Z"


def short(**form: Any) -> dict[str, Any]:
    return {"type": "custom", "engine": "ml-pipeline", "implementation": form}


@pytest.fixture
def secret(case: Case) -> Case:
    """Return a case with classified columns in which every check fails."""
    (case.root / "src").mkdir()
    for row in (*case.train, *case.holdout):
        row.update(name=PLANTED, age=PLANTED, born=TIME)
    for row in case.train[:3]:
        row.update(name="x" + PLANTED, age="x" + PLANTED, born="x" + TIME)
    name: dict[str, Any] = {
        "name": "name",
        "classification": "personal",
        "logicalType": "string",
        "required": True,
        "unique": True,
        "logicalTypeOptions": {"minLength": 99, "maxLength": 1, "pattern": "^z"},
        "quality": [
            {"metric": "invalidValues", "arguments": {"validValues": ["z"], "pattern": "z"}, "mustBe": 0},
            {"metric": "missingValues", "arguments": {"missingValues": ["z"]}, "mustBe": 1},
            {"metric": "duplicateValues", "mustBe": 0},
            {"type": "sql", "query": "SELECT max({property}) FROM {object}", "mustBe": "z"},
            short(rule="classBalance", classes=["z"], minShare=0.5),
        ],
    }
    age = {
        "name": "age",
        "classification": "Confidential",
        "logicalType": "integer",
        "logicalTypeOptions": {"maximum": 1, "multipleOf": 5},
        "quality": [{"type": "sql", "query": "SELECT max({property}) FROM {object}", "mustBe": 1}],
    }
    times = [short(rule="notInFuture"), short(rule="freshness", maxAgeHours=1)]
    born = {"name": "born", "classification": "restricted", "logicalType": "timestamp", "quality": times}
    for owner, other in ((0, "holdout"), (1, "train")):
        case.contract["schema"][owner]["properties"] += [
            {**name, "quality": [*name["quality"], short(rule="noSharedGroups", **{"with": other})]},
            {**age, "relationships": [{"to": f"{other}.label"}]},
            {**born, "quality": [*times, short(rule="after", **{"with": other})]},
        ]
        case.contract["schema"][owner]["quality"] += [
            {"metric": "duplicateValues", "arguments": {"properties": ["name", "age"]}, "mustBe": 0},
            {"type": "sql", "query": "SELECT max(AGE) FROM {object}", "mustBe": 1},
            {"type": "sql", "query": "SELECT max(COLUMNS('^.ge$')) FROM {object}", "mustBe": 1},
            {"type": "sql", "query": "SELECT max(f) FROM {object} AS t(a, b, c, d, e, f)", "mustBe": 1},
            short(rule="noOverlap", **{"with": other}, columns=["name"]),
        ]  # fmt: skip
    return case


def said(case: Case, capsys: pytest.CaptureFixture[str], command: str = "validate") -> tuple[int, str]:
    """Return the exit code and everything that the command wrote and printed."""
    settings = '[tool.ml-pipeline.data]\ncontract = "contract.yaml"\n'
    (case.root / "pyproject.toml").write_text(settings + case.settings, encoding="utf-8")
    out = case.root / "out"
    code = cli.main([command, "--source", str(case.root), "--out", str(out)])
    written = [path.read_bytes().decode("utf-8") for path in sorted(out.rglob("*")) if path.is_file()]
    captured = capsys.readouterr()
    return code, "\n".join([*written, captured.out, captured.err])


def shows(text: str) -> list[str]:
    return [value for value in (PLANTED, "77,123,456", TIME, "2099") if value in text]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_no_page_shows_a_classified_value(secret: Case, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    secret.suffix = suffix
    secret.write()
    code, text = said(secret, capsys)
    assert code == 10
    for name in ("minLength", "pattern", "unique", "maximum", "noSharedGroups", "references", "after", "freshness"):
        assert f"{name}" in text
    assert "no valid value until now" in text
    assert shows(text) == []


def test_what_no_contract_names_is_as_secret_as_what_it_leaks_from(
    secret: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    """The holdout is judged without the contract; its rows are in the training file."""
    train = secret.contract["schema"][0]
    del secret.contract["schema"][1]
    train["quality"] = []
    train["properties"] = [{"name": name, "classification": "personal"} for name in ("name", "age", "born")]
    secret.holdout[3] = dict(secret.train[7])
    secret.train, secret.holdout = (
        [{"name": row["name"], **row} for row in rows] for rows in (secret.train, secret.holdout)
    )
    secret.settings = '[tool.ml-pipeline.evaluate]\ntarget = "age"\n'
    secret.write()
    code, text = said(secret, capsys)
    assert code == 10
    assert "holdout.noOverlap" in text
    assert shows(text) == []


def no_utf8_in_parquet(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(PLANTED.encode()[:-1], b"\xff" + PLANTED.encode()[1:-1]))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip()[:-3])


def short_row(path: Path) -> None:
    path.write_text(path.read_text() + f"{PLANTED},{TIME}\n")


def no_utf8(path: Path) -> None:
    path.write_bytes(path.read_bytes() + PLANTED.encode() + b"\xff\n")


BROKEN: dict[str, tuple[str, Callable[[Path], None]]] = {
    "short row": (".csv", short_row),
    "no UTF-8": (".csv", no_utf8),
    "cut JSON": (".jsonl", cut),
    "cut Parquet": (".parquet", cut),
    "no UTF-8 in Parquet": (".parquet", no_utf8_in_parquet),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", ["validate", "rows"])
def test_no_error_shows_a_classified_value(
    secret: Case, name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret.suffix, break_file = BROKEN[name]
    secret.write()
    break_file(secret.data / f"holdout{secret.suffix}")
    code, text = said(secret, capsys, command)
    assert code == 11
    assert shows(text) == []


QUERIES = [
    "SELECT max(CAST({property} AS DATE))::VARCHAR FROM {object}",
    "SELECT error({property}) FROM {object}",
    "SELECT CAST({property} AS TINYINT) FROM {object} LIMIT 1",
    "SELECT {property} FROM {object}",
]


@pytest.mark.parametrize("query", QUERIES)
def test_no_error_of_sql_shows_a_classified_value(secret: Case, query: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"type": "sql", "query": query, "mustBe": 1}
    secret.contract["schema"][0]["properties"][-3]["quality"] = [rule]
    secret.write()
    code, text = said(secret, capsys)
    assert code == 11
    assert "did not run" in text
    assert shows(text) == []


def test_sql_of_another_file_hides_them_too(secret: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """The rule is stated of an object without classified columns."""
    for entry in secret.contract["schema"][0]["properties"][-3:]:
        entry.pop("classification")
        entry.pop("quality", None)
    del secret.contract["schema"][0]["properties"][-3:]
    secret.contract["schema"][0]["quality"] = [
        {"type": "sql", "query": "SELECT max(CAST(name AS DATE))::VARCHAR FROM holdout", "mustBe": 1}
    ]
    del secret.contract["schema"][1]["quality"][2:]
    for entry in secret.contract["schema"][1]["properties"][-3:]:
        entry.pop("relationships", None)
        entry["quality"] = []
    secret.write()
    code, text = said(secret, capsys)
    assert code == 11
    assert "did not run" in text
    assert shows(text) == []


@pytest.mark.parametrize("name", ["name", "NAME"])
def test_a_column_classified_in_one_object_is_hidden_in_every_other(
    case: Case, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (case.root / "src").mkdir()
    for row in case.train:
        row["name"] = PLANTED
    for row in case.holdout:
        row[name] = PLANTED
    case.contract["schema"][0]["properties"].append({"name": "name", "classification": "personal"})
    case.contract["schema"][1]["properties"].append(
        {"name": name, "logicalType": "string", "unique": True, "logicalTypeOptions": {"minLength": 99}}
    )
    case.write()
    code, text = said(case, capsys)
    assert code == 10
    assert f"holdout.{name}.minLength" in text
    assert f"holdout.{name}.unique" in text
    assert shows(text) == []


@pytest.mark.parametrize("command", ["validate", "rows"])
def test_a_row_in_place_of_the_header_is_not_shown(
    case: Case, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (case.root / "src").mkdir()
    case.contract["schema"][1]["properties"] = [
        {"name": "text", "classification": "personal"},
        {"name": "label"},
    ]
    case.contract["schema"][1].pop("quality")
    case.write()
    (case.data / "holdout.csv").write_text(f"x{PLANTED},no\nx{PLANTED},yes\n")
    code, text = said(case, capsys, command)
    assert code == 11
    assert "holdout.csv" in text
    assert shows(text) == []
