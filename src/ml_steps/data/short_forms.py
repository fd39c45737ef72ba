"""Short forms for what is common and clumsy in SQL: `type: custom` with `engine: ml-pipeline`."""

from __future__ import annotations

from typing import Any

from ml_steps.data.builders import hidden, typed, values, violation
from ml_steps.data.contract import Column, Contract, Object, Rule
from ml_steps.data.document import explain_short_form
from ml_steps.data.overlap import overlap
from ml_steps.data.statement import Judge, Statement, Verdict, percentage
from ml_steps.evidence import State
from ml_steps.project import nearest

ENGINE = "ml-pipeline"
AGAINST_REFERENCE = ("drift", "rowCountChange")
"""The forms that compare with a reference; expectations.py compiles them."""

_SCALAR = {"type": ["string", "integer", "number", "boolean"]}
_FORMS: dict[str, dict[str, Any]] = {
    "classBalance": {
        "classes": {"type": "array", "items": _SCALAR, "minItems": 1, "uniqueItems": True},
        "minShare": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "notInFuture": {},
    "noOverlap": {
        "with": {"type": "string"},
        "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    },
}
"""The keys of each form besides `rule`; all are needed."""


def of_rule(contract: Contract, owner: Object, column: Column | None, rule: Rule) -> Statement:
    """Return the statement of one short form.

    Raises SetupError naming file and line for another engine, an unknown form or a key that it has not.
    """
    place, form = (*rule.place, "implementation"), rule.data["implementation"]
    if rule.data["engine"] != ENGINE:
        raise contract.document.error(
            (*rule.place, "engine"),
            f'rules of the engine "{rule.data["engine"]}" are not enforced; expected "{ENGINE}"',
        )
    name = form.get("rule") if isinstance(form, dict) else None
    if name not in _FORMS:
        names = [*_FORMS, *AGAINST_REFERENCE]
        hint = nearest(str(name), names)
        raise contract.document.error(
            place, f'there is no short form "{name}"; {hint}expected rule: {", ".join(names)}'
        )
    keys = {"rule": {"type": "string"}, **_FORMS[name]}
    schema = {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}
    explain_short_form(contract.document, place, form, schema)
    if (name == "noOverlap") != (column is None):
        level = "the object" if name == "noOverlap" else "a property"
        raise contract.document.error(place, f"{name} is stated in the wrong place; state it of {level}")
    if column is None:
        return _no_overlap(contract, owner, place, form)
    if name == "classBalance":
        return class_balance(contract, owner, column, (*place, "classes"), form)
    return _not_in_future(contract, owner, column, place)


def class_balance(
    contract: Contract, owner: Object, column: Column, place: tuple[str | int, ...], form: dict[str, Any]
) -> Statement:
    """Return the statement that every EXPECTED class is there and has its share of the rows."""
    ends = values(contract, column, place, form["classes"])
    value, least = typed(owner, column.name), 100 * form["minShare"]
    return Statement(
        id="",
        object=owner.name,
        subject=column.name,
        expected=f"each of {', '.join(map(str, form['classes']))}: at least {least:g} %"
        if least
        else "each class there",
        judge=_judge_classes([str(name) for name in form["classes"]], least, column.hidden),
        aggregates=tuple(f"count(*) FILTER (WHERE {value} = {end})" for end in ends),
    )


def _judge_classes(classes: list[str], least: float, hidden: bool) -> Judge:
    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        shares = [100 * int(count) / rows if rows else 0.0 for count in measured]
        failing = [(name, share) for name, share in zip(classes, shares, strict=True) if share < least or share == 0]
        lowest = failing or list(zip(classes, shares, strict=True))
        shown = [percentage(share) if hidden else f"{name}: {percentage(share)}" for name, share in lowest]
        return Verdict(State.FAIL if failing else State.PASS, ", ".join(shown))

    return judge


def _not_in_future(contract: Contract, owner: Object, column: Column, place: tuple[str | int, ...]) -> Statement:
    if column.logical not in ("timestamp", "date"):
        raise contract.document.error(
            place,
            f"notInFuture: {column.name} is {column.logical or 'a text'}; expected a timestamp or date",
        )
    now = "now()" if column.logical == "timestamp" else "today()"
    bad = f"coalesce({typed(owner, column.name)} > {now}, false)"
    return violation(owner, column, "notInFuture", bad, expected="not in the future", noun="in the future")


def _no_overlap(contract: Contract, owner: Object, place: tuple[str | int, ...], form: dict[str, Any]) -> Statement:
    other = next((found for found in contract.objects if found.name == form["with"]), None)
    if other is None or other is owner:
        valid = [found.name for found in contract.objects if found is not owner]
        hint = nearest(form["with"], valid) or f"expected one of {', '.join(valid) or 'none: there is no other'}"
        raise contract.document.error((*place, "with"), f'there is no other object "{form["with"]}"; {hint.strip()}')
    for name in form["columns"]:
        for side in (owner, other):
            if side.column(name) is None:
                valid = [column.name for column in side.columns]
                hint = nearest(name, valid) or f"expected some of {', '.join(valid)}"
                raise contract.document.error(
                    (*place, "columns"), f'{side.name} has no property "{name}"; {hint.strip()}'
                )
    keys = {name: (typed(owner, name), typed(other, name)) for name in form["columns"]}
    shown = [name for name in form["columns"] if not hidden(owner, name)]
    return overlap(owner.name, other.name, keys, shown[0] if len(shown) == len(keys) else "")
