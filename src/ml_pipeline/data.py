"""validate_data: the contract, checked by the toolkit."""

import dagger

from ml_pipeline.environments import DATA
from ml_pipeline.pipeline import Pipeline

REFERENCE = "/reference"


async def validate(pipeline: Pipeline, reference: dagger.Directory | None) -> dagger.Directory:
    """Return the evidence of the data's validation, whatever its verdict."""
    container, _ = await pipeline.data.mount(pipeline.toolkit(), DATA)
    compared = []
    if reference is not None:
        container = container.with_mounted_directory(REFERENCE, reference)
        compared = ["--reference", REFERENCE]
    return pipeline.run_toolkit(container, "validate", "--data", pipeline.data.folder, *compared, "--exit-zero")
