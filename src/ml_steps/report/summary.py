"""The record of a whole report (`report.json`), what its runner tells about it, and how it is judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ml_steps.errors import EXIT_FAIL, EXIT_INTERNAL, EXIT_PASS, EXIT_SETUP
from ml_steps.evidence import BLOCKING, Record, State

ENGINE_ONLY = frozenset({"build_image"})
"""Stages that the local runner cannot do; skipping one is not a failure."""


class Outcome(Record):
    """What became of a stage that left no evidence."""

    state: Literal[State.ERROR, State.FAIL, State.SKIP]
    message: str
    """One sentence: what happened and what to do next."""
    exit_code: int = EXIT_INTERNAL
    """Read for ERROR only: 11 for a set-up fault, 12 for one of ours."""


class RunRecord(Record):
    """`run.json`, written by whoever ran the stages."""

    schema_version: Literal[1] = 1
    project: str = ""
    smoke: bool = False
    revision: str = ""
    requested: list[str] = Field(default_factory=list)
    outcomes: dict[str, Outcome] = Field(default_factory=dict)


class StageLine(Record):
    """One stage in the report."""

    name: str
    state: State
    headline: str = ""
    """The key figure; empty where the stage left no evidence."""
    seconds: float | None = None
    folder: str
    message: str = ""
    """Why there is no verdict, or why it was skipped, one sentence."""
    exit_code: int = EXIT_PASS
    page: str = ""
    """The stage's page, relative to the report; empty where there is none."""
    failing: list[str] = Field(default_factory=list)
    """Up to five failing checks, one line each."""
    warned: list[str] = Field(default_factory=list)
    """Up to five checks that warn, one line each."""

    def figure(self) -> str:
        """Return the key figure, or what stands in its place; why a stage failed is told once, below the table."""
        if not self.headline and self.state in BLOCKING:
            return "no result, see below"
        return self.headline or self.message

    def code(self) -> int:
        """Return 10 for a failing verdict, 11 or 12 for none, else 0; the state rules, not `exit_code`."""
        if self.state is State.ERROR:
            return EXIT_SETUP if self.exit_code == EXIT_SETUP else EXIT_INTERNAL
        return EXIT_FAIL if self.state in BLOCKING else EXIT_PASS


class Summary(Record):
    """`report.json`: the stages in the order in which they run, and the verdict over all of them."""

    schema_version: Literal[1] = 1
    state: State
    exit_code: int
    project: str = ""
    smoke: bool = False
    revision: str = ""
    requested: list[str]
    """The stages that were to run; one of them without a line is never a pass."""
    stages: list[StageLine]


def judge(lines: list[StageLine]) -> tuple[State, int, StageLine | None]:
    """Return the state over all stages, the exit code, and the stage that decided (None: all is well).

    The first failing stage in pipeline order decides both state and code, because what comes after it only
    follows from it. A skipped stage is accepted where it needs an engine; where any other was skipped and
    nothing failed, there is no verdict: ERROR, 11.
    """
    blocking = [line for line in lines if line.state in BLOCKING]
    if blocking:
        return blocking[0].state, blocking[0].code(), blocking[0]
    skipped = [line for line in lines if line.state is State.SKIP and line.name not in ENGINE_ONLY]
    if skipped:
        return State.ERROR, EXIT_SETUP, skipped[0]
    if not any(line.state in (State.PASS, State.WARN) for line in lines):
        return State.ERROR, EXIT_SETUP, None
    return (State.WARN if any(line.state is State.WARN for line in lines) else State.PASS), EXIT_PASS, None


def next_step(lines: list[StageLine]) -> str:
    """Return where the reader goes from here, one sentence: the stage to start with, or what passed."""
    _, code, decisive = judge(lines)
    if decisive is None:
        return _passed(lines) if code == EXIT_PASS else "No stage gave a verdict; run the stages again."
    if decisive.state is State.SKIP:
        return f"{decisive.name} was skipped though nothing before it failed; run it again."
    if decisive.page:
        return f"Start with {decisive.name}: {decisive.page} shows each failing check and what to do."
    return f"Start with {decisive.name}, which left no result; mend what stopped it and run again."


def _passed(lines: list[StageLine]) -> str:
    skipped = [line.name for line in lines if line.state is State.SKIP]
    what = f"{len(lines) - len(skipped)} of {len(lines)} stages passed"
    warned = ", ".join(line.name for line in lines if line.state is State.WARN)
    parts = [
        what,
        f"{', '.join(skipped)} skipped" if skipped else "",
        f"warnings in {warned}" if warned else "",
    ]
    return "; ".join(part for part in parts if part) + "."
