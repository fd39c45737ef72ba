"""A data contract as it is enforced: an Open Data Contract Standard v3.1 file, read into plain records.

What would not be enforced is an error here, or a note where it only describes; docs/contract.md lists both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_steps.data import logical
from ml_steps.data.document import Document, Place, load

VISIBLE = frozenset({"", "public", "internal", "none"})
"""Classifications whose values may be shown; any other hides them."""
_DESCRIPTIVE = {
    "root": ("servers", "roles", "slaProperties"),
    "object": ("physicalType", "dataGranularityDescription"),
    "column": (
        "physicalType", "partitioned", "partitionKeyPosition", "encryptedName",
        "transformSourceObjects", "transformLogic", "transformDescription",
    ),
}  # fmt: skip
_SEVERITIES = {"": True, "error": True, "warning": False, "info": False}


@dataclass(frozen=True)
class Rule:
    """One entry of `quality`, with its place in the file."""

    data: dict[str, Any]
    place: Place
    required: bool

    @property
    def kind(self) -> str:
        """Return library, sql, custom or text."""
        return str(self.data.get("type", "library"))


@dataclass(frozen=True)
class Column:
    """A property: one column of the file."""

    name: str
    logical: str | None
    """The standard's logicalType; None where the contract states none: then it is a text to the checks."""
    place: Place
    options: dict[str, Any] = field(default_factory=dict)
    required: bool = False
    unique: bool = False
    hidden: bool = False
    """True where its values must not be shown."""
    key: int | None = None
    """Its position in the primary key."""
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Object:
    """A schema object: one file."""

    name: str
    pattern: str
    place: Place
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Contract:
    """A whole contract."""

    document: Document
    objects: tuple[Object, ...]
    notes: tuple[tuple[str, str], ...]
    """What only describes: the key and where it stands."""

    @property
    def title(self) -> str:
        """File name and version."""
        return f"{self.document.path.name} {self.document.data['version']}"


def read(path: Path) -> Contract:
    """Read a contract.

    Raises SetupError, naming file and line, when it is missing, breaks the standard, or asks for what
    would not be enforced.
    """
    document = load(path)
    notes: list[tuple[str, str]] = []
    _note(document, document.data, (), "root", notes)
    entries = document.data.get("schema") or []
    if not entries:
        raise document.error(["schema"], "schema names no object; expected one for each data file, such as train")
    objects = tuple(_object(document, entry, ("schema", index), notes) for index, entry in enumerate(entries))
    seen: set[str] = set()
    for found in objects:
        if found.name.casefold() in seen:
            raise document.error(
                (*found.place, "name"), f'the object "{found.name}" is there twice; names must be unique'
            )
        seen.add(found.name.casefold())
    return Contract(document, objects, tuple(notes))


def _object(document: Document, entry: dict[str, Any], place: Place, notes: list[tuple[str, str]]) -> Object:
    name = str(entry["name"])
    if entry.get("relationships"):
        raise document.error((*place, "relationships"), _unsupported("relationships"))
    _note(document, entry, place, "object", notes)
    columns = tuple(
        _column(document, column, (*place, "properties", index), notes)
        for index, column in enumerate(entry.get("properties") or [])
    )
    names = [column.name.casefold() for column in columns]
    for index, column in enumerate(columns):
        if names.index(column.name.casefold()) < index:
            raise document.error(column.place, f'the column "{column.name}" of {name} is there twice; keep one')
    rules = _rules(document, entry, place, notes)
    return Object(name, str(entry.get("physicalName") or f"{name}.*"), place, columns, rules)


def _column(document: Document, entry: dict[str, Any], place: Place, notes: list[tuple[str, str]]) -> Column:
    kind = entry.get("logicalType")
    if kind is not None and kind not in logical.TYPES:
        expected = ", ".join(logical.TYPES)
        raise document.error(
            (*place, "logicalType"), f'logicalType "{kind}" is not enforced; expected one of {expected}'
        )
    if entry.get("relationships"):
        raise document.error((*place, "relationships"), _unsupported("relationships"))
    _note(document, entry, place, "column", notes)
    key = bool(entry.get("primaryKey"))
    return Column(
        name=str(entry.get("physicalName") or entry["name"]),
        logical=kind,
        place=place,
        options=_options(
            document, entry.get("logicalTypeOptions") or {}, (*place, "logicalTypeOptions"), kind or "text"
        ),
        required=bool(entry.get("required")) or key,
        unique=bool(entry.get("unique")),
        hidden=str(entry.get("classification", "")).strip().lower() not in VISIBLE,
        key=int(entry.get("primaryKeyPosition", -1)) if key else None,
        rules=_rules(document, entry, place, notes),
    )


def _options(document: Document, options: dict[str, Any], place: Place, kind: str) -> dict[str, Any]:
    if kind == "boolean" and options:
        raise document.error((*place, next(iter(options))), "a boolean has no options that are enforced; drop them")
    enforced = kind in ("integer", "number") and options.get("format") != "f32"
    if "format" in options and not enforced:
        raise document.error(
            (*place, "format"),
            f"format {options['format']!r} of a {kind} is not enforced; use pattern for a text, ISO 8601 for a time",
        )
    zone = options.get("defaultTimezone", "UTC")
    if zone not in ("UTC", "Etc/UTC"):
        raise document.error((*place, "defaultTimezone"), f'defaultTimezone is "{zone}"; expected "Etc/UTC"')
    return options


def _rules(document: Document, entry: dict[str, Any], place: Place, notes: list[tuple[str, str]]) -> tuple[Rule, ...]:
    found = []
    for index, data in enumerate(entry.get("quality") or []):
        where = (*place, "quality", index)
        severity = str(data.get("severity", "")).lower()
        if severity not in _SEVERITIES:
            raise document.error(
                (*where, "severity"), f'severity "{severity}" has no meaning here; expected error, warning or info'
            )
        if data.get("type") == "text":
            notes.append((f"quality text: {str(data.get('description', ''))[:60]}", document.where(where)))
            continue
        for key in ("schedule", "scheduler"):
            if key in data:
                notes.append((key, document.where((*where, key))))
        found.append(Rule(data, where, _SEVERITIES[severity]))
    return tuple(found)


def _note(document: Document, entry: dict[str, Any], place: Place, kind: str, notes: list[tuple[str, str]]) -> None:
    notes.extend((key, document.where((*place, key))) for key in _DESCRIPTIVE[kind] if entry.get(key))


def _unsupported(name: str) -> str:
    return f"{name} are not enforced yet; state them as a quality rule of type sql, or leave them out"
