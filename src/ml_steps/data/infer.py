"""What type a column's values have where no contract says it; when in doubt, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_steps.data import logical
from ml_steps.data.contract import Object
from ml_steps.data.session import NATIVE, Session
from ml_steps.data.source import FLOATS, TEXT_TYPE, Source, literal, quoted

# Written as a number is, so that text such as "007" or "+1" stays text; at most 18 digits fit 64 bits.
_INTEGER = "-?(0|[1-9][0-9]{0,17})"
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?"
_JSON = {
    "integer": ("BIGINT", "UBIGINT", "NULL"),
    "number": ("BIGINT", "UBIGINT", "DOUBLE", "NULL"),
    "boolean": ("BOOLEAN", "NULL"),
    "string": ("VARCHAR", "NULL"),
}
KINDS = ("integer", "number", "boolean", "string")


def infer(
    session: Session, sources: Sequence[Source], columns: Iterable[str], agreed: Object | None = None
) -> dict[str, str]:
    """Return the narrowest of integer, number, boolean and string that fits a column in every file.

    "other" is a nested value. A column without any value is a string. `agreed` may say what is missing in them.
    """
    wanted = list(columns)
    fitting: dict[str, set[str]] = {name: set(KINDS) for name in wanted}
    filled: set[str] = set()
    for source in sources:
        present = [name for name in wanted if name in source.columns]
        if not present:
            continue
        measures = [measure for name in present for measure in _measures(source, name, agreed)]
        row = session.rows(f"SELECT {', '.join(measures)} FROM {NATIVE}.{quoted(source.name)}")[0]
        for index, name in enumerate(present):
            count, *fits = row[index * 5 : index * 5 + 5]
            fitting[name] &= {kind for kind, fit in zip(KINDS, fits, strict=True) if fit is not False}
            filled |= {name} if count else set()
    return {
        name: "string" if name not in filled else next((kind for kind in KINDS if kind in fitting[name]), "other")
        for name in wanted
    }


def kinds_of(session: Session, source: Source, agreed: Object | None) -> dict[str, str]:
    """Look at the values of the columns that the contract gives no type."""
    typed = {column.name for column in agreed.columns if column.logical} if agreed else set()
    unknown = [name for name in source.columns if name not in typed]
    return infer(session, [source], unknown, agreed) if unknown else {}


def _measures(source: Source, name: str, agreed: Object | None) -> list[str]:
    """Return five aggregates: how many values there are, and whether each kind fits them all."""
    column, native = quoted(name), source.natives[name]
    if native == "JSON":
        kinds = [", ".join(map(literal, _JSON[kind])) for kind in KINDS]
        return [f"count({column} ->> '$')", *(f"bool_and(json_type({column}) IN ({kind}))" for kind in kinds)]
    if native == TEXT_TYPE and source.format != "parquet":
        there = f"NOT {logical.missing(name, agreed.options(name) if agreed else None)}"
        tests = [f"regexp_full_match({column}, {literal(pattern)})" for pattern in (_INTEGER, _NUMBER)]
        tests.append(f"lower({column}) IN ('true', 'false')")
        return [
            f"count(*) FILTER (WHERE {there})",
            *(f"bool_and({test}) FILTER (WHERE {there})" for test in tests),
            "true",
        ]
    kind = _native_kind(native)
    return [f"count({column})", *("true" if kind == known else "false" for known in KINDS)]


def _native_kind(native: str) -> str:
    if native.endswith("INT") or native in ("INTEGER", "UINTEGER"):
        return "integer"
    if native in FLOATS or native.startswith("DECIMAL"):
        return "number"
    nested = native.endswith("]") or native.startswith(("STRUCT", "MAP", "UNION"))
    return "boolean" if native == "BOOLEAN" else "other" if nested else "string"
