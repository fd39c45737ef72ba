"""The shim runs under the project's own Python, 3.9 or newer."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ml_steps import shim_argv
from ml_steps.latency.client import TimingService, address

from .shims import PREDICT, Shim

FILES = shim_argv.shim_files()


@pytest.mark.parametrize("name", FILES)
def test_every_file_parses(name: str) -> None:
    ast.parse(FILES[name], name, feature_version=(3, 9))


def python(version: str) -> str | None:
    """Return an interpreter of that version, if this machine has one that starts."""
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in [f"python{version}", *map(str, pyenv)]:
        try:
            asked = subprocess.run([candidate, "-c", "print(1)"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if asked.stdout == "1\n":
            return candidate
    return None


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.13"])
def test_it_runs_there(shim: Shim, version: str) -> None:
    found = python(version)
    if found is None:
        pytest.skip(f"this machine has no Python {version}")
    shim.write({"src/predict.py": PREDICT, "train.py": "import sys; open(sys.argv[1] + '/w', 'w').write('x')\n"})
    files = ["--manifest", str(shim.manifest()), "--rows", str(shim.rows())]
    for arguments in (
        ["score", *files, "--alone"],
        ["measure", *files],
        ["train", "--", "python", "train.py", str(shim.out / "model")],
        ["install", "--what", "x", "--", "python", "-c", "pass"],
    ):
        ran = shim.run(*arguments, python=found)
        assert (ran.exit_code, ran.stderr) == (0, "")
    with shim.timing_service(PREDICT, found) as place, TimingService("x", address("x", place), 60) as service:
        assert service.seconds("load", 0) > 0
        assert service.seconds("single", 0) > 0
    options = ["--health", "/", "--port", "1", "--start-timeout", "3", "--timeout", "3"]
    ran = shim.run("server", *files, *options, "--", "python", "-c", "raise SystemExit(3)", python=found)
    assert ran.exit_code == 10
    assert "exited 3" in ran.sentence()


def test_it_imports_the_standard_library_alone() -> None:
    for file, text in FILES.items():
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in {*sys.stdlib_module_names, "ml_shim"}, f"{file}: {name}"
