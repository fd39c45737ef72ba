"""Every key of the standard is enforced, listed as not enforced, or refused: its JSON schema is walked for them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_steps.data import logical, plan
from ml_steps.data.contract import read
from ml_steps.data.document import schema
from ml_steps.data.statement import OPERATORS
from ml_steps.errors import SetupError

DOCS = Path(__file__).parents[3] / "docs" / "contract.md"
Entry = dict[str, Any]
ROWS: Entry = {"metric": "rowCount", "mustBe": 1}
VALID: Entry = {"metric": "invalidValues", "mustBe": 0}
SQL: Entry = {"type": "sql", "query": "SELECT 1", "mustBe": 1}
SHORT: Entry = {"type": "custom", "engine": "ml-pipeline"}
CUSTOM = [{"property": "p", "value": 1}]
DEFINITIONS = [{"url": "https://example.org", "type": "other"}]
TIME: Entry = {"logicalType": "timestamp"}

ENFORCED, LISTED, REFUSED, IDENTITY = "enforced", "listed", "refused", "says only which contract it is"
Case = tuple[str, Entry, Entry]
"""What becomes of a key, an entry without it, and the entry with it."""


def alone(outcome: str, **with_it: Any) -> Case:
    return outcome, {}, with_it


ELEMENT: dict[str, Case] = {
    "id": alone(LISTED, id="x"),
    "physicalType": alone(LISTED, physicalType="table"),
    "description": alone(LISTED, description="x"),
    "businessName": alone(LISTED, businessName="x"),
    "authoritativeDefinitions": alone(LISTED, authoritativeDefinitions=DEFINITIONS),
    "tags": alone(LISTED, tags=["x"]),
    "customProperties": alone(LISTED, customProperties=CUSTOM),
}
CASES: dict[str, dict[str, Case]] = {
    "root": {
        "version": alone(ENFORCED, version="2"),
        "kind": alone(REFUSED, kind="DataProduct"),
        "apiVersion": alone(REFUSED, apiVersion="v3.0.0"),
        "id": alone(IDENTITY, id="y"),
        "name": alone(IDENTITY, name="x"),
        "status": alone(IDENTITY, status="draft"),
        "schema": alone(REFUSED, schema=[]),
        "tenant": alone(LISTED, tenant="x"),
        "tags": alone(LISTED, tags=["x"]),
        "servers": alone(LISTED, servers=[{"server": "s", "type": "local", "path": "p", "format": "csv"}]),
        "dataProduct": alone(LISTED, dataProduct="x"),
        "description": alone(LISTED, description={"purpose": "x"}),
        "domain": alone(LISTED, domain="x"),
        "support": alone(LISTED, support=[{"channel": "x"}]),
        "price": alone(LISTED, price={"priceAmount": 1}),
        "team": alone(LISTED, team={"name": "x"}),
        "roles": alone(LISTED, roles=[{"role": "x"}]),
        "slaDefaultElement": alone(LISTED, slaDefaultElement="x"),
        "slaProperties": alone(LISTED, slaProperties=[{"property": "x", "value": 1}]),
        "authoritativeDefinitions": alone(LISTED, authoritativeDefinitions=DEFINITIONS),
        "customProperties": alone(LISTED, customProperties=CUSTOM),
        "contractCreatedTs": alone(LISTED, contractCreatedTs="2026-01-01T00:00:00Z"),
    },
    "object": {
        **ELEMENT,
        "name": alone(ENFORCED, name="other"),
        "logicalType": alone(REFUSED, logicalType="array"),
        "physicalName": alone(ENFORCED, physicalName="other.csv"),
        "dataGranularityDescription": alone(LISTED, dataGranularityDescription="x"),
        "properties": alone(ENFORCED, properties=[{"name": "other"}]),
        "relationships": alone(ENFORCED, relationships=[{"from": "train.column", "to": "holdout.key"}]),
        "quality": alone(ENFORCED, quality=[ROWS]),
    },
    "column": {
        **ELEMENT,
        "name": alone(ENFORCED, name="other"),
        "primaryKey": alone(ENFORCED, primaryKey=True),
        "primaryKeyPosition": alone(REFUSED, primaryKeyPosition=1),
        "logicalType": alone(ENFORCED, logicalType="integer"),
        "logicalTypeOptions": (ENFORCED, {"logicalType": "string"}, {"logicalTypeOptions": {"minLength": 1}}),
        "physicalName": alone(ENFORCED, physicalName="other"),
        "required": alone(ENFORCED, required=True),
        "unique": alone(ENFORCED, unique=True),
        "partitioned": alone(LISTED, partitioned=False),
        "partitionKeyPosition": alone(LISTED, partitionKeyPosition=1),
        "classification": (ENFORCED, {"required": True}, {"classification": "personal"}),
        "encryptedName": alone(LISTED, encryptedName="x"),
        "transformSourceObjects": alone(LISTED, transformSourceObjects=["x"]),
        "transformLogic": alone(LISTED, transformLogic="x"),
        "transformDescription": alone(LISTED, transformDescription="x"),
        "examples": alone(LISTED, examples=[1]),
        "criticalDataElement": alone(LISTED, criticalDataElement=True),
        "relationships": alone(ENFORCED, relationships=[{"to": "holdout.key"}]),
        "quality": alone(ENFORCED, quality=[{"metric": "nullValues", "mustBe": 0}]),
        "properties": alone(REFUSED, properties=[]),
        "items": alone(REFUSED, items={}),
    },
    "rule": {
        "id": (ENFORCED, ROWS, {"id": "x"}),
        "name": (ENFORCED, ROWS, {"name": "x"}),
        "description": (ENFORCED, ROWS, {"description": "x"}),
        "authoritativeDefinitions": (LISTED, ROWS, {"authoritativeDefinitions": DEFINITIONS}),
        "businessImpact": (LISTED, ROWS, {"businessImpact": "x"}),
        "customProperties": (LISTED, ROWS, {"customProperties": CUSTOM}),
        "dimension": (LISTED, ROWS, {"dimension": "accuracy"}),
        "method": (LISTED, ROWS, {"method": "x"}),
        "schedule": (LISTED, ROWS, {"schedule": "0 0 * * *"}),
        "scheduler": (LISTED, ROWS, {"scheduler": "cron"}),
        "severity": (ENFORCED, ROWS, {"severity": "warning"}),
        "tags": (LISTED, ROWS, {"tags": ["x"]}),
        "type": (LISTED, {"description": "x"}, {"type": "text"}),
        "unit": (ENFORCED, VALID, {"unit": "percent"}),
        "metric": (ENFORCED, ROWS, {"metric": "duplicateValues"}),
        "rule": (REFUSED, ROWS, {"rule": "rowCount"}),
        "arguments": (ENFORCED, VALID, {"arguments": {"validValues": ["a"]}}),
        "query": (ENFORCED, SQL, {"query": "SELECT 2"}),
        "engine": (REFUSED, {**SHORT, "implementation": {"rule": "notInFuture"}}, {"engine": "soda"}),
        "implementation": (REFUSED, SHORT, {"implementation": "x"}),
        **{
            name: (ENFORCED, {"metric": "nullValues"}, {name: [3, 4] if name.endswith("Between") else 3})
            for name in OPERATORS
        },
    },
    "relationship": {
        "type": alone(REFUSED, type="other"),
        "from": alone(REFUSED, **{"from": "train.column"}),
        "to": alone(ENFORCED, to="holdout.other"),
        "customProperties": alone(LISTED, customProperties=CUSTOM),
    },
}
OPTIONS: dict[str, dict[str, str]] = {
    "string": {"minLength": ENFORCED, "maxLength": ENFORCED, "pattern": ENFORCED, "format": REFUSED},
    "date": {
        "format": REFUSED,
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ENFORCED),
    },
    "timestamp": {
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone"), ENFORCED),
        **dict.fromkeys(("format", "defaultTimezone"), REFUSED),
    },
    "integer": dict.fromkeys(
        ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"), ENFORCED
    ),
    "number": {
        **dict.fromkeys(("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ENFORCED),
        "format": REFUSED,
    },
}
"""What becomes of the options of each type; all are refused of those not named, because the type is."""
VALUES: dict[tuple[str, str], Any] = {
    ("string", "pattern"): "a",
    ("string", "format"): "email",
    ("date", "format"): "yyyy",
    ("timestamp", "format"): "yyyy",
    ("timestamp", "timezone"): True,
    ("timestamp", "defaultTimezone"): "Europe/Paris",
    ("integer", "format"): "u8",
    ("number", "format"): "f32",
}
BY_TYPE = {"string": 3, "date": "2026-01-01", "timestamp": "2026-01-01T00:00:00Z", "integer": 3, "number": 3}

DEFINITION = {
    "object": "SchemaObject",
    "column": "SchemaProperty",
    "rule": "DataQuality",
    "relationship": "RelationshipBase",
}


def keys(part: Entry) -> set[str]:
    """Return the names of the properties that a part of the JSON schema allows, under any condition."""
    found = set(part.get("properties", {}))
    if "$ref" in part:
        found |= keys(schema()["$defs"][part["$ref"].rpartition("/")[2]])
    for name in ("allOf", "oneOf", "anyOf"):
        for one in part.get(name, []):
            found |= keys(one)
    for name in {"then", "else"} & part.keys():
        found |= keys(part[name])
    return found


@pytest.mark.parametrize("kind", CASES)
def test_every_key_of_the_standard_is_known_here(kind: str) -> None:
    part = schema() if kind == "root" else schema()["$defs"][DEFINITION[kind]]
    assert keys(part) == set(CASES[kind])


def test_every_type_and_every_option_of_the_standard_is_known_here() -> None:
    base = schema()["$defs"]["SchemaBaseProperty"]
    assert set(base["properties"]["logicalType"]["enum"]) == {*logical.TYPES, "time", "object", "array"}
    for part in base["allOf"]:
        if "if" in part:
            conditions = part["if"].get("anyOf", [part["if"]])
            types = {condition["properties"]["logicalType"]["const"] for condition in conditions}
            options = set(part["then"]["properties"]["logicalTypeOptions"]["properties"])
            for name in types & set(logical.TYPES):
                assert set(OPTIONS.get(name, {})) == options, name


def contract(kind: str, change: Entry) -> Entry:
    """Return a small contract with a change to its root, first object, column, rule or relationship."""
    column: Entry = {"name": "column"}
    target: Entry = {"name": "train", "properties": [column]}
    made: Entry = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1", "status": "active"}
    made["schema"] = [target, {"name": "holdout", "properties": [{"name": "key"}, {"name": "other"}]}]
    if kind == "rule":
        owner = target if change.get("metric") in ("rowCount", "duplicateValues") else column
        owner["quality"] = [change]
    elif kind == "relationship":
        column["relationships"] = [{"to": "holdout.key", **change}]
    else:
        {"root": made, "object": target, "column": column}[kind].update(change)
    return copy.deepcopy(made)


def compiled(tmp_path: Path, content: Entry) -> tuple[list[object], set[str]] | str:
    """Return everything that follows from a contract and the names of what is listed; or why it is refused."""
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    try:
        agreed = read(path)
        found: list[object] = [agreed.title]
        for one in agreed.objects:
            found += [one.name, one.pattern, [column.name for column in one.columns]]
            for made in plan.statements(agreed, one):
                found.append({key: value for key, value in vars(made).items() if key not in ("judge", "stated")})
    except SetupError as error:
        return str(error)
    return found, {name for name, _ in agreed.notes}


def outcome(tmp_path: Path, kind: str, without: Entry, key: Entry) -> str:
    after = compiled(tmp_path, contract(kind, {**without, **key}))
    before = compiled(tmp_path, contract(kind, without))
    if isinstance(after, str):
        assert after.startswith("contract.yaml:")
        return REFUSED
    if after[1]:
        assert after[1] <= {*key, "quality text: x"}
        return LISTED
    return ENFORCED if isinstance(before, str) or after[0] != before[0] else IDENTITY


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, entries in CASES.items() for key in entries])
def test_no_key_of_the_standard_is_passed_over_in_silence(tmp_path: Path, kind: str, key: str) -> None:
    expected, without, with_it = CASES[kind][key]
    assert key in with_it
    assert outcome(tmp_path, kind, without, with_it) == expected


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, entries in OPTIONS.items() for key in entries])
def test_no_option_of_a_type_is_passed_over_in_silence(tmp_path: Path, kind: str, key: str) -> None:
    options = {key: VALUES.get((kind, key), BY_TYPE[kind])}
    made = outcome(tmp_path, "column", {"logicalType": kind}, {"logicalTypeOptions": options})
    assert made == OPTIONS[kind][key]


@pytest.mark.parametrize("kind", ["time", "object", "array"])
def test_other_types_are_refused(tmp_path: Path, kind: str) -> None:
    assert outcome(tmp_path, "column", {}, {"logicalType": kind}) == REFUSED


def test_options_without_a_type_and_of_a_boolean_are_refused(tmp_path: Path) -> None:
    for key in {key for options in OPTIONS.values() for key in options}:
        options = {"logicalTypeOptions": {key: VALUES.get(("integer", key), 3)}}
        assert outcome(tmp_path, "column", {}, options) == REFUSED
        assert outcome(tmp_path, "column", {"logicalType": "boolean"}, options) == REFUSED


def test_the_documentation_names_every_key() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for names in (*map(set, CASES.values()), *map(set, OPTIONS.values())):
        assert [name for name in sorted(names) if f"`{name}`" not in text] == []
