"""What type a column's values have where no contract says it; when in doubt, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_steps.data import logical
from ml_steps.data.contract import Object
from ml_steps.data.session import NATIVE, Session
from ml_steps.data.source import FLOATS, TEXT_TYPE, Source, literal, quoted

# Written as a number is, so that text such as "007" or "+1" stays text.
_WHOLE = "-?(0|[1-9][0-9]*)"
_NUMBER = rf"{_WHOLE}(\.[0-9]+)?([eE][+-]?[0-9]{{1,2}})?"
_JSON = {"number": "'BIGINT', 'UBIGINT', 'DOUBLE'", "boolean": "'BOOLEAN'", "string": "'VARCHAR'"}
_NARROWEST = ("integer", "unsigned", "whole", "number", "boolean", "string")
KIND_OF = {"unsigned": "integer", "whole": "string"}
"""What the narrowest of them are to everybody else."""
KINDS = ("integer", "number", "boolean", "string")


def infer(
    session: Session, sources: Sequence[Source], columns: Iterable[str], agreed: Object | None = None
) -> dict[str, str]:
    """Return the narrowest of integer, number, boolean and string that fits a column in every file.

    "other" is a nested value, or several kinds. A column without any value is a string. `agreed` may say what is
    missing in them.
    """
    return {name: KIND_OF.get(kind, kind) for name, kind in narrowest(session, sources, columns, agreed).items()}


def narrowest(
    session: Session, sources: Sequence[Source], columns: Iterable[str], agreed: Object | None
) -> dict[str, str]:
    """Infer as `infer` does, but tell integers that need unsigned 64 bits, and whole numbers that fit no 64 bits."""
    wanted = list(columns)
    fitting: dict[str, set[str]] = {name: set(_NARROWEST) for name in wanted}
    filled: set[str] = set()
    for source in sources:
        present = [name for name in wanted if name in source.columns]
        if not present:
            continue
        measures = [measure for name in present for measure in _measures(source, name, agreed)]
        row = session.rows(f"SELECT {', '.join(measures)} FROM {NATIVE}.{quoted(source.name)}")[0]
        for index, name in enumerate(present):
            count, signed, unsigned, whole, *others = row[index * 7 : index * 7 + 7]
            fits = (whole and signed, whole and unsigned, whole, *others)
            fitting[name] &= {kind for kind, fit in zip(_NARROWEST, fits, strict=True) if fit is not False}
            filled |= {name} if count else set()
    return {
        name: "string" if name not in filled else next((kind for kind in _NARROWEST if kind in fitting[name]), "other")
        for name in wanted
    }


def kinds_of(session: Session, source: Source, agreed: Object | None) -> dict[str, str]:
    """Look at the values of the columns that the contract gives no type."""
    typed = {column.name for column in agreed.columns if column.logical} if agreed else set()
    unknown = [name for name in source.columns if name not in typed]
    return infer(session, [source], unknown, agreed) if unknown else {}


def _measures(source: Source, name: str, agreed: Object | None) -> list[str]:
    """Return seven aggregates: how many values there are; whether all fit BIGINT, UBIGINT; whether all are whole
    numbers, numbers, booleans, texts.
    """
    column, native = quoted(name), source.natives[name]
    if native == "JSON":
        text, there = f"({column} ->> '$')", f"{column} ->> '$' IS NOT NULL"
        number, boolean, string = (f"json_type({column}) IN ({types})" for types in _JSON.values())
        whole = f"{number} AND regexp_full_match({text}, {literal(_WHOLE)})"
    elif native == TEXT_TYPE and source.format != "parquet":
        text, there = column, f"NOT {logical.missing(name, agreed.options(name) if agreed else None)}"
        whole, number = (f"regexp_full_match({column}, {literal(pattern)})" for pattern in (_WHOLE, _NUMBER))
        boolean, string = f"lower({column}) IN ('true', 'false')", "true"
    else:
        kind = native_kind(native)
        fits = [kind == "integer"] * 3 + [kind in ("integer", "number"), kind == "boolean", kind == "string"]
        return [f"count({column})", *map(str, fits)]
    casts = (f"TRY_CAST({text} AS {integer}) IS NOT NULL" for integer in ("BIGINT", "UBIGINT"))
    tests = (*casts, whole, number, boolean, string)
    return [f"count(*) FILTER (WHERE {there})", *(f"bool_and({test}) FILTER (WHERE {there})" for test in tests)]


def native_kind(native: str) -> str:
    """Return the kind of the values of a Parquet type."""
    if native.endswith("INT") or native in ("INTEGER", "UINTEGER"):
        return "integer"
    if native in FLOATS or native.startswith("DECIMAL"):
        return "number"
    nested = native.endswith("]") or native.startswith(("STRUCT", "MAP", "UNION"))
    return "boolean" if native == "BOOLEAN" else "other" if nested else "string"
