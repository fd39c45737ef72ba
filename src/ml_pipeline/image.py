"""build_image: the serving environment, the code and the model, on a plain Python image."""

from dataclasses import dataclass

import dagger
from dagger import dag

from ml_pipeline.environments import VENV
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages

APP = "/app"
MODEL = "/model"
MANIFEST = "/ml-pipeline/model.json"
USER = "10001"


@dataclass(frozen=True)
class Built:
    """The production image and the evidence of the stage."""

    container: dagger.Container
    evidence: dagger.Directory


async def build(pipeline: Pipeline, model: dagger.Directory) -> Built:
    """Return the image; nothing in it depends on the commit, so that a new one re-keys nothing."""
    toolkit = pipeline.toolkit().with_mounted_directory("/given", model)
    paths = ["--python", f"{VENV}/bin/python", "--workdir", APP, "--model-path", MODEL]
    described = pipeline.judged(toolkit, "manifest", "--model", "/given", *paths)
    environment = await pipeline.environment("serve")
    image = pipeline.project.config.image
    health = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{image.port}{image.health}', timeout=3)"
    container = (
        dag.container()
        .from_(pipeline.settings.python_image)
        .with_directory(VENV, environment.directory(VENV))
        # Owned by who reads them: a library or a strict umask may have left files to their owner alone.
        .with_directory(APP, pipeline.tree.include(stages.reads("build_image", pipeline.project)), owner=USER)
        .with_directory(MODEL, model, owner=USER)
        .with_file(MANIFEST, described.file("model.json"))
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
    return Built(container, described.without_file("model.json"))
