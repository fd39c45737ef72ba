"""The module's build backend: uv's, which makes Dagger's runtime ready as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[2] / "src"
FILES = {
    "uv/uv_build.py": "def build_editable(folder, settings=None, metadata=None):\n    return f'wheel in {folder}'\n",
    "src/ours.py": "A = 1\n",
    "sdk/src/dagger.py": "B = 2\n",
    "stdlib/zero.py": "C = 3\n",
    "stdlib/test/large.py": "D = 4\n",
}
BUILD = """\
import sysconfig
sysconfig.get_path = lambda name: name
import build_backend
print(build_backend.build_editable("dist"))
"""
CHECKED = "import dagger; print(hasattr(dagger.Container.with_exec, '__beartype_wrapper'))"


def build(folder: Path, **variables: str) -> None:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    variables["PYTHONPATH"] = f"{folder / 'uv'}{os.pathsep}{BACKEND}"
    done = subprocess.run(
        [sys.executable, "-B", "-c", BUILD], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("wheel in dist\n", "")


def test_elsewhere_it_is_uvs(tmp_path: Path) -> None:
    build(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py*") if path.is_file()} == FILES.keys()


def test_it_compiles_what_a_call_imports(tmp_path: Path) -> None:
    build(tmp_path, DAGGER_MODULE="ml-pipeline")
    compiled = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")}
    assert compiled == {"ours", "dagger", "zero", "sitecustomize"}


@pytest.mark.parametrize(("variables", "checked"), [({}, True), ({"DAGGER_MODULE": "ml-pipeline"}, False)])
def test_the_bindings_check_no_arguments_in_daggers_runtime(
    tmp_path: Path, variables: dict[str, str], checked: bool
) -> None:
    build(tmp_path, **variables)
    started = subprocess.run(
        [sys.executable, "-c", CHECKED],
        env={"PYTHONPATH": str(tmp_path / "stdlib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout == f"{checked}\n"
