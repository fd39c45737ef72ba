"""evaluate: score what ships and what is in production, each inside its own image, on the same rows."""

import json
import re
from dataclasses import dataclass
from uuid import uuid4

import dagger
from dagger import dag

from ml_pipeline import cases
from ml_pipeline.environments import SHIM, VENV
from ml_pipeline.image import MANIFEST, USER
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages
from ml_steps.errors import SetupError

ROWS = "/ml-in"
SCORES = "/ml-out"


@dataclass(frozen=True)
class Baseline:
    """The image in production, where there is one, and the words that say which or why not."""

    container: dagger.Container | None
    note: str


async def find_baseline(pipeline: Pipeline, reference: str) -> Baseline:
    """Pull the baseline.

    A repository or tag that is not found is no baseline yet; anything else raises SetupError.
    """
    if not reference:
        return Baseline(None, "none was given: a first release")
    container = pipeline.environments.with_registry(dag.container(), reference).from_(reference)
    try:
        digest = await container.image_ref()
    except dagger.QueryError as error:
        said = " ".join(str(error).split())
        if is_missing_tag(reference, said):
            return Baseline(None, f"{reference} is not in the registry yet: a first release")
        raise SetupError(
            f"--baseline {reference} cannot be pulled: {said}; expected an image reference; check it and the registry "
            "credentials, or leave the baseline empty for a first release (some registries deny what does not exist)."
        ) from None
    return Baseline(container, digest)


def is_missing_tag(reference: str, said: str) -> bool:
    """Return whether the engine says that the registry answered and has no such tag.

    A digest that is not found, a missing platform or a missing credential helper is no first release.
    """
    return "@" not in reference and re.search(r"\S+:\S+: not found$", said) is not None and "executable" not in said


async def rows(pipeline: Pipeline, data: dagger.Directory | None, *, smoke: bool) -> dagger.Directory:
    """Return the holdout as typed rows, and their targets."""
    return await pipeline.from_both_files("rows", data, smoke=smoke)


async def evaluate(  # noqa: PLR0913 - each is one of the function's own arguments
    pipeline: Pipeline,
    candidate: dagger.Container,
    data: dagger.Directory | None,
    baseline: Baseline,
    *,
    smoke: bool,
    remeasure: bool,
) -> dagger.Directory:
    """Return the evaluation's folder: evaluation.json with its pages, and predictions.parquet."""
    holdout = await rows(pipeline, data, smoke=smoke)
    nonce = uuid4().hex if remeasure else ""
    ships = Scored(candidate, f"{VENV}/bin/python", USER, serve=True)
    given = dag.directory().with_file("rows.jsonl", holdout.file("rows.jsonl"))
    asked = cases.cases(pipeline, candidate)
    if asked is None:
        scores = holdout.with_directory(".", _score(pipeline, ships, given, nonce))
    else:
        # As a file: so it is keyed by its content, a folder by what made it.
        scored = _score(pipeline, ships, given.with_file(cases.ROWS, asked.file(cases.ROWS)), nonce)
        scores = holdout.with_directory(".", asked).with_directory(".", scored)
    judge = pipeline.toolkit().with_mounted_directory("/scores", scores)
    arguments = ["--scores", "/scores", "--baseline-note", baseline.note, *(["--smoke"] if smoke else [])]
    if baseline.container is not None:
        runs = await _of_baseline(baseline.container)
        of_baseline = _score(pipeline, runs, given, nonce)
        judge = judge.with_mounted_directory("/baseline", of_baseline)
        arguments += ["--baseline", "/baseline"]
    return pipeline.judged(judge, "evaluate", *arguments)


@dataclass(frozen=True)
class Scored:
    """An image to score: its own interpreter and user, and whether its server is tried as well."""

    image: dagger.Container
    python: str
    user: str
    serve: bool


async def _of_baseline(image: dagger.Container) -> Scored:
    """Read from an image how it is scored.

    Raises SetupError when it does not say.
    """
    try:
        python = str(json.loads(await image.file(MANIFEST).contents())["python"])
    except (dagger.QueryError, ValueError, KeyError) as error:
        said = " ".join(str(error).split())
        raise SetupError(
            f"the baseline has no {MANIFEST} that can be read ({said}); expected an image that build_image made; "
            "for a first release leave the baseline empty."
        ) from None
    return Scored(image, python, await image.user(), serve=False)


def _score(pipeline: Pipeline, scored: Scored, inputs: dagger.Directory, nonce: str) -> dagger.Directory:
    """Predict, time and, where asked, serve inside an image."""
    box = scored.image.with_mounted_directory(SHIM, pipeline.environments.shim).with_mounted_directory(ROWS, inputs)
    if scored.serve:
        box = pipeline.environments.with_project_secrets(box, owner=scored.user)
    if nonce:
        box = box.with_env_variable("ML_PIPELINE_REMEASURE", nonce)
    paths = {"manifest": MANIFEST, "rows": f"{ROWS}/rows.jsonl", "out": SCORES}
    argv = stages.collect_scores(pipeline.project, SHIM, serve=scored.serve, **paths)
    box = box.with_mounted_directory(SCORES, dag.directory(), owner=scored.user)
    collected = box.with_exec([scored.python, *argv], use_entrypoint=False).directory(SCORES)
    return collected.with_file("manifest.json", scored.image.file(MANIFEST))
