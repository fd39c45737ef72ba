"""Which linters a project configures, looked for where the tools themselves look."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from typing import Any

RUFF_FILES = (".ruff.toml", "ruff.toml")
"""The first that is there rules; pyproject.toml is then not asked."""
MYPY_FILES = ("mypy.ini", ".mypy.ini")
SETTINGS = (*RUFF_FILES, *MYPY_FILES, "setup.cfg")
"""Where the linters are configured, in the project's root, beside pyproject.toml."""


def configured(tool: Mapping[str, Any], texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return ruff, and of ruff-format and mypy those that the project configures.

    `tool` is pyproject.toml's [tool], `texts` the text of those of SETTINGS that are there. What cannot be parsed
    configures nothing: its tool will say so.
    """
    ruff = next((_toml(texts[name]) for name in RUFF_FILES if name in texts), tool.get("ruff"))
    found = ["ruff"]
    if isinstance(ruff, Mapping) and "format" in ruff:
        found.append("ruff-format")
    if any(name in texts for name in MYPY_FILES) or "mypy" in tool or _has_section(texts.get("setup.cfg", ""), "mypy"):
        found.append("mypy")
    return tuple(found)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _has_section(text: str, name: str) -> bool:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return False
    return parser.has_section(name)
