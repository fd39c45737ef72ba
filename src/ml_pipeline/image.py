"""build_image: the serving environment, the code and the model, on a plain Python image."""

import hashlib
from dataclasses import dataclass

import dagger
from dagger import dag

from ml_pipeline.environments import VENV, base
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages

APP = "/app"
MODEL = "/model"
MANIFEST = "/ml-pipeline/model.json"
USER = "10001"


@dataclass(frozen=True)
class Built:
    """The production image, the evidence of the stage, and the folders that the image is made of, by their place."""

    container: dagger.Container
    evidence: dagger.Directory
    parts: dict[str, dagger.Directory]

    async def digest(self) -> str:
        """Return `sha256:` and the digest of the image's files: over a line `digest  place` for each of its parts.

        A part is hashed once, until it changes; the whole file system would be hashed anew after every edit.
        """
        lines = [f"{await part.digest()}  {place}\n" for place, part in sorted(self.parts.items())]
        return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


async def model_free_parts(pipeline: Pipeline) -> dict[str, dagger.Directory]:
    """Return the parts of the image that depend neither on code nor on a model: the base image and the packages."""
    environment = await pipeline.environment("serve")
    return {"/": base(pipeline.settings.python_image).rootfs(), VENV: environment.directory(VENV)}


async def prepare(pipeline: Pipeline) -> dagger.Directory:
    """Install and hash what the image needs before there is a model; return the packages."""
    parts = await model_free_parts(pipeline)
    for part in parts.values():
        await part.digest()
    return parts[VENV]


async def build(pipeline: Pipeline, model: dagger.Directory) -> Built:
    """Return the image; nothing in it depends on the commit, so that a new one re-keys nothing."""
    toolkit = pipeline.toolkit().with_mounted_directory("/given", model)
    paths = ["--python", f"{VENV}/bin/python", "--workdir", APP, "--model-path", MODEL]
    described = pipeline.judged(toolkit, "manifest", "--model", "/given", *paths)
    manifest = described.file("model.json")
    parts = {
        **await model_free_parts(pipeline),
        APP: pipeline.tree.include(stages.reads("build_image", pipeline.project)),
        MODEL: model,
        MANIFEST: dag.directory().with_file("model.json", manifest),
    }
    image = pipeline.project.config.image
    health = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{image.port}{image.health}', timeout=3)"
    container = (
        base(pipeline.settings.python_image)
        .with_directory(VENV, parts[VENV])
        # Owned by who reads them: a library or a strict umask may have left files to their owner alone.
        .with_directory(APP, parts[APP], owner=USER)
        .with_directory(MODEL, model, owner=USER)
        .with_file(MANIFEST, manifest)
        .with_workdir(APP)
        .with_env_variable("PATH", f"{VENV}/bin:${{PATH}}", expand=True)
        .with_env_variable("MODEL_DIR", MODEL)
        .with_env_variable("PORT", str(image.port))
        .with_env_variable("PYTHONUNBUFFERED", "1")
        .with_exposed_port(image.port)
        .with_docker_healthcheck(["python", "-c", health], interval="30s", timeout="5s", start_period="30s")
        .with_user(USER)
        .with_entrypoint(list(image.command))
        .without_default_args()
    )
    return Built(container, described.without_file("model.json"), parts)
