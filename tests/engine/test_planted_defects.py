"""Each planted defect through `full-pipeline`: caught and named, and nothing published."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.conftest import Call
from tests.planted import Defect, against_a_baseline, without_baseline


@pytest.mark.parametrize("defect", list(without_baseline()), ids=lambda defect: defect.name)
def test_a_planted_defect(call: Call, tiny: Callable[..., Path], registry: str, defect: Defect) -> None:
    address = f"{registry}/ml-pipeline-planted-{secrets.token_hex(4)}:1"
    done = call(tiny(defect.changes), "full-pipeline", f"--address={address}")
    assert done.exit_code == 10, done.log
    for part in defect.said:
        assert part in done.log
    assert "image: " not in done.output


@pytest.mark.parametrize("defect", list(against_a_baseline()), ids=lambda defect: defect.name)
def test_a_defect_beside_the_release_before(
    call: Call, tiny: Callable[..., Path], registry: str, defect: Defect
) -> None:
    address = f"{registry}/ml-pipeline-planted-{secrets.token_hex(4)}:1"
    first = call(tiny(defect.base), "full-pipeline", f"--address={address}")
    assert first.exit_code == 0, first.log
    done = call(tiny(defect.changes), "full-pipeline", f"--baseline={address}", f"--address={address}")
    assert done.exit_code == 10, done.log
    for part in defect.said:
        assert part in done.log
    assert "image: " not in done.output
