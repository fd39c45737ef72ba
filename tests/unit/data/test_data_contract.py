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
        ("a: 1\nb: !!int abc\n", "contract.yaml:2: 'abc' cannot be read as int; write one, or put a text in quotes."),
        ("a: !!float x\n", "contract.yaml:1: 'x' cannot be read as float"),
        ("a: !!bool maybe\n", "contract.yaml:1: 'maybe' cannot be read as bool"),
        ('a: !!int ""\n', "contract.yaml:1: '' cannot be read as int"),
        (f"a: {'1' * 5000}\n", f"contract.yaml:1: '{'1' * 40}' cannot be read as int"),
        (f"a: {'1' * 400}\n", f"contract.yaml:1: '{'1' * 40}' cannot be read as int"),
        (f"a: 1{':00' * 200}.0\n", "contract.yaml:1: '1:00:00"),
        ("a: .inf\n", "contract.yaml:1: .inf is no number to compare with"),
        ("a: !!binary aGVsbG8=\n", "contract.yaml:1: the value is binary; expected text or a number"),
        ("!!python/object:os.system x\n", "contract.yaml:1: not valid YAML"),
    ],
)
def test_broken_yaml(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as caught:
        read(path)
    assert str(caught.value).startswith(expected)


def test_a_file_that_is_not_there_is_named_in_its_object(case: Case) -> None:
    case.contract["schema"].append({"name": "stations", "physicalName": "stations.csv"})
    message = refusal(case)
    assert "no file matches stations.csv" in message
    assert (
        f'in physicalName of the object "stations" (contract.yaml:{line(case, "physicalName: stations.csv")})'
        in message
    )
    assert "pyproject" not in message


def line(case: Case, text: str) -> int:
    lines = case.path.read_text(encoding="utf-8").splitlines()
    return next(number for number, one in enumerate(lines, start=1) if text in one)


def train(**values: Any) -> Callable[[Case], None]:
    return lambda case: case.contract["schema"][0].update(values)


def column(name: str, /, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.column(name).update(values)


def quality(name: str | None, /, **values: Any) -> Callable[[Case], None]:
    return column(name, quality=[values]) if name else train(quality=[values])


def short(name: str | None, /, **implementation: Any) -> Callable[[Case], None]:
    return quality(name, type="custom", engine="ml-pipeline", implementation=implementation)


def relate(owner: int, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.contract["schema"][owner].update(relationships=[values])


def both(*changes: Callable[[Case], None]) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for one in changes:
            one(case)

    return change


def text_for_boolean(case: Case) -> None:
    case.column("source", 1).update(logicalType="boolean", logicalTypeOptions={})


REFUSED: dict[str, tuple[Callable[[Case], None], str, str]] = {
    "option of a boolean": (
        column("label", logicalType="boolean", logicalTypeOptions={"minimum": 1}),
        "minimum: 1",
        "a boolean has no options",
    ),
    "no values": (
        quality("label", metric="invalidValues", arguments={"validValues": []}, mustBe=0),
        "validValues: []",
        "has less than 1 item",
    ),
    "relationships of an object": (
        train(relationships=[{"from": "train.text", "to": "holdout.txt"}]),
        "to: holdout.txt",
        'holdout has no property "txt"; did you mean "text"?',
    ),
    "ends of no equal length": (
        relate(0, **{"from": ["train.text"], "to": ["holdout.text", "holdout.label"]}),
        "to:",
        "expected 1 columns of one object",
    ),
    "from another object": (
        relate(0, **{"from": "holdout.text", "to": "holdout.text"}),
        "from:",
        '"holdout" is another object',
    ),
    "a reference by id": (
        column("text", relationships=[{"to": "/schema/holdout"}]),
        "to: /schema",
        "expected object.property",
    ),
    "a reference in other letters": (
        column("text", relationships=[{"to": "holdout.größe"}]),
        "to: ",
        "'holdout.größe' names no property; expected object.property in ASCII letters",
    ),
    "two types": (
        column("text", relationships=[{"to": "holdout.label"}]),
        "to: holdout.label",
        "train.text is string, holdout.label is integer",
    ),
    "unknown key of a relationship": (
        column("text", relationships=[{"to": "holdout.text", "typ": 1}]),
        "typ: 1",
        'did you mean "type"?',
    ),
    "freshness of a text": (
        short("text", rule="freshness", maxAgeHours=1),
        "implementation:",
        "expected a timestamp or date",
    ),
    "no age": (short("timestamp", rule="freshness", maxAgeHours=0), "maxAgeHours: 0", "less than or equal to"),
    "after nothing": (
        short("timestamp", rule="after", **{"with": "trian"}),
        "with: trian",
        'there is no other object "trian"',
    ),
    "groups of another type": (
        both(short("source", rule="noSharedGroups", **{"with": "holdout"}), text_for_boolean),
        "with: holdout",
        "expected the same logicalType",
    ),
    "missingText": (
        column("text", customProperties=[{"property": "missingText", "value": "none"}]),
        "value: none",
        "expected one of blank, empty, null",
    ),
    "another custom property": (
        column("text", customProperties=[{"property": "Mising_Text", "value": "blank"}]),
        "property: Mising_Text",
        'did you mean "missingText"?',
    ),
    "position without key": (column("text", primaryKeyPosition=1), "primaryKeyPosition: 1", "without primaryKey"),
    "an alias twice": (
        column("label", name="text", physicalName="label"),
        "name: text",
        '"text" of train is there twice',
    ),
    "columns in a column": (
        lambda case: case.contract["schema"][0]["properties"].append({"name": "x", "properties": []}),
        "properties: []",
        "not enforced",
    ),
    "infinite": (
        column("label", logicalTypeOptions={"maximum": float("inf")}),
        "maximum: .inf",
        "no number to compare with",
    ),
    "value out of range": (
        quality("label", metric="invalidValues", arguments={"validValues": [2**63]}, mustBe=0),
        str(2**63),
        "expected an integer (i64)",
    ),
    "a text for a list of missing values": (
        quality("text", metric="missingValues", arguments={"missingValues": "N/A"}, mustBe=0),
        "missingValues: N/A",
        'not of type "array"',
    ),
    "no properties": (
        lambda case: case.contract["schema"].append(
            {"name": "more", "physicalName": "train.csv", "quality": [{"metric": "duplicateValues", "mustBe": 0}]}
        ),
        "metric: duplicateValues",
        "no properties that could be alike",
    ),
    "no metric": (quality(None, name="rows"), "name: rows", "names no metric"),
    "metric of an sql rule": (
        quality(None, type="sql", query="SELECT 1", metric="rowCount", mustBe=1),
        "metric: rowCount",
        "no meaning in a rule of type sql",
    ),
    "metric of a text rule": (
        quality(None, type="text", metric="rowCount", mustBe=1),
        "metric: rowCount",
        "no meaning in a rule of type text",
    ),
    "operator of a text rule": (quality(None, type="text", mustBe=1), "type: text", "mustBe does not belong there"),
    "operator of a short form": (
        quality("timestamp", type="custom", engine="ml-pipeline", implementation={"rule": "notInFuture"}, mustBe=0),
        "type: custom",
        "mustBe does not belong there",
    ),
    "query of a library rule": (
        quality(None, metric="rowCount", query="SELECT 1", mustBe=1),
        "metric: rowCount",
        "query does not belong there",
    ),
    "a second operator that is not valid": (
        quality(None, metric="rowCount", mustBe=1, mustBeBetween=[1]),
        "metric: rowCount",
        "mustBeBetween does not belong there",
    ),
    "unit of a short form": (
        quality(
            "timestamp", type="custom", engine="ml-pipeline", implementation={"rule": "notInFuture"}, unit="percent"
        ),
        "unit: percent",
        "no meaning in a rule of type custom",
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
    "a text where a list belongs": (train(properties="text"), "properties: text", 'not of type "array"'),
    "no id": (lambda case: case.contract.pop("id"), "apiVersion", '"id" is a required property'),
    "no operator": (quality(None, metric="rowCount"), "metric: rowCount", "expected exactly one operator"),
    "two operators": (
        quality(None, metric="rowCount", mustBe=1, mustBeLessThan=2),
        "metric: rowCount",
        "expected exactly one operator",
    ),
    "no object": (lambda case: case.contract.update(schema=[]), "schema: []", "names no object"),
    "object twice": (lambda case: case.contract["schema"][1].update(name="TRAIN"), "name: TRAIN", "there twice"),
    "column twice": (column("label", name="text"), "name: text", "there twice"),
    "relationships": (
        column("text", relationships=[{"to": "a.b"}]),
        "to: a.b",
        'there is no object "a"; expected one of train, holdout; state a schema object for that file.',
    ),
    "format of a text": (column("text", logicalTypeOptions={"format": "email"}), "format: email", "not enforced"),
    "zone by default": (
        column("timestamp", logicalTypeOptions={"defaultTimezone": "Europe/Paris"}),
        "defaultTimezone",
        "Etc/UTC",
    ),
    "range that is no time": (
        column("timestamp", logicalTypeOptions={"minimum": "soon"}),
        "minimum: soon",
        "expected a timestamp (2026-01-31T12:00:00Z)",
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
    "truth value for a text": (
        quality("source", metric="invalidValues", arguments={"validValues": ["a", False]}, mustBe=0),
        "- false",
        "False is no value of source; expected a text: quote it",
    ),
    "number for a text": (
        short("source", rule="classBalance", classes=["a", 1], minShare=0),
        "- 1",
        "1 is no value of source; expected a text: quote it",
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
        '"minShare" is a required property',
    ),
    "a short form whose name is a list": (short(None, rule=["drift"]), "implementation:", "there is no short form"),
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
    "PRAGMA version": "not one SELECT",
    "ATTACH '{folder}/new.db'": "not one SELECT",
    "LOAD httpfs": "not one SELECT",
    "EXPORT DATABASE '{folder}/export'": "not one SELECT",
    "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x": "does not exist",
    "SELECT count(*) FROM query('CREATE TABLE x (i INT)')": "single SELECT",
    "SELECT count(*) FROM glob('{folder}/*')": "disabled by configuration",
    "SELECT count(*) FROM read_blob('{folder}/secret.txt')": "disabled by configuration",
    "SELECT count(*) FROM sniff_csv('{folder}/secret.csv')": "disabled by configuration",
    "SELECT now()": "returns a time with a zone",
    "SELECT 1, 2": "returns 2 columns",
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


CLOCKS = {
    "now()": "2026-06-01 00:00:00+00",
    "current_timestamp": "2026-06-01 00:00:00+00",
    "get_current_timestamp()": "2026-06-01 00:00:00+00",
    "localtimestamp": "2026-06-01 00:00:00",
    "current_date": "2026-06-01",
    "today()": "2026-06-01",
    "TIMESTAMP '2026-01-01 12:00:00'::TIMESTAMPTZ": "2026-01-01 12:00:00+00",
    "(SELECT min(timestamp) FROM {object})": "2026-01-01 00:00:00+00",
    "current_setting('TimeZone')": "UTC",
}


@pytest.mark.parametrize("expression", CLOCKS)
def test_sql_has_our_clock_and_is_in_utc(case: Case, expression: str) -> None:
    quality(None, type="sql", query=f"SELECT CAST({expression} AS VARCHAR)", mustBe=CLOCKS[expression])(case)
    assert case.failing() == []


SQL_OPERATORS: list[tuple[str, Any, bool]] = [
    ("mustBe", 40, True),
    ("mustBe", 41, False),
    ("mustBe", "40", False),
    ("mustNotBe", 41, True),
    ("mustNotBe", 40, False),
    ("mustNotBe", "40", False),
    ("mustBeGreaterThan", 39.5, True),
    ("mustBeGreaterThan", 40, False),
    ("mustBeGreaterOrEqualTo", 40, True),
    ("mustBeGreaterOrEqualTo", 40.5, False),
    ("mustBeLessThan", 41, True),
    ("mustBeLessThan", 40, False),
    ("mustBeLessOrEqualTo", 40, True),
    ("mustBeLessOrEqualTo", 39, False),
    ("mustBeBetween", [40, 41], True),
    ("mustBeBetween", [41, 42], False),
    ("mustNotBeBetween", [41, 42], True),
    ("mustNotBeBetween", [39, 40], False),
]


@pytest.mark.parametrize(("operator", "value", "holds"), SQL_OPERATORS)
@pytest.mark.parametrize("number", ["count(*)", "count(*)::DOUBLE", "count(*)::DECIMAL(10, 2)", "sum(1)"])
def test_operators_of_sql(case: Case, operator: str, value: Any, holds: bool, number: str) -> None:
    quality(None, **{"type": "sql", "query": f"SELECT {number} FROM {{object}}", operator: value})(case)
    assert (case.failing() == []) is holds


@pytest.mark.parametrize("value", ["NULL", "'nan'::DOUBLE", "'40'", "true"])
def test_what_is_no_number_satisfies_no_comparison(case: Case, value: str) -> None:
    for index, (operator, given, _) in enumerate(SQL_OPERATORS):
        if not isinstance(given, str):
            rule = {"id": f"r{index}", "type": "sql", "query": f"SELECT {value}", operator: given}
            case.contract["schema"][0].setdefault("quality", []).append(rule)
    stated = len(SQL_OPERATORS) - 2 - (2 if value == "true" else 0)  # true is not 40, which is what two of them say
    assert len(case.failing()) == stated


@pytest.mark.parametrize(("bound", "holds"), [(2.5, True), (2.4, False)])
def test_sql_in_percent_is_a_share_of_the_rows(case: Case, bound: float, holds: bool) -> None:
    query = "SELECT count(*) FROM {object} WHERE {property} = 'train text number 3'"
    quality("text", type="sql", query=query, unit="percent", mustBeLessOrEqualTo=bound)(case)
    assert (case.failing() == []) is holds


@pytest.mark.parametrize(
    ("query", "operator", "value", "actual"),
    [
        ("9007199254740993::DECIMAL(20, 0)", "mustBe", 9007199254740992, "9,007,199,254,740,993"),
        ("9007199254740993::DECIMAL(20, 0)", "mustBeBetween", [1, 9007199254740992], "9,007,199,254,740,993"),
        ("0.1::DECIMAL(3, 2) + 0.2::DECIMAL(3, 2)", "mustBe", 0.3, None),
        ("1234567.8::DOUBLE", "mustBe", 1234567.9, "1,234,567.8"),
        ("0.1000001::DOUBLE", "mustBeLessOrEqualTo", 0.1, "0.1000001"),
        ("0.1::DOUBLE", "mustBe", 0.1000001, "0.1"),
        ("'b'", "mustBe", "a", "'b'"),
        ("1.5", "mustBe", True, "1.5"),
        ("1.5", "mustBe", None, "1.5"),
        ("1.5", "mustBe", [1], "1.5"),
    ],
)
def test_what_sql_returns_is_compared_and_shown_as_it_is(
    case: Case, query: str, operator: str, value: Any, actual: str | None
) -> None:
    quality(None, **{"type": "sql", "query": f"SELECT {query}", operator: value})(case)
    assert [check.actual for check in case.failing()] == ([] if actual is None else [actual])


def test_braces_of_a_pattern_are_no_placeholder(case: Case) -> None:
    query = "SELECT count(*) FROM {object} WHERE regexp_matches(text, '[0-9]{1,2}') AND text <> '{4}';"
    quality(None, type="sql", query=query, mustBe=40)(case)
    assert case.failing() == []


def test_a_view_is_named_after_its_object(case: Case) -> None:
    case.contract["schema"][1].update(name='hold "out"', physicalName="holdout.csv")
    query = 'SELECT (SELECT count(*) FROM train) + (SELECT count(*) FROM "hold ""out""")'
    quality(None, type="sql", query=query, mustBe=60)(case)
    assert case.failing() == []


@pytest.mark.parametrize("query", ["SELECT 1, 2", "SELECT * FROM {object} WHERE false", "SELECT label FROM {object}"])
def test_sql_that_returns_no_single_value(case: Case, query: str) -> None:
    quality(None, id="own", type="sql", query=query, mustBe=1)(case)
    assert "expected one value" in refusal(case)


@pytest.mark.parametrize("query", ["", " ", ";"])
def test_sql_that_is_empty(case: Case, query: str) -> None:
    quality(None, id="own", type="sql", query=query, mustBe=1)(case)
    assert "the SQL rule train.own did not run: it is not one SELECT statement" in refusal(case)


def test_an_error_of_sql_shows_no_value_of_a_classified_column(case: Case) -> None:
    column("text", classification="confidential")(case)
    quality(None, id="own", type="sql", query="SELECT sum(CAST(text AS INT)) FROM {object}", mustBe=1)(case)
    assert "text number" not in refusal(case)
