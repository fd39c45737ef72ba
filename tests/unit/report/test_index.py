from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ml_steps.errors import SetupError
from ml_steps.evidence import Check, Evidence, State
from ml_steps.report.index import build_index
from ml_steps.report.summary import StageLine, judge
from ml_steps.report.verdict import verdict
from ml_steps.report.write import write
from ml_steps.stages import BY_NAME, STAGES

from . import examples


def leave(directory: Path, *states: tuple[str, State]) -> None:
    """Leave plain evidence of the given states."""
    for name, state in states:
        stage = BY_NAME[name]
        evidence = Evidence(stage=name, state=state, headline=f"{name} says {state}")
        write(evidence, Path(stage.evidence).stem, directory / stage.folder)


def tell(directory: Path, *requested: str, **outcomes: tuple[str, int]) -> None:
    """Leave a run.json with outcomes of (state, exit code)."""
    told = {
        name: {"state": state, "message": f"{name} told.", "exit_code": code}
        for name, (state, code) in outcomes.items()
    }
    (directory / "run.json").write_text(json.dumps({"requested": requested, "outcomes": told}), "utf-8")


def states(directory: Path) -> dict[str, State]:
    return {line.name: line.state for line in build_index(directory).stages}


def both(directory: Path) -> tuple[State, int]:
    """Build the index and return its judgement, which the verdict must share."""
    summary = build_index(directory)
    assert verdict(directory)[1] == summary.exit_code
    return summary.state, summary.exit_code


def test_a_local_run_that_passes(tmp_path: Path) -> None:
    summary = build_index(examples.passing_report(tmp_path))
    assert (summary.state, summary.exit_code) == (State.PASS, 0)
    assert [line.name for line in summary.stages] == [stage.name for stage in STAGES]
    assert summary.stages[2].page == "data/data.html"
    assert summary.stages[4].message == "Building an image needs a container engine."
    record = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (record["project"], record["revision"]) == ("sentiment", "4f2a9c1")
    assert "Project sentiment · Revision 4f2a9c1" in (tmp_path / "summary.md").read_text("utf-8")
    assert "Pipeline report of sentiment" in (tmp_path / "index.html").read_text("utf-8")
    assert (tmp_path / "report.json").read_text("utf-8") == summary.to_json()
    first = (tmp_path / "report.json").read_bytes(), (tmp_path / "index.html").read_bytes()
    build_index(tmp_path)
    assert first == ((tmp_path / "report.json").read_bytes(), (tmp_path / "index.html").read_bytes())


def test_a_run_that_fails_names_the_first_stage_and_what_to_do(tmp_path: Path) -> None:
    summary = build_index(examples.failing_report(tmp_path))
    assert (summary.state, summary.exit_code) == (State.FAIL, 10)
    assert len(summary.stages[0].failing) == 5
    assert summary.stages[1].exit_code == 11
    page = (tmp_path / "index.html").read_text("utf-8")
    text = (tmp_path / "summary.md").read_text("utf-8")
    for said in ("Start with lint: lint/lint.html", "no version of numpy==99.0", "drop the rows or extend"):
        assert said in page
        assert said in text
    assert 'href="lint/lint.html"' in page
    assert 'href="test/' not in page


def test_the_overview_links_only_to_pages_that_are_there(tmp_path: Path) -> None:
    build_index(examples.passing_report(tmp_path))
    page = (tmp_path / "index.html").read_text("utf-8")
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert links
    assert all((tmp_path / link).is_file() for link in links)
    assert not re.search(r"<script|https?://|url\(", page)
    assert "Evaluate: Confusion matrix" in page


def test_the_overview_escapes_what_stages_say(tmp_path: Path) -> None:
    write(examples.hostile(), "lint", tmp_path / "lint")
    tell(tmp_path, "lint", test=("ERROR", 11))
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    run["outcomes"]["test"]["message"] = run["revision"] = run["project"] = examples.HOSTILE
    (tmp_path / "run.json").write_text(json.dumps(run), "utf-8")
    build_index(tmp_path)
    assert "<script" not in (tmp_path / "index.html").read_text("utf-8")
    assert "<script" not in (tmp_path / "summary.md").read_text("utf-8")
    assert "\x1b" not in verdict(tmp_path)[0]


def test_a_smoke_run_is_marked_everywhere(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    write(examples.gate(smoke=True), "gate", tmp_path / "gate")
    assert build_index(tmp_path).smoke
    assert "SMOKE run" in (tmp_path / "index.html").read_text("utf-8")
    assert "SMOKE run" in (tmp_path / "summary.md").read_text("utf-8")
    assert "SMOKE PASS" in verdict(tmp_path)[0]


def test_a_smoke_run_that_stopped_early_is_marked_too(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.FAIL))
    (tmp_path / "run.json").write_text(json.dumps({"smoke": True, "requested": ["lint"]}), "utf-8")
    assert build_index(tmp_path).smoke


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.PASS, 0),
        (State.WARN, 0),
        (State.FAIL, 10),
        (State.INSUFFICIENT, 10),
        (State.ERROR, 11),
    ],
)
def test_the_state_of_a_stage_decides(tmp_path: Path, state: State, code: int) -> None:
    leave(tmp_path, ("lint", State.PASS), ("test", state))
    assert both(tmp_path) == (state, code)


@pytest.mark.parametrize(("state", "code"), [("FAIL", 10), ("ERROR", 11), ("ERROR", 12)])
def test_an_outcome_decides_where_there_is_no_evidence(tmp_path: Path, state: str, code: int) -> None:
    leave(tmp_path, ("lint", State.PASS))
    tell(tmp_path, "lint", "test", test=(state, code))
    assert both(tmp_path) == (State(state), code)


def test_the_first_failing_stage_decides(tmp_path: Path) -> None:
    leave(tmp_path, ("test", State.FAIL), ("gate", State.FAIL))
    tell(tmp_path, lint=("ERROR", 12))
    assert both(tmp_path) == (State.ERROR, 12)


def test_a_requested_stage_that_left_nothing_is_never_a_pass(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    tell(tmp_path, "lint", "gate")
    assert both(tmp_path) == (State.ERROR, 12)
    assert "left neither gate/gate.json nor an outcome" in verdict(tmp_path)[0]


def test_a_folder_without_its_evidence_is_never_a_pass(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    (tmp_path / "gate").mkdir()
    assert both(tmp_path) == (State.ERROR, 12)


def test_evidence_of_a_stage_that_was_not_requested_is_judged(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("gate", State.FAIL))
    tell(tmp_path, "lint")
    assert both(tmp_path) == (State.FAIL, 10)


def test_only_a_stage_that_needs_an_engine_may_be_skipped(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    tell(tmp_path, "lint", "build_image", build_image=("SKIP", 0))
    assert both(tmp_path) == (State.PASS, 0)
    tell(tmp_path, "lint", "train", train=("SKIP", 0))
    assert both(tmp_path) == (State.ERROR, 11)
    assert "train was skipped though nothing before it failed" in verdict(tmp_path)[0]


def test_evidence_that_says_skip_is_no_pass(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("gate", State.SKIP))
    assert both(tmp_path) == (State.ERROR, 11)


def test_the_worse_of_evidence_and_outcome_counts(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("test", State.FAIL), ("gate", State.FAIL))
    tell(tmp_path, lint=("FAIL", 10), test=("ERROR", 12), gate=("SKIP", 0))
    assert states(tmp_path) == {"lint": State.FAIL, "test": State.ERROR, "gate": State.FAIL}


def test_evidence_of_an_earlier_run_cannot_outshine_an_outcome(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("test", State.PASS), ("gate", State.PASS))
    tell(tmp_path, test=("FAIL", 10), gate=("SKIP", 0))
    assert states(tmp_path) == {"lint": State.PASS, "test": State.FAIL, "gate": State.SKIP}


def test_a_stage_without_its_page_is_not_linked(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.FAIL))
    (tmp_path / "lint" / "lint.html").unlink()
    assert build_index(tmp_path).stages[0].page == ""
    assert "href" not in (tmp_path / "index.html").read_text("utf-8")


def test_a_stage_cannot_pass_over_its_own_failing_check(tmp_path: Path) -> None:
    checks = [Check(id="floor", state=State.FAIL), Check(id="hint", state=State.FAIL, required=False)]
    write(Evidence(stage="gate", state=State.PASS, headline="fine", checks=checks), "gate", tmp_path / "gate")
    assert both(tmp_path) == (State.FAIL, 10)
    text, code = verdict(tmp_path / "gate")
    assert code == 10
    assert "judged by the check" in text
    write(Evidence(stage="gate", state=State.PASS, headline="fine", checks=checks[1:]), "gate", tmp_path / "gate")
    assert both(tmp_path) == (State.PASS, 0)
    write(Evidence(stage="gate", state=State.ERROR, headline="none", checks=checks), "gate", tmp_path / "gate")
    assert both(tmp_path) == (State.ERROR, 11)


@pytest.mark.parametrize("garbage", ["", "{", '{"schema_version": 2}', "[]"])
def test_garbled_evidence_is_an_error_of_that_stage(tmp_path: Path, garbage: str) -> None:
    leave(tmp_path, ("lint", State.PASS), ("test", State.PASS))
    (tmp_path / "test" / "test.json").write_text(garbage, "utf-8")
    assert both(tmp_path) == (State.ERROR, 11)


def test_evidence_of_another_stage_is_refused(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "gate.json").write_bytes((tmp_path / "lint" / "lint.json").read_bytes())
    assert both(tmp_path) == (State.ERROR, 11)
    with pytest.raises(SetupError, match='evidence of "lint"; expected that of "gate"'):
        verdict(tmp_path / "gate")


def test_a_folder_without_evidence_is_refused_and_no_older_report_survives(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    build_index(tmp_path)
    for path in (tmp_path / "lint").iterdir():
        path.unlink()
    with pytest.raises(SetupError, match=r"there is no evidence here; expected stage folders such as lint/lint\.json"):
        build_index(tmp_path)
    with pytest.raises(SetupError, match="missing"):
        verdict(tmp_path)
    with pytest.raises(SetupError, match="nowhere: this is no folder"):
        build_index(tmp_path / "nowhere")


def test_a_run_in_which_everything_broke_still_has_a_report(tmp_path: Path) -> None:
    tell(tmp_path, "lint", lint=("ERROR", 11))
    assert both(tmp_path) == (State.ERROR, 11)
    tell(tmp_path, "build_image", build_image=("SKIP", 0))
    with pytest.raises(SetupError, match="no evidence"):
        build_index(tmp_path)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("{", "not valid"),
        ('{"requested": "lint"}', "requested is not valid"),
        ('{"requested": ["lnt"]}', 'no stage "lnt"; did you mean "lint"'),
        ('{"outcomes": {"lint": {"state": "PASS", "message": ""}}}', "outcomes.lint.state is not valid"),
    ],
)
def test_a_garbled_run_record_is_refused(tmp_path: Path, run: str, message: str) -> None:
    leave(tmp_path, ("lint", State.PASS))
    (tmp_path / "run.json").write_text(run, "utf-8")
    with pytest.raises(SetupError, match=message):
        build_index(tmp_path)


def test_the_verdicts_table_is_aligned_and_fits_100_columns(tmp_path: Path) -> None:
    build_index(examples.failing_report(tmp_path))
    text, code = verdict(tmp_path)
    lines = text.splitlines()
    assert code == 10
    assert max(map(len, lines)) <= 100
    assert lines[0].split() == ["stage", "verdict", "work", "time", "key", "figure"]
    assert lines[1].split()[:4] == ["lint", "FAIL", "0.84", "s"]
    found = [re.search(r"verdict|FAIL|ERROR|SKIP", line) for line in lines[:8]]
    assert len({match.start() for match in found}) == 1  # type: ignore[union-attr]
    assert lines[-1] == "FAIL. Start with lint: lint/lint.html shows each failing check and what to do."
    assert text.count("lint/lint.html") == 1


def test_in_a_narrow_terminal_the_key_figure_takes_more_lines_and_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = "7 of 8 required rules pass, 1 skipped (no baseline)"
    evidence = Evidence(stage="gate", state=State.PASS, headline=figure)
    write(evidence, "gate", tmp_path / "gate")
    build_index(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    text, _ = verdict(tmp_path)
    assert max(map(len, text.splitlines())) <= 60
    assert figure in " ".join(text.split())


def test_why_a_stage_left_no_result_is_told_once(tmp_path: Path) -> None:
    """And not again in each row, nor in what to do next."""
    leave(tmp_path, ("lint", State.PASS))
    tell(tmp_path, "lint", train=("FAIL", 10), evaluate=("SKIP", 0))
    build_index(tmp_path)
    for text in (
        verdict(tmp_path)[0],
        *((tmp_path / name).read_text("utf-8") for name in ("summary.md", "index.html")),
    ):
        assert text.count("train told") == 1
        assert text.count("evaluate told") == 1
        assert "no result, see below" in text


def change(directory: Path, **values: Any) -> None:
    record = json.loads((directory / "report.json").read_text("utf-8"))
    (directory / "report.json").write_text(json.dumps(record | values), "utf-8")


def test_a_tampered_verdict_is_judged_by_its_stages(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("gate", State.FAIL))
    build_index(tmp_path)
    change(tmp_path, state="PASS", exit_code=0)
    text, code = verdict(tmp_path)
    assert code == 10
    assert "report.json says PASS (exit code 0), its stages say FAIL (10)" in text


def test_a_report_that_lost_a_requested_stage_is_no_pass(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS), ("gate", State.FAIL))
    summary = build_index(tmp_path)
    change(tmp_path, state="PASS", exit_code=0, stages=[summary.stages[0].model_dump(mode="json")])
    text, code = verdict(tmp_path)
    assert code == 12
    assert "gate was requested and report.json has no line for it" in text


def test_the_exit_code_of_a_line_cannot_soften_its_state(tmp_path: Path) -> None:
    for state, claimed, code in ((State.FAIL, 0, 10), (State.ERROR, 0, 12), (State.ERROR, 11, 11)):
        line = StageLine(name="gate", state=state, folder="gate", exit_code=claimed)
        assert judge([line])[1] == code


def test_no_line_is_no_pass() -> None:
    assert judge([])[:2] == (State.ERROR, 11)


@pytest.mark.parametrize(
    "changes",
    [
        {"stages": []},
        {"schema_version": 2},
        {"stages": [{"name": "lnt", "state": "PASS", "folder": "lint"}]},
        {"stages": [{"name": "lint", "state": "PASS", "folder": "lint"}] * 2},
        {"stages": [{"name": "lint", "state": "FINE", "folder": "lint"}]},
        {"requested": ["lnt"]},
    ],
)
def test_a_garbled_report_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    leave(tmp_path, ("lint", State.PASS))
    build_index(tmp_path)
    change(tmp_path, **changes)
    with pytest.raises(SetupError, match=r"report\.json: .*export it again"):
        verdict(tmp_path)


def test_a_run_record_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    leave(tmp_path, ("lint", State.PASS))
    (tmp_path / "run.json").mkdir()
    with pytest.raises(SetupError, match=r"run\.json: cannot be read"):
        build_index(tmp_path)


def test_a_missing_or_unreadable_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="this report is missing"):
        verdict(tmp_path)
    (tmp_path / "report.json").mkdir()
    with pytest.raises(SetupError, match="cannot be read"):
        verdict(tmp_path)


@pytest.mark.parametrize(("failing", "code"), [(False, 0), (True, 10)])
def test_the_verdict_of_a_single_stage(tmp_path: Path, failing: bool, code: int) -> None:
    write(examples.gate(failing=failing), "gate", tmp_path)
    text, exit_code = verdict(tmp_path)
    assert exit_code == code
    assert text.startswith("gate: ")
    assert "f1_macro_floor" in text


def test_what_warns_is_listed_in_verdict_summary_and_page(tmp_path: Path) -> None:
    warning = Check(id="train.x.separates", state=State.WARN, actual="separated by y", detail="Keep y if it is known.")
    leave(tmp_path, *((stage.name, State.PASS) for stage in STAGES))
    evidence = Evidence(stage="validate_data", state=State.WARN, headline="1 warned", checks=[warning])
    write(evidence, "data", tmp_path / "data")
    assert both(tmp_path) == (State.WARN, 0)
    said = "WARN train.x.separates: separated by y. Keep y if it is known"
    assert f"validate_data warns:\n  - {said}" in verdict(tmp_path)[0]
    assert f"**Validate data warns**\n\n- {said}" in (tmp_path / "summary.md").read_text("utf-8")
    assert said in (tmp_path / "index.html").read_text("utf-8")
