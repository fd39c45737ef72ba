"""The shim and its commands: each the argv after the interpreter, with the paths of the place where it runs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

from ml_steps.project import Project

NEXT = "--ml-pipeline-next"
"""Between two commands of one call of the shim."""
SHIM = "ml_shim"
"""The folder name under which the shim is handed to an environment."""


def collect_lint(project: Project, shim: str, out: str, mypy_cache: str = "") -> list[str]:
    """Run the linters; their reports land in `out`."""
    tools = ["--tools", ",".join(project.lint_tools())]
    cache = ["--mypy-cache", mypy_cache] if mypy_cache else []
    return [shim, "lint", "--out", out, *tools, *cache, *_code(project), "--", *project.config.tests]


MYPY_IMPORTS = "ml_pipeline_imports.py"
"""The file that find_imports writes."""


def find_imports(project: Project, shim: str, out: str) -> list[str]:
    """Write what code and tests import of others into `out`."""
    return [shim, "imports", "--out", out, *_code(project), "--", *project.config.tests]


def fill_mypy_cache(shim: str, imports: str, out: str) -> list[str]:
    """Make `out` a cache of mypy's that knows what the imports lead to."""
    return [shim, "mypy-cache", "--out", out, "--", imports]


def _code(project: Project) -> list[str]:
    return [f"--code={path}" for path in project.config.code]


def collect_test(project: Project, shim: str, out: str) -> list[str]:
    """Run the test suite; its JUnit report lands in `out`."""
    timeout = str(project.config.test.timeout)
    needed = _inputs(project.config.test.inputs)
    return [shim, "test", "--out", out, "--timeout", timeout, *needed, "--", *project.config.tests]


def collect_train(  # noqa: PLR0913 - one path a keyword
    project: Project, shim: str, *, data: str, out: str, epochs: int | None, gpu: bool
) -> list[str]:
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


def install_system(names: Iterable[str], shim: str, out: str) -> list[str]:
    """Install packages of the image's Debian or Ubuntu."""
    return [shim, "system", "--out", out, "--", *names]


TRIES_SERVER = "server"
"""The shim's command of it; only the candidate's scoring has it."""


def collect_scores(  # noqa: PLR0913 - one path a keyword
    project: Project, shim: str, *, manifest: str, rows: str, out: str, serve: bool, measure: bool
) -> list[str]:
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


def timing_service(shim: str, *, manifest: str, rows: str, out: str, port: int) -> list[str]:
    """Answer on a port how long a round of the predictor takes, until ended from outside."""
    return [shim, "measure-service", "--manifest", manifest, "--rows", rows, "--out", out, "--port", str(port)]


def shim_files() -> dict[str, str]:
    """Return the text of each file of the shim, by name: how it reaches an environment."""
    modules = [entry for entry in resources.files("ml_steps.shim").iterdir() if entry.name.endswith(".py")]
    return {entry.name: entry.read_text(encoding="utf-8") for entry in sorted(modules, key=lambda entry: entry.name)}
