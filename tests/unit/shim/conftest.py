"""A fresh shim and project for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .shims import Shim


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """Return the shim's files beside an empty project; the folder's name has a space and an umlaut."""
    return Shim(tmp_path / "spät am tag")
