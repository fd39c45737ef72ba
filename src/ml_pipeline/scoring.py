"""Scoring inside an image: its own interpreter, code and user, with the shim and the rows mounted."""

import json
from dataclasses import dataclass

import dagger
from dagger import dag

from ml_pipeline.environments import SHIM
from ml_pipeline.failing import words
from ml_pipeline.image import MANIFEST
from ml_pipeline.pipeline import Pipeline
from ml_steps import shim_argv
from ml_steps.errors import SetupError

ROWS = "/ml-in"
SCORES = "/ml-out"
PATHS = {"manifest": MANIFEST, "rows": f"{ROWS}/rows.jsonl", "out": SCORES}


@dataclass(frozen=True)
class Scored:
    """An image to score: its own interpreter and user, and whether it is the candidate.

    The candidate alone gets the project's secrets, and its server is tried as well.
    """

    image: dagger.Container
    python: str
    user: str
    candidate: bool


async def of_baseline(image: dagger.Container) -> Scored:
    """Read from an image how it is scored. Raises SetupError as `manifest`."""
    return Scored(image, (await manifest(image))["python"], await image.user(), candidate=False)


async def manifest(image: dagger.Container) -> dict[str, str]:
    """Read from an image where its interpreter and its model are.

    Raises SetupError when it does not say.
    """
    try:
        said = json.loads(await image.file(MANIFEST).contents())
        return {key: str(said[key]) for key in ("python", "model_path")}
    except (dagger.QueryError, ValueError, LookupError, TypeError) as error:
        why = words(error)
        raise SetupError(
            f"the baseline has no {MANIFEST} that can be read ({why}); expected an image that build_image made; "
            "for a first release leave the baseline empty."
        ) from None


def box(pipeline: Pipeline, scored: Scored, inputs: dagger.Directory) -> dagger.Container:
    """Return the image with what the shim needs in it, and an empty folder that its user may write to."""
    mounted = scored.image.with_mounted_directory(SHIM, pipeline.environments.shim)
    mounted = mounted.with_mounted_directory(ROWS, inputs)
    if scored.candidate:
        mounted = pipeline.environments.with_project_secrets(mounted, owner=scored.user)
    return mounted.with_mounted_directory(SCORES, dag.directory(), owner=scored.user)


def score(
    pipeline: Pipeline, scored: Scored, inputs: dagger.Directory, *, measure: bool, nonce: str = ""
) -> dagger.Directory:
    """Predict, time where asked and, of the candidate, serve inside an image; return what that left."""
    container = box(pipeline, scored, inputs)
    if nonce:
        container = container.with_env_variable("ML_PIPELINE_REMEASURE", nonce)
    argv = shim_argv.collect_scores(pipeline.project, SHIM, serve=scored.candidate, measure=measure, **PATHS)
    collected = container.with_exec([scored.python, *argv], use_entrypoint=False).directory(SCORES)
    return collected.with_file("manifest.json", scored.image.file(MANIFEST))
