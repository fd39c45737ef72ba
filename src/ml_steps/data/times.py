"""What a column of timestamps or dates can be held to: the present, an age, the time of another file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ml_steps.data.builders import typed, violation
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.document import Place
from ml_steps.data.overlap import Side, between
from ml_steps.data.partners import pair, partner
from ml_steps.data.source import quoted
from ml_steps.data.statement import NONE, Statement, Verdict, judge_count
from ml_steps.data.wording import plural
from ml_steps.evidence import State


def not_in_future(contract: Contract, owner: Object, column: Column, place: Place, _: dict[str, Any]) -> Statement:
    """Return the statement that no value is after now."""
    _of_time(contract, column, place)
    now = "now()" if column.logical == "timestamp" else "today()"
    bad = f"coalesce({typed(owner, column.name)} > {now}, false)"
    made = violation(owner, column, "notInFuture", bad, expected="not in the future", noun="in the future")
    return replace(made, reads=((owner.name, column.name),))


def freshness(contract: Contract, owner: Object, column: Column, place: Place, form: dict[str, Any]) -> Statement:
    """Return the statement that the newest value is at most so many hours old; a date counts from its midnight.

    A value in the future has no age: one wrong clock must not make old data new.
    """
    _of_time(contract, column, place)
    hours = form["maxAgeHours"]

    def judge(measured: tuple[Any, ...], _: int) -> Verdict:
        if measured[0] is None:
            return Verdict(State.FAIL, "no valid value until now")
        fresh = measured[0] <= hours
        hidden = "new enough" if fresh else "too old"
        actual = hidden if column.hidden else f"{_age(measured[0])} old, the newest {measured[1]}"
        return Verdict(State.PASS if fresh else State.FAIL, actual)

    value = typed(owner, column.name)
    newest = f"max({value}) FILTER (WHERE epoch({value}) <= epoch(now()))"
    return Statement(
        id="",
        object=owner.name,
        subject=column.name,
        expected=f"the newest at most {plural(hours, 'hour')} old",
        judge=judge,
        aggregates=(f"(epoch(now()) - epoch({newest})) / 3600", f"CAST({newest} AS VARCHAR)"),
    )


def _age(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours <= 48 else f"{hours / 24:,.1f} days"


def after(contract: Contract, owner: Object, column: Column, place: Place, form: dict[str, Any]) -> Statement:
    """Return the statement that every value is later than the latest of the same column in another object."""
    _of_time(contract, column, place)
    other = partner(contract, owner, form["with"], (*place, "with"))
    _, partnered = pair(contract, (*place, "with"), (owner, column.alias), (other, column.alias))
    ours = Side(column.name, typed(owner, column.name))
    theirs = Side(partnered.name, typed(other, partnered.name))
    latest = f"(SELECT max({theirs.typed}) FROM _raw.{quoted(other.name)})"
    made = between(
        owner.name,
        other.name,
        {column.name: (ours, theirs)},
        "" if column.hidden else column.name,
        bad=f"coalesce({ours.typed} <= {latest}, false)",
        judge=judge_count(NONE, noun=f"not after {other.name}"),
    )
    return replace(made, expected=f"later than every {column.alias} of {other.name}")


def _of_time(contract: Contract, column: Column, place: Place) -> None:
    if column.logical not in ("timestamp", "date"):
        raise contract.document.error(
            place, f"{column.name} is {column.logical or 'a text'}; expected a timestamp or date"
        )
