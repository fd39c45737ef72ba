"""The verdict of every check against a slow oracle in plain Python, on small random tables."""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ml_steps.evidence import State
from tests.unit.data.conftest import NOW, Case

Value = str | None
Row = dict[str, Value]
Verdicts = dict[str, bool | None]
"""True where a check passes, None where it cannot be judged."""

ODD: list[Value] = [
    None,
    "",
    " ",
    "\u2003\t",
    "nan",
    "inf",
    "1_000",
    "\u0661",
    "0x10",
    "1e400",
    "é",
    "🤦🏼‍♂️",
    "a,b",
    'q"q',
    "l\nl",
]
POOLS: dict[str, list[Value]] = {
    "text": ["a", "ab", "abc", "abcd", "a b", " a", "N/A", "1"],
    "whole": ["0", "1", "2", "3", "-1", "+2", "02", "127", "128", "-128", "-129", "1.0", "1e1"],
    "real": ["0", "0.3", "0.30", ".5", "5.", "-2.5e-1", "1e3", "9007199254740993", "1.5"],
    "day": ["2026-05-31", "2026-06-01", "2026-06-02", "2026-02-28", "2026-02-30", "2026-1-1", "20260101"],
    "time": [
        "2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z", "2026-06-01 00:00:01+00:00", "2026-06-01T01:00:00+01:00",
        "2026-05-31T22:00:00-02", "2026-05-30T10:00:00.250Z", "2026-05-30T10:00:00", "2026-05-30T24:00:00Z",
        "2026-05-30T10:61:00Z",
    ],
    "flag": ["true", "false", "TRUE", "False", "yes", "1"],
}  # fmt: skip
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "mustBe": operator.eq,
    "mustNotBe": operator.ne,
    "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge,
    "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
    "mustBeBetween": lambda found, ends: bool(ends[0] <= found <= ends[1]),
    "mustNotBeBetween": lambda found, ends: not ends[0] <= found <= ends[1],
}
LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}


def missing(value: Value, text: str = "blank") -> bool:
    return value is None or (text == "empty" and not value) or (text == "blank" and not value.strip())


def whole(value: Value) -> int | None:
    fits = value is not None and re.fullmatch("[+-]?[0-9]+", value)
    return int(value) if value and fits and -128 <= int(value) <= 127 else None


def real(value: Value) -> float | None:
    pattern = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
    fits = value is not None and re.fullmatch(pattern, value)
    return float(value) if value and fits and math.isfinite(float(value)) else None


def day(value: Value) -> date | None:
    try:
        return date.fromisoformat(value) if value and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return None


def time(value: Value) -> datetime | None:
    """Return a timestamp whose zone is written."""
    try:
        found = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def flag(value: Value) -> bool | None:
    return {"true": True, "false": False}.get((value or "").lower())


TYPED: dict[str, Callable[[Value], Any]] = {"whole": whole, "real": real, "day": day, "time": time, "flag": flag}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "text": ("string", {}),
    "whole": ("integer", {"format": "i8"}),
    "real": ("number", {}),
    "day": ("date", {}),
    "time": ("timestamp", {"timezone": True}),
    "flag": ("boolean", {}),
}
ENDS: dict[str, list[Any]] = {
    "whole": [-128, 0, 0.5, 1, 2, 127.5],
    "real": [-0.25, 0.3, 0.5, 1000],
    "day": ["2026-05-31", "2026-06-01"],
    "time": ["2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z"],
}
STEPS = {"whole": [1, 2, 1.5], "real": [0.1, 0.25]}


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(list(OPERATORS)))
    value = draw(st.integers(0, 4))
    return {name: [value, value + draw(st.integers(1, 3))] if name.endswith("Between") else value}


def holds(bound: dict[str, Any], found: float) -> bool:
    [(name, value)] = bound.items()
    return bool(OPERATORS[name](found, value))


@st.composite
def tables(draw: st.DrawFn, least: int) -> list[Row]:
    column = {name: st.sampled_from(pool) | st.sampled_from([*pool, *ODD]) for name, pool in POOLS.items()}
    return draw(st.lists(st.fixed_dictionaries(column), min_size=least, max_size=7))


@st.composite
def contracts(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the properties and the rules of the training file; what they say is judged by `oracle`."""
    properties = []
    for name, (kind, options) in KINDS.items():
        entry: dict[str, Any] = {"name": name, "logicalType": kind, "logicalTypeOptions": dict(options)}
        entry["required"], entry["unique"] = draw(st.booleans()), draw(st.booleans())
        if draw(st.booleans()):
            entry["customProperties"] = [
                {"property": "missingText", "value": draw(st.sampled_from(["blank", "empty", "null"]))}
            ]
        if name in ENDS:
            entry["logicalTypeOptions"][draw(st.sampled_from(list(LIMITS)))] = draw(st.sampled_from(ENDS[name]))
        if name in STEPS:
            entry["logicalTypeOptions"]["multipleOf"] = draw(st.sampled_from(STEPS[name]))
        if name == "text":
            more = {"minLength": draw(st.integers(0, 3)), "maxLength": draw(st.integers(0, 3)), "pattern": "^[a ]"}
            entry["logicalTypeOptions"] |= more
        entry["quality"] = [
            {"metric": "nullValues", **draw(bounds())},
            {"metric": "missingValues", "arguments": {"missingValues": draw(st.sampled_from([[""], ["N/A", "1"]]))}},
            {"metric": "duplicateValues", "unit": "percent", **draw(bounds())},
        ]
        entry["quality"][1] |= draw(bounds())
        properties.append(entry)
    form = {"rule": "classBalance", "classes": [1, 2], "minShare": draw(st.sampled_from([0, 0.25, 0.5]))}
    properties[1]["quality"].append(custom(form))
    listed = {"metric": "invalidValues", "arguments": {"validValues": [1, 2, 3]}, **draw(bounds())}
    properties[1]["quality"].append(listed)
    for entry in properties[3:5]:
        hours = draw(st.sampled_from([1, 24, 48]))
        entry["quality"] += [custom({"rule": "notInFuture"}), custom({"rule": "freshness", "maxAgeHours": hours})]
    rules = [
        {"metric": "rowCount", **draw(bounds())},
        {"metric": "duplicateValues", "arguments": {"properties": ["text", "flag"]}, **draw(bounds())},
        {"id": "sql", "type": "sql", "query": "SELECT count(whole) FROM {object}", "unit": "percent", **draw(bounds())},
        custom({"rule": "noOverlap", "with": "holdout", "columns": ["text", "flag"]}),
    ]
    return properties, rules


def custom(form: dict[str, Any]) -> dict[str, Any]:
    return {"type": "custom", "engine": "ml-pipeline", "implementation": form}


def repeated(keys: Iterable[object]) -> int:
    return sum(count - 1 for count in Counter(keys).values())


def of_column(entry: dict[str, Any], rows: list[Row]) -> Iterable[tuple[str, bool | None]]:  # noqa: PLR0912 - a check a branch
    """Yield the verdict of every check of one property."""
    name, options = entry["name"], entry["logicalTypeOptions"]
    text = next((one["value"] for one in entry.get("customProperties", [])), "blank")
    cells = [row[name] for row in rows]
    present = [cell for cell in cells if not missing(cell, text)]
    typed: list[Any] = [TYPED[name](cell) if name in TYPED else cell for cell in present]
    values = [value for value in typed if value is not None]
    if entry["required"]:
        yield "required", len(present) == len(cells)
    if name != "text":
        yield "type", len(values) == len(present)
    if entry["unique"]:
        yield "unique", repeated(compared(name, cell, text) for cell in present) == 0
    for option, limit in options.items():
        if option in LIMITS:
            end = time(limit) if name == "time" else day(limit) if name == "day" else limit
            yield option, all(LIMITS[option](value, end) for value in values)
        if option == "multipleOf":
            exact = [Fraction(str(cell)) for cell in present if TYPED[name](cell) is not None]
            yield option, all((value / Fraction(str(limit))).denominator == 1 for value in exact)
    if name == "text":
        yield "minLength", all(len(value) >= options["minLength"] for value in values)
        yield "maxLength", all(len(value) <= options["maxLength"] for value in values)
        yield "pattern", all(re.search(options["pattern"], value) for value in values)
    nulls, absent, copies, *others = entry["quality"]
    yield "nullValues", holds(bound(nulls), sum(cell is None for cell in cells))
    listed = absent["arguments"]["missingValues"]
    gone = sum(missing(cell) if "" in listed else cell is None or cell in listed for cell in cells)
    yield "missingValues", holds(bound(absent), gone)
    copied = repeated(compared(name, cell, text) for cell in present)
    yield "duplicateValues", holds(bound(copies), float(Fraction(100 * copied, len(rows))))
    for rule in others:
        form = rule.get("implementation", {})
        if rule.get("metric") == "invalidValues":
            bad = sum(value not in rule["arguments"]["validValues"] for value in typed)
            yield "invalidValues", holds(bound(rule), bad)
        elif form["rule"] == "classBalance":
            counts = [values.count(one) for one in form["classes"]]
            enough = [Fraction(count, len(rows)) >= Fraction(str(form["minShare"])) for count in counts]
            yield "classBalance", all(counts) and all(enough)
        else:
            times = [
                value if name == "time" else datetime(value.year, value.month, value.day, tzinfo=UTC)
                for value in values
            ]
            if form["rule"] == "notInFuture":
                yield "notInFuture", unless_unreadable(all(value <= NOW for value in times), name, text, rows)
            else:
                ages = [(NOW - value).total_seconds() for value in times if value <= NOW]
                yield "freshness", bool(ages) and min(ages) <= 3600 * form["maxAgeHours"]


def bound(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name in OPERATORS}


def compared(name: str, value: Value, text: str) -> object:
    """Return what a value is compared by: its text where it is not of its type."""
    if missing(value, text):
        return None
    typed = TYPED[name](value) if name in TYPED else None
    return ("text", value) if typed is None else typed


def key(row: Row, texts: dict[str, str]) -> tuple[object, object]:
    return compared("text", row["text"], texts["text"]), compared("flag", row["flag"], texts["flag"])


def filled(keys: list[tuple[object, object]]) -> bool:
    """Without a value in each column nothing would be compared."""
    return all(any(one[column] is not None for one in keys) for column in (0, 1))


def unless_unreadable(holds: bool, name: str, text: str, *files: list[Row]) -> bool | None:
    """Nothing passes whose values are not all of their type."""
    cells = [row[name] for rows in files for row in rows]
    unreadable = any(TYPED[name](cell) is None for cell in cells if not missing(cell, text))
    return None if holds and unreadable else holds


def oracle(
    properties: list[dict[str, Any]], rules: list[dict[str, Any]], train: list[Row], holdout: list[Row]
) -> Verdicts:
    """Return what each check must say of the training file, and those of pairs of the holdout."""
    found: Verdicts = {"train.columns": True}
    for entry in properties:
        found |= {f"train.{entry['name']}.{check}": verdict for check, verdict in of_column(entry, train)}
    texts = {
        entry["name"]: next((one["value"] for one in entry.get("customProperties", [])), "blank")
        for entry in properties
    }
    for name, of_file in (("train", train), ("holdout", holdout)):  # text is the target
        there = all(not missing(row["text"], texts["text"]) for row in of_file)
        found.setdefault(f"{name}.text.required", there)
    classes = {row["text"] for row in train if not missing(row["text"], texts["text"])}
    found["train.text.severalClasses"] = len(classes) > 1
    rows, copies, sql, _ = rules
    found["train.rowCount"] = holds(bound(rows), len(train))
    found["train.duplicateValues"] = holds(bound(copies), repeated(key(row, texts) for row in train))
    counted = sum(whole(row["whole"]) is not None for row in train)
    found["train.sql"] = holds(bound(sql), float(Fraction(100 * counted, len(train))))
    theirs = {key(row, texts) for row in holdout}
    keys = [key(row, texts) for row in train]
    apart = filled(keys) and filled(list(theirs)) and not any(one in theirs - {(None, None)} for one in keys)
    found["train.noOverlap"] = unless_unreadable(apart, "flag", texts["flag"], train, holdout)
    groups = {row["text"] for row in train if not missing(row["text"], texts["text"])}
    ours = [row["text"] for row in holdout if not missing(row["text"], texts["text"])]
    found["holdout.text.noSharedGroups"] = bool(ours and groups) and not groups.intersection(ours)
    numbers = {whole(row["whole"]) for row in train}
    present = [any(not missing(row["whole"], texts["whole"]) for row in rows) for rows in (train, holdout)]
    there = all(present) and {whole(row["whole"]) for row in holdout} - {None} <= numbers
    found["holdout.whole.references"] = unless_unreadable(there, "whole", texts["whole"], holdout, train)
    first, last = ([time(row["time"]) for row in rows if time(row["time"])] for rows in (holdout, train))
    later = bool(first and last) and min(filter(None, first)) > max(filter(None, last))
    found["holdout.time.after"] = unless_unreadable(later, "time", texts["time"], holdout, train)
    return found


# A few minutes would go into making a failing case smaller; it is small anyway.
@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(tables(1), tables(1), contracts(), st.sampled_from([".csv", ".jsonl"]))
def test_every_verdict_is_that_of_the_oracle(
    train: list[Row], holdout: list[Row], stated: tuple[list[dict[str, Any]], list[dict[str, Any]]], suffix: str
) -> None:
    properties, rules = stated
    if suffix == ".csv":  # an empty field is no value
        train, holdout = (
            [{name: value or None for name, value in row.items()} for row in rows] for rows in (train, holdout)
        )
    theirs = [{part: entry[part] for part in ("name", "logicalType", "logicalTypeOptions")} for entry in properties]
    for entry, ours in zip(theirs, properties, strict=True):
        entry["logicalTypeOptions"] = KINDS[entry["name"]][1]
        entry |= {part: ours[part] for part in ("customProperties",) if part in ours}
    theirs[0]["quality"] = [custom({"rule": "noSharedGroups", "with": "train"})]
    theirs[1]["relationships"] = [{"to": "train.whole"}]
    theirs[4]["quality"] = [custom({"rule": "after", "with": "train"})]
    with TemporaryDirectory() as folder:
        case = Case(Path(folder), train=train, holdout=holdout, suffix=suffix)
        case.settings = '[tool.ml-pipeline.evaluate]\ntarget = "text"\n'
        case.contract["schema"] = [
            {"name": "train", "properties": properties, "quality": rules},
            {"name": "holdout", "properties": theirs},
        ]
        evidence = case.judge()
    expected = oracle(properties, rules, train, holdout)
    verdicts = {State.PASS: True, State.FAIL: False, State.WARN: False, State.SKIP: None}
    found = {check.id: verdicts[check.state] for check in evidence.checks}
    assert {name: found.get(name) for name in expected} == expected
    unjudged = {name for name in found.keys() - expected.keys() if not name.startswith("holdout.")}
    assert unjudged <= {"train.rows"}
