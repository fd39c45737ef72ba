"""What type a column's values have where no contract says it; when in doubt, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_steps.data import logical
from ml_steps.data.contract import Object
from ml_steps.data.session import NATIVE, Session
from ml_steps.data.source import FLOATS, TEXT_TYPE, Source, is_nested, literal, quoted

# Written as a number is, so that text such as "007" or "+1" stays text.
_WHOLE = "-?(0|[1-9][0-9]*)"
NUMBER = r"-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_JSON = ("'BIGINT', 'UBIGINT', 'DOUBLE', 'NULL'", "'BOOLEAN', 'NULL'", "'VARCHAR', 'NULL'")
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
        measures = [measure for name in present for measure in _measures(source, name)]
        # What is missing is told once a row: each FILTER would compile its own patterns, and wide files need gigabytes.
        values = ", ".join(f"{_value(source, name, agreed)} AS {quoted(name)}" for name in present)
        table = f"(SELECT {values} FROM {NATIVE}.{quoted(source.name)})"
        row = session.rows(f"SELECT {', '.join(measures)} FROM {table}")[0]
        for index, name in enumerate(present):
            count, signed, unsigned, whole, *others = row[index * 7 : index * 7 + 7]
            fits = (whole and signed == count, whole and unsigned == count, whole, *others)
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


def _value(source: Source, name: str, agreed: Object | None) -> str:
    """Return the SQL of a value of a file's own type, NULL where it is missing."""
    if source.natives[name] != TEXT_TYPE or source.format == "parquet":
        return quoted(name)
    return f"CASE WHEN NOT {logical.missing(name, agreed.options(name) if agreed else None)} THEN {quoted(name)} END"


def _measures(source: Source, name: str) -> list[str]:
    """Return seven aggregates: how many values there are, and how many fit BIGINT and UBIGINT; whether all are whole
    numbers, numbers, booleans, texts.
    """
    column, native = quoted(name), source.natives[name]
    text = column
    if native == "JSON":
        text = f"({column} ->> '$')"
        number, boolean, string = (f"json_type({column}) IN ({types})" for types in _JSON)
        whole = f"{number} AND regexp_full_match({text}, {literal(_WHOLE)})"
    elif native == TEXT_TYPE and source.format != "parquet":
        whole, number = (f"regexp_full_match({column}, {literal(pattern)})" for pattern in (_WHOLE, NUMBER))
        boolean, string = f"lower({column}) IN ('true', 'false')", "true"
    else:
        kind = native_kind(native)
        fits = [kind == "integer", kind in ("integer", "number"), kind == "boolean", kind == "string"]
        return [*[f"count({column})"] * 3, *map(str, fits)]
    casts = (f"count(TRY_CAST({text} AS {integer}))" for integer in ("BIGINT", "UBIGINT"))
    return [f"count({text})", *casts, *(f"bool_and({test})" for test in (whole, number, boolean, string))]


def native_kind(native: str) -> str:
    """Return the kind of the values of a Parquet type."""
    if native.endswith("INT") or native in ("INTEGER", "UINTEGER"):
        return "integer"
    if is_nested(native):
        return "other"
    if native in FLOATS or native.startswith("DECIMAL"):
        return "number"
    return "boolean" if native == "BOOLEAN" else "string"
