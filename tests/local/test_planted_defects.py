"""Each planted defect by the local runner: caught, and named, though lint and tests pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planted import Defect, without_baseline

from .conftest import Command


@pytest.mark.parametrize("defect", list(without_baseline()), ids=lambda defect: defect.name)
def test_a_planted_defect(ml_steps: Command, project: Callable[..., Path], defect: Defect) -> None:
    ran = ml_steps("run", project(defect.changes))
    assert ran.exit_code == 10, ran.stdout + ran.stderr
    for part in defect.said:
        assert part in ran.stdout, ran.stdout
    states = {line["name"]: line["state"] for line in json.loads((ran.out / "report.json").read_text())["stages"]}
    assert (states["lint"], states["test"], states[defect.stage]) == ("PASS", "PASS", "FAIL")
