"""The stages: what each needs, reads and leaves.

Pure. The Dagger module and the local runner both take the stages from here, their environments from `installs` and
the project's side of their commands from `shim_argv`, and add only where they run. The shim collects in the project's
own environment, and the toolkit judges what was collected; before training and scoring it also prepares what they read.
"""

from __future__ import annotations

import json
import posixpath
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from ml_steps import linters
from ml_steps.errors import SetupError
from ml_steps.project import Project, nearest


@dataclass(frozen=True)
class Stage:
    """One stage: its name as a function, its folder in the report, and its evidence file there."""

    name: str
    folder: str
    evidence: str
    needs: tuple[str, ...]


STAGES = (
    Stage("lint", "lint", "lint.json", ()),
    Stage("test", "test", "test.json", ()),
    Stage("validate_data", "data", "data.json", ()),
    Stage("train", "training", "training.json", ("lint", "test", "validate_data")),
    Stage("build_image", "image", "image.json", ("train",)),
    Stage("evaluate", "evaluation", "evaluation.json", ("build_image",)),
    Stage("gate", "gate", "gate.json", ("evaluate",)),
)
"""In the order in which they run; the first three side by side."""

BY_NAME = {stage.name: stage for stage in STAGES}


LINT_SETTINGS = linters.SETTINGS
"""Files of the project's root whose text `parse_project` is given."""


def selected(names: Iterable[str]) -> tuple[Stage, ...]:
    """Return the stages asked for and all that they need, in order; nothing asked for means all.

    Raises SetupError for a name that is no stage, with the nearest valid one.
    """
    wanted = set(names) or set(BY_NAME)
    for name in sorted(wanted - set(BY_NAME)):
        raise SetupError(
            f'--stages: there is no stage "{name}"; {nearest(name, list(BY_NAME))}stages: {", ".join(BY_NAME)}.'
        )
    for stage in reversed(STAGES):
        if stage.name in wanted:
            wanted |= set(stage.needs)
    return tuple(stage for stage in STAGES if stage.name in wanted)


# What each stage reads of the project ------------------------------------------------------------

_SETTINGS = ("pyproject.toml",)
_PYTEST_SETTINGS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
_TEST_SETTINGS = (*_PYTEST_SETTINGS, ".coveragerc", "conftest.py")
DataFormat = Literal["csv", "csv.gz", "csv.zst", "parquet", "jsonl"]
DATA_FORMATS: tuple[DataFormat, ...] = get_args(DataFormat)
NOT_IN_FUTURE = "notInFuture"
"""The rule that time can only make true: where data pass it, they pass it later."""
_CLOCK = re.compile(
    r"\bfreshness\b|\b(now|today|age|get_current_\w+|transaction_timestamp)\s*\(|\b(current_[a-z]+|localtime\w*)\b",
    re.IGNORECASE,
)


def reads(stage: str, project: Project) -> list[str]:
    """Return the include patterns of what a stage mounts of the source; nothing else is seen by it."""
    config = project.config
    match stage:
        case "lint":
            # What the tests import is needed to check their types.
            return [*lint_settings(), *config.code, *config.tests, *config.test.inputs]
        case "test":
            return [*_SETTINGS, *_TEST_SETTINGS, *config.code, *config.tests, *config.test.inputs]
        case "validate_data" | "evaluate":
            own = config.data.contract if stage == "validate_data" else config.evaluate.cases
            return [*_SETTINGS, *([own] if own else [])]
        case "train":
            return list(config.code if config.train.inputs is None else config.train.inputs)
        case "build_image":
            return list(config.code)
    return list(_SETTINGS)


def never_seen(stage: str, project: Project) -> list[str]:
    """Return the patterns of what training and the image must not hold, whatever their settings name: the two files."""
    if stage not in ("train", "build_image"):
        return []
    data = project.config.data
    patterns = [posixpath.normpath(posixpath.join(data.directory, name)) for name in (data.train, data.holdout)]
    # "train.*" is a file of data, in whatever case, or a folder of parts, and no train.py.
    data_files = ["".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in end) for end in DATA_FORMATS]
    ends = [(one[:-1], (*data_files, "*/*")) if one.endswith(".*") else (one, ("",)) for one in patterns]
    return [start + end for start, formats in ends for end in formats]


def tells_time(contract: str) -> bool:
    """Tell whether a contract asks for the time of the run, so that the same data may pass now and fail later."""
    return _CLOCK.search(contract) is not None


def lint_settings() -> list[str]:
    """Return the include patterns of the linters' settings."""
    return [*_SETTINGS, *LINT_SETTINGS]


def train_reads(project: Project) -> list[str]:
    """Return the include patterns of training's data: the training file only, never the holdout."""
    return [project.config.data.train]


def data_reads(project: Project) -> list[str]:
    """Return the include patterns of the two files that rows are taken from."""
    return [project.config.data.train, project.config.data.holdout]


def epochs_of(project: Project, asked: int | None, smoke: bool) -> int | None:
    """Return how many epochs to train: the smoke setting, the argument, the configuration; None: not told.

    Raises SetupError for an argument below 1, or for one given to a command that takes none.
    """
    if asked is not None and asked < 1:
        raise SetupError(f"--epochs is {asked}; it must be 1 or more.")
    if project.config.train.epochs is False:
        if asked is not None:
            raise SetupError(
                "--epochs was given, but pyproject.toml says [tool.ml-pipeline.train] epochs = false; drop one of them."
            )
        return None
    return project.config.train.smoke.epochs if smoke else asked or project.config.train.epochs


PASSING = ("PASS", "WARN")
"""States of a stage that what needs it may go on after."""


def outcome_of(evidence: str) -> tuple[str, str, float | None]:
    """Return state, headline and work time (seconds) of a stage's evidence.

    A required check that failed is never passed over.
    """
    said = json.loads(evidence)
    state, blocking = said["state"], ("ERROR", "FAIL", "INSUFFICIENT")
    if state not in blocking:
        required = [check["state"] for check in said["checks"] if check["required"]]
        state = next((bad for bad in blocking if bad in required), state)
    return state, said["headline"], said["seconds"]


MOST_SHOWN = 5
"""Checks of a stage that are told below a table, one line each; its page has all."""


def warnings_of(evidence: str) -> list[str]:
    """Return what a stage's evidence warns of, a sentence a check, MOST_SHOWN at most."""
    return [_told(check) for check in json.loads(evidence)["checks"] if check["state"] == "WARN"][:MOST_SHOWN]


def _told(check: dict[str, str]) -> str:
    expected = f"expected {check['expected']}" if check["expected"] else ""
    facts = "; ".join(filter(None, [check["actual"], expected]))
    return f"{check['id']}: {facts}. {check['detail']}".rstrip()


def warned(stage: str, sentences: Iterable[str]) -> str:
    """Return what a stage warns of as a list, at most 100 columns wide."""
    wrapper = textwrap.TextWrapper(100, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)
    harmless = ("".join(char if char.isprintable() else " " for char in one) for one in sentences)
    return "\n".join(["", f"{stage} warns:", *map(wrapper.fill, harmless)])


def run_record(
    project: Project,
    requested: Iterable[Stage],
    outcomes: dict[str, dict[str, object]],
    *,
    smoke: bool,
    revision: str = "",
) -> str:
    """Return run.json, from which the report learns what was asked for and how stages without evidence ended."""
    record = {
        "schema_version": 1,
        "project": project.name,
        "smoke": smoke,
        "revision": revision,
        "requested": [stage.name for stage in requested],
        "outcomes": outcomes,
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def duration(seconds: float | None) -> str:
    """Return seconds for reading: 0.84 s, 12.3 s, 3 min 05 s, 2 h 10 min; empty where unknown."""
    if seconds is None:
        return ""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def summary(lines: Iterable[tuple[str, str, float | None, str]]) -> str:
    """Return a table: a stage's name, its verdict, its work time in seconds (None: it left none), its key figure."""
    rows = [("stage", "verdict", "work time", "key figure")]
    rows += [(name, state, duration(took) or "-", figure) for name, state, took, figure in lines]
    return "\n".join(f"{name:<14} {state:<13} {took:>9}  {figure}" for name, state, took, figure in rows)
