"""Evidence of any stage, read back: what only that stage knows is passed over."""

from __future__ import annotations

from pathlib import Path

from pydantic import ConfigDict

from ml_steps.errors import EXIT_SETUP, SetupError
from ml_steps.evidence import BLOCKING, Check, Evidence, State, worst
from ml_steps.report.order import blocks, failing_first, sentence
from ml_steps.report.summary import StageLine
from ml_steps.report.text import clean, clip
from ml_steps.stages import MOST_SHOWN, Stage

_LINE = 400


class AnyEvidence(Evidence):
    """Evidence whose further fields, those of one stage only, are dropped."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


def load_of(stage: Stage, folder: Path) -> Evidence:
    """Read a stage's evidence in its folder. Raises SetupError as Evidence.load does, or where it is another's."""
    evidence = AnyEvidence.load(folder / stage.evidence)
    if evidence.stage not in (stage.name, stage.folder):
        raise SetupError(
            f'{folder / stage.evidence}: this is the evidence of "{evidence.stage}"; expected that of '
            f'"{stage.name}"; export the report again.'
        )
    return evidence


def line_of(stage: Stage, evidence: Evidence) -> StageLine:
    """Return the stage's line in the report, by its evidence alone; no page yet.

    A stage that says it passed over a required check that failed is judged by that check.
    """
    failing = [check for check in failing_first(evidence.checks) if blocks(check)]
    agrees = evidence.state in BLOCKING or not failing
    state = evidence.state if agrees else worst([check.state for check in failing])
    line = StageLine(
        name=stage.name,
        state=State(state),
        headline=evidence.headline,
        seconds=evidence.seconds,
        folder=stage.folder,
        exit_code=EXIT_SETUP,
        failing=_lines(failing),
        warned=_lines([check for check in evidence.checks if check.state is State.WARN]),
    )
    return line.model_copy(update={"exit_code": line.code()})


def _lines(checks: list[Check]) -> list[str]:
    return [clip(clean(sentence(check)), _LINE) for check in checks[:MOST_SHOWN]]
