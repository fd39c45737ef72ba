"""Timing candidate and baseline in turn: each runs as a service inside its own image, one driver asks both."""

import dagger

from ml_pipeline.environments import OUT, SHIM
from ml_pipeline.pipeline import Pipeline
from ml_pipeline.scoring import PATHS, Scored, box
from ml_steps import shim_argv

NAME = "paired-timings.json"
PORTS = {"candidate": 7001, "baseline": 7002}
"""Two, so that two equal images are two services still."""


async def measure(
    pipeline: Pipeline, candidate: Scored, baseline: Scored, inputs: dagger.Directory, nonce: str
) -> dagger.File:
    """Return paired-timings.json; of the same images and rows it comes from the cache, unless the nonce is new."""
    driver = pipeline.environments.toolkit  # without the project's settings: a gate's rule must not re-key it
    arguments = ["measure", "--timeout", str(pipeline.project.config.evaluate.timeout)]
    for name, scored in (("candidate", candidate), ("baseline", baseline)):
        driver = driver.with_service_binding(name, await _service(pipeline, scored, inputs, PORTS[name]))
        arguments += [f"--{name}", f"{name}:{PORTS[name]}"]
    if nonce:
        driver = driver.with_env_variable("ML_PIPELINE_REMEASURE", nonce)
    return pipeline.environments.run(driver, arguments).file(f"{OUT}/{NAME}")


async def _service(pipeline: Pipeline, scored: Scored, inputs: dagger.Directory, port: int) -> dagger.Service:
    container = box(pipeline, scored, inputs)
    # They ask for the image's own server, which is not what runs: the engine would stop or wait for the service.
    container = container.without_docker_healthcheck()
    for exposed in await container.exposed_ports():
        container = container.without_exposed_port(await exposed.port(), protocol=await exposed.protocol())
    argv = [scored.python, *shim_argv.timing_service(SHIM, port=port, **PATHS)]
    return container.with_exposed_port(port).as_service(args=argv, use_entrypoint=False)
