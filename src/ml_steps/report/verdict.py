"""The verdict of an exported report or of one stage: judges what was exported, runs nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import ValidationError

from ml_steps.errors import EXIT_INTERNAL, SetupError
from ml_steps.evidence import BLOCKING, State, first_fault
from ml_steps.report.beside import held_against
from ml_steps.report.load import line_of, load_of
from ml_steps.report.summary import StageLine, Summary, judge, next_step
from ml_steps.report.terminal import table
from ml_steps.report.text import clean, pad, wrap
from ml_steps.stages import STAGES, Stage, duration

MOST_COLUMNS = 100


def _width() -> int:
    """Return the terminal's columns, from 60 to 100; 100 where there is no terminal."""
    return max(60, min(MOST_COLUMNS, shutil.get_terminal_size((MOST_COLUMNS, 24)).columns))


def verdict(directory: Path) -> tuple[str, int]:
    """Return the table, at most 100 columns wide, and the exit code of a report or of one stage's folder.

    A report.json may be judged alone; evidence of its stages that lies beside it and is worse than its line counts.
    The stages decide: an overall state that says otherwise is named and passed over, and a requested stage without
    a line is an ERROR.

    Raises SetupError when there is neither report.json nor a stage's evidence, when either is garbled, or
    when the report names no stage or an unknown one.
    """
    if not (directory / "report.json").exists():
        for stage in STAGES:
            if (directory / stage.evidence).exists():
                return _of_stage(stage, directory)
    summary = _read(directory / "report.json")
    lines = [held_against(line, directory) for line in _all_requested(summary)]
    state, code, decisive = judge(lines)
    text = ["SMOKE run: cut down to show that every step works; never published.", ""] if summary.smoke else []
    text += _table(lines)
    for line in lines:
        if line.state in BLOCKING:
            # The last line names the page of the one that decided.
            text += ["", *_failing(line, page="" if line is decisive else line.page)]
    for line in lines:
        if line.warned:
            text += ["", *_listed(f"{line.name} warns:", line.warned)]
    text.append("")
    smoke = "SMOKE " if summary.smoke else ""
    if (summary.state, summary.exit_code) != (state, code):
        text += wrap(
            f"report.json says {summary.state} (exit code {summary.exit_code}), its stages say {state} "
            f"({code}): judged by its stages.",
            _width(),
        )
    text += wrap(clean(f"{smoke}{state}. {next_step(lines)}"), _width())
    return "\n".join(line.rstrip() for line in text), code


def _of_stage(stage: Stage, folder: Path) -> tuple[str, int]:
    evidence = load_of(stage, folder)
    line = line_of(stage, evidence)
    _, code, _ = judge([line])
    text = table(evidence, _width())
    if line.state is not evidence.state:
        text += f"\n\nIt says {evidence.state}, a required check says {line.state}: judged by the check."
    return text, code


def _read(path: Path) -> Summary:
    again = "export it again, for example with `dagger call run … report export`"
    try:
        summary = Summary.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SetupError(
            f"{path}: this report is missing, and the folder holds no stage's evidence either; {again}, or build "
            "it with `ml-steps report DIR`."
        ) from None
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror}); {again}.") from None
    except ValidationError as error:
        where, fault = first_fault(error)
        raise SetupError(f"{path}: {where} is not a valid report ({fault}); {again}.") from None
    names = [line.name for line in summary.stages]
    known = [stage.name for stage in STAGES]
    odd = [name for name in [*names, *summary.requested] if name not in known]
    if not names or odd or len(set(names)) < len(names):
        what = f'an unknown stage "{odd[0]}"' if odd else "a stage twice" if names else "no stage"
        raise SetupError(f"{path}: it names {what}; {again}.")
    return summary


def _all_requested(summary: Summary) -> list[StageLine]:
    """Return the lines in pipeline order, with an ERROR for each requested stage that has none."""
    lines = {line.name: line for line in summary.stages}
    for stage in STAGES:
        if stage.name in summary.requested and stage.name not in lines:
            lines[stage.name] = StageLine(
                name=stage.name,
                state=State.ERROR,
                folder=stage.folder,
                message=f"{stage.name} was requested and report.json has no line for it; run it again.",
                exit_code=EXIT_INTERNAL,
            )
    return [lines[stage.name] for stage in STAGES if stage.name in lines]


def _table(lines: list[StageLine]) -> list[str]:
    rows = [("stage", "verdict", "work time", "key figure")]
    rows += [(line.name, line.state, duration(line.seconds) or "-", clean(line.figure())) for line in lines]
    names, states, took = (max(len(row[index]) for row in rows) for index in range(3))
    before = names + states + took + 6
    text = []
    for name, state, time, figure in rows:
        first, *rest = wrap(figure, _width() - before) or [""]
        text.append(f"{pad(name, names)}  {pad(state, states)}  {time.rjust(took)}  {first}")
        text += [" " * before + line for line in rest]
    return text


def _failing(line: StageLine, page: str) -> list[str]:
    return _listed(f"{line.name}: {line.state}", [line.message, *line.failing, f"see {page}" if page else ""])


def _listed(head: str, sentences: list[str]) -> list[str]:
    text = [head]
    for said in filter(None, sentences):
        first, *rest = wrap(clean(said), _width() - 4)
        text += [f"  - {first}", *(f"    {part}" for part in rest)]
    return text
