"""The local runner: the same stages as the module's, one after the other, without a container engine.

For trying things and for quick debugging. It has no cache, no scheduler and no isolation: that is
what the engine is for.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from ml_steps import cli, stages
from ml_steps.errors import EXIT_FAIL, EXIT_INTERRUPTED, SetupError
from ml_steps.local import FOLDER_VARIABLE, SECONDS_FILE
from ml_steps.output import make
from ml_steps.project_folder import read_project

NO_ENGINE = "not built: that needs a container engine"


_FILES = {"run.json", "report.json", "summary.md", "index.html"}
_FOLDERS = {stage.folder: stage.evidence for stage in stages.STAGES}
"""What a report's folder holds: files, and a folder a stage with its evidence."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it said on standard error."""

    exit_code: int
    stderr: str

    def sentence(self) -> str:
        """Return the sentence of ours, where there is one; what the project printed goes before it."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("ml-steps: ")]
        return lines[-1].removeprefix("ml-steps: ") if lines else ""


def run(  # noqa: PLR0913 - the options of the command
    source: Path,
    data: Path | None,
    out: Path,
    *,
    reference: Path | None = None,
    epochs: int | None,
    smoke: bool,
    names: tuple[str, ...],
) -> int:
    """Run the stages into `out`, name each as it starts, build the report, print its table, return its exit code.

    Raises SetupError when the project cannot be read, or when `out` holds anything but an earlier report.
    """
    from ml_steps.report.index import build_index
    from ml_steps.report.verdict import verdict

    project = read_project(source)
    selected = stages.selected(names)
    evaluated = "evaluate" in {stage.name for stage in selected}
    make(out)
    _clear(out)
    # First of all: it marks the folder as a report's, also where the run is stopped.
    (out / "run.json").write_text(stages.run_record(project, selected, {}, smoke=smoke), encoding="utf-8")
    begun = time.monotonic()
    outcomes: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(prefix="ml-steps-run-") as folder, _shared(folder):
        # As they were given: so they stand in what the stages say.
        shared = [f"--source={source}"]
        given = [*shared, *([f"--data={data}"] if data else []), *(["--smoke"] if smoke else [])]
        compared = [f"--reference={reference}"] if reference else []
        for stage in selected:
            blocked = next((need for need in _all_needs(stage) if need in outcomes and need != "build_image"), None)
            if blocked:
                outcomes[stage.name] = {"state": "SKIP", "message": f"not run: {blocked} did not pass", "exit_code": 0}
                continue
            if stage.name == "build_image":
                outcomes[stage.name] = {"state": "SKIP", "message": NO_ENGINE, "exit_code": 0}
                continue
            print(f"{stage.name} …", file=sys.stderr, flush=True)
            problem = _stage(stage, given, shared, out, Path(folder) / "scores", epochs, compared, evaluated=evaluated)
            if problem:
                outcomes[stage.name] = problem
        record = stages.run_record(project, selected, outcomes, smoke=smoke)
        (out / "run.json").write_text(record, encoding="utf-8")
        build_index(out)
        elsewhere = _seconds_elsewhere(Path(folder))
    text, code = verdict(out)
    print(text)
    total = time.monotonic() - begun
    own = total - elsewhere
    print(f"\nreport: {out / 'index.html'}")
    print(f"{total:.1f} s in all: {elsewhere:.1f} s in uv and the project's own commands, {own:.1f} s in ml-steps")
    return code


def _seconds_elsewhere(folder: Path) -> float:
    path = folder / SECONDS_FILE
    return sum(map(float, path.read_text(encoding="utf-8").split())) if path.exists() else 0.0


def _stage(  # noqa: PLR0913, PLR0917 - what one stage is told
    stage: stages.Stage,
    given: list[str],
    shared: list[str],
    out: Path,
    scores: Path,
    epochs: int | None,
    compared: list[str],
    *,
    evaluated: bool,
) -> dict[str, object] | None:
    """Run one stage; return what stopped it, or None where its evidence says PASS."""
    # With `=`, as a folder's name may start with a dash.
    target = [f"--out={out / stage.folder}"]
    smoke = ["--smoke"] if "--smoke" in given else []
    match stage.name:
        case "lint" | "test":
            commands = [[stage.name, *shared, *target]]
        case "validate_data":
            commands = [["validate", *[part for part in given if part != "--smoke"], *compared, *target]]
        case "train":
            told = [f"--rows-to={scores}"] if evaluated else []
            told += [f"--epochs={epochs}"] if epochs is not None else []
            commands = [["train", *given, *told, *target]]
        case "evaluate":
            note = "--baseline-note=none here: a baseline's image needs a Dagger engine"
            commands = [
                ["score", *given, f"--model={out / 'training' / 'model'}", "--keep-rows", f"--out={scores}"],
                ["evaluate", *shared, *smoke, f"--scores={scores}", note, *target],
            ]
        case _:
            evidence = [("evaluation", "--evaluation"), ("data", "--data-report"), ("test", "--test-report")]
            reports = [f"{option}={out / name}" for name, option in evidence]
            commands = [["gate", *shared, *reports, *target]]
    for command in commands:
        ended = _step(command)
        if ended.exit_code != 0:
            failed = ended.exit_code == EXIT_FAIL
            said = ended.sentence() or f"{stage.name}: the verdict is {'fail' if failed else 'error'}."
            return {"state": "FAIL" if failed else "ERROR", "message": said, "exit_code": ended.exit_code}
    return None


@contextmanager
def _shared(folder: str) -> Iterator[None]:
    """Let the commands share the project's environments through the folder."""
    before = os.environ.get(FOLDER_VARIABLE)
    os.environ[FOLDER_VARIABLE] = folder
    try:
        yield
    finally:
        del os.environ[FOLDER_VARIABLE]
        if before is not None:
            os.environ[FOLDER_VARIABLE] = before


def _step(command: list[str]) -> Ended:
    """Run a command in this process: one for each would import the same again, half of our own time."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        # A file and no text in memory: the project's commands write to it as well.
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
    ):
        with redirect_stdout(nowhere), redirect_stderr(errors):
            exit_code = cli.main(command)
        if exit_code == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        errors.seek(0)
        return Ended(exit_code, errors.read())


def _all_needs(stage: stages.Stage) -> list[str]:
    needs: list[str] = []
    for name in stage.needs:
        needs += [*_all_needs(stages.BY_NAME[name]), name]
    return needs


def _clear(out: Path) -> None:
    """Remove an earlier run's report, so that nothing of it is taken for this run's result.

    Raises SetupError where the folder holds anything else.
    """
    is_report = (out / "run.json").is_file()
    strange = [path.name for path in out.iterdir() if not _is_ours(path, is_report)]
    if strange:
        raise SetupError(
            f"--out {out}: the folder holds {min(strange)}, which is no part of a report; give a new one, or empty it."
        )
    for path in out.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_ours(path: Path, is_report: bool) -> bool:
    """Tell a stage's folder from another of its name, such as the project's data: by the report around it or in it."""
    if path.name in _FOLDERS and path.is_dir() and not path.is_symlink():
        return is_report or (path / _FOLDERS[path.name]).is_file() or not any(path.iterdir())
    return path.name in _FILES and path.is_file()
