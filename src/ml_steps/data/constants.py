"""What a contract compares with: its values and patterns, as SQL."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import Any

import duckdb

from ml_steps.data import logical
from ml_steps.data.contract import Column, Contract
from ml_steps.data.document import Place
from ml_steps.data.source import first_line, literal


def pattern(contract: Contract, place: Place, value: object) -> str:
    """Return a regular expression as an SQL string; it is searched for, so anchor it with ^ and $.

    Raises SetupError naming file and line for one that is not valid (RE2 has no look-around).
    """
    expression = literal(str(value))
    fault = _fault(expression)
    if fault:
        raise contract.document.error(place, f"{value!r} is no regular expression of RE2 ({fault})")
    return expression


@functools.cache
def _fault(expression: str) -> str:
    try:
        with duckdb.connect() as connection:
            connection.execute(f"SELECT regexp_matches('', {expression})")
    except duckdb.Error as error:
        return first_line(error)
    return ""


def values(contract: Contract, column: Column, place: Place, given: list[Any]) -> list[str]:
    """Return values of a contract as SQL literals of the column's type; raises SetupError for another type."""
    return [constant(contract, column, (*place, index), value) for index, value in enumerate(given)]


def constant(contract: Contract, column: Column, place: Place, value: object) -> str:
    """Return one value of a contract as SQL of the column's type; dates and timestamps are written as text.

    Raises SetupError naming file and line for a value of another type.
    """
    kind, written = logical.sql_type(column.logical, column.options), text(value)
    try:
        match column.logical:
            case "integer":
                fits = type(value) is int and logical.in_range(value, column.options)
            case "number":
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            case "boolean":
                fits = isinstance(value, bool)
            case "date":
                fits, written = isinstance(value, str), date.fromisoformat(written).isoformat()
            case "timestamp":
                fits, written = isinstance(value, str), datetime.fromisoformat(written).isoformat()
            case _:
                fits = isinstance(value, str)
    except ValueError:
        fits = False
    if not fits:
        expected = logical.described(column.logical or "string", column.options)
        if column.logical in (None, "string"):
            expected = f"{expected}: quote it, as YAML reads a bare yes, no, on, off or number as none"
        raise contract.document.error(place, f"{value!r} is no value of {column.name}; expected {expected}")
    return f"CAST({literal(written)} AS {kind})"


def text(value: object) -> str:
    """Return a value of a contract as a file writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
