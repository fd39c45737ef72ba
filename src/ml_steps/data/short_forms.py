"""Short forms for what is common and clumsy in SQL: `type: custom` with `engine: ml-pipeline`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml_steps.data import times
from ml_steps.data.builders import typed
from ml_steps.data.constants import values
from ml_steps.data.contract import Column, Contract, Object, Rule
from ml_steps.data.document import Place, explain_short_form
from ml_steps.data.leaked import leaked_target
from ml_steps.data.overlap import overlap, shared_groups
from ml_steps.data.partners import keys, partner
from ml_steps.data.statement import Judge, Statement, Verdict
from ml_steps.data.wording import percentage
from ml_steps.evidence import State
from ml_steps.project import nearest

ENGINE = "ml-pipeline"
AGAINST_REFERENCE = ("drift", "rowCountChange")
"""The forms that compare with a reference; expectations.py compiles them."""

SCALAR = ["string", "integer", "number", "boolean"]
"""The JSON types of a value that a column is compared with."""


def of_rule(contract: Contract, owner: Object, column: Column | None, rule: Rule) -> Statement:
    """Return the statement of one short form.

    Raises SetupError naming file and line for another engine, an unknown form or a key that it has not.
    """
    place, form = (*rule.place, "implementation"), rule.form
    if rule.data["engine"] != ENGINE:
        raise contract.document.error(
            (*rule.place, "engine"),
            f'rules of the engine "{rule.data["engine"]}" are not enforced; expected "{ENGINE}"',
        )
    name = form.get("rule")
    if not isinstance(name, str) or name not in _FORMS:
        names = [*_FORMS, *AGAINST_REFERENCE]
        hint = nearest(str(name), names)
        raise contract.document.error(
            place, f'there is no short form "{name}"; {hint}expected rule: {", ".join(names)}'
        )
    made = _FORMS[name]
    properties = {"rule": {"type": "string"}, **made.keys}
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    explain_short_form(contract.document, place, form, schema)
    if column is None and made.of_object:
        return made.of_object(contract, owner, place, form)
    if column is not None and made.of_property:
        return made.of_property(contract, owner, column, place, form)
    level = "the object" if made.of_object else "a property"
    raise contract.document.error(place, f"{name} is stated in the wrong place; state it of {level}")


def class_balance(contract: Contract, owner: Object, column: Column, place: Place, form: dict[str, Any]) -> Statement:
    """Return the statement that every class that the rule names is there and has its share of the rows."""
    ends = values(contract, column, (*place, "classes"), form["classes"])
    value, least = typed(owner, column.name), form["minShare"]
    classes = f"{len(ends)} classes" if column.hidden else ", ".join(map(str, form["classes"]))
    return Statement(
        id="",
        object=owner.name,
        subject=column.name,
        expected=f"each of {classes}: at least {100 * least:g} %" if least else "each class there",
        judge=_judge_classes([str(name) for name in form["classes"]], least, column.hidden),
        aggregates=tuple(f"count(*) FILTER (WHERE {value} = {end})" for end in ends),
    )


def _judge_classes(classes: list[str], least: float, hidden: bool) -> Judge:
    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        shares = [int(count) / rows if rows else 0.0 for count in measured]
        failing = [(name, share) for name, share in zip(classes, shares, strict=True) if share < least or share == 0]
        state = State.FAIL if failing else State.PASS
        if hidden:  # in their order the shares would tell the classes
            return Verdict(state, f"the smallest: {percentage(100 * min(shares), [100 * least])}")
        lowest = failing or list(zip(classes, shares, strict=True))
        shown = (f"{name}: {percentage(100 * share, [100 * least])}" for name, share in lowest)
        return Verdict(state, ", ".join(shown))

    return judge


def _no_overlap(contract: Contract, owner: Object, place: Place, form: dict[str, Any]) -> Statement:
    other, names = partner(contract, owner, form["with"], (*place, "with")), form["columns"]
    return overlap(owner.name, other.name, *keys(contract, (*place, "columns"), (owner, names), (other, names)))


def _no_shared_groups(
    contract: Contract, owner: Object, column: Column, place: Place, form: dict[str, Any]
) -> Statement:
    other = partner(contract, owner, form["with"], (*place, "with"))
    compared = keys(contract, (*place, "with"), (owner, [column.alias]), (other, [column.alias]))
    return shared_groups(owner.name, other.name, *compared)


def is_no_leak(rule: Rule) -> bool:
    """True for the rule that is judged of the target beside every other column."""
    return rule.data.get("engine") == ENGINE and rule.form.get("rule") == "noLeak"


def _no_leak(contract: Contract, owner: Object, column: Column, _: Place, __: dict[str, Any]) -> Statement:
    return leaked_target(owner.name, column.name, contract.unseen)


@dataclass(frozen=True)
class _Form:
    """The keys of a form besides `rule`, all needed, and what it compiles to."""

    keys: dict[str, Any]
    of_property: Callable[[Contract, Object, Column, Place, dict[str, Any]], Statement] | None = None
    of_object: Callable[[Contract, Object, Place, dict[str, Any]], Statement] | None = None


_OBJECT = {"type": "string"}
_FORMS = {
    "classBalance": _Form(
        {
            "classes": {"type": "array", "items": {"type": SCALAR}, "minItems": 1, "uniqueItems": True},
            "minShare": {"type": "number", "minimum": 0, "maximum": 1},
        },
        of_property=class_balance,
    ),
    "notInFuture": _Form({}, of_property=times.not_in_future),
    "freshness": _Form({"maxAgeHours": {"type": "number", "exclusiveMinimum": 0}}, of_property=times.freshness),
    "after": _Form({"with": _OBJECT}, of_property=times.after),
    "noLeak": _Form({}, of_property=_no_leak),
    "noSharedGroups": _Form({"with": _OBJECT}, of_property=_no_shared_groups),
    "noOverlap": _Form(
        {
            "with": _OBJECT,
            "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        },
        of_object=_no_overlap,
    ),
}
