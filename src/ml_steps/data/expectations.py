"""What must hold of a file beside a reference: the short forms `drift` and `rowCountChange`, and their defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ml_steps.data.contract import Column, Contract, Object, Rule
from ml_steps.data.document import explain_short_form
from ml_steps.data.short_forms import AGAINST_REFERENCE, ENGINE
from ml_steps.data.wording import asked

MAX_DISTANCE = 0.1
"""Share of the rows that may lie elsewhere: in normal data, a mean shifted by a quarter of its deviation."""
MAX_DECREASE, MAX_INCREASE = 0.5, 1.0
"""At most half of the rows fewer, at most as many again."""
NO_DRIFT = ("date", "timestamp")
"""Types whose values move with time; notInFuture judges them."""

_KEYS: dict[str, dict[str, Any]] = {
    "drift": {
        "maxDistance": {"type": "number", "minimum": 0, "maximum": 1},
        "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    },
    "rowCountChange": {
        "maxDecrease": {"type": "number", "minimum": 0, "maximum": 1},
        "maxIncrease": {"type": "number", "minimum": 0},
    },
}


@dataclass(frozen=True)
class Limit:
    """How far something may be from the reference, and what a breach means."""

    id: str
    required: bool
    detail: str = ""
    asked: str = ""
    """What to do about a breach of what a contract states."""
    max_distance: float = MAX_DISTANCE
    max_decrease: float = MAX_DECREASE
    max_increase: float = MAX_INCREASE
    stated: bool = True
    """False for a default, which says nothing where there is no reference."""


@dataclass
class Expectation:
    """The limits of one file."""

    object: str
    rows: list[Limit] = field(default_factory=list)
    every_column: Limit | None = None
    columns: dict[str, Limit] = field(default_factory=dict)
    """Those of single columns, which go before `every_column`."""

    def of(self, column: str) -> Limit | None:
        """Return the limit of a column, or None where it is not compared."""
        return self.columns.get(column, self.every_column)


def is_expectation(rule: Rule) -> bool:
    """True for a rule that is judged against a reference, not by the file itself."""
    return rule.data.get("engine") == ENGINE and rule.form.get("rule") in AGAINST_REFERENCE


def of_contract(contract: Contract | None, train: str) -> list[Expectation]:
    """Return what is expected of each file that is compared: where a rule says so, and always of the training file.

    What no rule states of the training file warns and does not decide.

    Raises SetupError naming file and line for a key that a form has not, a column that it cannot compare, or a second
    drift rule for the same target.
    """
    found = stated(contract) if contract else {}
    default = found.setdefault(train, Expectation(train))
    limit = Limit("drift", required=False, stated=False)
    default.every_column = default.every_column or limit
    default.rows = default.rows or [Limit("rowCountChange", required=False, stated=False)]
    return [one for one in found.values() if one.rows or one.every_column or one.columns]


def stated(contract: Contract) -> dict[str, Expectation]:
    """Return what the rules of each object say. Raises SetupError as of_contract does."""
    return {one.name: _of_object(contract, one) for one in contract.objects}


def _of_object(contract: Contract, owner: Object) -> Expectation:
    made = Expectation(owner.name)
    rules: dict[str, Rule] = {}
    for rule, form, limit in _limits(contract, None, owner.rules):
        if form["rule"] == "rowCountChange":
            made.rows.append(limit)
        elif "columns" in form:
            names = _named(contract, owner, rule, form["columns"])
            _once(contract, rules, rule, [f"{owner.name}.{name}" for name in names])
            made.columns |= dict.fromkeys(names, limit)
        else:
            _once(contract, rules, rule, [f"every column of {owner.name}"])
            made.every_column = limit
    for column in owner.columns:
        for rule, _, limit in _limits(contract, column, column.rules):
            [name] = _named(contract, owner, rule, [column.alias])
            _once(contract, rules, rule, [f"{owner.name}.{name}"])
            made.columns[name] = limit
    return made


def _once(contract: Contract, rules: dict[str, Rule], rule: Rule, targets: list[str]) -> None:
    """Note the rule of each target; raises SetupError where another rule has it already."""
    for target in targets:
        first = rules.setdefault(target, rule)
        if first is not rule:
            where = contract.document.where(first.place)
            raise contract.document.error(rule.place, f"drift: {target} has a limit already, at {where}; keep one")


def _limits(
    contract: Contract, column: Column | None, rules: Iterable[Rule]
) -> Iterator[tuple[Rule, dict[str, Any], Limit]]:
    for rule in filter(is_expectation, rules):
        place, form = (*rule.place, "implementation"), rule.form
        keys = {"rule": {"type": "string"}, **_KEYS[form["rule"]]}
        schema = {"type": "object", "properties": keys, "additionalProperties": False}
        explain_short_form(contract.document, place, form, schema)
        if column is not None and (form["rule"] == "rowCountChange" or "columns" in form):
            what = "columns" if "columns" in form else form["rule"]
            raise contract.document.error(place, f"{what} is stated in the wrong place; state it of the object")
        limit = Limit(
            id=str(rule.data.get("id") or form["rule"]),
            required=rule.required,
            detail=rule.detail,
            asked=asked(contract.document.where(rule.place)),
            max_distance=form.get("maxDistance", MAX_DISTANCE),
            max_decrease=form.get("maxDecrease", MAX_DECREASE),
            max_increase=form.get("maxIncrease", MAX_INCREASE),
        )
        yield rule, form, limit


def _named(contract: Contract, owner: Object, rule: Rule, names: list[str]) -> list[str]:
    """Return the names in the file of columns named as in the file or in the contract."""
    found = []
    for name in names:
        place = (*rule.place, "implementation")
        column = contract.column(owner, name, (*place, "columns"))
        if column.logical in NO_DRIFT:
            raise contract.document.error(
                place, f"drift: {name} is a {column.logical}, which moves with time; expected another column"
            )
        if column.hidden and column.logical not in (None, "string"):
            raise contract.document.error(
                place, f"drift: {name} is classified, so a profile keeps no values of it; expected another column"
            )
        found.append(column.name)
    return found
