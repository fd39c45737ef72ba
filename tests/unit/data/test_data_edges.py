"""Contracts at the edges of what their words can mean, each of which once passed or broke wrongly."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from ml_steps.data.infer import native_kind
from ml_steps.data.model import FileProfile
from ml_steps.errors import SetupError
from ml_steps.evidence import State

from .conftest import Case


def filled(case: Case, values: list[Any], **described: Any) -> None:
    """Give both files a column x and describe it in the contract of train."""
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row["x"] = values[index % len(values)]
    case.contract["schema"][0]["properties"].append({"name": "x", **described})


def state(case: Case, check: str) -> State:
    return next(found.state for found in case.judge().checks if found.id == check)


@pytest.mark.parametrize(
    ("kind", "value", "passes"),
    [
        ("number", "-999.0", False),
        ("number", "-999", False),
        ("number", "-9990", True),
        ("integer", "-999", False),
        ("integer", "-0999", False),
        ("integer", "-9990", True),
    ],
)
def test_a_number_that_stands_for_none_is_found_however_it_is_written(
    case: Case, kind: str, value: str, passes: bool
) -> None:
    rule = {"metric": "missingValues", "arguments": {"missingValues": [-999]}, "mustBe": 0}
    filled(case, ["1", value], logicalType=kind, quality=[rule])
    assert (state(case, "train.x.missingValues") is State.PASS) is passes


def test_names_differ_where_duckdb_says_so(case: Case) -> None:
    for rows in (case.train, case.holdout):
        for row in rows:
            row["é"] = "1"
    case.contract["schema"][0]["properties"].append({"name": "É", "logicalType": "integer"})
    found = {check.id: check for check in case.judge().checks}
    assert (found["train.columns"].state, "É" in found["train.columns"].actual) == (State.FAIL, True)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (
            {"quality": [{"metric": "duplicateValues", "arguments": {"properties": ["label"]}, "mustBe": 0}]},
            "stated of a property; state the rule of train instead",
        ),
        (
            {"customProperties": [{"property": "missingText", "value": value} for value in ("blank", "null")]},
            "missingText is there twice",
        ),
    ],
)  # fmt: skip
def test_what_would_be_passed_over_is_refused(case: Case, described: dict[str, Any], said: str) -> None:
    filled(case, ["1", "2"], logicalType="string", **described)
    with pytest.raises(SetupError, match=said):
        case.judge()


@pytest.mark.parametrize(("limit", "passes"), [(1, False), (3, False), (0.25, True)])
def test_multiples_of_large_numbers(case: Case, limit: float, passes: bool) -> None:
    filled(case, ["1767225600000000.25", "6"], logicalType="number", logicalTypeOptions={"multipleOf": limit})
    assert (state(case, "train.x.multipleOf") is State.PASS) is passes


@pytest.mark.parametrize("limit", [1e40, 10**39, 2**127 - 1])
def test_a_limit_of_an_integer_may_be_beyond_every_integer(case: Case, limit: float) -> None:
    filled(case, ["1", "2"], logicalType="integer", logicalTypeOptions={"maximum": limit})
    assert state(case, "train.x.maximum") is State.PASS


@pytest.mark.parametrize(("zone", "passes"), [("+05:30", True), ("+05:99", False), ("+0560", False)])
def test_a_zone_has_sixty_minutes(case: Case, zone: str, passes: bool) -> None:
    filled(case, [f"2026-01-01T00:00:00{zone}"], logicalType="timestamp")
    assert (state(case, "train.x.type") is State.PASS) is passes


@pytest.mark.parametrize("native", ["DECIMAL(5,2)[]", "BIGINT[]", "TIMESTAMP[]", "STRUCT(a DOUBLE)"])
def test_a_list_is_nested_whatever_it_holds(native: str) -> None:
    assert native_kind(native) == "other"


def test_a_class_of_letters_is_no_placeholder(case: Case) -> None:
    query = "SELECT count(*) FROM {object} WHERE regexp_matches({property}, '^\\p{Lu}')"
    filled(case, ["a"], logicalType="string", quality=[{"type": "sql", "query": query, "mustBe": 0}])
    assert state(case, "train.x.sql") is State.PASS


def test_what_a_classified_column_is_asked_for_is_not_shown(case: Case) -> None:
    balance = {"rule": "classBalance", "classes": ["secretA"], "minShare": 0.1}
    rule = {"type": "custom", "engine": "ml-pipeline", "implementation": balance}
    options = {"classification": "personal", "logicalTypeOptions": {"pattern": "^secret"}, "quality": [rule]}
    filled(case, ["secretA"], logicalType="string", **options)
    assert "secret" not in case.judge().to_json()


@pytest.mark.parametrize("rows", [0, 2**63])
def test_a_profile_counts_no_more_rows_than_there_are(rows: int) -> None:
    with pytest.raises(
        ValueError, match=r"profiled_rows is 2,000; expected at most its rows, 0|less than 9223372036854775808"
    ):
        FileProfile(name="a", file="a.csv", rows=rows, profiled_rows=2_000, columns=[])


def test_a_list_of_times_is_handed_on(case: Case) -> None:
    from ml_steps.data.rows import write_rows

    case.data.mkdir()
    for name in ("train", "holdout"):
        with duckdb.connect() as connection:
            query = "SELECT [TIMESTAMP '2026-01-01'] AS x, i % 2 AS label FROM range(4) r(i)"
            connection.execute(f"COPY ({query}) TO '{case.data / name}.parquet' (FORMAT parquet)")
    write_rows(case.project, case.data, None, case.root / "out")
    first = (case.root / "out" / "rows.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert len(json.loads(first)["x"]) == 1
