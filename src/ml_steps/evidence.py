"""The record that every stage leaves: one JSON schema, from which the pages and the tables are drawn.

A stage's folder holds `<name>.json` (this model, canonical: sorted keys, no wall-clock time that
would make two equal runs differ beyond `seconds`), `<name>.md` and a self-contained `<name>.html`.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ml_steps.errors import EXIT_FAIL, EXIT_PASS, EXIT_SETUP, SetupError

SCHEMA_VERSION = 1


class State(StrEnum):
    """What became of a check, and of a stage as a whole."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"
    INSUFFICIENT = "INSUFFICIENT"
    ERROR = "ERROR"


BLOCKING = frozenset({State.FAIL, State.ERROR, State.INSUFFICIENT})
"""States of a stage that stop what depends on it."""


def canonical(payload: dict[str, Any]) -> str:
    """Return a payload as the same JSON text every time: sorted keys, two spaces, a final newline, readable UTF-8."""
    return json.dumps(payload, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class Record(BaseModel):
    """Base of everything written as evidence: no unknown keys, no NaN in the JSON."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)

    def to_json(self) -> str:
        """Return the record as canonical JSON."""
        return canonical(self.model_dump(mode="json"))


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Return where the first fault of a file lies, as a dotted path, and what it is."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    return where, first["msg"].removeprefix("Value error, ")


def _fits(fits: bool, expected: str) -> None:
    if not fits:
        raise ValueError(expected)


class Check(Record):
    """One judged statement: a contract check, a lint finding's tool, a failing test or a gate rule."""

    id: str
    state: State
    subject: str = ""
    """The column, file, metric or test that it is about."""
    actual: str = ""
    expected: str = ""
    detail: str = ""
    """Why it matters or what to do next, one sentence."""
    places: list[str] = []
    """Up to five places as `file:line …`, values shortened."""
    required: bool = True
    """False where it is shown but does not decide."""


class Bars(Record):
    """Named values side by side, such as the share of each class."""

    kind: Literal["bars"] = "bars"
    title: str
    labels: list[str]
    values: list[float]
    unit: str = ""

    @model_validator(mode="after")
    def _one_label_a_value(self) -> Self:
        _fits(len(self.labels) == len(self.values), "bars need one label for each value")
        return self


class Pairs(Record):
    """Two values for each label, such as shares in a reference and here."""

    kind: Literal["pairs"] = "pairs"
    title: str
    series: tuple[str, str]
    """What the first and the second value of each pair are."""
    labels: list[str]
    values: list[tuple[float, float]]
    unit: str = ""

    @model_validator(mode="after")
    def _one_label_a_pair(self) -> Self:
        _fits(len(self.labels) == len(self.values), "pairs need one label for each two values")
        return self


class Histogram(Record):
    """Counts between edges; `edges` has one more entry than `counts`."""

    kind: Literal["histogram"] = "histogram"
    title: str
    edges: list[float]
    counts: list[int]
    x_label: str = ""

    @model_validator(mode="after")
    def _one_more_edge(self) -> Self:
        _fits(len(self.edges) == len(self.counts) + 1, "a histogram needs one edge more than counts")
        return self


class Matrix(Record):
    """Counts by row and column, such as a confusion matrix (rows: actual, columns: predicted)."""

    kind: Literal["matrix"] = "matrix"
    title: str
    rows: list[str]
    columns: list[str]
    counts: list[list[int]]
    row_label: str = "actual"
    column_label: str = "predicted"

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        wide = all(len(row) == len(self.columns) for row in self.counts)
        _fits(wide and len(self.counts) == len(self.rows), "a matrix needs a count for each row and column")
        return self


class Table(Record):
    """Rows of text and numbers under a head, such as a candidate's metrics beside those of its baseline."""

    kind: Literal["table"] = "table"
    title: str
    head: list[str]
    rows: list[list[str | float | None]]

    @model_validator(mode="after")
    def _one_cell_a_column(self) -> Self:
        _fits(
            all(len(row) == len(self.head) for row in self.rows), "a table needs one cell in each row for each column"
        )
        return self


class Interval(Record):
    """A value with its confidence interval and the threshold it is judged against; without one it is not judged."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    state: State = State.PASS


class Intervals(Record):
    """Values with their intervals drawn against thresholds, one line each."""

    kind: Literal["intervals"] = "intervals"
    title: str
    items: list[Interval]


Chart = Annotated[Bars | Pairs | Histogram | Matrix | Table | Intervals, Field(discriminator="kind")]


class Evidence(Record):
    """What a stage found. Subclasses add what only that stage knows."""

    schema_version: Literal[1] = 1
    stage: str
    state: State
    headline: str
    """The key figure or the reason, short: it stands in the one-line summary."""
    smoke: bool = False
    """True for a cut run that only shows that every step works; such a result is never published."""
    seconds: float | None = None
    """Seconds that the work took when it ran (not when it was read from a cache)."""
    facts: dict[str, str | int | float | None] = {}
    checks: list[Check] = []
    charts: list[Chart] = []

    def exit_code(self) -> int:
        """0 where the stage lets the pipeline go on, 10 for a failing verdict, 11 where there is none."""
        if self.state is State.ERROR:
            return EXIT_SETUP
        return EXIT_FAIL if self.state in BLOCKING else EXIT_PASS

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read evidence that a stage wrote.

        Raises SetupError when the file is missing, cannot be read, or is not evidence of a version known here.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise SetupError(
                f"{path}: this evidence file is missing; expected the output folder of the stage that writes "
                f"{path.name}; export it first, for example with `dagger call run … report export`."
            ) from None
        except OSError as error:
            raise SetupError(
                f"{path}: cannot be read ({error.strerror}); expected the output folder of the stage that writes "
                f"{path.name}; pass that folder."
            ) from None
        except ValidationError as error:
            where, fault = first_fault(error)
            raise SetupError(
                f"{path}: {where} is not valid evidence ({fault}); expected schema_version "
                f"{SCHEMA_VERSION}; export it again with this version of the module."
            ) from None


HOLDOUT = "holdout digest"
"""The fact of validate_data by which its report is known to be of the rows that an evaluation scored."""


def worst(states: list[State]) -> State:
    """Return the state that decides for all: ERROR, FAIL, INSUFFICIENT, WARN, PASS, and SKIP for none."""
    order = [State.ERROR, State.FAIL, State.INSUFFICIENT, State.WARN, State.PASS]
    return next((state for state in order if state in states), State.SKIP)
