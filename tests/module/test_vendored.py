"""A copy of the module inside another repository, whose .gitignore the engine follows as git does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
GIT = shutil.which("git") or "git"


def test_a_repository_that_ignores_data_and_reports_keeps_those_of_the_module(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "tools" / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".gitignore").write_text("data/\nreport/\nmodel/\nmodels/\nevaluation/\n")
    subprocess.run([GIT, "init", "--quiet", str(tmp_path)], check=True)
    listed = [GIT, "-C", str(tmp_path), "ls-files", "--others", "--exclude-standard", "tools"]
    found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "tools").rglob("*.py")]
    assert set(wanted) <= set(found)
