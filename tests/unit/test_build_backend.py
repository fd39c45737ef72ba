"""The module's build backend: uv's, which in Dagger's runtime compiles as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[2] / "src"
UV = "def build_editable(folder, settings=None, metadata=None):\n    return f'wheel in {folder}'\n"


@pytest.mark.parametrize(("module", "compiled"), [("ml-pipeline", True), (None, False)])
def test_it_compiles_in_daggers_runtime_alone(tmp_path: Path, module: str | None, compiled: bool) -> None:
    for name, text in (("uv/uv_build.py", UV), ("src/ours.py", "A = 1\n"), ("sdk/src/dagger.py", "B = 2\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    cache = tmp_path / "cache"
    variables = {"PYTHONPATH": f"{tmp_path / 'uv'}{os.pathsep}{BACKEND}", "PYTHONPYCACHEPREFIX": str(cache)}
    variables |= {"DAGGER_MODULE": module} if module else {}
    done = subprocess.run(
        [sys.executable, "-B", "-c", "import build_backend; print(build_backend.build_editable('dist'))"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("wheel in dist\n", "")
    names = {path.name.partition(".")[0] for path in cache.rglob("*.pyc")}
    assert ({"ours", "dagger", "asyncio", "json"} & names == {"ours", "dagger"}) is compiled
    assert ("base_events" in names) is compiled
