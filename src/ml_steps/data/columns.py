"""What a contract's property says by itself: required, type, range, length, pattern, unique."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ml_steps.data import logical
from ml_steps.data.builders import duplicates, pattern, typed, violation
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.source import literal
from ml_steps.data.statement import NONE, Statement, number

_COMPARISONS = {
    "minimum": (">=", "at least {}"),
    "exclusiveMinimum": (">", "more than {}"),
    "maximum": ("<=", "at most {}"),
    "exclusiveMaximum": ("<", "less than {}"),
}
_LENGTHS = {"minLength": (">=", "at least {} characters"), "maxLength": ("<=", "at most {} characters")}


def of_column(contract: Contract, owner: Object, column: Column) -> Iterator[Statement]:
    """Yield the statements of one property.

    Raises SetupError naming file and line for an option that cannot be compiled.
    """
    if column.required:
        bad = logical.missing(column.name)
        yield violation(owner, column, "required", bad, expected="no missing values", noun="missing")
    if column.logical not in (None, "string"):
        bad = logical.invalid(column.name, column.logical, column.options)
        described = logical.described(column.logical or "", column.options)
        yield violation(owner, column, "type", bad, expected=described, noun="invalid")
    yield from _of_options(contract, owner, column)
    if column.unique or (column.key is not None and len(_key(owner)) == 1):
        yield duplicates(owner, f"{column.name}.unique", (column.name,), NONE, skip_missing=True)


def of_key(owner: Object) -> Iterator[Statement]:
    """Yield the statement of a primary key of several columns."""
    key = _key(owner)
    if len(key) > 1:
        yield duplicates(owner, "primary_key", key, NONE)


def _of_options(contract: Contract, owner: Object, column: Column) -> Iterator[Statement]:
    value = typed(owner, column.name)
    for option, limit in column.options.items():
        place = (*column.place, "logicalTypeOptions", option)
        if option in _COMPARISONS:
            symbol, words = _COMPARISONS[option]
            end = _literal(contract, column, place, limit)
            bad, expected = f"NOT ({value} {symbol} {end})", words.format(number(limit))
        elif option in _LENGTHS:
            symbol, words = _LENGTHS[option]
            bad, expected = f"NOT (length({value}) {symbol} {int(limit)})", words.format(number(limit))
        elif option == "pattern":
            bad = f"NOT regexp_matches({value}, {pattern(contract, place, limit)})"
            expected = f"matches {limit}"
        elif option == "multipleOf":
            bad = f"(CAST({value} AS DOUBLE) / {float(limit)!r} <> round(CAST({value} AS DOUBLE) / {float(limit)!r}))"
            expected = f"a multiple of {number(limit)}"
        else:  # format, timezone and defaultTimezone are part of the type
            continue
        yield violation(owner, column, option, f"coalesce({bad}, false)", expected=expected, noun="outside")


def _literal(contract: Contract, column: Column, place: tuple[str | int, ...], limit: object) -> str:
    """Return the end of a range as SQL; dates and timestamps are written as text in a contract."""
    if column.logical in ("integer", "number"):
        return repr(limit)
    parse = date.fromisoformat if column.logical == "date" else datetime.fromisoformat
    try:
        parse(str(limit))
    except ValueError:
        raise contract.document.error(place, f"{limit!r} is no {column.logical}; expected ISO 8601") from None
    return f"CAST({literal(str(limit))} AS {logical.sql_type(column.logical, column.options)})"


def _key(owner: Object) -> tuple[str, ...]:
    keyed = [column for column in owner.columns if column.key is not None]
    return tuple(column.name for column in sorted(keyed, key=lambda column: column.key or 0))
