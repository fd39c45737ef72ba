"""The parts of a contract's object, read into plain records: columns, quality rules, relationships."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ml_steps.data import logical
from ml_steps.data.document import Document, Place
from ml_steps.data.standard import Notes
from ml_steps.data.statement import OPERATORS
from ml_steps.project import nearest

VISIBLE = frozenset({"", "public", "internal", "none"})
"""Classifications whose values may be shown; any other hides them."""
_SEVERITIES = {"": True, "error": True, "warning": False, "info": False}
_OF_KIND = {
    "library": {"metric", "arguments", "unit", *OPERATORS},
    "sql": {"query", "unit", *OPERATORS},
    "custom": {"engine", "implementation"},
    "text": set[str](),
}
"""The keys that belong to one type of rule alone."""


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

    @property
    def detail(self) -> str:
        """Return its description, else its name, on one line; empty where it has neither."""
        return " ".join(str(self.data.get("description") or self.data.get("name") or "").split())

    @property
    def form(self) -> dict[str, Any]:
        """Return the short form of a custom rule; empty where that is no mapping."""
        found = self.data.get("implementation")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Relationship:
    """One entry of `relationships`, with its place in the file."""

    data: dict[str, Any]
    place: Place


@dataclass(frozen=True)
class Column:
    """A property: one column of the file."""

    name: str
    """Spelled as in the file: physicalName where it is given."""
    alias: str
    """The property's name in the contract."""
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
    relationships: tuple[Relationship, ...] = ()


def column(document: Document, entry: dict[str, Any], place: Place, notes: Notes) -> Column:
    """Read one property of an object."""
    kind = entry.get("logicalType")
    if kind is not None and kind not in logical.TYPES:
        expected = ", ".join(logical.TYPES)
        raise document.error(
            (*place, "logicalType"), f'logicalType "{kind}" is not enforced; expected one of {expected}'
        )
    notes.of("column", entry, place)
    key = bool(entry.get("primaryKey"))
    if not key and entry.get("primaryKeyPosition", -1) != -1:
        raise document.error((*place, "primaryKeyPosition"), "primaryKeyPosition without primaryKey: true says nothing")
    options = _options(document, entry.get("logicalTypeOptions") or {}, (*place, "logicalTypeOptions"), kind or "text")
    return Column(
        name=str(entry.get("physicalName") or entry["name"]),
        alias=str(entry["name"]),
        logical=kind,
        place=place,
        options={**options, **_missing_text(document, entry, place)},
        required=bool(entry.get("required")) or key,
        unique=bool(entry.get("unique")),
        hidden=str(entry.get("classification", "")).strip().lower() not in VISIBLE,
        key=int(entry.get("primaryKeyPosition", -1)) if key else None,
        rules=rules(document, entry, place, notes),
        relationships=relationships(entry, place, notes),
    )


def _missing_text(document: Document, entry: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return what counts as missing in a column, as an option beside those of its type."""
    found: dict[str, Any] = {}
    for index, custom in enumerate(entry.get("customProperties") or []):
        name = str(custom["property"])
        if name != logical.MISSING_TEXT and nearest(name.lower(), [logical.MISSING_TEXT.lower()], 0.8):
            raise document.error(
                (*place, "customProperties", index, "property"),
                f'there is no custom property "{name}" that is enforced; did you mean "{logical.MISSING_TEXT}"?',
            )
        if name == logical.MISSING_TEXT:
            if found:
                raise document.error((*place, "customProperties", index), f"{logical.MISSING_TEXT} is there twice")
            value = custom["value"]
            texts = isinstance(value, list) and value and all(isinstance(text, str) for text in value)
            if not texts and value not in logical.MISSING_TEXTS:
                expected = ", ".join(logical.MISSING_TEXTS)
                raise document.error(
                    (*place, "customProperties", index, "value"),
                    f"{logical.MISSING_TEXT} is {value!r}; expected one of {expected}, or a list of texts in quotes, "
                    "such as ['', 'N/A']",
                )
            found[logical.MISSING_TEXT] = value
    return found


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


def rules(document: Document, entry: dict[str, Any], place: Place, notes: Notes) -> tuple[Rule, ...]:
    """Read the quality rules of an object or a property; those that only describe become notes."""
    found = []
    for index, data in enumerate(entry.get("quality") or []):
        where = (*place, "quality", index)
        severity = str(data.get("severity", "")).lower()
        if severity not in _SEVERITIES:
            raise document.error(
                (*where, "severity"), f'severity "{severity}" has no meaning here; expected error, warning or info'
            )
        rule = Rule(data, where, _SEVERITIES[severity])
        for key in data:
            if key not in _OF_KIND[rule.kind] and any(key in keys for keys in _OF_KIND.values()):
                raise document.error((*where, key), f"{key} has no meaning in a rule of type {rule.kind}; drop it")
        if rule.kind == "library" and "metric" not in data:
            raise document.error(where, "the rule names no metric; expected metric, or type: sql, custom or text")
        notes.of("rule", data, where)
        if rule.kind == "text":
            notes.add(f"quality text: {str(data.get('description', ''))[:60]}", where)
        else:
            found.append(rule)
    return tuple(found)


def relationships(entry: dict[str, Any], place: Place, notes: Notes) -> tuple[Relationship, ...]:
    """Read the relationships of an object or a property."""
    found = [
        Relationship(data, (*place, "relationships", index))
        for index, data in enumerate(entry.get("relationships") or [])
    ]
    for relationship in found:
        notes.of("relationship", relationship.data, relationship.place)
    return tuple(found)
