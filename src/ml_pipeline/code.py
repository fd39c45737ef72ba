"""lint and test: the project's tools in its dev environment, judged by the toolkit."""

import dagger
from dagger import dag

from ml_pipeline.environments import OUT, SHIM, SOURCE, VENV
from ml_pipeline.pipeline import Pipeline
from ml_steps import shim_argv, stages

PYTHON = f"{VENV}/bin/python"
COLLECTED = "/collected"
MYPY_CACHE = "/mypy-cache"


async def lint(pipeline: Pipeline) -> dagger.Directory:
    """Return the evidence of a lint run, whatever its verdict."""
    environment, cache = await pipeline.environment("dev"), ""
    if "mypy" in pipeline.project.lint_tools():
        cache = MYPY_CACHE
        environment = environment.with_mounted_directory(cache, await _mypy_cache(pipeline, environment))
    return _judged(pipeline, "lint", environment, shim_argv.collect_lint(pipeline.project, SHIM, OUT, cache))


async def _mypy_cache(pipeline: Pipeline, environment: dagger.Container) -> dagger.Directory:
    """Return what mypy knows of the packages, most of its work; made again only when an import or a lock changes.

    A layer and no cache volume: nothing that a project's plugin writes reaches another run.
    """
    finder = pipeline.environments.bare().with_mounted_directory(SOURCE, pipeline.source_of("lint"))
    finder = finder.with_exec(["python3", *shim_argv.find_imports(pipeline.project, SHIM, OUT)])
    # By its text: what an exec wrote would be keyed by all that the exec read.
    imports = await finder.file(f"{OUT}/{shim_argv.MYPY_IMPORTS}").contents()
    filler = environment.with_mounted_directory(SOURCE, pipeline.tree.include(stages.lint_settings()))
    path = f"/{shim_argv.MYPY_IMPORTS}"
    filler = filler.with_new_file(path, imports)
    return filler.with_exec([PYTHON, *shim_argv.fill_mypy_cache(SHIM, path, MYPY_CACHE)]).directory(MYPY_CACHE)


async def test(pipeline: Pipeline) -> dagger.Directory:
    """Return the evidence of a test run, whatever its verdict; the tests see data only where it is passed."""
    environment = pipeline.environments.with_project_secrets(await pipeline.environment("dev"))
    argv = shim_argv.collect_test(pipeline.project, SHIM, OUT)
    return _judged(pipeline, "test", environment, argv, pipeline.data.given)


def _judged(
    pipeline: Pipeline, stage: str, environment: dagger.Container, argv: list[str], data: dagger.Directory | None = None
) -> dagger.Directory:
    source, directory = pipeline.source_of(stage), pipeline.project.config.data.directory
    if data is not None and directory == ".":  # a mount would hide the project
        source, data = source.with_directory("/", data), None
    environment = environment.with_mounted_directory(SOURCE, source)
    if data is not None:
        environment = environment.with_mounted_directory(f"{SOURCE}/{directory}", data)
    collected = environment.with_mounted_directory(OUT, dag.directory()).with_exec([PYTHON, *argv]).directory(OUT)
    toolkit = pipeline.toolkit().with_mounted_directory(COLLECTED, collected)
    return pipeline.run_toolkit(toolkit, stage, "--collected", COLLECTED, "--exit-zero")
