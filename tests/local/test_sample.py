"""The sample project, as `make demo` runs it where no engine answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "sample_project"


def test_the_sample_passes_its_own_gates(tmp_path: Path) -> None:
    report = tmp_path / "report"
    argv = [sys.executable, "-m", "ml_steps", "run", "--source", str(SAMPLE), "--out", str(report)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    states = {stage["name"]: stage["state"] for stage in json.loads((report / "report.json").read_text())["stages"]}
    assert states.pop("build_image") == "SKIP"
    assert set(states.values()) == {"PASS"}
    metrics = json.loads((report / "evaluation" / "evaluation.json").read_text())["metrics"]
    whole = {entry["metric"]: entry["value"] for entry in metrics if entry["slice"] is None}
    assert whole["accuracy"] >= 0.69
    assert whole["f1_macro"] >= 0.61
