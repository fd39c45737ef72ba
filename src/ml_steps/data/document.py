"""A contract's YAML with the line of every key, checked against the standard's own JSON schema."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft201909Validator, ValidationError, ValidationErrorKind

from ml_steps.errors import SetupError
from ml_steps.project import nearest

API_VERSION = "v3.1.0"
MAX_NODES = 100_000
Place = tuple[str | int, ...]
_NO_DATES = {"tag:yaml.org,2002:timestamp"}
_KINDS = {
    "schema": ("SchemaObject", "SchemaElement"),
    "properties": ("SchemaProperty", "SchemaBaseProperty", "SchemaElement"),
    "quality": ("DataQuality", "DataQualityLibrary", "DataQualitySql", "DataQualityCustom"),
    "relationships": ("RelationshipBase",),
}


@dataclass(frozen=True)
class Document:
    """The parsed YAML and where each part of it stands."""

    path: Path
    data: dict[str, Any]
    lines: dict[Place, int]

    def where(self, place: Iterable[str | int] = ()) -> str:
        """Return `file:line` of a key, or of the nearest one around it."""
        found = tuple(place)
        while found and found not in self.lines:
            found = found[:-1]
        return f"{self.path.name}:{self.lines.get(found, 1)}"

    def error(self, place: Iterable[str | int], message: str) -> SetupError:
        """Return an error of one sentence about one place."""
        return SetupError(f"{self.where(place)}: {message}.")


def load(path: Path) -> Document:
    """Read a contract and check its form.

    Raises SetupError naming file, line and the nearest valid name when the file is missing, is no YAML,
    or breaks the standard's JSON schema.
    """
    if not path.is_file():
        raise SetupError(
            f"{path}: the data contract is missing; expected an Open Data Contract {API_VERSION}; write it, or name "
            "another file."
        )
    loader = None
    try:
        loader = yaml.CSafeLoader(path.read_bytes())
        node = loader.get_single_node()
        reader = _Reader(path, loader)
        data = reader.read(node, ()) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise SetupError(f"{path.name}:{mark.line + 1 if mark else 1}: not valid YAML: {problem}.") from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(data, dict):
        raise SetupError(
            f"{path.name}:1: the contract is empty or no mapping; expected an Open Data Contract {API_VERSION}."
        )
    document = Document(path, data, reader.lines)
    _check(document)
    return document


class _Reader:
    """Turns nodes into plain values, and notes lines; dates stay text, aliases are copied out."""

    def __init__(self, path: Path, loader: yaml.CSafeLoader) -> None:
        self.path, self.loader, self.count = path, loader, 0
        self.lines: dict[Place, int] = {}

    def read(self, node: yaml.Node, place: Place) -> Any:
        self.count += 1
        if self.count > MAX_NODES or len(place) > 100:
            raise SetupError(f"{self.path.name}: the contract has more than {MAX_NODES:,} parts, or one within itself.")
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*place, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if node.tag in _NO_DATES:
            return node.value
        where = f"{self.path.name}:{node.start_mark.line + 1}"
        try:
            value = self.loader.construct_object(node)
            finite = not isinstance(value, int | float) or math.isfinite(value)
        except (ValueError, LookupError, OverflowError):
            kind = node.tag.rpartition(":")[2]
            raise SetupError(
                f"{where}: {node.value[:40]!r} cannot be read as {kind}; write one, or put a text in quotes."
            ) from None
        if isinstance(value, bytes):
            raise SetupError(f"{where}: the value is binary; expected text or a number; write it so.")
        if not finite:
            raise SetupError(f"{where}: {node.value} is no number to compare with; leave it out.")
        return value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key == "<<":
                raise SetupError(f'{self.path.name}:{line}: the merge key "<<" is not read; write the keys out.')
            if key in found:
                raise SetupError(f'{self.path.name}:{line}: the key "{key}" is there twice; keep one.')
            self.lines[(*place, key)] = line
            found[key] = self.read(value, (*place, key))
        return found


@functools.cache
def schema() -> dict[str, Any]:
    """Return the standard's JSON schema as its package ships it, without importing the package."""
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _check(document: Document) -> None:
    version = document.data.get("apiVersion")
    if version is not None and version != API_VERSION:
        raise document.error(["apiVersion"], f"apiVersion is {version!r}; expected {API_VERSION!r}")
    errors = list(Draft201909Validator(schema()).iter_errors(document.data))
    if errors:
        # Any error inside makes the valid keys around it count as unevaluated: such an error is the last to be told.
        raise _explain(document, schema(), min([error for error in errors if _meant(error)] or errors, key=_rank))


def explain_short_form(document: Document, place: Place, value: Any, form: dict[str, Any]) -> None:
    """Check one value against a JSON schema of ours; raises SetupError as the standard's own check does."""
    errors = list(Draft201909Validator(form).iter_errors(value))
    if errors:
        raise _explain(document, form, min(errors, key=_rank), place)


def _meant(error: ValidationError) -> bool:
    return not isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties) or bool(_unknown(error))


def _rank(error: ValidationError) -> tuple[bool, int]:
    """Unknown keys first, because they make other errors; then the innermost."""
    return not _unknown(error), -len(error.instance_path)


def _unknown(error: ValidationError) -> list[str]:
    if isinstance(error.kind, ValidationErrorKind.AdditionalProperties):
        return error.kind.unexpected
    if isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties):
        valid = _standard_keys(error)
        return [key for key in error.kind.unexpected if valid and key not in valid]
    return []


def _standard_keys(error: ValidationError) -> list[str]:
    """Return the keys that the standard has for the part in which the error lies; none where it is not known."""
    kind = next((part for part in reversed(error.instance_path) if isinstance(part, str)), "")
    definitions = schema()["$defs"]
    keys = [key for name in _KINDS.get(kind, ()) for key in definitions[name].get("properties", {})]
    if kind == "quality":
        keys += [option["required"][0] for option in definitions["DataQualityOperators"]["oneOf"]]
    return keys


def _valid_keys(form: dict[str, Any], error: ValidationError) -> list[str]:
    if isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties):
        return _standard_keys(error)
    part: Any = form
    for step in error.schema_path[:-1]:
        part = part[step]
    return list(part.get("properties", {}))


def _explain(document: Document, form: dict[str, Any], error: ValidationError, prefix: Place = ()) -> SetupError:
    place = (*prefix, *error.instance_path)
    name = ".".join(str(part) for part in place)
    subject = f"{name}: " if name else ""
    unknown = _unknown(error)
    if unknown:
        valid = _valid_keys(form, error)
        hint = nearest(unknown[0], valid) or f"valid keys: {', '.join(valid)}"
        return document.error((*place, unknown[0]), f'{subject}there is no key "{unknown[0]}"; {hint.strip()}')
    if isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties):  # keys that are valid beside others
        keys = ", ".join(error.kind.unexpected)
        return document.error(place, f"{subject}{keys} does not belong there beside the other keys")
    if isinstance(error.kind, ValidationErrorKind.Enum):
        valid = [str(value) for value in error.kind.options]
        hint = nearest(str(error.instance), valid)
        return document.error(
            place, f"{subject}{error.instance!r} is not allowed; {hint}expected one of {', '.join(valid)}"
        )
    if "relationships" in place and place[-1] in ("from", "to"):
        return document.error(
            place,
            f"{subject}{error.instance!r} names no property; expected object.property in ASCII letters, digits and _: "
            "give the property such a name, and that of its column as physicalName",
        )
    if error.kind.name == "oneOf" and "quality" in place and isinstance(place[-1], int):
        operators = ", ".join(option["required"][0] for option in schema()["$defs"]["DataQualityOperators"]["oneOf"])
        return document.error(
            place,
            f"{subject}expected exactly one operator of {operators}, with a number where it compares, and with two "
            "different ones for between",
        )
    return document.error(place, f"{subject}{error.message[:200]}")
