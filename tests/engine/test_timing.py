"""A second release is timed beside the first: inside their own images, in turn, and only once."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_steps.metrics import RATIOS
from tests import projects
from tests.engine.conftest import DAGGER, Call

SHELLS = "/usr/bin/sh,/usr/bin/dash,/usr/bin/bash"


@pytest.fixture(scope="module")
def first(call: Call, registry: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Publish a first release, and return a copy of it without a shell that runs as another user."""
    address = f"{registry}/ml-pipeline-test-{secrets.token_hex(4)}"
    done = call(projects.make(tmp_path_factory.mktemp("first")), "full-pipeline", f"--address={address}:1")
    assert done.exit_code == 0, done.log
    argv = [DAGGER, "core", "container", "from", f"--address={address}:1", "without-files", f"--paths={SHELLS}"]
    argv += ["with-user", "--name=65532", "publish", f"--address={address}:no-shell"]
    published = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert published.returncode == 0, published.stderr
    return published.stdout.strip()


def test_a_second_release_is_timed_beside_the_first_and_only_once(
    call: Call, tiny: Callable[..., Path], first: str
) -> None:
    root = tiny({"src/predict.py": f"# {secrets.token_hex(4)}\n{projects.PREDICT}"})

    def evaluation(name: str) -> Any:
        done = call(root, "run", f"--baseline={first}", "report", "export", f"--path={name}")
        assert done.exit_code == 0, done.log
        return json.loads((root / name / "evaluation" / "evaluation.json").read_text())

    measured = evaluation("measured")
    ratios = {entry["metric"]: entry for entry in measured["metrics"] if entry["metric"] in RATIOS}
    assert set(ratios) == set(RATIOS)
    assert all(entry["value"] > 0 for entry in ratios.values())
    assert ratios["latency_p50_ratio"]["n"] == measured["timings"]["single_ms"]["count"]
    assert measured["baseline"]["timings"]["single_ms"]["count"] == measured["timings"]["single_ms"]["count"]
    assert evaluation("again") == measured


def test_it_is_timed_again_where_that_is_asked(call: Call, tiny: Callable[..., Path], first: str) -> None:
    root = tiny({"src/predict.py": f"# {secrets.token_hex(4)}\n{projects.PREDICT}"})
    assert call(root, "train", "export", "--path=model").exit_code == 0
    taken = []
    for name, options in (("one", []), ("two", []), ("three", ["--remeasure"])):
        given = ["--model=model", f"--baseline={first}", *options]
        done = call(root, "evaluate", *given, "export", f"--path={name}")
        assert done.exit_code == 0, done.log
        taken.append(json.loads((root / name / "evaluation.json").read_text()))
    assert taken[0] == taken[1]
    assert taken[0]["timings"] != taken[2]["timings"]
    assert taken[0]["scoring"] == taken[2]["scoring"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "__import__('time').sleep(600)",
            "the candidate's predictor was still predicting a single row after 20 s",
        ),
        ("__import__('os')._exit(0)", "measure: the candidate's process ended while predicting a single row"),
        ('raise RuntimeError("no luck")', 'measure: the candidate: predictor "src.predict:load": predicting 1 rows'),
    ],
)
def test_a_predictor_that_tires_of_single_rows(
    call: Call, tiny: Callable[..., Path], first: str, body: str, said: str
) -> None:
    """Scoring asks for 50 of them, so that only the timing meets it."""
    tired = f"        single.extend(rows if len(rows) == 1 else [])\n        if len(single) > 60:\n            {body}\n"
    predict = projects.PREDICT.replace("    def predict", "    single: list[dict[str, str]] = []\n\n    def predict")
    root = tiny(
        {
            "src/predict.py": predict.replace("        return [", f"{tired}        return ["),
            "pyproject.toml": f"{projects.PYPROJECT}\n[tool.ml-pipeline.evaluate]\ntimeout = 20\n",
        }
    )
    done = call(root, "full-pipeline", f"--baseline={first}")
    assert done.exit_code == 10, done.log
    assert said in done.log
    assert "Traceback" not in done.log
