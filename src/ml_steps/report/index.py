"""The index of a report: report.json, summary.md and index.html over the stage folders in a directory."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ml_steps.errors import EXIT_INTERNAL, EXIT_SETUP, SetupError
from ml_steps.evidence import BLOCKING, Evidence, State, first_fault, worst
from ml_steps.project import nearest
from ml_steps.report.load import line_of, load_of
from ml_steps.report.one_run import strangers
from ml_steps.report.overview import overview_markdown
from ml_steps.report.summary import Outcome, RunRecord, StageLine, Summary, judge
from ml_steps.stages import BY_NAME, STAGES, Stage


def build_index(directory: Path) -> Summary:
    """Write report.json, summary.md and index.html into the directory and return what report.json says.

    Judged is every stage that run.json requests, every one that it has an outcome for, and every one whose
    folder is there. One of these with neither evidence nor outcome is an ERROR with code 12; evidence that
    cannot be read, or that is of another model or holdout than the stages before, is an ERROR with code 11. Where a
    stage has evidence and an outcome, the worse counts.

    Raises SetupError when the directory holds no evidence and no failed outcome, or run.json is garbled.
    """
    from ml_steps.report.index_page import index_page

    if not directory.is_dir():
        raise SetupError(f"{directory}: this is no folder; expected a report's, with a folder for each stage.")
    # A report of an earlier run must not survive a failure here and be taken for this one's.
    (directory / "report.json").unlink(missing_ok=True)
    run = _read_run(directory / "run.json")
    concerned = {*run.requested, *run.outcomes} | {s.name for s in STAGES if (directory / s.folder).is_dir()}
    found: dict[str, Evidence] = {}
    lines = [_line(stage, directory, run, found) for stage in STAGES if stage.name in concerned]
    lines = _of_one_run(lines, run, found)
    if not found and not any(line.state in BLOCKING and _told(line, run, directory) for line in lines):
        expected = ", ".join(f"{stage.folder}/{stage.evidence}" for stage in STAGES[:3])
        raise SetupError(
            f"{directory}: there is no evidence here; expected stage folders such as {expected}; "
            "run the stages first and pass the folder that they wrote."
        )
    state, code, _ = judge(lines)
    smoke = run.smoke or any(evidence.smoke for evidence in found.values())
    requested = [stage.name for stage in STAGES if stage.name in concerned]
    summary = Summary(
        state=state,
        exit_code=code,
        project=run.project,
        smoke=smoke,
        revision=run.revision,
        requested=requested,
        stages=lines,
    )
    (directory / "summary.md").write_text(overview_markdown(summary), "utf-8")
    (directory / "index.html").write_text(index_page(summary, found), "utf-8")
    (directory / "report.json").write_text(summary.to_json(), "utf-8")
    return summary


def _told(line: StageLine, run: RunRecord, directory: Path) -> bool:
    """Say whether somebody reported the failure, instead of it being the mere lack of evidence."""
    return line.name in run.outcomes or (directory / line.folder / BY_NAME[line.name].evidence).exists()


def _read_run(path: Path) -> RunRecord:
    try:
        run = RunRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return RunRecord()
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror}); expected what a run wrote; run again.") from None
    except ValidationError as error:
        where, fault = first_fault(error)
        raise SetupError(f"{path}: {where} is not valid ({fault}); run the stages again.") from None
    for name in [*run.requested, *run.outcomes]:
        if name not in BY_NAME:
            hint = nearest(name, list(BY_NAME))
            raise SetupError(f'{path}: there is no stage "{name}"; {hint}stages: {", ".join(BY_NAME)}.')
    return run


def _line(stage: Stage, directory: Path, run: RunRecord, found: dict[str, Evidence]) -> StageLine:
    """Return the stage's line, and put its evidence among what was found."""
    outcome = run.outcomes.get(stage.name)
    folder = directory / stage.folder
    if not (folder / stage.evidence).exists():
        return _without_evidence(stage, outcome)
    try:
        evidence = found[stage.name] = load_of(stage, folder)
    except SetupError as error:
        return _without_evidence(stage, _setup_fault(str(error)))
    line = line_of(stage, evidence)
    if outcome is not None:
        if line.state not in BLOCKING:
            return _without_evidence(stage, outcome)
        if worst([line.state, outcome.state]) is not line.state:
            line = _worse(line, outcome)
    page = Path(stage.folder, stage.evidence).with_suffix(".html")
    return line.model_copy(update={"page": page.as_posix() if (directory / page).is_file() else ""})


def _of_one_run(lines: list[StageLine], run: RunRecord, found: dict[str, Evidence]) -> list[StageLine]:
    """Return the lines, an ERROR for each stage of another run; its evidence is taken from what was found."""
    # Beside an outcome evidence may be that of an earlier run: the outcome counts already.
    mixed = strangers({name: evidence for name, evidence in found.items() if name not in run.outcomes})
    for name in mixed:
        del found[name]
    return [
        _without_evidence(BY_NAME[line.name], _setup_fault(mixed[line.name])) if line.name in mixed else line
        for line in lines
    ]


def _setup_fault(message: str) -> Outcome:
    return Outcome(state=State.ERROR, message=message, exit_code=EXIT_SETUP)


def _worse(line: StageLine, outcome: Outcome) -> StageLine:
    worse = {"state": outcome.state, "message": outcome.message, "exit_code": outcome.exit_code}
    line = line.model_copy(update=worse)
    return line.model_copy(update={"exit_code": line.code()})


def _without_evidence(stage: Stage, outcome: Outcome | None) -> StageLine:
    outcome = outcome or Outcome(
        state=State.ERROR,
        message=f"{stage.name} left neither {stage.folder}/{stage.evidence} nor an outcome; run it again.",
        exit_code=EXIT_INTERNAL,
    )
    line = StageLine(
        name=stage.name,
        state=outcome.state,
        folder=stage.folder,
        message=outcome.message,
        exit_code=outcome.exit_code,
    )
    return line.model_copy(update={"exit_code": line.code()})
