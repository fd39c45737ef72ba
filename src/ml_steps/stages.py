"""The stages: what each needs, reads and writes, and the commands that do it.

Pure. The Dagger module and the local runner both take the stages from here and add only where
they run. The shim collects in the project's own environment, and the toolkit judges what was
collected; before training and scoring the toolkit also prepares what they read.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, get_args

from ml_steps import linters
from ml_steps.errors import SetupError
from ml_steps.project import Packages, Project, nearest

Argv = list[str]
Purpose = Literal["train", "serve", "dev", "cuda"]
"""The project's environments, kept apart."""


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

NEXT = "--ml-pipeline-next"
"""Between two commands of one call of the shim."""

SHIM = "ml_shim"
"""The folder name under which the shim is handed to an environment."""

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
_TEST_SETTINGS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "conftest.py")
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
    ends = [(one.removesuffix("*"), (*data_files, "*/*") if one.endswith(".*") else ("",)) for one in patterns]
    return [start + end for start, formats in ends for end in formats]


def imports(project: Project, root: str) -> dict[str, str]:
    """Return the variable that lets a package below `src` be imported by its name, as if it were installed."""
    below_src = any(path.split("/")[0] == "src" for path in project.config.code)
    return {"PYTHONPATH": f"{root}/src"} if project.is_package and below_src else {}


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


# The project's environments ------------------------------------------------------------------------


@dataclass(frozen=True)
class Install:
    """How one of the project's environments is installed: the files it needs and uv's arguments."""

    files: tuple[str, ...]
    arguments: tuple[str, ...]
    """After `uv`, run in the folder of the files with VIRTUAL_ENV set."""

    def argv(self, shim: str, *, out: str, tools: str = "") -> Argv:
        """Return the shim's command, which installs and adds the folder of the module's tools."""
        what = " with ".join(self.files)
        return [shim, "install", "--out", out, "--what", what, "--tools", tools, "--", "uv", *self.arguments]


def install(project: Project, purpose: Purpose) -> Install:
    """Return how to install an environment: from the files that are named, from uv.lock, or requirements.txt.

    Raises SetupError when the project has none of them.
    """
    packages = _packages(project, purpose)
    if packages.requirements:
        return from_requirements(packages.requirements)
    if (packages.groups or packages.extras) and "uv.lock" not in project.names:
        raise SetupError(
            f"pyproject.toml: [tool.ml-pipeline.dependencies] {purpose} names groups or extras, which only a uv.lock "
            "has, and there is none; run `uv lock`, or name requirements files there."
        )
    if "uv.lock" in project.names:
        sync = ("sync", "--active", "--frozen", "--no-install-project", "--quiet")
        return Install(("pyproject.toml", "uv.lock"), (*sync, *_chosen(packages, purpose)))
    if "requirements.txt" in project.names:
        return from_requirements(("requirements.txt",))
    raise SetupError(
        "No dependencies found: there is neither uv.lock nor requirements.txt, and pyproject.toml names none in "
        f"[tool.ml-pipeline.dependencies] {purpose}; add one of them."
    )


def from_requirements(names: tuple[str, ...], overrides: str = "") -> Install:
    """Return how to install requirements files, hashed or plain."""
    arguments = [part for name in names for part in ("-r", name)]
    if overrides:
        arguments += ["--overrides", overrides]
    return Install(names, ("pip", "install", "--quiet", *arguments))


CUDA_OVERRIDES = "cuda-overrides.txt"
"""Beside the requirements for the CUDA image: keeps torch out also where another package asks for it."""


def export_lock(project: Project) -> Argv:
    """Return uv's arguments that print the CUDA packages of a uv.lock as hashed requirements."""
    chosen = _chosen(_packages(project, "cuda"), "cuda")
    return ["export", "--frozen", "--no-emit-project", "--quiet", "--format", "requirements.txt", *chosen]


def _packages(project: Project, purpose: Purpose) -> Packages:
    packages: Packages = getattr(project.config.dependencies, purpose)
    return project.config.dependencies.train if purpose == "cuda" and packages == Packages() else packages


def _chosen(packages: Packages, purpose: Purpose) -> list[str]:
    chosen = [f"--group={name}" for name in packages.groups] + [f"--extra={name}" for name in packages.extras]
    return chosen if purpose == "dev" or packages.groups else [*chosen, "--no-dev"]


# Commands of the shim, in the project's environment -------------------------------------------------
# Each is the argv after the interpreter; paths are those of the place where it runs.


def collect_lint(project: Project, shim: str, out: str, mypy_cache: str = "") -> Argv:
    """Run the linters; their reports land in `out`."""
    tools = ["--tools", ",".join(project.lint_tools())]
    cache = ["--mypy-cache", mypy_cache] if mypy_cache else []
    return [shim, "lint", "--out", out, *tools, *cache, *_code(project), "--", *project.config.tests]


MYPY_IMPORTS = "ml_pipeline_imports.py"
"""The file that find_imports writes."""


def find_imports(project: Project, shim: str, out: str) -> Argv:
    """Write what code and tests import of others into `out`."""
    return [shim, "imports", "--out", out, *_code(project), "--", *project.config.tests]


def fill_mypy_cache(shim: str, imports: str, out: str) -> Argv:
    """Make `out` a cache of mypy's that knows what the imports lead to."""
    return [shim, "mypy-cache", "--out", out, "--", imports]


def _code(project: Project) -> list[str]:
    return [f"--code={path}" for path in project.config.code]


def collect_test(project: Project, shim: str, out: str) -> Argv:
    """Run the test suite; its JUnit report lands in `out`."""
    timeout = str(project.config.test.timeout)
    needed = _inputs(project.config.test.inputs)
    return [shim, "test", "--out", out, "--timeout", timeout, *needed, "--", *project.config.tests]


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


def collect_train(  # noqa: PLR0913 - one path a keyword
    project: Project, shim: str, *, data: str, out: str, epochs: int | None, gpu: bool
) -> Argv:
    """Run the project's training command under its time limit; the model lands in `out`/model."""
    command = [*project.config.train.command, "--data", data, "--output", f"{out}/model"]
    if epochs is not None:
        command += ["--epochs", str(epochs)]
    if gpu:
        command += ["--device", "cuda"]
    needed = _inputs(project.config.train.inputs or ())
    return [shim, "train", "--out", out, "--timeout", str(project.config.train.timeout), *needed, "--", *command]


def _inputs(patterns: Iterable[str]) -> list[str]:
    return [f"--input={pattern}" for pattern in patterns]


TRIES_SERVER = "server"
"""The shim's command of it; only the candidate's scoring has it."""


def collect_scores(  # noqa: PLR0913 - one path a keyword
    project: Project, shim: str, *, manifest: str, rows: str, out: str, serve: bool, measure: bool
) -> Argv:
    """Predict every row of rows.jsonl with the predictor that the manifest names.

    `measure`: then time it. `serve`: ask some rows once more, each alone, then start the image's server, ask its
    health, and compare the answers of both with the predictor's.
    """
    timeout = str(project.config.evaluate.timeout)
    shared = ["--manifest", manifest, "--rows", rows, "--out", out, "--timeout", timeout]
    argv = [shim, "score", *shared, *(["--alone"] if serve else [])]
    if measure:
        argv += [NEXT, "measure", *shared]
    if not serve:
        return argv
    image = project.config.image
    options = ["--health", image.health, "--port", str(image.port), "--start-timeout", str(image.timeout)]
    options += ["--predictions", f"{out}/predictions.jsonl"]
    if image.predict:
        options += ["--predict", image.predict]
    return [*argv, NEXT, TRIES_SERVER, *shared, *options, "--", *image.command]


def timing_service(shim: str, *, manifest: str, rows: str, out: str, port: int) -> Argv:
    """Answer on a port how long a round of the predictor takes, until ended from outside."""
    return [shim, "measure-service", "--manifest", manifest, "--rows", rows, "--out", out, "--port", str(port)]


# What is handed to an environment ---------------------------------------------------------------------


def install_tools(lock: str, target: str, python: str) -> Argv:
    """Return uv's arguments that install the module's linters and pytest into a folder of their own."""
    return ["pip", "install", "--quiet", "--require-hashes", "--target", target, "--python", python, "-r", lock]


def files_of(package: str) -> dict[str, str]:
    """Return the text of every file of a package, by path: how the shim reaches an environment."""
    texts: dict[str, str] = {}

    def walk(folder: Traversable, prefix: str) -> None:
        for entry in folder.iterdir():
            if entry.is_dir() and entry.name != "__pycache__":
                walk(entry, f"{prefix}{entry.name}/")
            elif entry.is_file() and not entry.name.endswith(".pyc"):
                texts[prefix + entry.name] = entry.read_text(encoding="utf-8")

    walk(resources.files(package), "")
    return dict(sorted(texts.items()))


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


def summary(lines: Iterable[tuple[str, str, float | None, str]]) -> str:
    """Return a table: a stage's name, its verdict, its work time in seconds (None: it left none), its key figure."""
    rows = [("stage", "verdict", "work time", "key figure")]
    rows += [(name, state, "-" if took is None else f"{took:.1f} s", figure) for name, state, took, figure in lines]
    return "\n".join(f"{name:<14} {state:<13} {took:>9}  {figure}" for name, state, took, figure in rows)
