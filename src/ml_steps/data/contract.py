"""A data contract as it is enforced: an Open Data Contract Standard v3.1 file, read into plain records.

What would not be enforced is an error here, or a note where it only describes; docs/contract.md lists both.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ml_steps.data import elements
from ml_steps.data.document import Document, Place, load
from ml_steps.data.elements import Column, Relationship, Rule
from ml_steps.data.standard import Notes
from ml_steps.project import nearest

__all__ = ["Column", "Contract", "Object", "Relationship", "Rule", "read"]


@dataclass(frozen=True)
class Object:
    """A schema object: one file."""

    name: str
    pattern: str
    place: Place
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    relationships: tuple[Relationship, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name in the file."""
        return next((column for column in self.columns if column.name == name), None)

    def options(self, name: str) -> dict[str, Any]:
        """Return the options of the column of that name in the file, none where the contract does not name it."""
        found = self.column(name)
        return found.options if found else {}

    def named(self, name: str) -> Column | None:
        """Return the column of that name in the contract, else in the file."""
        return next((column for column in self.columns if column.alias == name), self.column(name))


@dataclass(frozen=True)
class Contract:
    """A whole contract."""

    document: Document
    objects: tuple[Object, ...]
    notes: tuple[tuple[str, str], ...]
    """What only describes: each key and where it stands."""
    unseen: tuple[str, ...] = ()
    """Columns that no predictor of the project sees; none where there is no project."""

    @property
    def title(self) -> str:
        """File name and version."""
        return f"{self.document.path.name} {self.document.data['version']}"

    @property
    def hidden(self) -> frozenset[str]:
        """Names, in lower case, of the columns whose values must not be shown in any file."""
        return _hidden(self.objects)

    def column(self, owner: Object, name: str, place: Place) -> Column:
        """Return the column that the contract means by a name; raises SetupError where the object has none."""
        found = owner.named(name)
        if found is None:
            valid = [column.name for column in owner.columns]
            hint = nearest(name, valid) or f"expected some of {', '.join(valid)}"
            raise self.document.error(place, f'{owner.name} has no property "{name}"; {hint.strip()}')
        return found


def read(path: Path) -> Contract:
    """Read a contract.

    Raises SetupError, naming file and line, when it is missing, breaks the standard, or asks for what
    would not be enforced.
    """
    document = load(path)
    notes = Notes(document)
    notes.of("root", document.data, ())
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
    return Contract(document, tuple(_hiding(found, _hidden(objects)) for found in objects), notes.found)


def _hidden(objects: tuple[Object, ...]) -> frozenset[str]:
    columns = (column for found in objects for column in found.columns if column.hidden)
    return frozenset(column.name.lower() for column in columns)


def _hiding(found: Object, hidden: Set[str]) -> Object:
    """Hide the columns that another object classifies under the same name."""
    return replace(
        found, columns=tuple(replace(column, hidden=column.name.lower() in hidden) for column in found.columns)
    )


def _object(document: Document, entry: dict[str, Any], place: Place, notes: Notes) -> Object:
    name = str(entry["name"])
    notes.of("object", entry, place)
    columns = tuple(
        elements.column(document, column, (*place, "properties", index), notes)
        for index, column in enumerate(entry.get("properties") or [])
    )
    for names in ([column.name for column in columns], [column.alias for column in columns]):
        folded = [column.casefold() for column in names]
        for index, column in enumerate(columns):
            if folded.index(folded[index]) < index:
                raise document.error(column.place, f'the column "{names[index]}" of {name} is there twice; keep one')
    return Object(
        name=name,
        pattern=str(entry.get("physicalName") or f"{name}.*"),
        place=place,
        columns=columns,
        rules=elements.rules(document, entry, place, notes),
        relationships=elements.relationships(entry, place, notes),
    )
