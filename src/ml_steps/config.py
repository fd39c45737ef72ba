"""The tables of `[tool.ml-pipeline]` in pyproject.toml: every key, its default, and what may stand there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ml_steps import metrics


class Table(BaseModel):
    """Base of the configuration tables: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def _inside(name: str) -> str:
    """Refuse a path that leads out of the project: no stage could be given what lies there."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or path == PurePosixPath():
        raise ValueError("must be the name of a file or folder inside the project, relative to its root")
    return name


Inside = Annotated[str, AfterValidator(_inside)]


class Lint(Table):
    """`[tool.ml-pipeline.lint]`."""

    tools: tuple[Literal["ruff", "ruff-format", "mypy"], ...] | None = Field(default=None, min_length=1)
    """Which run; unset: ruff always, ruff-format and mypy where the project configures them (see linters.py)."""


class Test(Table):
    """`[tool.ml-pipeline.test]`."""

    inputs: tuple[Inside, ...] = ()
    """Files and folders that the tests read besides the code and themselves."""
    timeout: float = Field(default=1800, gt=0)
    """Seconds."""


class Smoke(Table):
    """How far a smoke run is cut down."""

    epochs: int = Field(default=1, ge=1)
    rows: int = Field(default=500, ge=1)


class Train(Table):
    """`[tool.ml-pipeline.train]`."""

    command: tuple[str, ...] = Field(default=("python", "-m", "src.train"), min_length=1)
    """Given `--data DIR --output DIR --epochs N`, and `--device cuda` on a GPU."""
    inputs: tuple[Inside, ...] | None = None
    """What training depends on; unset: all of `code`."""
    epochs: Literal[False] | int = 10
    """False for a command that takes no --epochs."""
    smoke: Smoke = Smoke()
    timeout: float = Field(default=6 * 3600, gt=0)
    """Seconds."""

    @field_validator("epochs", mode="before")
    @classmethod
    def _at_least_one_epoch(cls, value: object) -> object:
        # Before, because 0 equals False and would be taken for it.
        if value is False or (type(value) is int and value >= 1):
            return value
        raise ValueError("must be a number of 1 or more, or false for a command that takes no --epochs")


class Data(Table):
    """`[tool.ml-pipeline.data]`; the files are names or globs inside the folder."""

    directory: Inside | Literal["."] = "data"
    contract: Inside | None = None
    train: Inside = "train.*"
    holdout: Inside = "holdout.*"


class Evaluate(Table):
    """`[tool.ml-pipeline.evaluate]`."""

    predictor: str = Field(default="src.predict:load", pattern=r"^[\w.]+:[\w.]+$")
    """`module:load`, where load(model_dir) returns predict(rows)."""
    target: str = "label"
    slices: tuple[str, ...] = ()
    min_rows: int = Field(default=30, ge=1)
    """Values of a slice column with fewer rows are pooled into one slice."""
    protected: tuple[str, ...] = ()
    """Columns that the predictor must not see, and over whose groups fairness is measured."""
    cases: Inside | None = None
    """Behavioural cases, a JSON object a line."""
    timeout: float = Field(default=600, gt=0)
    """Seconds for scoring and for timing, each, and for each request of the server's check."""

    @model_validator(mode="after")
    def _target_apart(self) -> Self:
        if self.target in self.protected:
            raise ValueError(f'protected names "{self.target}", the target, which no predictor sees; drop it')
        return self

    def inputs(self, columns: Iterable[str]) -> list[str]:
        """Return those that the predictor sees: neither the target nor protected."""
        return [name for name in columns if name != self.target and name not in self.protected]


GATE_CHECKS = ("behavioural_cases", "validate_data_report", "test_report", "rules")
"""What the gate judges beside the rules, by its id."""

Severity = Literal["required", "advisory"]
Claim = Literal["not_shown_worse", "shown_not_worse", "shown_better"]


class GateRule(Table):
    """`[[tool.ml-pipeline.gate]]`: bounds on a metric, or a claim against the baseline with a margin."""

    model_config = ConfigDict(strict=True)

    id: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    slice: str | None = None
    """`column=value`; `column=*` is every value of the column, judged as one family."""
    group: str | None = Field(default=None, min_length=1)
    """For a claim: the column whose equal values belong together, such as user_id, and are resampled together."""
    min: float | None = None
    max: float | None = None
    claim: Claim | None = None
    margin: float | str | None = None
    """Absolute, or a share of the baseline such as "2%"; 0 or more."""
    severity: Severity = "required"
    min_rows: int = Field(default=1, ge=1)
    on_missing: Literal["fail", "skip"] = "fail"
    on_insufficient: Literal["fail", "review", "warn"] = "fail"
    on_no_baseline: Literal["skip", "fail"] = "skip"
    why: str = ""

    @field_validator("slice")
    @classmethod
    def _of_a_column(cls, value: str | None) -> str | None:
        if value is not None and not all(value.partition("=")):
            raise ValueError('must be "COLUMN=VALUE", or "COLUMN=*" for every value')
        return value

    @model_validator(mode="after")
    def _bounds_or_claim(self) -> Self:
        bounded = self.min is not None or self.max is not None
        if bounded and self.claim is not None:
            both = " and ".join(name for name in ("min", "max") if getattr(self, name) is not None)
            raise ValueError(f"has both {both} and claim; keep one of them")
        if not bounded and self.claim is None:
            raise ValueError('needs either min/max or claim, for example min = 0.7 or claim = "not_shown_worse"')
        if (self.claim is None) != (self.margin is None):
            raise ValueError('claim and margin go together, for example claim = "not_shown_worse", margin = 0.01')
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min = {self.min:g} is above max = {self.max:g}, so that nothing could pass")
        self.margin_value()
        return self

    @model_validator(mode="after")
    def _stops_a_worse_model(self) -> Self:
        stated = {name: end for name, end in (("min", self.min), ("max", self.max)) if end is not None}
        guard = metrics.guarding_bound(self.metric)
        if self.severity == "required" and guard is not None and stated and guard not in stated:
            (name, end) = stated.popitem()
            better = "lower" if guard == "max" else "higher"
            raise ValueError(
                f"{self.metric} is better the {better} it is, so that {name} = {end:g} alone lets every worse model "
                f"pass; expected {guard}, or both for a band"
            )
        return self

    @model_validator(mode="after")
    def _measured_so(self) -> Self:
        if self.slice is not None and self.metric in (*metrics.TIMED, "failed_cases"):
            raise ValueError(f"{self.metric} is taken once and has no slices; drop slice")
        if self.fairness and not self.every_value:
            raise ValueError(f'{self.metric} compares all groups of a column; give slice = "COLUMN=*"')
        if self.group is not None and self.claim is None:
            raise ValueError("group says what is resampled together for a claim; drop it, or state a claim")
        if self.claim is not None and (self.fairness or self.metric in metrics.UNPAIRED):
            raise ValueError(
                f"{self.metric} has no paired bounds, so that nothing can be claimed of it; use min or max"
            )
        return self

    @model_validator(mode="after")
    def _can_pass_and_fail(self) -> Self:
        (low, high), lies = metrics.limits(self.metric), f"{self.metric} lies {metrics.lies(self.metric)}"
        margin, _ = self.margin_value()
        if margin >= 1 and metrics.is_share(self.metric):
            raise ValueError(
                f"margin = {self.margin!r}: {self.metric} lies between 0 and 1, so that it could drop to nothing; "
                'expected less than 1, or than "100%": one point is 0.01'
            )
        for name, end in (("min", self.min), ("max", self.max)):
            if end is not None and not metrics.possible(self.metric, end):
                share = "; expected 0.65 for 65 %" if metrics.is_share(self.metric) else ""
                raise ValueError(f"{name} = {end:g}: {lies}{share}")
        if self.severity == "required" and self.claim is None and self.min in (None, low) and self.max in (None, high):
            raise ValueError(f"{lies}, so that every model passes; expected a bound within")
        return self

    @property
    def fairness(self) -> bool:
        """Whether the metric compares the groups of a protected column."""
        return self.metric.partition("[")[0] in metrics.FAIRNESS

    def covers(self, slice_: str | None) -> bool:
        """Tell whether a slice is the one that is named, or of the family that is."""
        return slice_ == self.slice or (self.every_value and (slice_ or "").startswith((self.slice or "")[:-1]))

    @property
    def every_value(self) -> bool:
        """Whether the slice is `column=*`; a value may itself end so."""
        return (self.slice or "").partition("=")[2] == "*"

    def margin_value(self) -> tuple[float, bool]:
        """Return the margin and whether it is relative to |baseline|; "2%" is (0.02, True)."""
        if self.margin is None:
            return 0.0, False
        relative = isinstance(self.margin, str)
        try:
            value = float(str(self.margin).removesuffix("%")) / (100 if relative else 1)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf") or (isinstance(self.margin, str) and not self.margin.endswith("%")):
            raise ValueError(f'margin = {self.margin!r} must be a number of 0 or more, or a share such as "2%"')
        return value, relative


class Decision(Table):
    """`[tool.ml-pipeline.decision]`."""

    fail_fast: bool = False
    """Stop at the first required rule that fails; the rules after it, in the order of the file, are skipped."""


class Image(Table):
    """`[tool.ml-pipeline.image]`: how the production image serves."""

    command: tuple[str, ...] = Field(default=("python", "-m", "src.serve"), min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    health: str = Field(default="/health", pattern="^/")
    timeout: float = Field(default=60, gt=0)
    """Seconds within which the server must answer `health`."""
    env: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str] = Field(default_factory=dict)
    """Variables of the image, no secrets: they are kept in it. They are there wherever the predictor runs."""
    predict: str = Field(default="", pattern="^(/.*)?$")
    """A path that takes {"rows": […]} and answers {"predictions": […]}; empty: not compared."""

    @field_validator("env")
    @classmethod
    def _not_ours(cls, value: dict[str, str]) -> dict[str, str]:
        ours = sorted(value.keys() & {"MODEL_DIR", "PATH", "PORT", "PYTHONPATH"})
        if ours:
            raise ValueError(f"names {ours[0]}, which the image sets itself; drop it")
        return value


class Packages(Table):
    """Where one environment's packages come from; groups and extras are names in a uv.lock project."""

    requirements: tuple[Inside, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.requirements and (self.groups or self.extras):
            raise ValueError("requirements and groups or extras exclude each other; keep one of them")
        return self


class Dependencies(Table):
    """`[tool.ml-pipeline.dependencies]`: kept apart, so that the image has neither pytest nor CUDA."""

    train: Packages = Packages()
    serve: Packages = Packages()
    dev: Packages = Packages()
    cuda: Packages = Packages()
    """For training with gpu; empty: those of train."""
    system: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]+(:[a-z0-9]+)?(=[^\s=]+)?$")], ...] = ()
    """Packages of the Python image's Debian or Ubuntu, `name` or `name=version`: in every environment and the image."""


class Config(Table):
    """The whole of `[tool.ml-pipeline]`."""

    code: tuple[Inside, ...] = Field(default=("src",), min_length=1)
    tests: tuple[Inside, ...] = Field(default=("tests",), min_length=1)
    task: metrics.Task = "classification"
    lint: Lint = Lint()
    test: Test = Test()
    train: Train = Train()
    data: Data = Data()
    evaluate: Evaluate = Evaluate()
    gate: tuple[GateRule, ...] = ()
    decision: Decision = Decision()
    image: Image = Image()
    dependencies: Dependencies = Dependencies()

    @model_validator(mode="after")
    def _gate_ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.gate]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"gate: the id {twice[0]!r} is used by more than one rule; ids must be unique")
        own = next((name for name in ids if name in GATE_CHECKS), None)
        if own:
            raise ValueError(f"gate: the id {own!r} is that of a check of every gate; give the rule another")
        return self
