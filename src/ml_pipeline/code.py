"""lint and test: the project's tools in its dev environment, judged by the toolkit."""

import dagger
from dagger import dag

from ml_pipeline.environments import OUT, SHIM, SOURCE, VENV
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages

PYTHON = f"{VENV}/bin/python"
COLLECTED = "/collected"


async def lint(pipeline: Pipeline) -> dagger.Directory:
    """Return the evidence of a lint run, whatever its verdict."""
    argv = stages.collect_lint(pipeline.project, SHIM, OUT)
    return _judged(pipeline, "lint", await pipeline.environment("dev"), argv)


async def test(pipeline: Pipeline, data: dagger.Directory | None) -> dagger.Directory:
    """Return the evidence of a test run, whatever its verdict; the tests see data only where it is passed."""
    environment = pipeline.environments.with_project_secrets(await pipeline.environment("dev"))
    argv = stages.collect_test(pipeline.project, SHIM, OUT)
    return _judged(pipeline, "test", environment, argv, data)


def _judged(
    pipeline: Pipeline, stage: str, environment: dagger.Container, argv: list[str], data: dagger.Directory | None = None
) -> dagger.Directory:
    environment = environment.with_mounted_directory(SOURCE, pipeline.source_of(stage))
    if data is not None:
        environment = environment.with_mounted_directory(f"{SOURCE}/{pipeline.project.config.data.directory}", data)
    collected = environment.with_mounted_directory(OUT, dag.directory()).with_exec([PYTHON, *argv]).directory(OUT)
    toolkit = pipeline.toolkit().with_mounted_directory(COLLECTED, collected)
    return pipeline.judged(toolkit, stage, "--collected", COLLECTED, "--exit-zero")
