"""Tests on a real Dagger engine: skipped, with the reason, where no engine answers.

Environment (all optional): ML_PIPELINE_TEST_PYTHON_IMAGE, ML_PIPELINE_TEST_UV_IMAGE where the default
digests cannot be pulled, ML_PIPELINE_TEST_REGISTRY (such as 127.0.0.1:5000) for what publishes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import projects

MODULE = Path(__file__).resolve().parents[2]
DAGGER = shutil.which("dagger") or ""
GIT = shutil.which("git") or "git"


@dataclass(frozen=True)
class Called:
    """How a `dagger call` ended."""

    exit_code: int
    output: str
    log: str

    def sentence(self) -> str:
        """Return the one sentence of ours in the error block, which the CLI prints last."""
        block = self.log[self.log.rfind("\nError:") :]
        found = re.findall(r"^(?:ml-pipeline|ml-steps): (.*)$", block, re.MULTILINE)
        assert len(found) == 1, block
        return str(found[0])


Call = Callable[..., Called]


def _no_engine() -> str:
    if not DAGGER:
        return "dagger is not on PATH"
    try:
        asked = subprocess.run([DAGGER, "core", "version"], capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        return "no Dagger engine answered within 180 s"
    return "" if asked.returncode == 0 else f"no Dagger engine answers: {asked.stderr.strip().splitlines()[-1:]}"


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    reason = _no_engine()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def call() -> Call:
    """Return a function that calls the module in a project's folder."""
    flags = [
        f"--{name.replace('_', '-')}={os.environ[variable]}"
        for name in ("python_image", "uv_image")
        if (variable := f"ML_PIPELINE_TEST_{name.upper()}") in os.environ
    ]

    def run(folder: Path, *arguments: str, options: tuple[str, ...] = ()) -> Called:
        argv = [DAGGER, "call", "--progress=plain", "-m", str(MODULE), *flags, *options, *arguments]
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=1200, check=False)
        return Called(done.returncode, done.stdout, re.sub(r"\x1b\[[0-9;]*m", "", done.stderr))

    return run


@pytest.fixture(scope="session")
def registry() -> str:
    """Return the registry for what publishes."""
    address = os.environ.get("ML_PIPELINE_TEST_REGISTRY", "")
    if not address:
        pytest.skip("ML_PIPELINE_TEST_REGISTRY names no registry")
    return address


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of the tiny project, changed as asked, in a git repository of its own."""

    def make(changes: dict[str, str | None] | None = None) -> Path:
        root = projects.make(tmp_path / "project", changes)
        subprocess.run([GIT, "init", "--quiet", str(root)], check=True)
        return root

    return make
