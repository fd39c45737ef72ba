"""One set of environments for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ml_steps import cli
from ml_steps.local import FOLDER_VARIABLE
from tests import projects


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it said, and the folder that it wrote to."""

    exit_code: int
    stdout: str
    stderr: str
    out: Path

    def sentence(self) -> str:
        """Return the one sentence of ours; what the project printed may stand before it."""
        assert "Traceback" not in self.stdout
        [line] = [line for line in self.stderr.splitlines() if line.startswith("ml-steps: ")]
        assert line.endswith(".")
        return line

    def left(self) -> set[str]:
        """Return the names of all files in the output folder."""
        return {path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file()}


Command = Callable[..., Ran]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the environments of the tiny project, which needs no package, are kept."""
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture
def ml_steps(
    tmp_path: Path, workshop: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Return a function that runs a command on a source and takes what it printed; `own`: environments of its own."""

    def run(command: str, source: Path, *arguments: str, out: str = "out", own: bool = False) -> Ran:
        monkeypatch.setenv(FOLDER_VARIABLE, str(workshop))
        if own or command == "run":
            monkeypatch.delenv(FOLDER_VARIABLE)
        target = tmp_path / out
        exit_code = cli.main([command, "--source", str(source), *arguments, "--out", str(target)])
        printed = capfd.readouterr()
        return Ran(exit_code, printed.out, printed.err, target)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the tiny project with some of its files changed."""
    return lambda changes=None: projects.make(tmp_path / "project", changes)
