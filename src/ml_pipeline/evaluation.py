"""evaluate: score what ships and what is in production, each inside its own image, on the same rows."""

import json
from dataclasses import dataclass
from uuid import uuid4

import dagger
from dagger import dag

from ml_pipeline.environments import SHIM
from ml_pipeline.image import MANIFEST
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
        if "not found" in said:
            return Baseline(None, f"{reference} is not in the registry yet: a first release")
        raise SetupError(
            f"--baseline {reference} cannot be pulled: {said}; expected an image reference; check it and the registry "
            "credentials, or leave the baseline empty for a first release (some registries deny what does not exist)."
        ) from None
    return Baseline(container, digest)


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
    cut = ["--smoke"] if smoke else []
    toolkit, path = pipeline.data(data).mount(pipeline.toolkit(), "/data", stages.data_reads(pipeline.project))
    rows = pipeline.judged(toolkit, "rows", "--data", path, *cut)
    nonce = uuid4().hex if remeasure else ""
    scores = rows.with_directory(".", await _score(pipeline, candidate, rows.file("rows.jsonl"), nonce, serve=True))
    judge = pipeline.toolkit().with_mounted_directory("/scores", scores)
    arguments = ["--scores", "/scores", "--baseline-note", baseline.note, *cut]
    if baseline.container is not None:
        of_baseline = await _score(pipeline, baseline.container, rows.file("rows.jsonl"), nonce, serve=False)
        judge = judge.with_mounted_directory("/baseline", of_baseline)
        arguments += ["--baseline", "/baseline"]
    return pipeline.judged(judge, "evaluate", *arguments)


async def _score(
    pipeline: Pipeline, image: dagger.Container, rows: dagger.File, nonce: str, *, serve: bool
) -> dagger.Directory:
    """Predict, time and, for the candidate, serve inside an image with its own interpreter and user.

    Raises SetupError when the image does not say how it is scored.
    """
    try:
        manifest = image.file(MANIFEST)
        python = str(json.loads(await manifest.contents())["python"])
    except (dagger.QueryError, ValueError, KeyError):
        raise SetupError(
            f"the image has no {MANIFEST} that can be read; expected an image that build_image made; "
            "for a first release leave the baseline empty."
        ) from None
    user = await image.user()
    inputs = dag.directory().with_file("rows.jsonl", rows)
    box = image.with_mounted_directory(SHIM, pipeline.environments.shim).with_mounted_directory(ROWS, inputs)
    shared = {"manifest": MANIFEST, "rows": f"{ROWS}/rows.jsonl", "out": SCORES}

    def collect(container: dagger.Container, argv: list[str]) -> dagger.Directory:
        empty = container.with_mounted_directory(SCORES, dag.directory(), owner=user)
        return empty.with_exec([python, *argv], use_entrypoint=False).directory(SCORES)

    predictions = collect(box, stages.collect_scores(pipeline.project, SHIM, **shared))
    timed = box.with_env_variable("ML_PIPELINE_REMEASURE", nonce) if nonce else box
    timings = collect(timed, stages.collect_timings(pipeline.project, SHIM, **shared))
    found = predictions.with_directory(".", timings).with_file("manifest.json", manifest)
    if serve:
        # Predictions first: a predictor that breaks its contract says so itself.
        await predictions.sync()
        with_predictions = box.with_mounted_directory("/ml-predictions", predictions)
        at = "/ml-predictions/predictions.jsonl"
        server = collect(with_predictions, stages.collect_server(pipeline.project, SHIM, predictions=at, **shared))
        found = found.with_directory(".", server)
    return found
