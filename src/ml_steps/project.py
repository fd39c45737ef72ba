"""The project's contract: `[tool.ml-pipeline]` in its pyproject.toml, every key with a default."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ml_steps import linters, metrics
from ml_steps.errors import SetupError
from ml_steps.lockfile import canonical

MARKERS = ("pyproject.toml", "requirements.txt", "src")
"""A folder is taken for a project when it holds one of these."""
CONTRACT = "contract.yaml"
"""The data contract where there is one of this name and the configuration names no other."""
CASES = "cases.jsonl"
"""The behavioural cases, likewise."""


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
    """Seconds for scoring, timing and the server's check, each."""

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
    """Stop at the first required rule that does not pass; the rules after it, in the order of the file, are skipped."""


class Image(Table):
    """`[tool.ml-pipeline.image]`: how the production image serves."""

    command: tuple[str, ...] = Field(default=("python", "-m", "src.serve"), min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    health: str = Field(default="/health", pattern="^/")
    timeout: float = Field(default=60, gt=0)
    """Seconds within which the server must answer `health`."""
    predict: str = Field(default="", pattern="^(/.*)?$")
    """A path that takes {"rows": […]} and answers {"predictions": […]}; empty: not compared."""


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


@dataclass(frozen=True)
class Project:
    """A project as its root folder describes it."""

    config: Config
    name: str
    """As pyproject.toml has it; empty where it names none."""
    names: frozenset[str]
    """Names in the project's root folder."""
    requires_python: str
    """PEP 440 specifiers; empty where the project names none."""
    linters: tuple[str, ...]
    """Those that it configures; ruff always."""
    is_package: bool
    """Whether pyproject.toml has a [build-system], so that others would install it."""

    def lint_tools(self) -> tuple[str, ...]:
        """Return which linters run: those asked for, else ruff and what the project configures."""
        return self.config.lint.tools or self.linters

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns whose equal values the gate's rules hold together."""
        return tuple(dict.fromkeys(rule.group for rule in self.config.gate if rule.group is not None))

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that the evaluation needs of the holdout besides the target, none of them twice."""
        settings = self.config.evaluate
        return tuple(dict.fromkeys((*settings.slices, *settings.protected, *self.groups)))


def parse_project(pyproject: str | None, names: frozenset[str], settings: Mapping[str, str] | None = None) -> Project:
    """Read a project from the text of its pyproject.toml (None: it has none) and its root's names.

    `settings` is the text of those files of `linters.SETTINGS` that are there.

    Raises SetupError, in one sentence, when the folder is no project, the TOML does not parse, or
    [tool.ml-pipeline] has an unknown key (naming the nearest valid one) or a value that is not allowed.
    """
    if not names & set(MARKERS):
        raise SetupError(
            f"This folder is no project: it has none of {', '.join(MARKERS)}; "
            "run in the project's root or pass it with --source."
        )
    try:
        document = tomllib.loads(pyproject or "")
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"pyproject.toml: not valid TOML: {error}; mend it there.") from None
    tool, project = _table(document, "tool"), _table(document, "project")
    for name in tool.keys() - {"ml-pipeline"}:
        if name.lower().replace("_", "-") == "ml-pipeline" or nearest(name, ["ml-pipeline"], cutoff=0.9):
            raise SetupError(f'pyproject.toml: [tool.{name}] is not read; did you mean "tool.ml-pipeline"? Rename it.')
    try:
        config = Config.model_validate(tool.get("ml-pipeline", {}))
    except ValidationError as error:
        raise SetupError(_explain(error, _table(tool, "ml-pipeline"))) from None
    if config.data.contract is None and CONTRACT in names:
        config = config.model_copy(update={"data": config.data.model_copy(update={"contract": CONTRACT})})
    if config.evaluate.cases is None and CASES in names:
        config = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"cases": CASES})})
    for number, rule in enumerate(config.gate, start=1):
        if unknown := _unknown_name(rule, config):
            raise SetupError(f"pyproject.toml: {_numbered(number, rule.id)} {unknown}.")
    if "uv.lock" in names and (unknown := _unknown_packages(config, document)):
        raise SetupError(f"pyproject.toml: [tool.ml-pipeline.dependencies] {unknown}")
    return Project(
        config=config,
        name=str(project.get("name", "")),
        names=names,
        requires_python=str(project.get("requires-python", "")),
        linters=linters.configured(tool, settings or {}),
        is_package="build-system" in document,
    )


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of somebody else's; where something else stands there, its owner will say so."""
    table = document.get(name)
    return table if isinstance(table, dict) else {}


def _unknown_packages(config: Config, document: dict[str, Any]) -> str:
    """Say which group or extra is named and not there."""
    there = {
        "groups": _table(document, "dependency-groups"),
        "extras": _table(_table(document, "project"), "optional-dependencies"),
    }
    for purpose in Dependencies.model_fields:
        packages: Packages = getattr(config.dependencies, purpose)
        for kind, named in (("groups", packages.groups), ("extras", packages.extras)):
            known = set(map(canonical, there[kind])) | (
                {"dev"} if kind == "groups" else set()
            )  # [tool.uv] may define dev
            for name in named:
                if canonical(name) not in known:
                    hint = nearest(name, list(there[kind])) or f"{kind} there: {', '.join(there[kind]) or 'none'}; "
                    return f'{purpose}: pyproject.toml defines no {kind[:-1]} "{name}"; {hint}mend it there.'
    return ""


def nearest(name: str, valid: list[str], cutoff: float = 0.5) -> str:
    """Return the hint `did you mean "x"? ` for the nearest of the valid names, or nothing."""
    close = difflib.get_close_matches(name, valid, n=1, cutoff=cutoff)
    return f'did you mean "{close[0]}"? ' if close else ""


def _unknown_name(rule: GateRule, config: Config) -> str:
    """Say which name in a rule nothing will be measured under; values and classes are known only from the data."""
    if not metrics.known(rule.metric, config.task):
        valid = metrics.names(config.task)
        hint = nearest(rule.metric, valid) or f"metrics: {', '.join(valid)}; "
        return f'metric = "{rule.metric}": a {config.task} has no such metric; {hint}mend it there'
    column = (rule.slice or "").partition("=")[0]
    key = "protected" if rule.fairness else "slices"
    columns = list(config.evaluate.protected if rule.fairness else config.evaluate.slices)
    if column and column not in columns:
        named = f"columns there: {', '.join(columns)}" if columns else f'add {key} = ["{column}"] there'
        return (
            f'slice = "{rule.slice}": [tool.ml-pipeline.evaluate] {key} does not name the column "{column}"; '
            f"{nearest(column, columns)}{named}"
        )
    if rule.group is not None and rule.group in (config.evaluate.target, column):
        return f'group = "{rule.group}": rows of one {rule.group} are no group; name a column such as user_id there'
    return ""


def _numbered(number: int, id_: object) -> str:
    """Return how a message names a rule: by its number, and by its id where it has one."""
    named = f' ("{id_}")' if isinstance(id_, str) and id_ else ""
    return f"[[tool.ml-pipeline.gate]] number {number}{named}"


def _explain(error: ValidationError, settings: Mapping[str, Any]) -> str:
    """Turn pydantic's first complaint into one sentence that names the table, the key and what is allowed."""
    first = error.errors()[0]
    # What remains of the path is a key's: an alternative of its type, such as "int", is none.
    model: type[Table] = Config
    location, table, rule, key = list(first["loc"]), "tool.ml-pipeline", "", ""
    while location and isinstance(location[0], str):
        key = str(location.pop(0))
        field = model.model_fields.get(key)
        inner = GateRule if key == "gate" and location else field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, Table)):
            break
        if not location and first["type"] != "value_error":
            break
        if inner is GateRule:
            number = int(location.pop(0))
            given = settings["gate"][number]
            rule = _numbered(number + 1, given.get("id") if isinstance(given, dict) else None)
        model, table, key = inner, f"{table}.{key}", ""
    if key and location and isinstance(location[0], int):
        key = f"{key}[{location[0]}]"
    where = rule or f"[{table}]"
    if first["type"] == "extra_forbidden":
        valid = list(model.model_fields)
        return f'pyproject.toml: {where} has no key "{key}"; {nearest(key, valid)}valid keys: {", ".join(valid)}.'
    wrong = first["type"] != "missing" and not isinstance(first["input"], dict)
    subject = " ".join(part for part in (where, f"{key} = {first['input']!r}" if key and wrong else key) if part)
    if key == "gate" and isinstance(first["input"], dict):
        return (
            f"pyproject.toml: {where} gate is one table; expected [[tool.ml-pipeline.gate]], in two pairs of brackets."
        )
    message = first["msg"].removeprefix("Value error, ").replace("valid tuple", "list").replace("Tuple", "The list")
    return f"pyproject.toml: {subject}: {message[0].lower() + message[1:]}; mend it there."
