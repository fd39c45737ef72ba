"""validate_data: the contract, checked by the toolkit."""

import dagger

from ml_pipeline.environments import DATA
from ml_pipeline.pipeline import Pipeline

REFERENCE = "/reference"


async def validate(
    pipeline: Pipeline, data: dagger.Directory | None, reference: dagger.Directory | None = None
) -> dagger.Directory:
    """Return the evidence of the data's validation, whatever its verdict."""
    folder = pipeline.data(data)
    container, _ = await folder.mount(pipeline.toolkit(), DATA)
    compared = []
    if reference is not None:
        container = container.with_mounted_directory(REFERENCE, reference)
        compared = ["--reference", REFERENCE]
    return pipeline.judged(container, "validate", "--data", folder.folder, *compared, "--exit-zero")
