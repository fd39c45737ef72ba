"""validate_data: the contract, checked by the toolkit."""

from datetime import UTC, datetime

import dagger

from ml_pipeline.environments import DATA
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages

REFERENCE = "/reference"


async def validate(pipeline: Pipeline, reference: dagger.Directory | None) -> dagger.Directory:
    """Return the evidence of the data's validation, whatever its verdict.

    The engine would answer again what it answered before. What time can change is asked anew: always where the
    contract tells time, else where "not in the future" may have failed.
    """
    container, _ = await pipeline.data.mount(pipeline.toolkit(), DATA)
    arguments = ["--data", pipeline.data.folder, "--exit-zero"]
    if reference is not None:
        container = container.with_mounted_directory(REFERENCE, reference)
        arguments += ["--reference", REFERENCE]
    anew = container.with_env_variable("ML_PIPELINE_NOW", datetime.now(UTC).isoformat())
    contract = await pipeline.contract()
    if not stages.tells_time(contract):
        found = pipeline.run_toolkit(container, "validate", *arguments)
        if stages.NOT_IN_FUTURE not in contract or not await _failed(found):
            return found
    return pipeline.run_toolkit(anew, "validate", *arguments)


async def _failed(found: dagger.Directory) -> bool:
    evidence = await found.file(stages.BY_NAME["validate_data"].evidence).contents()
    return stages.outcome_of(evidence)[0] not in stages.PASSING
