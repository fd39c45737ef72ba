"""validate_data: the contract, checked by the toolkit."""

import dagger

from ml_pipeline.environments import DATA
from ml_pipeline.pipeline import Pipeline


async def validate(pipeline: Pipeline, data: dagger.Directory | None) -> dagger.Directory:
    """Return the evidence of the data's validation, whatever its verdict."""
    folder = pipeline.data(data)
    container, _ = await folder.mount(pipeline.toolkit(), DATA)
    return pipeline.judged(container, "validate", "--data", folder.folder, "--exit-zero")
