"""The evidence of an evaluation: metrics by slice, with intervals and differences to the baseline."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, Strict

from ml_steps.evidence import Evidence, Record
from ml_steps.metrics import Task

Number = Annotated[float, Strict()]
"""A number, and not text or a truth value that looks like one."""


class Relative(Record):
    """Bounds and standard error of a difference as a share of |baseline|, which varies from sample to sample too."""

    low: Number
    high: Number
    error: Number


class Difference(Record):
    """Candidate minus baseline on the same rows; `low` and `high` are one-sided 95 % bounds."""

    value: Number
    low: Number | None
    high: Number | None
    error: Number | None = None
    """Standard error of the difference, from the same replicates."""
    units: int | None = Field(default=None, ge=1)
    """Rows, groups or pools that were resampled, and that hold what the metric rests on."""
    relative: Relative | None = None
    """For margins in percent; None where the baseline is 0, or is in a sample."""


class Metric(Record):
    """One metric over one slice. An undefined value, such as R² of a constant target, is None, never NaN."""

    metric: str
    slice: str | None = None
    """`column=value`; None: all rows."""
    group: str | None = None
    """The column whose equal values were resampled together; None: rows were. Such entries stand where a rule asks."""
    value: Number | None
    low: Number | None = None
    """Lower end of the two-sided 95 % interval."""
    high: Number | None = None
    method: str = ""
    """How the interval was made; empty where there is none."""
    n: int = Field(ge=0)
    """Rows (for timings: repetitions) that the value rests on."""
    baseline: Number | None = None
    difference: Difference | None = None


class Input(Record):
    """Base of what the shim measured: keys that a later version adds are let through."""

    model_config = ConfigDict(extra="ignore")

    protocol: Literal[1]


class Quantiles(Record):
    """Quantiles of repeated measurements, in the unit of the field that holds them."""

    model_config = ConfigDict(extra="ignore")

    p50: float = Field(ge=0)
    p95: float | None = Field(default=None, ge=0)
    p99: float | None = Field(default=None, ge=0)
    count: int = Field(ge=0)


class Timings(Input):
    """timings.json."""

    load_ms: Quantiles
    single_ms: Quantiles
    batch_ms_per_row: Quantiles
    cpu_seconds_per_1k: float | None = Field(default=None, ge=0)
    cpu_rounds: int = Field(default=1, ge=1)
    quiet_ratio: float | None = Field(default=None, ge=1)
    """How much larger the larger p95 was of single rows timed twice, an A/A run: near 1 on a quiet machine."""


class Ratio(Record):
    """A cost of the candidate as a multiple of the baseline's, with its two-sided 95 % interval where there is one."""

    value: float = Field(ge=0)
    low: float | None = None
    high: float | None = None
    count: int = Field(ge=1)
    """Rounds of each model."""


class PairedTimings(Input):
    """paired-timings.json: both models timed in turn, round by round."""

    candidate: Timings
    baseline: Timings
    ratios: dict[str, Ratio]
    """By the name of the metric."""


class Server(Input):
    """server.json: the image's server came up, and answered for `compared` rows as the predictor did."""

    health_seconds: float = Field(ge=0)
    compared: int = Field(ge=0)


class Scoring(Input):
    """scoring.json: one pass of the predictor over every row."""

    rows: int = Field(ge=0)
    load_seconds: float = Field(ge=0)
    seconds: float = Field(ge=0)
    peak_rss_bytes: int = Field(ge=0)
    python: str
    code_digest: str | None = None
    """sha256 over the sorted `sha256  path` lines of the code that ran; None where a file of it cannot be read."""


class Baseline(Record):
    """What the candidate was compared with."""

    note: str
    """The baseline's reference, or why there is none."""
    compared: bool
    """True where its predictions on the same rows were there."""
    model_digest: str | None = None
    scoring: Scoring | None = None
    timings: Timings | None = None


class Case(Record):
    """A behavioural case and whether the model behaves so."""

    id: str
    place: str
    """`file:line`."""
    passed: bool
    actual: str
    expected: str


class CalibrationBin(Record):
    """Rows whose highest probability lies in the same interval."""

    confidence: float
    """Mean of the highest probabilities."""
    accuracy: float
    count: int = Field(ge=1)


class EvaluationEvidence(Evidence):
    """What `evaluate` found. PASS says that it was evaluated; whether it is good enough is for the gate."""

    stage: str = "evaluate"
    task: Task
    rows: int = Field(ge=1)
    classes: list[str] | None
    """In the order of the confusion matrix; None for regression."""
    model_digest: str
    image_digest: str | None = None
    """Of the files of the image that was scored, known before it is pushed; None where there was no image."""
    data_digest: str | None = None
    """sha256 of the holdout file; of its parts one after the other."""
    metrics: list[Metric]
    confusion: list[list[int]] | None = None
    """Counts [actual][predicted]."""
    calibration: list[CalibrationBin] = Field(default_factory=list)
    """Those bins that hold rows; empty where the predictor gives only labels."""
    pooled: dict[str, list[str]] = Field(default_factory=dict)
    """By column, sliced or protected, the values of too few rows; they stand together as `column=(pooled)`."""
    cases: list[Case] = Field(default_factory=list)
    scoring: Scoring
    timings: Timings | None = None
    server: Server | None = None
    baseline: Baseline

    def entry(self, metric: str, slice_: str | None = None, group: str | None = None) -> Metric | None:
        """Return the entry of a metric over a slice (None: all rows), or None where there is none."""
        wanted = (metric, slice_, group)
        return next((entry for entry in self.metrics if (entry.metric, entry.slice, entry.group) == wanted), None)
