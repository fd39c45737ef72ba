"""evaluate: score what ships and what is in production, each inside its own image, on the same rows."""

import re
from dataclasses import dataclass
from uuid import uuid4

import dagger
from dagger import dag

from ml_pipeline import cases, timing
from ml_pipeline.environments import VENV
from ml_pipeline.failing import explain, words
from ml_pipeline.image import USER, Built
from ml_pipeline.pipeline import Pipeline
from ml_pipeline.scoring import Scored, manifest, of_baseline, score
from ml_steps import shim_argv
from ml_steps.errors import SetupError

PROFILE = "profile.json"


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
        pulled = await container.image_ref()
    except dagger.QueryError as error:
        said = words(error)
        if is_missing_tag(reference, said):
            return Baseline(None, f"{reference} is not in the registry yet: a first release")
        raise SetupError(
            f"--baseline {reference} cannot be pulled: {said}; expected an image reference; check it and the registry "
            "credentials, or leave the baseline empty for a first release (some registries deny what does not exist)."
        ) from None
    return Baseline(container, named(reference, pulled))


def named(reference: str, pulled: str) -> str:
    """Return the reference that was asked for with the digest that was pulled.

    The engine gives the name under which it met that image first, which may be that of another tag.
    """
    _, _, digest = pulled.partition("@")
    return reference if "@" in reference else f"{reference}@{digest}" if digest else pulled


def is_missing_tag(reference: str, said: str) -> bool:
    """Return whether the engine says that the registry answered and has no such tag.

    A digest that is not found, a missing platform or a missing credential helper is no first release.
    """
    return "@" not in reference and re.search(r"\S+:\S+: not found$", said) is not None and "executable" not in said


async def rows(pipeline: Pipeline, *, smoke: bool) -> dagger.Directory:
    """Return the holdout as typed rows, and their targets."""
    return await pipeline.from_both_files("rows", smoke=smoke)


async def evaluate(
    pipeline: Pipeline, candidate: Built, baseline: Baseline, *, smoke: bool, remeasure: bool
) -> dagger.Directory:
    """Return the evaluation's folder: evaluation.json with its pages, and predictions.parquet."""
    holdout = await rows(pipeline, smoke=smoke)
    given = holdout.file("rows.jsonl")
    nonce = uuid4().hex if remeasure else ""
    ships = Scored(candidate.container, f"{VENV}/bin/python", USER, candidate=True)
    arguments = ["--scores", "/scores", "--baseline-note", baseline.note, *(["--smoke"] if smoke else [])]
    arguments += ["--image-digest", await candidate.digest()]
    judge, inputs = pipeline.toolkit(), dag.directory().with_file("rows.jsonl", given)
    asked, with_cases = await cases.cases(pipeline, candidate.model), inputs
    if asked is not None:
        # As a file: so it is keyed by its content, a folder by what made it.
        holdout, with_cases = holdout.with_directory(".", asked), inputs.with_file(cases.ROWS, asked.file(cases.ROWS))
    if baseline.container is None:
        scores = score(pipeline, ships, with_cases, measure=True, nonce=nonce)
    else:
        runs = await of_baseline(baseline.container)
        scores = score(pipeline, ships, with_cases, measure=False)
        older = score(pipeline, runs, inputs, measure=False)
        await _both(scores, older, baseline.note)
        scores = scores.with_file(timing.NAME, await timing.measure(pipeline, ships, runs, inputs, nonce))
        judge = judge.with_mounted_directory("/baseline", older)
        arguments += ["--baseline", "/baseline"]
    judge = judge.with_mounted_directory("/scores", holdout.with_directory(".", scores))
    return pipeline.run_toolkit(judge, "evaluate", *arguments)


async def _both(candidate: dagger.Directory, older: dagger.Directory, baseline: str) -> None:
    """Score both side by side, and be done before the timing starts: nothing of ours may run beside it.

    Raises SetupError when it is the baseline that cannot be scored.
    """
    try:
        await dag.directory().with_directory("candidate", candidate).with_directory("baseline", older).sync()
    except dagger.ExecError as error:
        if shim_argv.TRIES_SERVER in error.command:  # as the candidate alone does
            raise
        raise SetupError(
            f"the baseline {baseline} cannot be scored on these rows: {explain(error).message} Name another "
            "--baseline, or leave it empty for a first release."
        ) from None


async def trained_on(baseline: Baseline) -> dagger.Directory | None:
    """Return a folder with the profile of the data that the baseline's model was trained on.

    None where there is no baseline, or where its model has none. Raises SetupError as `manifest`.
    """
    if baseline.container is None:
        return None
    model = baseline.container.directory((await manifest(baseline.container))["model_path"])
    if PROFILE not in await model.entries():
        return None
    return dag.directory().with_file(PROFILE, model.file(PROFILE))
