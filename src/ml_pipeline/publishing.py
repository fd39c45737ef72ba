"""publish: add what changes with every commit, and push."""

import json
import re
from typing import Any

import dagger

from ml_pipeline.failing import words
from ml_pipeline.image import Built
from ml_pipeline.pipeline import Pipeline
from ml_steps.errors import SetupError

MODEL = ("--model", "training.json", "train")
EVALUATION = ("--evaluation", "evaluation.json", "evaluate")
_NAME = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_ADDRESS = re.compile(
    rf"(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?/)?{_NAME}(?:/{_NAME})*(?::\w[\w.-]{{0,127}})?", re.ASCII
)
"""github.com/distribution/reference, but for digests: what is pushed gets its own."""


async def is_smoke(model: dagger.Directory) -> bool:
    """Return whether a model comes from a smoke run.

    Raises SetupError when the folder is not one that train returned.
    """
    return bool((await _record(model, MODEL, "smoke"))["smoke"])


def check_reports(evaluation: dagger.Directory | None, *reports: dagger.Directory | None) -> None:
    """Make sure that reports are judged where they are given.

    Raises SetupError where there are some and no evaluation.
    """
    if evaluation is None and any(reports):
        raise SetupError(
            "publish: --data-report and --test-report are judged together with --evaluation, which is not given; "
            "give it too, or leave them out to publish without the gate."
        )


async def check_evaluated(model: dagger.Directory, evaluation: dagger.Directory) -> None:
    """Make sure that an evaluation is of this very model, in full.

    Raises SetupError when it is of another model or of a smoke run, or when either record cannot be read.
    """
    evaluated = await _record(evaluation, EVALUATION, "model_digest", "smoke")
    trained = await _record(model, MODEL, "model_digest")
    refuse_other_model(evaluated, trained["model_digest"])


def refuse_other_model(evaluated: dict[str, Any], digest: str) -> None:
    """Raise SetupError for an evaluation of another model, or of a smoke run. Pure."""
    if evaluated["model_digest"] != digest:
        raise SetupError(
            f"--evaluation is of the model {str(evaluated['model_digest'])[:19]}…, --model is {digest[:19]}…; "
            "evaluate this model."
        )
    if evaluated["smoke"]:
        raise SetupError("--evaluation is of a smoke run, in which metrics do not decide; evaluate in full.")


async def check_image(built: Built, evaluation: dagger.Directory) -> None:
    """Make sure that an evaluation is of this very image. Raises SetupError when it is of another one."""
    evaluated = await _record(evaluation, EVALUATION, "image_digest")
    refuse_other_image(evaluated["image_digest"], await built.digest())


def refuse_other_image(scored: str | None, built: str) -> None:
    """Raise SetupError for an evaluation of another image, or of none. Pure."""
    if scored != built:
        raise SetupError(
            f"--evaluation is of the image {scored or '(none: it was made without one)'}, built here is {built}; "
            "expected the same: code, packages, settings, base image, this module or Dagger changed since; "
            "evaluate again."
        )


async def _record(folder: dagger.Directory, of: tuple[str, str, str], *keys: str) -> dict[str, Any]:
    """Read fields of a stage's record. Raises SetupError where it is missing, garbled or lacks one of them."""
    option, file, stage = of
    try:
        return fields(await folder.file(file).contents(), *keys)
    except (dagger.QueryError, ValueError, LookupError, TypeError) as error:
        raise SetupError(
            f"{option}: {file} cannot be read ({words(error)}); expected the whole folder that {stage} returned."
        ) from None


def fields(text: str, *keys: str) -> dict[str, Any]:
    """Return fields of a JSON object. Raises ValueError, LookupError or TypeError where they are not there. Pure."""
    record = json.loads(text)
    return {key: record[key] for key in keys}


def refuse_malformed(address: str) -> None:
    """Raise SetupError for what no registry could take, before hours of work are put into it. Pure."""
    if not _ADDRESS.fullmatch(address):
        raise SetupError(
            f"--address {address} is no place to publish to; expected REGISTRY/NAME:TAG with the name in lower case, "
            "such as registry.example/team/app:1.2; correct it."
        )


async def publish(pipeline: Pipeline, container: dagger.Container, model: dagger.Directory, address: str) -> str:
    """Push the image and return its reference by digest.

    Labels are added here, after scoring, so that a new commit re-keys nothing.
    Raises SetupError for a malformed address, for a smoke model, and when the registry refuses.
    """
    refuse_malformed(address)
    record = await _record(model, MODEL, "smoke", "model_digest", "data")
    if record["smoke"]:
        raise SetupError(
            "publish: this model comes from a smoke run, which shows only that every step works; train in full."
        )
    labels = {
        "org.opencontainers.image.revision": pipeline.settings.revision,
        "io.ml-pipeline.model-digest": record["model_digest"],
        "io.ml-pipeline.data-sha256": record["data"]["sha256"],
    }
    labelled = pipeline.environments.with_registry(container, address)
    for name, value in labels.items():
        if value:
            labelled = labelled.with_label(name, value)
    try:
        return await labelled.publish(address)
    except dagger.ExecError:
        raise  # the image could not be made: its own sentence says why
    except dagger.QueryError as error:
        said = words(error)
        raise SetupError(
            f"--address {address}: the registry refused the image: {said}; expected a registry that takes it; "
            "check the address, --registry-username and --registry-password."
        ) from None
