"""What `ml-steps gate` takes for a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_steps import cli
from ml_steps.evidence import Check, Evidence, State
from ml_steps.gate.record import GateEvidence

from .evidences import evaluation


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    for name in ("evaluation", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "evaluation" / "evaluation.json").write_text(evaluation().to_json(), encoding="utf-8")
    folders = {"--source": tmp_path, "--evaluation": tmp_path / "evaluation", "--data-report": tmp_path / "data"}
    given = [part for option, path in folders.items() for part in (option, str(path))]
    return ["gate", *given, "--out", str(tmp_path / "out")]


def report(tmp_path: Path, stage: str, *checks: Check) -> None:
    evidence = Evidence(stage=stage, state=State.PASS, headline="", checks=list(checks))
    (tmp_path / "data" / "data.json").write_text(evidence.to_json(), encoding="utf-8")


def test_a_report_of_another_stage_is_none(argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(tmp_path, "test")
    assert cli.main(argv) == 11
    assert 'this is the evidence of "test"; expected that of "validate_data"' in capsys.readouterr().err


def test_a_report_that_passes_over_a_check_that_failed_is_judged_by_it(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(tmp_path, "validate_data", Check(id="train.rows", state=State.FAIL))
    assert cli.main(argv) == 10
    assert "validate_data_report" in capsys.readouterr().out
    [check] = [
        check
        for check in GateEvidence.load(tmp_path / "out" / "gate.json").checks
        if check.id == "validate_data_report"
    ]
    assert check.state is State.FAIL
