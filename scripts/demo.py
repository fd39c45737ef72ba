"""The full pipeline on sample_project: on Dagger if an engine answers, else by the local runner."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "report"
ENGINE_ANSWERS_WITHIN = 60
"""Seconds."""


def main() -> int:
    """Run the demo and return its exit code; say first where it runs, and last where the report lies."""
    shutil.rmtree(REPORT, ignore_errors=True)  # an earlier report must not be named as this run's
    why_not = no_engine()
    if why_not:
        print(f"demo: running on the local runner, because {why_not}", flush=True)
        command = ["-m", "ml_steps", "run", "--source", str(ROOT / "sample_project"), "--out", str(REPORT)]
        code = subprocess.run([sys.executable, *command], check=False).returncode
    else:
        print("demo: running on the Dagger engine that answers", flush=True)
        code = on_dagger()
    if (REPORT / "index.html").exists():
        print(f"demo: the report is {REPORT / 'index.html'}", flush=True)
    return code


def no_engine() -> str:
    """Return why Dagger cannot be used, or nothing."""
    if shutil.which("dagger") is None:
        return "dagger is not on PATH"
    try:
        asked = subprocess.run(
            ["dagger", "core", "version"],  # noqa: S607 - the user's own dagger
            capture_output=True,
            timeout=ENGINE_ANSWERS_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no Dagger engine answered within {ENGINE_ANSWERS_WITHIN} s"
    return "" if asked.returncode == 0 else "no Dagger engine answers"


def on_dagger() -> int:
    """Export the report of a run, whatever its verdict, then let `verdict` decide."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "report"
        source = f"--source={ROOT / 'sample_project'}"
        exported = subprocess.run(
            ["dagger", "call", "run", source, "report", "export", f"--path={new}"],  # noqa: S607
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if exported.returncode != 0:
            print("demo: the run on Dagger failed, as said above; see Troubleshooting in README.md", flush=True)
            return exported.returncode
        shutil.copytree(new, REPORT)
    return subprocess.run(["dagger", "call", "verdict", f"--report={REPORT}"], cwd=ROOT, check=False).returncode  # noqa: S607


if __name__ == "__main__":
    sys.exit(main())
