"""A folder that holds the stages of two runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ml_steps.evidence import HOLDOUT, Bars, Evidence, State
from ml_steps.report.index import build_index
from ml_steps.report.one_run import strangers
from ml_steps.report.verdict import verdict
from ml_steps.report.write import write
from ml_steps.stages import BY_NAME

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
MODEL = {"train": "model digest", "build_image": "model digest", "evaluate": "model", "gate": "model"}


def of(model: str, *names: str, holdout: str = A) -> dict[str, Evidence]:
    """Evidence of the stages named, as they name their model and holdout; nothing named means all."""
    facts: dict[str, dict[str, str | int | float | None]] = {name: {fact: model} for name, fact in MODEL.items()}
    facts["validate_data"] = {HOLDOUT: holdout}
    facts["evaluate"]["data"] = f"rows, all.csv, {holdout}"
    order = [name for name in BY_NAME if name in facts and (not names or name in names)]
    return {name: Evidence(stage=name, state=State.PASS, headline="fine", facts=facts[name]) for name in order}


def leave(directory: Path, found: dict[str, Evidence]) -> Path:
    for name, evidence in found.items():
        write(evidence, Path(BY_NAME[name].evidence).stem, directory / BY_NAME[name].folder)
    return directory


def test_the_stages_of_one_run_belong_together() -> None:
    assert strangers(of(A)) == {}
    assert strangers(of(A, "build_image", "gate")) == {}
    assert strangers({}) == {}


@pytest.mark.parametrize("name", ["build_image", "evaluate", "gate"])
def test_a_stage_of_another_model_than_was_trained(name: str) -> None:
    assert strangers({**of(A), **of(B, name)}) == {
        name: f"{name} is of the model sha256:bbbbbbbbbbbb, train of sha256:aaaaaaaaaaaa: the folder mixes two runs; "
        "export one report into an empty folder."
    }


def test_a_training_of_another_model_stands_against_all_that_follow() -> None:
    assert list(strangers({**of(A), **of(B, "train")})) == ["build_image", "evaluate", "gate"]


def test_without_a_training_the_stages_are_held_against_each_other() -> None:
    found = strangers({**of(A, "evaluate"), **of(B, "gate")})
    assert list(found) == ["gate"]
    assert "gate is of the model sha256:bbbbbbbbbbbb, evaluate of sha256:aaaaaaaaaaaa:" in found["gate"]


def test_an_evaluation_on_other_rows_than_were_validated() -> None:
    found = strangers({**of(A), **of(A, "evaluate", holdout=B)})
    assert list(found) == ["evaluate"]
    assert found["evaluate"].startswith(
        "evaluate is of the holdout sha256:bbbbbbbbbbbb, validate_data of sha256:aaaaaaaaaaaa: "
    )


def test_evidence_that_names_no_digest_is_not_judged() -> None:
    unnamed = Evidence(stage="validate_data", state=State.PASS, headline="of an earlier version")
    assert strangers({**of(A, holdout=B), "validate_data": unnamed}) == {}
    assert strangers({**of(A), "gate": unnamed, "evaluate": of(A)["evaluate"]}) == {}


def test_a_merged_report_is_an_error_of_the_stage_that_does_not_belong(tmp_path: Path) -> None:
    theirs = of(B)
    theirs["gate"].charts = [Bars(title="Drawn by the other gate", labels=["a"], values=[1])]
    one, other = leave(tmp_path / "one", of(A)), leave(tmp_path / "other", theirs)
    assert build_index(one).exit_code == build_index(other).exit_code == 0
    shutil.rmtree(one / "gate")
    shutil.copytree(other / "gate", one / "gate")
    summary = build_index(one)
    assert {line.name: line.state for line in summary.stages if line.state is not State.PASS} == {"gate": State.ERROR}
    assert (summary.state, summary.exit_code) == (State.ERROR, 11)
    assert (summary.stages[-1].headline, summary.stages[-1].page) == ("", "")  # the other run's are not this one's
    assert "Drawn by the other gate" in (other / "index.html").read_text("utf-8")
    assert "Drawn by the other gate" not in (one / "index.html").read_text("utf-8")
    text, code = verdict(one)
    assert code == 11
    assert "gate is of the model sha256:bbbbbbbbbbbb, train of sha256:aaaaaaaaaaaa" in " ".join(text.split())


def test_evidence_of_an_earlier_run_beside_an_outcome_is_not_compared(tmp_path: Path) -> None:
    """Why the stage did not run is told, and not that its old evidence is of the old model."""
    leave(tmp_path, {**of(A), **of(B, "gate")})
    (tmp_path / "run.json").write_text('{"outcomes": {"gate": {"state": "SKIP", "message": "Not run."}}}', "utf-8")
    assert [(line.name, line.state, line.message) for line in build_index(tmp_path).stages][-1] == (
        "gate",
        State.SKIP,
        "Not run.",
    )
