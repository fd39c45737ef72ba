"""`install`: what cannot be installed is one sentence with uv's reason."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from .shims import Ran, Shim

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def install(shim: Shim, what: str, *arguments: str, path: str = PATH) -> Ran:
    return shim.run("install", "--what", what, "--", "uv", *arguments, variables={"PATH": path})


def test_a_requirement_that_cannot_be_resolved(shim: Shim) -> None:
    """Two pins of one package contradict each other, whatever an index says."""
    shim.write({"requirements.txt": "packaging==24.1\npackaging==24.0\n"})
    ran = install(shim, "requirements.txt", "pip", "install", "--offline", "-r", "requirements.txt")
    assert ran.exit_code == 11
    assert "requirements.txt cannot be installed: uv says: " in ran.sentence()
    assert "packaging==24" in ran.sentence()
    assert ran.sentence().endswith("mend the requirements and lock them again.")


def test_a_package_in_a_folder_outside_the_project(shim: Shim) -> None:
    shim.write({"requirements.txt": "../../../../../../../../../../../../libs\n"})
    ran = install(shim, "requirements.txt", "pip", "install", "--offline", "-r", "requirements.txt")
    assert ran.exit_code == 11
    assert "only the project's own folder is there, so publish that package, or copy it" in ran.sentence()


def test_a_python_that_the_project_does_not_take(shim: Shim) -> None:
    shim.write({"pyproject.toml": '[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.99"\n'})
    ran = install(shim, "uv.lock", "sync", "--offline", "--no-python-downloads")
    assert ran.exit_code == 11
    assert ran.sentence().endswith("choose another Python (--python-version, --python-image), or mend requires-python.")


def test_no_uv(shim: Shim) -> None:
    ran = install(shim, "uv.lock", "sync", path="/nowhere")
    assert ran.exit_code == 11
    assert "uv.lock cannot be installed: uv says: uv: command not found" in ran.sentence()


def test_our_tools_stand_behind_the_projects_packages(shim: Shim, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = str(venv / "bin" / "python")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "linter.py").write_text("")
    ran = shim.run("install", "--what", "x", "--tools", str(tools), "--", "python", "-c", "pass", python=python)
    assert (ran.exit_code, ran.stderr) == (0, "")
    code = "import linter, sys; print(sys.path.index(linter.__file__.rpartition('/')[0]) == len(sys.path) - 1)"
    assert subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def test_two_installations_of_the_same_packages_are_equal(shim: Shim, tmp_path: Path) -> None:
    """Whenever they were made: the compiled files too, since they ship in the image."""
    compiled = []
    for name, written in (("one", 1_000_000_000), ("two", 2_000_000_000)):
        venv = tmp_path / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        packages = next(venv.glob("lib/python*/site-packages"))
        (packages / "package.py").write_text("VALUE = 1\n")
        os.utime(packages / "package.py", (written, written))
        shim.run("install", "--what", "x", "--", "python", "-c", "pass", python=str(venv / "bin" / "python"))
        compiled.append(next(packages.glob("__pycache__/package.*.pyc")).read_bytes()[:16])
    assert compiled[0] == compiled[1]


def test_what_is_compiled_is_not_compiled_again(shim: Shim, tmp_path: Path) -> None:
    """A second installation in the same place adds its packages to the first one's."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    for name in ("first", "second"):
        (packages / f"{name}.py").write_text("VALUE = 1\n")
        shim.run("install", "--what", "x", "--", "python", "-c", "pass", python=str(venv / "bin" / "python"))
        for compiled in packages.glob("__pycache__/first.*"):
            compiled.write_bytes(compiled.read_bytes() + b"kept")
    first, second = (next(packages.glob(f"__pycache__/{name}.*")) for name in ("first", "second"))
    assert first.read_bytes().endswith(b"keptkept")
    assert second.read_bytes()


def test_what_a_wheel_brings_compiled_is_compiled_anew(shim: Shim, tmp_path: Path) -> None:
    """It may be of another source, and in a folder called tests as anywhere."""
    venv = tmp_path / "tests" / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "package.py").write_text("VALUE = 1\n")
    py_compile.compile(str(packages / "package.py"))
    brought = next(packages.glob("__pycache__/package.*"))
    shim.run("install", "--what", "x", "--", "python", "-c", "pass", python=str(venv / "bin" / "python"))
    assert brought.read_bytes()[4:8] == b"\1\0\0\0"


def test_what_is_never_imported_is_not_compiled(shim: Shim, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "some" / "tests").mkdir(parents=True)
    for name in ("plain", "fast", "some/tests/test_some"):
        (packages / f"{name}.py").write_text("VALUE = 1\n")
    (packages / f"fast{EXTENSION_SUFFIXES[0]}").touch()
    shim.run("install", "--what", "x", "--", "python", "-c", "pass", python=str(venv / "bin" / "python"))
    assert {path.name.partition(".")[0] for path in packages.rglob("*.pyc")} == {"plain"}
