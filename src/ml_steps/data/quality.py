"""The standard's `quality` rules, compiled: library metrics and SQL. Short forms are in short_forms.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ml_steps.data import logical, short_forms
from ml_steps.data.builders import duplicates, typed, violation
from ml_steps.data.constants import pattern, text, values
from ml_steps.data.contract import Column, Contract, Object, Rule
from ml_steps.data.document import explain_short_form
from ml_steps.data.places import shortened
from ml_steps.data.short_forms import SCALAR
from ml_steps.data.source import quoted
from ml_steps.data.statement import NONE, OPERATORS, Bound, Judge, Statement, Verdict, judge_count, row_count
from ml_steps.data.wording import exactly, listed, number
from ml_steps.evidence import State

_ARGUMENTS: dict[str, dict[str, Any]] = {
    "rowCount": {},
    "nullValues": {},
    "missingValues": {"missingValues": {"type": "array", "items": {"type": [*SCALAR, "null"]}, "minItems": 1}},
    "invalidValues": {
        "validValues": {"type": "array", "items": {"type": SCALAR}, "minItems": 1},
        "pattern": {"type": "string"},
    },
    "duplicateValues": {"properties": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
}
"""The arguments of each metric as JSON schemas."""
_SHOWN = 5
"""Valid values that are listed."""
_OF_COLUMNS = ("nullValues", "missingValues", "invalidValues")


def of_rule(contract: Contract, owner: Object, column: Column | None, rule: Rule) -> Statement:
    """Return the statement of one quality rule.

    Raises SetupError naming file and line for what would not be enforced.
    """
    made = _KINDS[rule.kind](contract, owner, column, rule)
    return replace(
        made,
        id=f"{owner.name}.{column.name + '.' if column else ''}{_name(rule)}",
        required=rule.required,
        detail=f"{rule.detail} {made.detail}".strip(),
        rule=contract.document.where(rule.place),
    )


def _library(contract: Contract, owner: Object, column: Column | None, rule: Rule) -> Statement:
    metric, percent = str(rule.data["metric"]), _percent(contract, rule)
    bound, arguments = _bound(contract, rule, numeric=True), rule.data.get("arguments") or {}
    schema = {"type": "object", "properties": _ARGUMENTS[metric], "additionalProperties": False}
    explain_short_form(contract.document, (*rule.place, "arguments"), arguments, schema)
    if metric in _OF_COLUMNS and column is None:
        raise contract.document.error(
            rule.place, f"{metric} is stated of {owner.name}; state it of one of its properties"
        )
    if metric == "rowCount":
        if percent:
            raise contract.document.error(
                (*rule.place, "unit"), 'rowCount is a number; expected unit: rows, not "percent"'
            )
        return row_count(owner.name, bound)
    if metric == "duplicateValues":
        if column and "properties" in arguments:
            raise contract.document.error(
                (*rule.place, "arguments", "properties"),
                f"stated of a property; state the rule of {owner.name} instead",
            )
        names = (column.name,) if column else _properties(contract, owner, rule, arguments)
        return duplicates(owner, metric, names, bound, percent=percent, skip_missing=column is not None)
    assert column is not None  # noqa: S101 - refused above; for the type checker
    bad = _bad(contract, owner, column, rule, metric=metric, arguments=arguments)
    noun = {"nullValues": "null", "missingValues": "missing"}.get(metric, "invalid")
    none = bound == NONE and not percent
    expected = f"no {noun} values" if none else f"{noun}: {bound.text('%' if percent else '')}"
    valid = () if column.hidden else tuple(text(value) for value in arguments.get("validValues", ()))
    if valid:
        expected += f"; valid: {listed([repr(value) for value in valid], _SHOWN)}"
    if "pattern" in arguments and not column.hidden:
        expected += f"; valid matches {arguments['pattern']}"
    made = violation(owner, column, metric, bad, expected=expected, noun=noun)
    return replace(made, judge=judge_count(bound, percent, noun), valid=valid)


def _bad(  # noqa: PLR0913 - one fact each
    contract: Contract, owner: Object, column: Column, rule: Rule, *, metric: str, arguments: dict[str, Any]
) -> str:
    name, missing = quoted(column.name), logical.missing(column.name, column.options)
    if metric == "nullValues":
        return f"{name} IS NULL"
    if metric == "missingValues":
        stated = [value for value in arguments.get("missingValues", [""]) if value is not None]
        as_text = logical.missing(column.name, {logical.MISSING_TEXT: list(map(text, stated)) or "null"})
        kinds = {"integer": (int,), "number": (int, float)}.get(column.logical or "", ())
        numbers = [value for value in stated if type(value) in kinds]
        if not numbers:
            return as_text
        place = (*rule.place, "arguments", "missingValues")  # -999 may be written -999.0
        same = f"{typed(owner, column.name)} IN ({', '.join(values(contract, column, place, numbers))})"
        return f"({as_text} OR coalesce({same}, false))"
    value, wrong = typed(owner, column.name), [logical.invalid(column.name, column.logical, column.options)]
    if "validValues" in arguments:
        place = (*rule.place, "arguments", "validValues")
        valid = ", ".join(values(contract, column, place, arguments["validValues"]))
        wrong.append(f"coalesce({value} NOT IN ({valid}), false)")
    if "pattern" in arguments:
        expression = pattern(contract, (*rule.place, "arguments", "pattern"), arguments["pattern"])
        wrong.append(f"coalesce(NOT regexp_matches({name}, {expression}), false)")
    return f"(NOT {missing} AND ({' OR '.join(wrong)}))"


def _sql(contract: Contract, owner: Object, column: Column | None, rule: Rule) -> Statement:
    known = {"{object}": quoted(owner.name), **({"{property}": quoted(column.name)} if column else {})}

    def filled(found: re.Match[str]) -> str:
        if found[0] not in known:
            raise contract.document.error(
                (*rule.place, "query"),
                f"{found[0]} has no value here; expected {{object}}, or {{property}} in a property's rule",
            )
        return known[found[0]]

    query = re.sub(r"(?<!\\[pP])\$?\{[A-Za-z_]\w*\}", filled, str(rule.data["query"])).strip().rstrip(";")
    percent, bound = _percent(contract, rule), _bound(contract, rule, numeric=False)
    expected, subject = bound.text("%" if percent else ""), column.name if column else owner.name
    judge = _judge_value(bound, percent, shows=not contract.hidden)
    place = contract.document.where((*rule.place, "query"))
    return Statement("", owner.name, subject, expected, judge, query=query, stated=place)


def _judge_value(bound: Bound, percent: bool, *, shows: bool) -> Judge:
    """Judge what a contract's SQL returned; with `percent` it is a number of rows, judged as a share.

    Without `shows` it is not quoted: SQL can return a value of a classified column without naming the column.
    """

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        value = measured[0]
        value = value if isinstance(value, int | float | Decimal | str | None) else str(value)
        if percent and isinstance(value, int | float | Decimal):
            value = 100 * value / rows if rows else None
        state = State.PASS if bound.holds(value) else State.FAIL
        if value is None:
            return Verdict(state, "no value (NULL)")
        if not shows:
            return Verdict(state, "not shown: a column is classified")
        if isinstance(value, str):
            return Verdict(state, shortened(value))
        shown = number(value)
        if shown in bound.written and value not in bound.ends:
            shown = exactly(value)
        return Verdict(state, f"{shown} %" if percent else shown)

    return judge


def _bound(contract: Contract, rule: Rule, *, numeric: bool) -> Bound:
    operator = next(name for name in OPERATORS if name in rule.data)
    value, place = rule.data[operator], (*rule.place, operator)
    if (
        numeric
        and operator in ("mustBe", "mustNotBe")
        and (isinstance(value, bool) or not isinstance(value, int | float))
    ):
        raise contract.document.error(place, f"{operator} is {value!r}; expected a number")
    if operator.endswith("Between") and value[0] > value[1]:
        raise contract.document.error(place, f"{operator} is {value}; expected the lower end first")
    return Bound(operator, value)


def _percent(contract: Contract, rule: Rule) -> bool:
    unit = rule.data.get("unit", "rows")
    if unit not in ("rows", "percent"):
        raise contract.document.error((*rule.place, "unit"), f'unit is "{unit}"; expected rows or percent')
    return bool(unit == "percent")


def _properties(contract: Contract, owner: Object, rule: Rule, arguments: dict[str, Any]) -> tuple[str, ...]:
    if not owner.columns:
        raise contract.document.error(rule.place, f"{owner.name} has no properties that could be alike; name some")
    place, named = (*rule.place, "arguments", "properties"), arguments.get("properties")
    found = [contract.column(owner, name, place) for name in named] if named else owner.columns
    return tuple(column.name for column in found)


def _name(rule: Rule) -> str:
    data = rule.data
    return str(data.get("id") or data.get("metric") or rule.form.get("rule") or data.get("name") or rule.kind)


_KINDS: dict[str, Callable[[Contract, Object, Column | None, Rule], Statement]] = {
    "library": _library,
    "sql": _sql,
    "custom": short_forms.of_rule,
}
