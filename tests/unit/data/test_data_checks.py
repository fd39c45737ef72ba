"""Every check, in a case where it alone fails."""

from __future__ import annotations

import base64
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import duckdb
import pytest

from ml_steps.data.model import DataEvidence
from ml_steps.data.validate import validate
from ml_steps.errors import SetupError
from ml_steps.evidence import Bars, Histogram, State
from ml_steps.project import parse_project
from tests.unit.data.conftest import NOW, Break, Case
from tests.unit.data.conftest import write as write_rows


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".jsonl"])
@pytest.mark.parametrize("contract", [True, False])
def test_valid_data_passes(case: Case, suffix: str, contract: bool) -> None:
    case.suffix = suffix
    evidence = case.judge(contract=contract)
    assert [check.id for check in evidence.checks if check.state is not State.PASS] == []
    assert evidence.state is State.PASS
    assert evidence.headline == f"40 train + 20 holdout rows, {len(evidence.checks)} checks"
    assert DataEvidence.model_validate_json(evidence.to_json()) == evidence


def at(row: int, **values: Any) -> Break:
    return lambda case: case.train[row].update(values)


def every(**values: Any) -> Break:
    def change(case: Case) -> None:
        for row in case.train:
            row.update(values)

    return change


def rule(column: str | None, /, **entry: Any) -> Break:
    def change(case: Case) -> None:
        owner = case.column(column) if column else case.contract["schema"][0]
        owner.setdefault("quality", []).append(entry)

    return change


def option(column: str, **options: Any) -> Break:
    return lambda case: case.column(column).setdefault("logicalTypeOptions", {}).update(options)


def prop(values: list[str], **entry: Any) -> Break:
    """Add a column with a property of its own; the values are repeated down the file."""

    def change(case: Case) -> None:
        for index, row in enumerate(case.train):
            row["extra"] = values[index % len(values)]
        case.contract["schema"][0]["properties"].append({"name": "extra", **entry})

    return change


def both(*changes: Break) -> Break:
    def change(case: Case) -> None:
        for one in changes:
            one(case)

    return change


def short_texts(case: Case) -> None:
    for index, row in enumerate(case.train):
        row["text"] = f"{index:06}"


def rare(case: Case) -> None:
    for row in case.train[7:]:
        row["label"] = "0"


def composite(case: Case) -> None:
    for name in ("source", "label"):
        case.column(name)["primaryKey"] = True


def leak(case: Case) -> None:
    case.holdout[3]["text"] = case.train[7]["text"]


def cut(case: Case) -> None:
    del case.train[9:]


def repeat(case: Case) -> None:
    case.train[3:6] = [dict(case.train[2]) for _ in range(3)]


def drop(case: Case) -> None:
    for row in case.train:
        del row["source"]


def misspell(case: Case) -> None:
    for row in case.train:
        row["Source"] = row.pop("source")


BREAKS: dict[str, tuple[Break, str]] = {
    "null": (at(4, text=""), "train.text.required"),
    "white space": (at(4, text=" \t\u2003 "), "train.text.required"),
    "short": (at(4, text="abcd"), "train.text.minLength"),
    "long": (at(4, text="x" * 61), "train.text.maxLength"),
    "median": (short_texts, "train.text.median"),
    "no integer": (prop(["1", "one"], logicalType="integer"), "train.extra.type"),
    "value not listed": (at(4, label="2"), "train.label.invalidValues"),
    "rare class": (rare, "train.label.classBalance"),
    "no zone": (at(4, timestamp="2026-01-01T00:00:00"), "train.timestamp.type"),
    "no such day": (at(4, timestamp="2026-02-30T00:00:00Z"), "train.timestamp.type"),
    "future": (at(4, timestamp=(NOW + timedelta(seconds=1)).isoformat()), "train.timestamp.notInFuture"),
    "pattern": (at(4, source="c"), "train.source.pattern"),
    "few rows": (cut, "train.rowCount"),
    "leak": (leak, "holdout.noOverlap"),
    "column": (drop, "train.columns"),
    "column spelled otherwise": (misspell, "train.columns"),
    "minimum": (option("label", minimum=0.5), "train.label.minimum"),
    "exclusiveMinimum": (option("label", exclusiveMinimum=0), "train.label.exclusiveMinimum"),
    "maximum": (option("label", maximum=0), "train.label.maximum"),
    "exclusiveMaximum": (option("label", exclusiveMaximum=1), "train.label.exclusiveMaximum"),
    "multipleOf": (option("label", multipleOf=2), "train.label.multipleOf"),
    "timestamp range": (option("timestamp", minimum="2026-01-02T00:00:00Z"), "train.timestamp.minimum"),
    "date range": (
        prop(["2026-01-01"], logicalType="date", logicalTypeOptions={"maximum": "2025-12-31"}),
        "train.extra.maximum",
    ),
    "integer format": (prop(["300"], logicalType="integer", logicalTypeOptions={"format": "u8"}), "train.extra.type"),
    "unique": (prop(["a", ""], unique=True), "train.extra.unique"),
    "primary key": (lambda case: case.column("source").update(primaryKey=True), "train.source.unique"),
    "composite key": (composite, "train.primary_key"),
    "number": (prop(["1.5", "nan"], logicalType="number"), "train.extra.type"),
    "boolean": (prop(["true", "1"], logicalType="boolean"), "train.extra.type"),
    "date": (prop(["2026-01-01", "01.02.2026"], logicalType="date"), "train.extra.type"),
    "nullValues": (
        both(prop(["a", ""]), rule("extra", metric="nullValues", unit="percent", mustBeLessThan=50)),
        "train.extra.nullValues",
    ),
    "missingValues": (
        both(
            prop(["a", "N/A"]),
            rule("extra", metric="missingValues", arguments={"missingValues": [None, "N/A"]}, mustBe=0),
        ),
        "train.extra.missingValues",
    ),
    "invalidValues pattern": (
        rule("source", metric="invalidValues", arguments={"pattern": "a"}, mustBe=0),
        "train.source.invalidValues",
    ),
    "duplicates of a column": (rule("label", metric="duplicateValues", mustBe=0), "train.label.duplicateValues"),
    "duplicate rows": (repeat, "train.duplicateValues"),
    "sql": (rule(None, id="own", type="sql", query="SELECT count(*) FROM {object}", mustBe=41), "train.own"),
    "sql percent": (
        rule("label", id="own", type="sql", query="SELECT sum({property}) FROM {object}", unit="percent", mustNotBe=50),
        "train.label.own",
    ),
    "sql null": (
        rule(None, id="own", type="sql", query="SELECT max(text) FROM {object} WHERE false", mustNotBe=1),
        "train.own",
    ),
    "sql now": (
        rule(None, id="own", type="sql", query="SELECT now() < TIMESTAMPTZ '2026-06-02 00:00:00Z'", mustBe=False),
        "train.own",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_it_alone_fails(case: Case, name: str) -> None:
    change, expected = BREAKS[name]
    change(case)
    assert [check.id for check in case.failing()] == [expected]


OPERATORS = [
    ("mustBe", 40, 41),
    ("mustNotBe", 41, 40),
    ("mustBeGreaterThan", 39, 40),
    ("mustBeGreaterOrEqualTo", 40, 41),
    ("mustBeLessThan", 41, 40),
    ("mustBeLessOrEqualTo", 40, 39),
    ("mustBeBetween", [40, 41], [41, 42]),
    ("mustNotBeBetween", [41, 42], [39, 40]),
]


@pytest.mark.parametrize(("operator", "holds", "fails"), OPERATORS)
def test_operators(case: Case, operator: str, holds: object, fails: object) -> None:
    rule(None, **{"id": "good", "metric": "rowCount", operator: holds})(case)
    rule(None, **{"id": "bad", "metric": "rowCount", operator: fails})(case)
    assert [check.id for check in case.failing()] == ["train.bad"]


def empty_column(case: Case) -> None:
    for row in case.train:
        row["source"] = ""


def unseen(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\nprotected = ["source"]'


def no_target(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\ntarget = "lable"'


def other_columns(case: Case) -> None:
    for row in case.holdout:
        row["more"] = "x"


def rated(case: Case) -> None:
    """Add the ratings that the labels were cut from."""
    for index, row in enumerate((*case.train, *case.holdout)):
        row["stars"] = str(index // 2 % 2 + 1 + 2 * int(row["label"]))


def leaked_row(case: Case) -> None:
    case.holdout[3] = {**case.train[7], "label": "1" if case.train[7]["label"] == "0" else "0"}


STRUCTURAL: dict[str, tuple[Break, list[str]]] = {
    "no rows": (lambda case: case.holdout.clear(), ["holdout.rows", "train.label.tested"]),
    "no rows to compare with": (
        lambda case: case.train.clear(),
        ["train.rows", "holdout.label.classes", "holdout.noOverlap"],
    ),
    "empty column": (both(empty_column, unseen), ["train.filled", "holdout.source.known"]),
    "empty column to compare": (empty_column, ["train.filled", "holdout.noOverlap"]),
    "no target": (no_target, ["train.target", "holdout.target"]),
    "missing target": (at(4, label=""), ["train.label.required"]),
    "ratings": (rated, ["train.label.separates"]),
    "other columns": (other_columns, ["holdout.columns"]),
    "leaked row, other label": (leaked_row, ["holdout.noOverlap"]),
}


@pytest.mark.parametrize("name", STRUCTURAL)
def test_it_alone_fails_without_a_contract(case: Case, name: str) -> None:
    change, expected = STRUCTURAL[name]
    change(case)
    assert [check.id for check in case.failing(contract=False)] == expected


def test_a_file_that_the_contract_does_not_name_is_judged_without_it(case: Case) -> None:
    del case.contract["schema"][1]
    case.holdout[3] = dict(case.train[7])
    assert [check.id for check in case.failing()] == ["holdout.noOverlap"]


@pytest.mark.parametrize(("contract", "project"), [("train-a.csv", "train-*.csv"), ("train-*.csv", "train-a.csv")])
def test_an_object_with_other_files_than_the_project_is_refused(case: Case, contract: str, project: str) -> None:
    case.settings = f'[tool.ml-pipeline.data]\ntrain = "{project}"\n'
    case.contract["schema"][0]["physicalName"] = contract
    case.write()
    for name in ("train-a.csv", "train-b.csv"):
        write_rows(case.data / name, case.train)
    with pytest.raises(SetupError, match=r"contract\.yaml:\d+: .*not the same files as train = ") as caught:
        case.judge()
    line = int(str(caught.value).split(":")[1])
    assert contract in case.path.read_text().splitlines()[line - 1]


def test_no_rows_satisfy_no_ratio(case: Case) -> None:
    case.train.clear()
    case.contract["schema"][0]["quality"] = [{"metric": "rowCount", "severity": "warning", "mustBeGreaterThan": 0}]
    evidence = case.judge()
    assert evidence.state is State.FAIL
    train = {check.id: check.state for check in evidence.checks if check.id.startswith("train")}
    assert train.pop("train.rows") is State.FAIL
    assert train.pop("train.rowCount") is State.WARN
    assert train.pop("train.columns") is State.PASS
    assert set(train.values()) == {State.SKIP}


def test_balance_looks_for_the_expected_classes_not_those_found(case: Case) -> None:
    every(label="0")(case)
    check, several = case.failing()
    assert (check.id, several.id) == ("train.label.classBalance", "train.label.severalClasses")
    assert check.actual == "1: 0.0 %"


def test_an_integer_is_not_rounded_into_one(case: Case) -> None:
    prop(["1", "1", "1.5"], logicalType="integer")(case)
    (check,) = case.failing()
    assert (check.id, check.places[0]) == ("train.extra.type", "train.csv:4 '1.5'")


def test_single_columns_are_checked_in_one_pass(case: Case) -> None:
    case.column("text")["unique"] = True
    case.train[4]["text"] = case.train[3]["text"]
    with_sql = case.judge()
    for owner in (0, 1):
        case.column("text", owner)["quality"] = []
        case.contract["schema"][owner]["quality"] = []
    without = case.judge()
    assert without.checks[0].id == "train.text.unique"
    # one for all checks, one for the place, one for the profile and the charts
    assert [profile.passes for profile in without.files] == [3, 2]
    assert with_sql.files[1].passes == 2 + 3  # the median, duplicate rows, the overlap
    assert without.facts["passes over the files"] == "train.csv: 3, holdout.csv: 2"


def test_ids_are_unique(case: Case) -> None:
    rule(None, metric="rowCount", mustBe=41)(case)
    assert [check.id for check in case.failing()] == ["train.rowCount-2"]


def test_a_warning_does_not_decide(case: Case) -> None:
    rule(None, id="own", metric="rowCount", mustBe=41, severity="warning")(case)
    evidence = case.judge()
    assert evidence.state is State.WARN
    assert evidence.exit_code() == 0


def test_failing_checks_come_first_with_count_share_and_five_places(case: Case) -> None:
    for index in range(10, 17):
        case.train[index]["text"] = "a\nb"
    evidence = case.judge()
    first = evidence.checks[0]
    assert (first.id, first.actual) == ("train.text.minLength", "7 outside of 40 (17.5 %)")
    assert first.places == [f"train.csv:{line} 'a\\nb'" for line in (12, 14, 16, 18, 20)]
    assert evidence.headline == f"1 of {len(evidence.checks)} checks failed: train.text.minLength"


def test_a_place_shows_white_space_as_it_is(case: Case) -> None:
    at(4, source=" a  b\t")(case)
    [check] = case.failing()
    assert check.places == [r"train.csv:6 ' a  b\t'"]


def test_the_headline_names_the_first_of_several_failures_and_counts_the_others(case: Case) -> None:
    both(at(4, text="abcd"), at(5, label="2"), at(6, source="c"))(case)
    evidence = case.judge()
    judged = len(evidence.checks)
    assert evidence.headline == f"3 of {judged} checks failed: train.text.minLength and 2 more"
    case.contract["schema"][0].update(name="a_name_that_is_much_too_long_for_it", physicalName="train.csv")
    case.contract["schema"][1]["quality"] = []
    headline = case.judge().headline
    assert len(headline) == 60
    assert headline.endswith("… and 2 more")


def test_an_invalid_value_is_told_what_is_valid(case: Case) -> None:
    stations = ["Central", "Park", "Harbour", "Airport", "Museum", "Zoo"]
    prop(stations)(case)
    case.train[3]["extra"] = "Airprt"
    rule("extra", metric="invalidValues", arguments={"validValues": stations}, mustBe=0, description="Known.")(case)
    [check] = case.failing()
    assert check.expected == "no invalid values; valid: 'Central', 'Park', 'Harbour', 'Airport', 'Museum' and 1 more"
    assert check.detail == 'did you mean "Airport"? Known. Mend the data, or what contract.yaml:53 asks.'
    case.column("extra")["classification"] = "personal"
    [check] = case.failing()
    assert (check.expected, check.detail) == (
        "no invalid values",
        "Known. Mend the data, or what contract.yaml:53 asks.",
    )


def test_an_invalid_value_is_told_the_pattern(case: Case) -> None:
    rule("source", metric="invalidValues", arguments={"pattern": "^a$"}, mustBe=0)(case)
    [check] = case.failing()
    assert check.expected == "no invalid values; valid matches ^a$"


@pytest.mark.parametrize(("suffix", "place"), [(".parquet", "train.parquet row 5"), (".jsonl", "train.jsonl:5")])
def test_places_in_other_formats(case: Case, suffix: str, place: str) -> None:
    case.suffix = suffix
    at(4, text="abcd")(case)
    (check,) = case.failing()
    assert check.places == [f"{place} 'abcd'"]


def test_a_classified_column_shows_no_values(case: Case) -> None:
    for owner in (0, 1):
        case.column("text", owner)["classification"] = "confidential"
        case.column("label", owner)["classification"] = "personal"
    at(4, text="SECR")(case)
    at(5, label="777")(case)
    case.holdout[3]["text"] = case.train[7]["text"]
    evidence = case.judge()
    assert evidence.state is State.FAIL
    assert evidence.checks[0].places == ["train.csv:6"]
    assert not any(word in evidence.to_json() for word in ("SECR", "777", "text number"))
    assert [chart.title for chart in evidence.charts if "balance" in chart.title] == []


def test_charts_and_profile(case: Case) -> None:
    case.train[3]["source"] = ""
    case.train[4]["text"] = "a much longer text than all of the others here"
    evidence = case.judge()
    titles = [chart.title for chart in evidence.charts]
    assert titles == [
        "Class balance, train.csv",
        "Missing values, train.csv",
        "Class balance, holdout.csv",
        "Length of text, train.csv",
        "Length of text, holdout.csv",
    ]
    balance, _, _, lengths, _ = evidence.charts
    assert isinstance(balance, Bars)
    assert (balance.labels, balance.values) == (["0", "1"], [50.0, 50.0])
    assert isinstance(lengths, Histogram)
    assert lengths.edges[:2] == [0.0, 3.0]
    found = Counter(len(row["text"]) // 3 for row in case.train)
    assert lengths.counts == [found[index] for index in range(20)]
    text, _, _, source = evidence.files[0].columns
    assert (text.type, text.min_length, text.max_length, source.missing) == ("string", 19, 46, 1)


def test_a_chart_is_drawn_where_a_file_has_such_values(case: Case) -> None:
    case.train[4]["text"] = "a much longer text than all of the others here"
    dates = [{"name": name, "logicalType": "date"} for name in ("text", "label")]
    case.contract["schema"][1] = {"name": "holdout", "properties": dates}
    case.holdout = [{"text": f"2026-01-{day:02d}", "label": "2026-01-31"} for day in range(1, 21)]
    titles = [chart.title for chart in case.judge().charts]
    assert titles == ["Class balance, train.csv", "Length of text, train.csv"]


def test_what_only_describes_is_listed(case: Case) -> None:
    case.contract["slaProperties"] = [{"property": "frequency", "value": 1}]
    case.column("text")["physicalType"] = "varchar(60)"
    rule("text", type="text", description="Nice texts")(case)
    skipped = [(check.subject, check.actual) for check in case.judge().checks if check.state is State.SKIP]
    assert [subject for subject, _ in skipped] == ["slaProperties", "physicalType", "quality text: Nice texts"]
    assert [actual for _, actual in skipped] == [f"{subject} is not enforced" for subject, _ in skipped]


def test_the_sample_project_keeps_its_contract() -> None:
    root = Path(__file__).parents[3] / "sample_project"
    evidence = validate(root / "data", root / "contract.yaml", parse_project("", frozenset({"src"})), now=NOW)
    others = [(check.state, check.subject) for check in evidence.checks if check.state is not State.PASS]
    assert others == [(State.SKIP, "description")]


def test_infinity_holds_no_bound(case: Case) -> None:
    query = "SELECT count(*) / 0.0 FROM {object}"
    rule(None, type="sql", id="endless", query=query, mustBeGreaterThan=1)(case)
    assert [check.id for check in case.failing()] == ["train.endless"]


@pytest.mark.parametrize(
    ("kind", "name"), [({}, "required"), ({"logicalType": "number"}, "required"), (None, "filled")]
)
def test_nan_of_a_float_is_missing(case: Case, kind: dict[str, str] | None, name: str) -> None:
    case.suffix = ".parquet"
    case.contract["schema"][0]["properties"].append({"name": "extra", "required": True, **(kind or {})})
    case.settings = '[tool.ml-pipeline.evaluate]\nprotected = ["extra"]'
    case.write()
    for path in sorted(case.data.iterdir()):
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t AS SELECT *, 'nan'::FLOAT AS extra FROM '{path}'")
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    evidence = validate(case.data, case.path if kind is not None else None, case.project, now=NOW)
    failing = [check.id for check in evidence.checks if check.state is State.FAIL]
    assert failing == ([f"train.extra.{name}"] if kind is not None else ["train.filled", "holdout.filled"])
    assert [file.columns[-1].missing for file in evidence.files] == [40, 20]


# What pyarrow 26 writes of {v: [NaN, 0.5, 1.5, NaN, 2.5, 3.5]}: statistics say 0.5 to 3.5.
WITHOUT_NAN = {
    "DOUBLE": (
        "UEFSMRUAFWwVbCwVDBUAFQYVBhwYCAAAAAAAAAxAGAgAAAAAAADgPxYAKAgAAAAAAAAMQBgIAAAAAAAA4D8REQAAAAIAAAAMAQAA"
        "AAAAAPh/AAAAAAAA4D8AAAAAAAD4PwAAAAAAAPh/AAAAAAAABEAAAAAAAAAMQBUEGSw1ABgGc2NoZW1hFQIAFQolAhgBdgAWDBkc"
        "GRwmABwVChklBgAZGAF2FQAWDBbqARbqASYIPBgIAAAAAAAADEAYCAAAAAAAAOA/FgAoCAAAAAAAAAxAGAgAAAAAAADgPxERABkc"
        "FQAVABUCADwpBhkmAAwAAAAW6gEWDCYIFuoBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAACsAAAAUEFS"
        "MQ=="
    ),
    "FLOAT": (
        "UEFSMRUAFTwVPCwVDBUAFQYVBhwYBAAAYEAYBAAAAD8WACgEAABgQBgEAAAAPxERAAAAAgAAAAwBAADAfwAAAD8AAMA/AADAfwAA"
        "IEAAAGBAFQQZLDUAGAZzY2hlbWEVAgAVCCUCGAF2ABYMGRwZHCYAHBUIGSUGABkYAXYVABYMFpoBFpoBJgg8GAQAAGBAGAQAAAA/"
        "FgAoBAAAYEAYBAAAAD8REQAZHBUAFQAVAgA8KQYZJgAMAAAAFpoBFgwmCBaaAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24g"
        "MjYuMC4xGRwcAAAAnAAAAFBBUjE="
    ),
}


@pytest.mark.parametrize("sign", [b"\x7f", b"\xff"])  # 0/0 of NumPy on x86 is the negative one
@pytest.mark.parametrize("native", WITHOUT_NAN)
@pytest.mark.parametrize("logical", [{}, {"logicalType": "number"}])
def test_nan_that_the_statistics_of_a_file_leave_out_is_missing(
    case: Case, native: str, logical: dict[str, str], sign: bytes
) -> None:
    column = {"name": "v", "required": True, **logical}
    case.contract["schema"] = [{"name": "train", "physicalName": "train.parquet", "properties": [column]}]
    case.write()
    (case.data / "train.csv").unlink()
    nan = {"DOUBLE": b"\0" * 6 + b"\xf8", "FLOAT": b"\0\0\xc0"}[native]
    written = base64.b64decode(WITHOUT_NAN[native])
    assert written.count(nan + b"\x7f") == 2
    (case.data / "train.parquet").write_bytes(written.replace(nan + b"\x7f", nan + sign))
    evidence = validate(case.data, case.path, case.project, now=NOW)
    [check] = [check for check in evidence.checks if check.id == "train.v.required"]
    assert (check.state, check.actual[:14]) == (State.FAIL, "2 missing of 6")


def test_a_column_may_refer_to_its_own_file(case: Case) -> None:
    """A parent is another row."""
    for number, row in enumerate(case.train):
        row["parent"] = case.train[number // 2]["text"]
    for row in case.holdout:
        row["parent"] = "x"
    column = {"name": "parent", "logicalType": "string", "relationships": [{"to": "train.text"}]}
    case.contract["schema"][0]["properties"].append(column)
    assert case.failing() == []
    case.train[5]["parent"] = "a text of nobody"
    [check] = case.failing()
    assert (check.id, check.places) == ("train.parent.references", ["train.csv:7 'a text of nobody'"])


def test_one_is_not_many(case: Case) -> None:
    del case.train[1:]
    option("text", minLength=1)(case)
    rule(None, id="own", metric="rowCount", mustBeLessThan=1)(case)
    found = {check.id: (check.actual, check.expected) for check in case.judge().checks}
    assert found["train.own"] == ("1 row", "less than 1 row")
    assert found["train.text.minLength"][1] == "at least 1 character"


def test_a_place_names_the_row_that_it_is_like(case: Case) -> None:
    leak(case)
    case.train[1]["text"] = case.train[2]["text"]  # with another label
    at(9, text=case.train[4]["text"])(case)
    case.column("text")["unique"] = True
    case.train[20:22] = [dict(case.train[2]) for _ in range(2)]
    rule(None, metric="duplicateValues", arguments={"properties": ["text", "label"]}, mustBe=0)(case)
    case.contract["schema"][0]["quality"].pop(1)
    places = {check.id: check.places for check in case.failing()}
    assert places == {
        "train.text.unique": [
            "train.csv:4 'train text number 2' = train.csv:3",
            "train.csv:11 'train text number 4' = train.csv:6",
            "train.csv:22 'train text number 2' = train.csv:3",
            "train.csv:23 'train text number 2' = train.csv:3",
        ],
        "train.duplicateValues": [
            "train.csv:22 'train text number 2' = train.csv:4",
            "train.csv:23 'train text number 2' = train.csv:4",
        ],
        "holdout.noOverlap": ["holdout.csv:5 'train text number 7' = train.csv:9"],
    }
    for owner in (0, 1):
        case.column("text", owner)["classification"] = "personal"
    hidden = {check.id: check.places for check in case.failing()}
    assert hidden["train.duplicateValues"] == ["train.csv:22 = train.csv:4", "train.csv:23 = train.csv:4"]
    assert hidden["holdout.noOverlap"] == ["holdout.csv:5 = train.csv:9"]


@pytest.mark.parametrize("name", ["User", "current_date"])
def test_a_column_may_be_called_like_a_function_of_duckdb(case: Case, name: str) -> None:
    case.train[8]["text"] = case.train[9]["text"]
    case.holdout[3] = dict(case.train[7])
    for owner, rows in ((0, case.train), (1, case.holdout)):
        case.column("text", owner).update({"physicalName": name, "unique": True, "quality": []})
        for row in rows:
            row[name] = row.pop("text")
    case.column("text", 1)["relationships"] = [{"to": "train.text"}]
    found = {check.id: (check.actual, check.places[:1]) for check in case.failing()}
    assert found[f"train.{name}.unique"][1] == ["train.csv:11 'train text number 9' = train.csv:10"]
    assert found["holdout.noOverlap"][1] == ["holdout.csv:5 'train text number 7' = train.csv:9"]
    assert found[f"holdout.{name}.references"][0].startswith(f"{len(case.holdout) - 1} not in train")
    case.column("text", 1)["relationships"] = []
    shared = {"rule": "noSharedGroups", "with": "train"}
    case.column("text", 1)["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": shared}]
    groups = {check.id: check.actual for check in case.failing()}[f"holdout.{name}.noSharedGroups"]
    assert groups.startswith("1 of ")
    assert "holdout.noOverlap" in {check.id for check in case.failing(contract=False)}


RULE = '[[tool.ml-pipeline.gate]]\nid = "a"\nmetric = "accuracy"\nclaim = "shown_better"\nmargin = 0\n'


@pytest.mark.parametrize("contract", [True, False])
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            '[tool.ml-pipeline.evaluate]\nslices = ["sourc"]',
            r'train\.csv has no column "sourc", which \[tool\.ml-pipeline\.evaluate\] slices of pyproject\.toml names; '
            r'did you mean "source"\? columns: text, label, timestamp, source\.',
        ),
        (
            '[tool.ml-pipeline.evaluate]\nprotected = ["sex"]',
            r'"sex", which \[tool\.ml-pipeline\.evaluate\] protected of',
        ),
        (
            RULE + 'group = "time"',
            r'holdout\.csv has no column "time", which group of a \[\[tool\.ml-pipeline\.gate\]\] rule of '
            r'pyproject\.toml names; did you mean "timestamp"\? columns: ',
        ),
    ],
)
def test_a_column_that_pyproject_names_must_be_there(case: Case, settings: str, said: str, contract: bool) -> None:
    case.settings = settings
    with pytest.raises(SetupError, match=said):
        case.judge(contract=contract)


@pytest.mark.parametrize("key", ["slices", "protected"])
def test_a_named_column_must_be_in_both_files(case: Case, key: str) -> None:
    case.settings = f'[tool.ml-pipeline.evaluate]\n{key} = ["extra"]'
    for row in case.train:
        row["extra"] = "1"
    with pytest.raises(SetupError, match=rf'holdout\.csv has no column "extra", .*{key}'):
        case.judge()


def test_a_group_need_not_be_in_train(case: Case) -> None:
    case.settings = RULE + 'group = "user"'
    for row in case.holdout:
        row["user"] = "1"
    assert case.judge().state is State.PASS


def test_the_contract_says_itself_that_a_named_column_is_lacking(case: Case) -> None:
    case.settings = '[tool.ml-pipeline.evaluate]\nslices = ["source"]'
    for row in case.holdout:
        del row["source"]
    assert "holdout.columns" in [check.id for check in case.failing()]


def test_a_name_in_another_unicode_form(case: Case) -> None:
    """It looks the same, so that the sentence would read as none."""
    for row in case.train:
        row[normalize("NFC", "größe")] = "1"
    for row in case.holdout:
        row[normalize("NFD", "größe")] = "1"
    [check] = [check for check in case.judge(contract=False).checks if check.id == "holdout.columns"]
    assert check.state is State.FAIL
    assert check.actual.endswith(", größe in another Unicode form")


def test_a_failing_check_names_the_line_that_asks_for_it(case: Case) -> None:
    text, label = case.column("text"), case.column("label")
    text |= {"unique": True, "primaryKey": True, "primaryKeyPosition": 1}
    label |= {"primaryKey": True, "primaryKeyPosition": 2}
    case.train[3] |= {"text": "", "label": "x"}
    case.train[4]["text"] = 61 * "x"
    case.train[6] = dict(case.train[5])
    asked = {check.id: check.detail.removeprefix("Mend the data, or what ") for check in case.failing()}
    lines = case.path.read_text(encoding="utf-8").splitlines()
    words = {
        "text.required": "required: true",
        "text.maxLength": "maxLength: 60",
        "text.unique": "unique: true",
        "label.type": "logicalType: integer",
        "label.invalidValues": "- metric: invalidValues",
        "primary_key": "- name: train",
    }
    for name, word in words.items():
        place, _, end = asked[f"train.{name}"].partition(" ")
        number = int(place.removeprefix("contract.yaml:"))
        assert (end, lines[number - 1].strip()) == ("asks.", word), (name, place)


def test_the_shares_of_a_classified_column_do_not_tell_its_classes(case: Case) -> None:
    case.column("label")["classification"] = "personal"
    for row in case.train[:9]:
        row["label"] = 1
    [share] = [check.actual for check in case.judge().checks if check.id == "train.label.classBalance"]
    assert re.fullmatch(r"the smallest: \d+\.\d %", share)


def test_a_timestamp_without_a_zone_is_shown_without_one(case: Case) -> None:
    case.column("timestamp")["logicalTypeOptions"] = {"timezone": False}
    [expected] = {check.expected for check in case.failing() if check.id == "train.timestamp.type"}
    assert expected == "a timestamp without a zone (2026-01-31T12:00:00)"
