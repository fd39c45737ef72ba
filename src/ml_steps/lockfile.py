"""Whether a uv.lock still says what pyproject.toml asks for. Pure.

`uv lock --check` would resolve again wherever the package index is another than the one that was locked from, as it is
behind a mirror; what uv notes in the lock of the project's own requirements tells most of it: a package
or a version that changed, not an extra, a marker or an override.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ml_steps.errors import SetupError

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;@)]*)")
_HEADER = re.compile(r"""\s*\[\[?\s*(?:tool\s*\.\s*["']?(?P<tool>[\w-]+))?[^\[\]]*\]\]?\s*(?:#.*)?$""")
_PLAIN = re.compile(r"(===|[<>=!~]=|[<>])\d+(\.\d+)*(\.\*)?")
Wanted = dict[str, set[frozenset[str]]]
"""By package, each set of version specifiers that is asked for; an empty one allows any."""


@lru_cache(maxsize=1)  # each environment asks of the same two files, and a lock takes a tenth of a second to parse
def check(pyproject: str, lock: str) -> None:
    """Raise SetupError naming the first package in which uv.lock and pyproject.toml differ.

    Specifiers of another form than plain numbers are not compared, nor are requirements that a build backend makes up
    (`dynamic`).
    """
    try:
        _follows(tomllib.loads(pyproject), tomllib.loads(lock))
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError):
        return  # a table or a list is something else: uv says it better


def for_uv(pyproject: str) -> str:
    """Return pyproject.toml without the tables of other tools, which no installation reads; the whole where unsure."""
    kept, other = [], False
    for line in pyproject.splitlines(keepends=True):
        if header := _HEADER.match(line):
            other = header["tool"] is not None and header["tool"] != "uv"
        if not other:
            kept.append(line)
    reduced, document = "".join(kept), tomllib.loads(pyproject)
    tool = document.get("tool")
    document["tool"] = {"uv": tool["uv"]} if isinstance(tool, dict) and "uv" in tool else {}
    try:
        same = {"tool": {}, **tomllib.loads(reduced)} == document
    except tomllib.TOMLDecodeError:
        same = False
    return reduced if same else pyproject


def _follows(document: Mapping[str, Any], locked: Mapping[str, Any]) -> None:
    project = document.get("project", {})
    noted = next((package.get("metadata", {}) for package in locked.get("package", []) if _is_project(package)), None)
    if noted is None or {"dependencies", "optional-dependencies"} & set(project.get("dynamic", [])):
        return
    own = canonical(project.get("name", ""))
    asked = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    _compare("", own, [line for lines in asked for line in _list(lines)], noted.get("requires-dist", []))
    groups = {canonical(name): entries for name, entries in document.get("dependency-groups", {}).items()}
    older = document.get("tool", {}).get("uv", {}).get("dev-dependencies", [])
    if older:
        groups["dev"] = [*groups.get("dev", []), *older]
    there = noted.get("requires-dev", {})
    for name in sorted(groups.keys() | there.keys()):
        _compare(f" of the group {name}", own, _members(groups, name), there.get(name, []))


def _is_project(package: Mapping[str, Any]) -> bool:
    source = package.get("source", {})
    return "." in (source.get("editable"), source.get("virtual"))


def _members(groups: Mapping[str, list[Any]], name: str, above: tuple[str, ...] = ()) -> list[str]:
    """Return the requirements of a group and of those it includes."""
    found: list[str] = []
    for entry in _list(groups.get(name, [])):
        if isinstance(entry, str):
            found.append(entry)
        elif name not in above:
            found += _members(groups, canonical(entry.get("include-group", "")), (*above, name))
    return found


def _compare(where: str, own: str, asked: Iterable[str], noted: Iterable[Mapping[str, Any]]) -> None:
    there: Wanted = {}
    free = {canonical(entry["name"]) for entry in noted if "specifier" not in entry}  # from a folder, or any version
    for entry in noted:
        there.setdefault(canonical(entry["name"]), set()).add(_parts(entry.get("specifier", "")))
    here: Wanted = {}
    for line in asked:
        if match := _REQUIREMENT.match(line):
            here.setdefault(canonical(match[1]), set()).add(_parts(match[2]))
    for name in sorted((here.keys() | there.keys()) - {own}):
        ours, theirs = here.get(name, set()), there.get(name, set())
        plain = all(_PLAIN.fullmatch(part) for parts in ours | theirs for part in parts)
        if not (ours and theirs) or (plain and name not in free and ours != theirs):
            raise SetupError(
                f"uv.lock does not follow from pyproject.toml: {name}{where} is {_shown(ours)} in pyproject.toml and "
                f"{_shown(theirs)} in uv.lock; run `uv lock` and commit it."
            )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("it is no list, and a text would be read letter by letter")
    return value


def _parts(specifier: str) -> frozenset[str]:
    """Return the parts of a specifier as uv writes them, without leading zeros: `>=2023.07` is `>=2023.7`."""
    plain = re.sub(r"(?<!\w)0+(?=\d)", "", "".join(specifier.split()))
    return frozenset(part for part in plain.split(",") if part)


def _shown(wanted: set[frozenset[str]]) -> str:
    texts = sorted(",".join(sorted(parts, reverse=True)) or "any version" for parts in wanted)
    return " and ".join(texts) or "missing"


def canonical(name: str) -> str:
    """Return a name of a package, group or extra as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
