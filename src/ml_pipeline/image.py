"""build_image: the serving environment, the code and the model, on a plain Python image."""

import hashlib
import json
from dataclasses import dataclass

import dagger

from ml_pipeline.environments import VENV, with_variables
from ml_pipeline.pipeline import Pipeline
from ml_steps import installs

APP = "/app"
MODEL = "/model"
OURS = "/ml-pipeline"
MANIFEST = f"{OURS}/model.json"
USER = "10001"


@dataclass(frozen=True)
class Built:
    """The production image, the evidence of the stage, and the model and the parts that the image is made of."""

    container: dagger.Container
    variables: dict[str, str]
    evidence: dagger.Directory
    model: dagger.Directory
    model_free: dict[str, dagger.Directory]

    async def digest(self) -> str:
        """Return `sha256:` and the digest of the image: over its variables and a line `digest  place` for each part.

        The whole file system would be hashed anew after every edit; what depends on neither code nor model is hashed
        once. The rest is hashed where it lies in the image, with its owner there.
        """
        parts = self.model_free | {place: self.container.directory(place) for place in (APP, MODEL, OURS)}
        lines = [f"{await part.digest()}  {place}\n" for place, part in sorted(parts.items())]
        lines.append(f"{json.dumps(self.variables, sort_keys=True)}\n")
        return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def health_check(port: int, path: str) -> str:
    """Return a program that ends well where the server answers; no proxy is between."""
    url = f"http://127.0.0.1:{port}{path}"
    opened = f"build_opener(ProxyHandler({{}})).open({url!r}, timeout=3)"
    return f"from urllib.request import ProxyHandler, build_opener; {opened}"


async def model_free_parts(pipeline: Pipeline) -> dict[str, dagger.Directory]:
    """Return the parts of the image that depend neither on code nor on a model: the system and the packages."""
    environment = await pipeline.environment("serve")
    return {"/": pipeline.environments.base(pipeline.project).rootfs(), VENV: environment.directory(VENV)}


async def hashed(pipeline: Pipeline) -> None:
    """Make and hash what the image is made of besides code and model, ahead of the digest that needs it."""
    for part in (await model_free_parts(pipeline)).values():
        await part.digest()


async def build(pipeline: Pipeline, model: dagger.Directory) -> Built:
    """Return the image; nothing in it depends on the commit, so that a new one re-keys nothing."""
    toolkit = pipeline.toolkit().with_mounted_directory("/given", model)
    paths = ["--python", f"{VENV}/bin/python", "--workdir", APP, "--model-path", MODEL]
    described = pipeline.run_toolkit(toolkit, "manifest", "--model", "/given", *paths)
    fixed = await model_free_parts(pipeline)
    code = pipeline.source_of("build_image")
    image = pipeline.project.config.image
    health = health_check(image.port, image.health)
    variables = {"MODEL_DIR": MODEL, "PORT": str(image.port), "PYTHONUNBUFFERED": "1"} | image.env
    variables |= installs.imports(pipeline.project, APP)
    container = (
        pipeline.environments.base(pipeline.project)
        .with_directory(VENV, fixed[VENV])
        # Owned by who reads them: a library or a strict umask may have left files to their owner alone.
        .with_directory(APP, code, owner=USER)
        .with_directory(MODEL, model, owner=USER)
        .with_file(MANIFEST, described.file("model.json"))
        .with_workdir(APP)
        .with_env_variable("PATH", f"{VENV}/bin:${{PATH}}", expand=True)
        .with_exposed_port(image.port)
        .with_docker_healthcheck(["python", "-c", health], interval="30s", timeout="5s", start_period="30s")
        .with_user(USER)
        .with_entrypoint(list(image.command))
        .without_default_args()
    )
    evidence = described.without_file("model.json")
    return Built(with_variables(container, variables), variables, evidence, model, fixed)
