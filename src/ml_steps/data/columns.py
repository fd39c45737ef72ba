"""What a contract's property says by itself: required, type, range, length, pattern, unique."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ml_steps.data import logical
from ml_steps.data.builders import duplicates, typed, violation
from ml_steps.data.constants import constant, pattern
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.document import Place
from ml_steps.data.statement import NONE, Statement
from ml_steps.data.wording import number, plural

_COMPARISONS = {
    "minimum": (">=", "at least {}"),
    "exclusiveMinimum": (">", "more than {}"),
    "maximum": ("<=", "at most {}"),
    "exclusiveMaximum": ("<", "less than {}"),
}
_LENGTHS = {"minLength": (">=", "at least {}"), "maxLength": ("<=", "at most {}")}


def of_column(contract: Contract, owner: Object, column: Column) -> Iterator[Statement]:
    """Yield the statements of one property.

    Raises SetupError naming file and line for an option that cannot be compiled.
    """
    for place, made in _stated(contract, owner, column):
        yield replace(made, rule=contract.document.where((*column.place, *place)))


def _stated(contract: Contract, owner: Object, column: Column) -> Iterator[tuple[Place, Statement]]:
    """Yield each statement with its place below the property's."""
    if column.required:
        bad = logical.missing(column.name, column.options)
        yield ("required",), violation(owner, column, "required", bad, expected="no missing values", noun="missing")
    if column.logical not in (None, "string"):
        bad = logical.invalid(column.name, column.logical, column.options)
        described = logical.described(column.logical or "", column.options)
        yield ("logicalType",), violation(owner, column, "type", bad, expected=described, noun="invalid")
    yield from _of_options(contract, owner, column)
    if column.unique or (column.key is not None and len(_key(owner)) == 1):
        made = duplicates(owner, f"{column.name}.unique", (column.name,), NONE, skip_missing=True)
        yield ("unique" if column.unique else "primaryKey",), made


def of_key(contract: Contract, owner: Object) -> Iterator[Statement]:
    """Yield the statement of a primary key of several columns."""
    key = _key(owner)
    if len(key) > 1:
        yield replace(duplicates(owner, "primary_key", key, NONE), rule=contract.document.where(owner.place))


def _of_options(contract: Contract, owner: Object, column: Column) -> Iterator[tuple[Place, Statement]]:
    value = typed(owner, column.name)
    for option, limit in column.options.items():
        below = ("logicalTypeOptions", option)
        place = (*column.place, *below)
        if option in _COMPARISONS:
            symbol, words = _COMPARISONS[option]
            end = _end(contract, column, place, limit, symbol=symbol)
            bad, expected = f"NOT ({value} {symbol} {end})", words.format(number(limit))
        elif option in _LENGTHS:
            symbol, words = _LENGTHS[option]
            bad, expected = f"NOT (length({value}) {symbol} {int(limit)})", words.format(plural(limit, "character"))
        elif option == "pattern":
            bad = f"NOT regexp_matches({value}, {pattern(contract, place, limit)})"
            expected = "matches the contract's pattern" if column.hidden else f"matches {limit}"
        elif option == "multipleOf":
            bad = _no_multiple(column, value, limit)
            expected = f"a multiple of {number(limit)}"
        else:  # format, timezone and defaultTimezone are part of the type
            continue
        yield below, violation(owner, column, option, f"coalesce({bad}, false)", expected=expected, noun="outside")


def _end(contract: Contract, column: Column, place: tuple[str | int, ...], limit: Any, *, symbol: str) -> str:
    """Return the end of a range as SQL; that of an integer is an integer, so that nothing is rounded."""
    if column.logical == "number":
        return f"CAST({limit!r} AS DOUBLE)"
    if column.logical != "integer":
        return constant(contract, column, place, limit)
    end = math.ceil(limit) if symbol in (">=", "<") else math.floor(limit)
    return str(end) if -(2**127) <= end < 2**127 else f"CAST({float(limit)!r} AS DOUBLE)"  # none is wider


def _no_multiple(column: Column, value: str, limit: float) -> str:
    """True where a value is no multiple: exact for integers, else but for the rounding of binary fractions."""
    if column.logical == "integer" and float(limit).is_integer():
        return f"({value} % {int(limit)} <> 0)"
    if float(limit).is_integer():  # the remainder of two doubles is exact
        return f"({value} % CAST({float(limit)!r} AS DOUBLE) <> 0)"
    share = f"(CAST({value} AS DOUBLE) / CAST({limit!r} AS DOUBLE))"
    return f"(abs({share} - round({share})) > 1e-15 * abs({share}))"


def _key(owner: Object) -> tuple[str, ...]:
    keyed = [column for column in owner.columns if column.key is not None]
    return tuple(column.name for column in sorted(keyed, key=lambda column: column.key or 0))
