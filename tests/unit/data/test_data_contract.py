"""Contracts that are not there, break the standard, or ask for what would not be enforced; and the locked session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_steps.data import checks
from ml_steps.data.contract import read
from ml_steps.data.session import SqlError, open_session
from ml_steps.data.source import open_source
from ml_steps.errors import SetupError
from ml_steps.evidence import State
from tests.unit.data.conftest import Case


def refusal(case: Case) -> str:
    with pytest.raises(SetupError) as caught:
        case.judge()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_a_contract_that_is_not_there(case: Case) -> None:
    case.write()
    with pytest.raises(
        SetupError, match=r"the data contract is missing; expected an Open Data Contract .*name another file"
    ):
        read(case.root / "other.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "contract.yaml:1: the contract is empty"),
        ("- 1\n", "contract.yaml:1: the contract is empty or no mapping"),
        ("a: 1\nb: [\n", "contract.yaml:3: not valid YAML"),
        ("a: 1\nid: x\nid: y\n", 'contract.yaml:3: the key "id" is there twice'),
        ("a: 1\n<<: {b: 1}\n", 'contract.yaml:2: the merge key "<<" is not read'),
        ("a: &a [*a]\n", "contract.yaml: the contract has more than 100,000 parts, or one within itself"),
        ("\nid: x\napiVersion: v3.2.0\n", "contract.yaml:3: apiVersion is 'v3.2.0'; expected 'v3.1.0'"),
        ("!!python/object:os.system x\n", "contract.yaml:1: not valid YAML"),
    ],
)
def test_broken_yaml(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as caught:
        read(path)
    assert str(caught.value).startswith(expected)


def train(**values: Any) -> Callable[[Case], None]:
    return lambda case: case.contract["schema"][0].update(values)


def column(name: str, /, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.column(name).update(values)


def quality(name: str | None, /, **values: Any) -> Callable[[Case], None]:
    return column(name, quality=[values]) if name else train(quality=[values])


def short(name: str | None, /, **implementation: Any) -> Callable[[Case], None]:
    return quality(name, type="custom", engine="ml-pipeline", implementation=implementation)


REFUSED: dict[str, tuple[Callable[[Case], None], str, str]] = {
    "option of a boolean": (
        column("label", logicalType="boolean", logicalTypeOptions={"minimum": 1}),
        "minimum: 1",
        "a boolean has no options",
    ),
    "no values": (
        quality("label", metric="invalidValues", arguments={"validValues": []}, mustBe=0),
        "validValues: []",
        "expected a list of at least one value",
    ),
    "relationships of an object": (
        train(relationships=[{"from": "train.text", "to": "holdout.text"}]),
        "relationships:",
        "not enforced yet",
    ),
    # what: the change, the text on the line that is named, words of the message
    "unknown key": (column("text", requird=True), "requird: true", 'did you mean "required"?'),
    "unknown key at the top": (lambda case: case.contract.update(stauts="x"), "stauts: x", 'did you mean "status"?'),
    "unknown operator": (
        quality(None, metric="rowCount", mustBeGreatrThan=1),
        "mustBeGreatrThan",
        'did you mean "mustBeGreaterThan"?',
    ),
    "unknown option": (column("text", logicalTypeOptions={"minLenght": 1}), "minLenght", 'did you mean "minLength"?'),
    "unknown metric": (quality(None, metric="rowcount", mustBe=1), "metric: rowcount", 'did you mean "rowCount"?'),
    "unknown logicalType": (column("text", logicalType="strng"), "logicalType: strng", 'did you mean "string"?'),
    "a type that is not enforced": (
        column("text", logicalType="array", logicalTypeOptions={}),
        "logicalType: array",
        "not enforced",
    ),
    "a text where a list belongs": (train(properties="text"), "properties: text", "not of type 'array'"),
    "no id": (lambda case: case.contract.pop("id"), "apiVersion", "'id' is a required property"),
    "no operator": (quality(None, metric="rowCount"), "metric: rowCount", "expected exactly one operator"),
    "two operators": (
        quality(None, metric="rowCount", mustBe=1, mustBeLessThan=2),
        "metric: rowCount",
        "expected exactly one operator",
    ),
    "no object": (lambda case: case.contract.update(schema=[]), "schema: []", "names no object"),
    "object twice": (lambda case: case.contract["schema"][1].update(name="TRAIN"), "name: TRAIN", "there twice"),
    "column twice": (column("label", name="text"), "name: text", "there twice"),
    "relationships": (column("text", relationships=[{"to": "a.b"}]), "relationships:", "not enforced yet"),
    "format of a text": (column("text", logicalTypeOptions={"format": "email"}), "format: email", "not enforced"),
    "zone by default": (
        column("timestamp", logicalTypeOptions={"defaultTimezone": "Europe/Paris"}),
        "defaultTimezone",
        "Etc/UTC",
    ),
    "range that is no time": (
        column("timestamp", logicalTypeOptions={"minimum": "soon"}),
        "minimum: soon",
        "expected ISO 8601",
    ),
    "pattern": (
        column("source", logicalTypeOptions={"pattern": "(?=a)"}),
        "pattern: (?=a)",
        "no regular expression of RE2",
    ),
    "severity": (
        quality(None, metric="rowCount", mustBe=1, severity="high"),
        "severity: high",
        "expected error, warning or info",
    ),
    "unit": (quality(None, metric="rowCount", mustBe=1, unit="permille"), "unit: permille", "rows or percent"),
    "rowCount in percent": (
        quality(None, metric="rowCount", mustBe=1, unit="percent"),
        "unit: percent",
        "rowCount is a number",
    ),
    "a metric of a property": (
        quality(None, metric="nullValues", mustBe=0),
        "metric: nullValues",
        "state it of one of its properties",
    ),
    "argument": (
        quality("text", metric="invalidValues", arguments={"validValue": []}, mustBe=0),
        "validValue: []",
        'did you mean "validValues"?',
    ),
    "value of another type": (
        quality("label", metric="invalidValues", arguments={"validValues": [0, "1"]}, mustBe=0),
        "- '1'",
        "no value of label",
    ),
    "no number": (quality(None, metric="rowCount", mustBe="many"), "mustBe: many", "expected a number"),
    "ends turned round": (quality(None, metric="rowCount", mustBeBetween=[2, 1]), "mustBeBetween", "lower end first"),
    "property": (
        quality(None, metric="duplicateValues", arguments={"properties": ["txt"]}, mustBe=0),
        "properties:",
        'did you mean "text"?',
    ),
    "placeholder": (
        quality(None, type="sql", query="SELECT 1 FROM ${table}", mustBe=1),
        "query:",
        "${table} has no value here",
    ),
    "property in a rule of the object": (
        quality(None, type="sql", query="SELECT {property}", mustBe=1),
        "query:",
        "{property} has no value",
    ),
    "engine": (
        quality(None, type="custom", engine="soda", implementation="x"),
        "engine: soda",
        'the engine "soda" are not enforced',
    ),
    "short form": (short("label", rule="classBalanc"), "implementation:", 'did you mean "classBalance"?'),
    "short form as text": (
        quality("label", type="custom", engine="ml-pipeline", implementation="classBalance"),
        "implementation:",
        "expected rule:",
    ),
    "key of a short form": (
        short("label", rule="classBalance", classes=[0], minshare=1),
        "minshare: 1",
        'did you mean "minShare"?',
    ),
    "short form lacks a key": (
        short("label", rule="classBalance", classes=[0]),
        "implementation:",
        "'minShare' is a required property",
    ),
    "short form of the wrong level": (short(None, rule="notInFuture"), "implementation:", "state it of a property"),
    "notInFuture of a text": (short("text", rule="notInFuture"), "implementation:", "expected a timestamp or date"),
    "overlap with nothing": (
        short(None, rule="noOverlap", **{"with": "holdot"}, columns=["text"]),
        "with: holdot",
        'did you mean "holdout"?',
    ),
    "overlap with itself": (
        short(None, rule="noOverlap", **{"with": "train"}, columns=["text"]),
        "with: train",
        "no other object",
    ),
    "overlap by no column": (
        short(None, rule="noOverlap", **{"with": "holdout"}, columns=["txt"]),
        "columns:",
        'did you mean "text"?',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_file_line_and_the_nearest_name(case: Case, name: str) -> None:
    change, marked, words = REFUSED[name]
    change(case)
    message = refusal(case)
    assert words in message
    line = int(message.split(":")[1])
    lines = case.path.read_text(encoding="utf-8").splitlines()
    assert marked in lines[line - 1], message


def test_every_object_named_must_be_there(case: Case) -> None:
    case.contract["schema"].append({"name": "extra", "physicalName": "extra.csv"})
    assert "no file matches extra.csv" in refusal(case)


def test_an_alias_says_the_same_columns_again(case: Case) -> None:
    shared = case.contract["schema"][0]["properties"]
    case.contract["schema"][1]["properties"] = shared
    assert case.judge().state is State.PASS
    assert "*id001" in case.path.read_text(encoding="utf-8")


SQL = {
    "COPY (SELECT 1) TO '{folder}/written.csv'": "not one SELECT",
    "SELECT 1; SELECT 2": "not one SELECT",
    "CREATE TABLE t AS SELECT 1": "not one SELECT",
    "SET threads = 1": "not one SELECT",
    "INSTALL httpfs": "not one SELECT",
    "SELECT count(*) FROM read_text('{folder}/secret.txt')": "disabled by configuration",
    "SELECT count(*) FROM '{folder}/secret.csv'": "disabled by configuration",
    "SELECT count(*) FROM 'http://127.0.0.1:9/a.csv'": "disabled by configuration",
    "SELECT count(*) FROM local": "does not exist",
    "SELECT nothing FROM _raw.t": "not found",
    "SELECT (": "syntax error",
}


@pytest.mark.parametrize("sql", SQL)
def test_a_contract_can_neither_write_nor_reach_out(tmp_path: Path, sql: str) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    for name in ("secret.txt", "secret.csv"):
        (tmp_path / name).write_text("a\nb\n")
    local = [1]
    with open_session([open_source("t", tmp_path / "t.csv")]) as session:
        session.lock()
        with pytest.raises(SqlError, match=SQL[sql]):
            session.select(sql.replace("{folder}", str(tmp_path)), 5)
    assert local
    assert not (tmp_path / "written.csv").exists()


def test_sql_has_a_time_limit(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SQL_SECONDS", 0.05)
    quality(None, id="slow", type="sql", query="SELECT count(*) FROM range(1000000) a, range(1000000) b", mustBe=1)(
        case
    )
    assert "the SQL rule train.slow did not run: it took longer than 0.05 seconds" in refusal(case)


@pytest.mark.parametrize("query", ["SELECT 1, 2", "SELECT * FROM {object} WHERE false", "SELECT label FROM {object}"])
def test_sql_that_returns_no_single_value(case: Case, query: str) -> None:
    quality(None, id="own", type="sql", query=query, mustBe=1)(case)
    assert "expected one value" in refusal(case)


def test_an_error_of_sql_shows_no_value_of_a_classified_column(case: Case) -> None:
    column("text", classification="confidential")(case)
    quality(None, id="own", type="sql", query="SELECT sum(CAST(text AS INT)) FROM {object}", mustBe=1)(case)
    assert "text number" not in refusal(case)
