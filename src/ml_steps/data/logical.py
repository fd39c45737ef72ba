"""The standard's logical types over text: when a value is valid, and its typed value, as SQL.

DuckDB's own casts are too kind (TRY_CAST('1.5' AS INT) is 2, '1_000' is 1000, 'nan' is a number), so the
text is matched first and cast afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ml_steps.data.source import literal, quoted

TYPES = ("string", "integer", "number", "date", "timestamp", "boolean")
MISSING_TEXT = "missingText"
MISSING_TEXTS = ("blank", "empty", "null")
"""What counts as missing besides null: empty and white-space-only text, empty text, nothing. Blank is the default.

Instead of one of them a column may list its texts; there '' stands for blank.
"""

_NOT_BLANK = r"[^\t-\r\x1c- \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""Anything but what Python's str.isspace calls a space."""

INTEGERS = {
    "i8": "TINYINT", "i16": "SMALLINT", "i32": "INTEGER", "i64": "BIGINT", "i128": "HUGEINT",
    "u8": "UTINYINT", "u16": "USMALLINT", "u32": "UINTEGER", "u64": "UBIGINT", "u128": "UHUGEINT",
}  # fmt: skip
"""The standard's integer formats as DuckDB's types. Unset is 64 bits here."""

_INTEGER = "[+-]?[0-9]+"
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
_ZONE = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"


def infinite(text: str) -> str:
    """True where a number, as SQL of its text, is beyond what a double holds."""
    return f"coalesce(isinf(TRY_CAST({text} AS DOUBLE)), false)"


def infinite_inside(value: str) -> str:
    """True where a list or the like, as SQL of the file's own value, holds a number that JSON has not, such as NaN."""
    without_strings = f"regexp_replace(CAST(to_json({value}) AS VARCHAR), '\"([^\"\\\\]|\\\\.)*\"', '', 'g')"
    return f"coalesce(regexp_matches({without_strings}, 'Infinity|NaN'), false)"


def standing(names: Iterable[str], table: str) -> str:
    """Return the SQL of columns stood on end: a row for each value there, its column's "name" and its "text"."""
    columns = ", ".join(map(quoted, names))
    upright = f'(UNPIVOT (SELECT {columns} FROM {table}) ON * INTO NAME "name" VALUE "text")'
    return f"(FROM {upright} WHERE NOT {missing('text')})"


def missing(column: str, options: dict[str, Any] | None = None) -> str:
    """True where a value is null, empty or only white space; the option MISSING_TEXT can say less, or more."""
    name, text = quoted(column), (options or {}).get(MISSING_TEXT, "blank")
    if isinstance(text, list):
        return (
            f"({missing(column) if '' in text else f'{name} IS NULL'} OR {name} IN ({', '.join(map(literal, text))}))"
        )
    if text != "blank":
        return f"({name} IS NULL OR {name} = '')" if text == "empty" else f"({name} IS NULL)"
    # Most values begin with a printable ASCII character: comparing is ten times faster than matching.
    return (
        f"(CASE WHEN {name} IS NULL THEN true WHEN {name} < '!' OR {name} > '~' "
        f"THEN NOT regexp_matches({name}, {literal(_NOT_BLANK)}) ELSE false END)"
    )


def listed_as_null(column: str, options: dict[str, Any] | None = None) -> str:
    """Return the text, NULL where MISSING_TEXT lists it; blank text is of no type but text anyway."""
    if not isinstance((options or {}).get(MISSING_TEXT), list):
        return quoted(column)
    return f"(CASE WHEN NOT {missing(column, options)} THEN {quoted(column)} END)"


def typed(column: str, logical: str | None, options: dict[str, Any] | None = None) -> str:
    """Return the typed value, NULL where it is missing or not valid."""
    name = listed_as_null(column, options)
    match logical:
        case "integer":
            return _cast(name, _INTEGER, INTEGERS[(options or {}).get("format", "i64")])
        case "number":
            double = f"TRY_CAST({name} AS DOUBLE)"
            return f"(CASE WHEN regexp_full_match({name}, {literal(_NUMBER)}) AND isfinite({double}) THEN {double} END)"
        case "boolean":
            return f"(CASE lower({name}) WHEN 'true' THEN true WHEN 'false' THEN false END)"
        case "date":
            return _cast(name, _DATE, "DATE")
        case "timestamp":
            return _cast(name, _timestamp(options or {}), "TIMESTAMPTZ")
    return f"(CASE WHEN {missing(column, options)} THEN NULL ELSE {quoted(column)} END)"


def exact(column: str, logical: str, options: dict[str, Any] | None = None) -> str:
    """Return an integer or a number as a text that only equal values share; NULL as the typed value is.

    From 2 ** 53 on a binary fraction stands for several integers: there the digits are kept.
    """
    value, name = typed(column, logical, options), quoted(column)
    double = f"(CAST({value} AS DOUBLE) + 0)"  # so that -0 is 0
    digits = value
    if logical == "number":
        whole = f"regexp_full_match({name}, {literal(_INTEGER + '([.]0*)?')})"
        digits = f"TRY_CAST(CASE WHEN {whole} THEN split_part({name}, '.', 1) ELSE {value}::VARCHAR END AS HUGEINT)"
    beyond = f"coalesce(CAST({digits} AS VARCHAR), CAST({double} AS VARCHAR))"
    small = f"abs({double}) < {2**53}"
    return f"(CASE WHEN {small} THEN CAST({double} AS VARCHAR) WHEN {double} IS NOT NULL THEN {beyond} END)"


def invalid(column: str, logical: str | None, options: dict[str, Any] | None = None) -> str:
    """True where a value is there and is not of the type."""
    # DuckDB computes once what several checks ask of a column first, but not what stands within AND.
    return f"(CASE WHEN {typed(column, logical, options)} IS NULL THEN NOT {missing(column, options)} ELSE false END)"


def unreadable(column: str, logical: str | None, options: dict[str, Any] | None = None) -> str:
    """Return the text of a value that is there and not of the type, else NULL; "" where every text is of the type."""
    if logical in (None, "string"):
        return ""
    return f"(CASE WHEN {invalid(column, logical, options)} THEN {quoted(column)} END)"


def described(logical: str, options: dict[str, Any]) -> str:
    """Say in words what a valid value is."""
    if logical == "integer":
        return f"an integer ({options.get('format', 'i64')})"
    if logical == "timestamp":
        zone = {True: "with a zone ", False: "without a zone ", None: ""}[options.get("timezone")]
        return f"a timestamp {zone}(2026-01-31T12:00:00{'' if options.get('timezone') is False else 'Z'})"
    others = {"number": "a finite number", "boolean": "true or false", "date": "a date (2026-01-31)"}
    return others.get(logical, "a text")


def sql_type(logical: str | None, options: dict[str, Any]) -> str:
    """Return DuckDB's type of the typed value."""
    if logical == "integer":
        return INTEGERS[options.get("format", "i64")]
    others = {"number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMPTZ"}
    return others.get(logical or "", "VARCHAR")


def in_range(value: int, options: dict[str, Any]) -> bool:
    """True where an integer fits the column's format."""
    kind = str(options.get("format", "i64"))
    bits = int(kind[1:])
    low, high = (0, 2**bits) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return bool(low <= value < high)


def _timestamp(options: dict[str, Any]) -> str:
    zone = {True: _ZONE, False: "", None: f"{_ZONE}?"}[options.get("timezone")]
    return _DATE + _TIME + zone


def _cast(name: str, pattern: str, target: str) -> str:
    return f"(CASE WHEN regexp_full_match({name}, {literal(pattern)}) THEN TRY_CAST({name} AS {target}) END)"
