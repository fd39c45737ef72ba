"""What is stated of a time, of two files, and of what counts as missing: where it holds and where it fails."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ml_steps.errors import SetupError
from ml_steps.evidence import State
from tests.unit.data.conftest import Case


def state(case: Case, name: str, rule: dict[str, Any], owner: int = 1) -> str:
    """State a short form of a column (of the holdout) alone, and return what was judged."""
    entry = {"id": "own", "type": "custom", "engine": "ml-pipeline", "implementation": rule}
    case.column(name, owner)["quality"] = [entry]
    [check] = [check for check in case.judge().checks if check.id.endswith(f".{name}.own")]
    return f"{check.state} {check.actual}"


@pytest.mark.parametrize(
    ("hours", "newest", "expected"),
    [
        (2976, None, "PASS 124.0 days old, the newest 2026-01-28 00:00:00+00"),
        (2975, None, "FAIL 124.0 days old, the newest 2026-01-28 00:00:00+00"),
        (0.5, "2026-05-31T23:30:00+00:00", "PASS 0.5 hours old, the newest 2026-05-31 23:30:00+00"),
        (48, "2026-05-30T00:00:00+00:00", "PASS 48.0 hours old, the newest 2026-05-30 00:00:00+00"),
        (2975, "2027-01-01T00:00:00+00:00", "FAIL 124.0 days old, the newest 2026-01-28 00:00:00+00"),
        (0.5, "2026-05-31T23:29:59+00:00", "FAIL 0.5 hours old, the newest 2026-05-31 23:29:59+00"),
    ],
)
def test_freshness(case: Case, hours: float, newest: str | None, expected: str) -> None:
    for row in case.holdout:
        row["timestamp"] = row["timestamp"].replace("-01-20T", "-01-28T")
    if newest:
        case.holdout[0]["timestamp"] = newest
    assert state(case, "timestamp", {"rule": "freshness", "maxAgeHours": hours}) == expected


def test_a_date_is_as_old_as_its_midnight(case: Case) -> None:
    for row in case.holdout:
        row["timestamp"] = "2026-05-31"
    case.column("timestamp", 1).update(logicalType="date", logicalTypeOptions={})
    assert state(case, "timestamp", {"rule": "freshness", "maxAgeHours": 24}) == (
        "PASS 24.0 hours old, the newest 2026-05-31"
    )


def test_nothing_is_not_fresh(case: Case) -> None:
    for row in case.holdout:
        row["timestamp"] = ""
    assert state(case, "timestamp", {"rule": "freshness", "maxAgeHours": 1e9}) == "FAIL no valid value until now"


def shift(case: Case, first: str) -> None:
    for row in case.holdout:
        row["timestamp"] = "2026-02-01T00:00:00Z"
    case.holdout[7]["timestamp"] = first


AFTER = {"rule": "after", "with": "train"}


def test_a_split_in_time(case: Case) -> None:
    shift(case, "2026-01-28T00:00:00.000001Z")
    assert state(case, "timestamp", AFTER) == "PASS 0 not after train of 20 (0.0 %)"


def test_a_row_as_late_as_the_last_of_training_breaks_the_split(case: Case) -> None:
    shift(case, "2026-01-28T01:00:00+01:00")
    assert state(case, "timestamp", AFTER) == "FAIL 1 not after train of 20 (5.0 %)"
    [check] = case.failing()
    assert check.places == ["holdout.csv:9 '2026-01-28T01:00:00+01:00'"]


@pytest.mark.parametrize("rows", ["train", "holdout"])
def test_a_split_without_times_is_none(case: Case, rows: str) -> None:
    shift(case, "2026-02-01T00:00:00Z")
    for row in getattr(case, rows):
        row["timestamp"] = ""
    assert state(case, "timestamp", AFTER) == f"FAIL no valid value to compare in {rows}.timestamp"


GROUPS = {"rule": "noSharedGroups", "with": "train"}


def test_no_group_is_in_both_files(case: Case) -> None:
    for owner, rows in ((0, case.train), (1, case.holdout)):
        case.column("source", owner).pop("logicalTypeOptions")
        for index, row in enumerate(rows):
            row["source"] = f"user {owner} {index % 5}" if index else ""
    assert state(case, "source", GROUPS) == "PASS 0 of 20 (0.0 %) in 0 groups that train has"
    for index in (4, 9, 13):
        case.holdout[index]["source"] = f"user 0 {index % 5}"
    assert state(case, "source", GROUPS) == "FAIL 3 of 20 (15.0 %) in 2 groups that train has"
    [check] = case.failing()
    assert (check.id, check.places[0]) == ("holdout.source.own", "holdout.csv:6 'user 0 4'")


@pytest.mark.parametrize("rows", ["train", "holdout"])
def test_nothing_passes_where_there_is_no_value_to_compare(case: Case, rows: str) -> None:
    for owner, entries in ((0, case.train), (1, case.holdout)):
        case.column("source", owner).pop("logicalTypeOptions")
        for index, row in enumerate(entries):
            row["source"] = f"user {owner} {index}"
    for row in case.holdout:
        row["source"] = row["source"].replace("user 1", "user 0")
    case.column("source", 1)["relationships"] = [{"to": "train.source"}]
    assert case.failing() == []
    for row in getattr(case, rows):
        row["source"] = ""
    overlap = {"rule": "noOverlap", "with": "train", "columns": ["text", "source"]}
    case.contract["schema"][1]["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": overlap}]
    assert state(case, "source", GROUPS) == f"FAIL no valid value to compare in {rows}.source"
    failing = {check.id: check.actual for check in case.failing()}
    names = ("holdout.source.own", "holdout.noOverlap", "holdout.source.references")
    assert failing == dict.fromkeys(names, f"no valid value to compare in {rows}.source")


def test_a_column_that_is_not_there_is_not_judged_in_either_file(case: Case) -> None:
    case.holdout = [dict(row) for row in case.train]
    overlap = {"rule": "noOverlap", "with": "train", "columns": ["text", "source"]}
    case.contract["schema"][1]["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": overlap}]
    case.column("source", 1)["relationships"] = [{"to": "train.source"}]
    for row in case.train:
        del row["source"]
    checks = {check.id: check for check in case.judge().checks}
    for name in ("holdout.noOverlap", "holdout.source.references"):
        assert (checks[name].state, checks[name].places) == (State.SKIP, [])
        assert checks[name].actual == "not judged: train has no column source"


def as_dates(case: Case) -> None:
    for owner, rows in enumerate((case.train, case.holdout)):
        case.column("timestamp", owner).update(logicalType="date", logicalTypeOptions={})
        for index, row in enumerate(rows):
            row["timestamp"] = f"2026-0{owner + 1}-{1 + index % 28:02d}"


PASSING: list[dict[str, Any]] = [GROUPS, AFTER, {"rule": "notInFuture"}]


@pytest.mark.parametrize("rule", PASSING, ids=[rule["rule"] for rule in PASSING])
@pytest.mark.parametrize("unreadable", ["train", "holdout"])
def test_nothing_passes_of_values_that_are_not_of_their_type(case: Case, rule: dict[str, Any], unreadable: str) -> None:
    as_dates(case)
    assert state(case, "timestamp", rule).startswith(State.PASS)
    rows = getattr(case, unreadable)
    rows[3]["timestamp"] = "04.01.2026"
    concerned = unreadable == "holdout" or rule in (GROUPS, AFTER)
    share = 100 / len(rows)
    reason = f"not judged: {unreadable}.timestamp: 1 invalid of {len(rows)} ({share:.1f} %)"
    assert state(case, "timestamp", rule).startswith(f"{State.SKIP} {reason}" if concerned else State.PASS)


def test_values_that_are_not_of_their_type_are_compared_by_their_text(case: Case) -> None:
    as_dates(case)
    for row in case.train:
        row["timestamp"] = "31.01.2026"
    overlap = {"rule": "noOverlap", "with": "train", "columns": ["source", "timestamp"]}
    case.contract["schema"][1]["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": overlap}]
    case.holdout[3]["timestamp"], case.holdout[4]["timestamp"] = "30.01.2026", "31.01.2026"
    [check] = [check for check in case.failing() if check.id == "holdout.noOverlap"]
    assert (check.actual, check.places) == ("1 also in train of 20 (5.0 %)", ["holdout.csv:6 'a' = train.csv:2"])
    assert state(case, "timestamp", GROUPS) == "FAIL 1 of 20 (5.0 %) in 1 group that train has"


@pytest.mark.parametrize("alone", [True, False])
def test_values_that_are_not_of_their_type_repeat_only_their_own_text(case: Case, *, alone: bool) -> None:
    for index, row in enumerate(case.train):
        row.update(text="the same text", count=str(index))
    case.train[3]["count"], case.train[4]["count"], case.train[5]["count"] = "3.0", "4.0", ""
    case.contract["schema"][0]["properties"].append({"name": "count", "logicalType": "integer"})
    names = {"arguments": {"properties": ["text", "count"]}}
    rule: dict[str, Any] = {"metric": "duplicateValues", "mustBe": 0, **({} if alone else names)}
    case.column("text")["quality"] = []
    case.contract["schema"][0]["quality"] = []
    (case.column("count") if alone else case.contract["schema"][0])["quality"] = [rule]
    assert [check.id for check in case.failing()] == ["train.count.type"]
    case.train[7]["count"] = "3.0"
    [_, check] = case.failing()
    assert check.actual == "1 repeated of 40 (2.5 %)"
    assert [place.split()[0] for place in check.places] == ["train.csv:9"]


def test_a_reference_of_a_column(case: Case) -> None:
    case.column("source", 1)["relationships"] = [{"type": "foreignKey", "to": "train.source"}]
    case.holdout[3]["source"] = ""
    assert case.failing() == []
    for row in case.train:
        row["source"] = "a"
    [check] = case.failing()
    assert (check.id, check.actual) == ("holdout.source.references", "9 not in train of 20 (45.0 %)")
    assert check.places[0] == "holdout.csv:4 'b'"


def test_a_reference_of_several_columns(case: Case) -> None:
    case.contract["schema"][1]["relationships"] = [
        {"from": ["holdout.source", "holdout.label"], "to": ["train.source", "train.label"]}
    ]
    assert case.failing() == []
    case.train = [row for row in case.train if (row["source"], row["label"]) != ("a", "1")]
    for row in case.holdout[4:]:
        row["source"] = "b"
    [check] = case.failing()
    assert (check.id, check.actual) == ("holdout.references", "1 not in train of 20 (5.0 %)")


def test_a_column_is_named_by_the_contract_where_the_file_spells_it_otherwise(case: Case) -> None:
    for row in case.train:
        row["Source Of It"] = row.pop("source")
    case.column("source").update(physicalName="Source Of It")
    case.column("source", 1)["relationships"] = [{"to": "train.source"}]
    case.contract["schema"][0]["quality"].append(
        {"metric": "duplicateValues", "arguments": {"properties": ["source"]}, "mustBe": 38}
    )
    assert case.failing() == []


@pytest.mark.parametrize(
    ("missing", "value", "expected"),
    [
        (None, " ", "train.extra.required"),
        ("blank", " ", "train.extra.required"),
        ("empty", " ", None),
        ("empty", "", "train.extra.required"),
        ("null", "", None),
        ("null", None, "train.extra.required"),
    ],
)
def test_what_counts_as_missing(case: Case, missing: str | None, value: str | None, expected: str | None) -> None:
    case.suffix = ".jsonl"
    for row in case.train:
        row["extra"] = "x"
    case.train[3]["extra"] = value
    entry: dict[str, Any] = {"name": "extra", "required": True}
    if missing:
        entry["customProperties"] = [{"property": "missingText", "value": missing}]
    case.contract["schema"][0]["properties"].append(entry)
    assert [check.id for check in case.failing()] == ([expected] if expected else [])


def test_a_share_is_judged_exactly(case: Case) -> None:
    """100 * 0.07 is more than 7 in binary fractions; 7 of 100 rows are no less than 0.07 of them."""
    case.train = [
        {**case.train[0], "text": f"text number {index}", "label": str(int(index < 7))} for index in range(100)
    ]
    balance = {"rule": "classBalance", "classes": [0, 1], "minShare": 0.07}
    assert state(case, "label", balance, owner=0).startswith(State.PASS)
    case.train[0]["label"] = "0"
    assert state(case, "label", balance, owner=0) == "FAIL 1: 6.0 %"


@pytest.mark.parametrize(
    ("kind", "options", "value", "holds"),
    [
        ("integer", {"multipleOf": 2}, "9007199254740993", False),
        ("integer", {"multipleOf": 2.5}, "5", True),
        ("number", {"multipleOf": 0.1}, "0.3", True),
        ("number", {"multipleOf": 0.1}, "0.35", False),
        ("number", {"multipleOf": 0.01}, "1000000000.005", False),
        ("integer", {"maximum": 9007199254740992.0}, "9007199254740993", False),
        ("integer", {"exclusiveMinimum": 0.5}, "1", True),
        ("integer", {"exclusiveMinimum": 1.5}, "1", False),
        ("integer", {"format": "i128", "minimum": 0.5}, str(2**127 - 1), True),
        ("integer", {"format": "u8", "minimum": -1, "maximum": 300}, "255", True),
        ("number", {"maximum": 0.3}, "0.30000000000000004", False),
    ],
)
def test_numbers_are_compared_exactly(case: Case, kind: str, options: dict[str, Any], value: str, holds: bool) -> None:
    for row in case.train:
        row["extra"] = value
    case.contract["schema"][0]["properties"].append(
        {"name": "extra", "logicalType": kind, "logicalTypeOptions": options}
    )
    assert (case.failing() == []) is holds


def test_a_column_named_as_in_our_sql_is_compared_as_any_other(case: Case) -> None:
    for rows in (case.train, case.holdout):
        for index, row in enumerate(rows):
            row["key 0"], row["o"] = f"{index} {id(rows)}", f"{index}"
    columns = [{"name": "key 0", "logicalType": "string"}, {"name": "o", "logicalType": "string"}]
    for entry in case.contract["schema"]:
        entry["properties"] = [*entry["properties"], *copy.deepcopy(columns)]
    assert state(case, "key 0", {"rule": "noSharedGroups", "with": "train"}).startswith("PASS")
    assert state(case, "o", {"rule": "noSharedGroups", "with": "train"}).startswith("FAIL")


def test_a_column_may_not_have_a_name_of_ours(case: Case) -> None:
    for row in case.train:
        row["ml-steps row"] = "1"
    with pytest.raises(SetupError, match=r"train\.csv:1: the column 'ml-steps row' begins with 'ml-steps '"):
        case.judge()


LARGE = 2**53
EXACT: dict[str, tuple[tuple[str, str], list[str], str, bool]] = {
    "integer and number": (("integer", "number"), [str(LARGE)], str(LARGE + 1), False),
    "number and integer": (("number", "integer"), [str(LARGE)], str(LARGE + 1), False),
    "numbers": (("number", "number"), [str(LARGE)], str(LARGE + 1), False),
    "written otherwise": (("integer", "number"), [f"+{LARGE + 1}"], f"{LARGE + 1}.00", True),
    "with an exponent": (("integer", "number"), ["1000"], "1e3", True),
    "large with an exponent": (("integer", "number"), [str(10**18)], "1e18", True),
    "zero": (("integer", "number"), ["0"], "-0.0", True),
    "a fraction": (("integer", "number"), ["1"], "1.5", False),
}


@pytest.mark.parametrize("name", EXACT)
def test_integers_and_numbers_are_compared_exactly(case: Case, name: str) -> None:
    kinds, theirs, ours, equal = EXACT[name]
    for owner, (rows, value) in enumerate(((case.train, theirs[0]), (case.holdout, ours))):
        for row in rows:
            row["key"] = value
        case.contract["schema"][owner]["properties"].append({"name": "key", "logicalType": kinds[owner]})
    assert state(case, "key", GROUPS).startswith(State.FAIL if equal else State.PASS)
    case.column("key", 1)["relationships"] = [{"to": "train.key"}]
    overlap = {"rule": "noOverlap", "with": "train", "columns": ["key"]}
    case.contract["schema"][1]["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": overlap}]
    states = {check.id: check.state for check in case.judge().checks}
    assert states["holdout.noOverlap"] is (State.FAIL if equal else State.PASS)
    assert states["holdout.key.references"] is (State.PASS if equal else State.FAIL)


def test_numbers_are_unique_exactly(case: Case) -> None:
    for index, row in enumerate(case.train):
        row["key"] = str(LARGE + index)
    case.contract["schema"][0]["properties"].append({"name": "key", "logicalType": "number", "unique": True})
    assert case.failing() == []
    case.train[3]["key"], case.train[4]["key"] = "0", "-0.0"
    [check] = case.failing()
    assert (check.id, check.actual) == ("train.key.unique", "1 repeated of 40 (2.5 %)")


@pytest.mark.parametrize("renamed", [0, 1])
def test_names_that_are_swapped_mean_those_of_the_contract(case: Case, renamed: int) -> None:
    """In one file the property one is the column two, and two is one."""
    for owner, rows in enumerate((case.train, case.holdout)):
        for index, row in enumerate(rows):
            row["one"], row["two"] = f"2026-0{owner + 1}-{1 + index % 28:02d}", f"{owner} {index}"
            if owner == renamed:
                row["one"], row["two"] = row["two"], row["one"]
        physical = {"one": "two", "two": "one"} if owner == renamed else {"one": "one", "two": "two"}
        case.contract["schema"][owner]["properties"] += [
            {"name": "one", "physicalName": physical["one"], "logicalType": "date"},
            {"name": "two", "physicalName": physical["two"]},
        ]
    for name, rule in (("one", AFTER), ("two", GROUPS)):
        case.column(name, 1)["quality"] = [{"type": "custom", "engine": "ml-pipeline", "implementation": rule}]
    case.contract["schema"][0]["quality"] = [
        {"metric": "duplicateValues", "arguments": {"properties": ["two"]}, "mustBe": 0}
    ]
    assert case.failing() == []


def test_a_split_in_time_of_a_column_that_the_other_file_spells_otherwise(case: Case) -> None:
    shift(case, "2026-02-01T00:00:00Z")
    for row in case.train:
        row["At"] = row.pop("timestamp")
    case.column("timestamp").update(physicalName="At")
    assert state(case, "timestamp", AFTER) == "PASS 0 not after train of 20 (0.0 %)"
