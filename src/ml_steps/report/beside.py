"""The stages' evidence that lies beside a report.json: none that fails hides behind it."""

from __future__ import annotations

from pathlib import Path

from ml_steps.errors import EXIT_SETUP, SetupError
from ml_steps.evidence import BLOCKING, State, worst
from ml_steps.report.load import line_of, load_of
from ml_steps.report.summary import StageLine
from ml_steps.stages import BY_NAME


def held_against(line: StageLine, directory: Path) -> StageLine:
    """Return the line of report.json, or that of the stage's own evidence where it is there and worse.

    Evidence that cannot be read is an ERROR. An outcome may rightly have made the line worse than the evidence.
    """
    stage = BY_NAME[line.name]
    if not (directory / stage.folder / stage.evidence).exists():
        return line
    try:
        own = line_of(stage, load_of(stage, directory / stage.folder))
    except SetupError as error:
        own = StageLine(
            name=stage.name, state=State.ERROR, folder=stage.folder, message=str(error), exit_code=EXIT_SETUP
        )
    if own.state not in BLOCKING or worst([own.state, line.state]) is line.state:
        return line
    said = own.message or (
        f"report.json says {line.state}, {stage.folder}/{stage.evidence} {own.state}: judged by the evidence; build "
        "the report again with `ml-steps report DIR`."
    )
    return own.model_copy(update={"message": said, "page": line.page})
