"""A report.json, and evidence of its stages that changed since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml_steps.evidence import Evidence, State
from ml_steps.report.index import build_index
from ml_steps.report.verdict import verdict
from ml_steps.report.write import write

from . import examples


@pytest.fixture
def report(tmp_path: Path) -> Path:
    assert build_index(examples.passing_report(tmp_path)).exit_code == 0
    assert verdict(tmp_path)[1] == 0
    return tmp_path


def test_a_stage_that_fails_since_is_judged_by_its_evidence(report: Path) -> None:
    write(examples.gate(failing=True), "gate", report / "gate")
    text, code = verdict(report)
    assert code == 10
    said = " ".join(text.split())
    assert "report.json says PASS, gate/gate.json FAIL: judged by the evidence; build the report again with" in said
    assert "f1_macro_floor" in said
    assert text.endswith("FAIL. Start with gate: gate/gate.html shows each failing check and what to do.")


@pytest.mark.parametrize("garbage", ["", "{", '{"schema_version": 2}'])
def test_evidence_that_broke_since_is_an_error(report: Path, garbage: str) -> None:
    (report / "gate" / "gate.json").write_text(garbage, "utf-8")
    text, code = verdict(report)
    assert code == 11
    assert "is not valid evidence" in " ".join(text.split())


def test_a_report_without_its_folders_is_judged_alone(report: Path) -> None:
    before = verdict(report)
    for folder in [path for path in report.iterdir() if path.is_dir()]:
        shutil.rmtree(folder)
    assert verdict(report) == before


def test_evidence_that_is_better_than_its_line_changes_nothing(report: Path) -> None:
    write(examples.gate(failing=True), "gate", report / "gate")
    build_index(report)
    before = verdict(report)
    assert before[1] == 10
    write(examples.gate(), "gate", report / "gate")
    assert verdict(report) == before


def test_a_stage_that_an_outcome_judged_is_not_judged_again(tmp_path: Path) -> None:
    """An ERROR of our own stays one beside evidence that fails."""
    write(Evidence(stage="lint", state=State.FAIL, headline="1 finding"), "lint", tmp_path / "lint")
    told = '{"outcomes": {"lint": {"state": "ERROR", "message": "Ended by a signal.", "exit_code": 12}}}'
    (tmp_path / "run.json").write_text(told, "utf-8")
    build_index(tmp_path)
    text, code = verdict(tmp_path)
    assert code == 12
    assert "judged by the evidence" not in text


def test_evidence_of_an_earlier_run_does_not_stand_in_for_a_stage_that_was_skipped(report: Path) -> None:
    told = '{"outcomes": {"gate": {"state": "SKIP", "message": "Not run.", "exit_code": 0}}}'
    (report / "run.json").write_text(told, "utf-8")
    assert build_index(report).exit_code == 11
    text, code = verdict(report)
    assert code == 11
    assert "gate was skipped though nothing before it failed" in text
