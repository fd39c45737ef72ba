"""A target whose values are of several kinds, or nested: no list of classes can be made of it."""

from __future__ import annotations

from collections.abc import Sequence

from ml_steps.data.infer import native_kind
from ml_steps.data.places import locate
from ml_steps.data.session import NATIVE, Session
from ml_steps.data.source import Source, literal, quoted
from ml_steps.errors import SetupError

_OF_JSON = {
    "BIGINT": "a number", "UBIGINT": "a number", "DOUBLE": "a number", "BOOLEAN": "true or false", "VARCHAR": "a text",
    "ARRAY": "a list", "OBJECT": "an object",
}  # fmt: skip
_OF_KIND = {"integer": "a number", "number": "a number", "boolean": "true or false", "string": "a text"}


def kindless(session: Session, sources: Sequence[Source], target: str) -> SetupError:
    """Return the sentence that names the first row of each of two kinds, or of the one that is nested."""
    found: dict[str, str] = {}
    for source in sources:
        for kind, row in _kinds(session, source, target) if target in source.columns else ():
            found.setdefault(kind, locate(source, [row])[row])
    (kind, place), *others = found.items()
    if not others:
        return SetupError(
            f'{place}: the target "{target}" is {kind}; expected a text, a number, or true or false; write one such '
            "value in every row."
        )
    other, there = others[0]
    return SetupError(
        f'{place}: the target "{target}" is {kind}, but at {there} it is {other}; expected one kind in all rows of '
        f"both files; write them alike, or state the column's logicalType in the contract."
    )


def _kinds(session: Session, source: Source, target: str) -> list[tuple[str, int]]:
    """Return the kinds of a file's values in words, each with its first row, counted from 0, in file order."""
    column, native = quoted(target), source.natives[target]
    kind = f"json_type({column})" if native == "JSON" else literal(_OF_KIND.get(native_kind(native), f"a {native}"))
    rows = session.rows(
        f"SELECT kind, min(number) AS first FROM (SELECT {kind} AS kind, {column} IS NOT NULL AS there, "
        f"row_number() OVER () - 1 AS number FROM {NATIVE}.{quoted(source.name)}) WHERE there AND kind IS NOT NULL "
        "GROUP BY kind ORDER BY first"
    )
    return [(_OF_JSON.get(name, name), int(first)) for name, first in rows]
